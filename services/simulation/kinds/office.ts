import { DAY, HOUR } from '../../core/watermark.ts';
import type { Emit } from '../event.ts';
import { ObjectSpace } from '../interfaces.ts';
import type { Person } from '../people.ts';
import { Random } from '../random.ts';
import { Visit } from '../visit.ts';
import type { World } from '../world.ts';
import type { Kind } from './kind.ts';
import { lookUpSome } from './lookup.ts';
import { drawNaming, tailNames } from './naming.ts';

const RECORDS = [
  'customers',
  'patients',
  'contracts',
  'cases',
  'employees',
  'policies',
  'claims',
  'suppliers',
  'students',
  'invoices',
  'tickets',
  'vehicles',
  'projects',
  'assets',
];

/** An internal system: employees who read and edit records during hours, admins, service accounts with nightly batches. */
export const office: Kind = {
  name: 'office',
  token: 11,
  journeysPerVisit: 4,
  build(world, random) {
    const naming = drawNaming(random);
    const { api } = world;
    const host = random.pick([
      `crm.${world.nuisances.domain}`,
      `erp.${world.nuisances.domain}`,
      `intra.${world.nuisances.domain}`,
      `app.corp.${world.nuisances.domain}`,
    ]);
    const sso = random.chance(0.3) ? `sso.${world.nuisances.domain}` : host;
    const path = (...words: string[]): string => `${naming.prefix}/${words.join('/')}`;
    random.sample(RECORDS, random.between(2, 5)).forEach((name, i) => {
      const space = new ObjectSpace(
        random,
        `records${i}`,
        world.nuisances.idStyles[i],
        random.lognormal(12_000, 0.8),
        random.lognormal(25, 0.8),
        world.plan.start,
      );
      world.spaces.set(space.name, space);
      api.add(host, { key: `list${i}`, operation: 'list', method: 'GET', path: path(name), space });
      api.add(host, { key: `detail${i}`, operation: 'read', method: 'GET', path: path(name, '{}'), space });
      api.add(host, {
        key: `update${i}`,
        operation: 'write',
        method: random.pick(['PUT', 'PATCH', 'POST']),
        path: path(name, '{}'),
        space,
      });
      api.add(host, {
        key: `notes${i}`,
        operation: 'side',
        method: 'GET',
        path: path(name, '{}', random.pick(['notes', 'documents', 'timeline'])),
        space,
      });
      if (i === 0 || random.chance(0.5))
        api.add(host, {
          key: `contact${i}`,
          operation: 'sensitive',
          method: 'GET',
          path: path(name, '{}', random.pick(['contact', 'bank', 'identity', 'salary', 'medical'])),
          space,
        });
      api.add(host, {
        key: `export${i}`,
        operation: 'export',
        method: random.chance(0.6) ? 'GET' : 'POST',
        path: path(name, 'export'),
        space,
      });
    });
    const users = new ObjectSpace(random, 'users', random.pick(['sequential', 'uuid']), world.plan.accounts, 1, world.plan.start);
    world.spaces.set('users', users);
    api.add(sso, {
      key: 'login',
      operation: 'login',
      method: 'POST',
      path: path(random.pick(['sso/login', 'auth/login', 'login', 'session/login'])),
    });
    api.add(host, { key: 'profile', operation: 'profile', method: 'GET', path: path(random.pick(['me', 'session', 'user/current'])) });
    api.add(host, {
      key: 'dashboard',
      operation: 'open',
      method: 'GET',
      path: path(random.pick(['dashboard', 'home', 'overview', 'worklist'])),
    });
    api.add(host, { key: 'search', operation: 'search', method: 'GET', path: path('search') });
    api.add(host, { key: 'adminUsers', operation: 'admin', method: 'GET', path: path('admin', 'users') });
    api.add(host, { key: 'adminUser', operation: 'admin', method: 'PUT', path: path('admin', 'users', '{}', 'roles'), space: users });
    api.add(host, { key: 'adminAudit', operation: 'admin', method: 'GET', path: path('admin', random.pick(['audit', 'logs'])) });
    api.add(host, { key: 'adminConfig', operation: 'admin', method: 'PUT', path: path('admin', random.pick(['config', 'settings'])) });
    api.add(host, { key: 'sync', operation: 'batch', method: 'POST', path: path(random.pick(['sync', 'batch/import', 'jobs/run'])) });
    api.add(host, { key: 'health', operation: 'health', method: 'GET', path: random.pick(['/health', '/actuator/health', '/ping']) });
    world.habitCount = random.between(10, 90);
    tailNames(random, world.habitCount).forEach(([area, aspect], i) => {
      api.add(host, {
        key: `tail${i}`,
        operation: 'tail',
        method: random.chance(0.8) ? 'GET' : 'POST',
        path: path(area, naming.join([aspect])),
      });
    });
    if (world.nuisances.assets)
      for (const file of ['app.js', 'app.css', 'logo.png'])
        api.add(host, { key: `asset-${file}`, operation: 'asset', method: 'GET', path: `/assets/${file}` });
    const portal = new Random(world.seed, 'portal');
    api.add(host, {
      key: 'check',
      operation: 'check',
      method: 'GET',
      path: path(portal.pick(['directory/find', 'contacts/lookup', 'callers/identify', 'people/by-phone'])),
    });
  },
  settle(world, random) {
    const services = Math.max(2, Math.round(world.plan.accounts * 0.012));
    const admins = Math.max(2, Math.round(world.plan.accounts * 0.015));
    for (let i = 0; i < world.plan.accounts - services - admins; i++) employee(world, random, Number.NEGATIVE_INFINITY);
    for (let i = 0; i < admins; i++) {
      const admin = employee(world, random, Number.NEGATIVE_INFINITY, 'admin');
      admin.taste[5] *= 400;
    }
    for (let i = 0; i < services; i++) {
      const service = world.addPerson(random, 'service', Number.NEGATIVE_INFINITY);
      service.devices = [world.market.library(random)];
      service.weight = 0;
      service.left = Number.POSITIVE_INFINITY;
    }
    for (let day = 0; day < world.plan.days; day++) {
      for (let i = random.poisson(world.plan.accounts * world.nuisances.joinRate); i > 0; i--)
        employee(world, random, world.calendar.midnight(world.plan.start, day) + 9 * HOUR);
    }
  },
  open(visit, person) {
    const { api } = visit.world;
    for (const asset of api.ofOperation('asset')) if (visit.random.chance(0.4)) visit.call(asset);
    if (visit.random.chance(0.6)) visit.call(api.get('profile'));
    visit.call(api.get('dashboard'));
    for (const habit of person.habits) if (visit.random.chance(0.12)) visit.call(api.get(`tail${habit}`));
    visit.think(0.7);
  },
  journeys: [
    { name: 'work', weight: 40, run: work },
    { name: 'find', weight: 16, run: find },
    { name: 'contact', weight: 9, run: contact },
    {
      name: 'habit',
      weight: 9,
      run(visit, person) {
        visit.call(visit.world.api.get(`tail${visit.random.pick(person.habits)}`));
        visit.think();
      },
    },
    { name: 'export', weight: 0.35, run: exportOnce },
    { name: 'administer', weight: 0.02, run: administer },
    { name: 'look up', weight: 5, run: (visit, person) => lookUpSome(visit, person.seed % 40) },
  ],
  machines(world, start, end, emit) {
    for (const person of world.people) if (person.role === 'service') serve(world, person, start, end, emit);
  },
};

function employee(world: World, random: Random, joined: number, role: 'employee' | 'admin' = 'employee'): Person {
  const person = world.addPerson(random, role, joined);
  person.devices = [world.market.desktop(random)];
  if (random.chance(0.3)) person.devices.push(world.market.desktop(random));
  person.mobileShare = 0;
  person.vpn = 0;
  person.weekend = random.lognormal(0.8, 0.8);
  person.office = random.int(64);
  return person;
}

/** The kind of record that a person's job is about. */
export function subject(visit: Visit, person: Person): number {
  const count = visit.world.count('list');
  return visit.random.chance(0.8) ? person.seed % count : visit.random.int(count);
}

/** A record of one's own portfolio, sometimes one that just came in. */
function record(visit: Visit, person: Person, i: number): number {
  return visit.random.chance(0.12) ? visit.created(person, `records${i}`) : visit.ownObject(person, `records${i}`);
}

export function work(visit: Visit, person: Person): void {
  const { random, world } = visit;
  const i = subject(visit, person);
  if (random.chance(0.7)) {
    visit.call(world.api.get(`list${i}`), { query: `page=${random.geometric(1.4)}` });
    visit.think(0.8);
  }
  for (let n = random.geometric(1.8); n > 0; n--) {
    const index = record(visit, person, i);
    visit.call(world.api.get(`detail${i}`), { index });
    if (random.chance(0.6)) visit.call(world.api.get(`notes${i}`), { index });
    visit.think(2);
    if (random.chance(0.3)) {
      visit.call(world.api.get(`update${i}`), { index });
      visit.think();
    }
  }
}

function find(visit: Visit, person: Person): void {
  const { random, world } = visit;
  const i = subject(visit, person);
  visit.call(world.api.get('search'), {
    query: `q=${random.pick(['north', 'gmbh', 'ltd', 'overdue', 'open', 'new', 'vip', 'lee', 'ko'])}`,
  });
  visit.think();
  if (random.chance(0.8))
    visit.call(world.api.get(`detail${i}`), {
      index: random.chance(0.5) ? visit.ownObject(person, `records${i}`) : visit.catalogueObject(person, `records${i}`),
    });
  visit.think(1.5);
}

function contact(visit: Visit, person: Person): void {
  const i =
    visit.world.api.find(`contact${person.seed % visit.world.count('list')}`) === undefined ? 0 : person.seed % visit.world.count('list');
  const index = visit.ownObject(person, `records${i}`);
  visit.call(visit.world.api.get(`detail${i}`), { index });
  visit.think(0.6);
  visit.call(visit.world.api.get(`contact${i}`), { index });
  visit.think(1.5);
}

function exportOnce(visit: Visit, person: Person): void {
  visit.call(visit.world.api.get(`export${subject(visit, person)}`), { query: `format=${visit.random.pick(['xlsx', 'csv'])}` });
  visit.think(3);
}

function administer(visit: Visit): void {
  const { random, world } = visit;
  visit.call(world.api.get('adminUsers'));
  visit.think();
  if (random.chance(0.5)) visit.call(world.api.get('adminUser'), { index: random.int(world.space('users').count) });
  if (random.chance(0.3)) visit.call(world.api.get('adminAudit'));
  if (random.chance(0.06)) visit.call(world.api.get('adminConfig'));
}

/** A service account: a nightly batch of its own hour and size, and small jobs every so often. */
function serve(world: World, person: Person, start: number, end: number, emit: Emit): void {
  const local = world.calendar.at(start);
  const own = new Random(person.seed, 'service');
  const batchHour = own.pick([0, 1, 2, 3, 4, 22, 23]);
  const calls = own.lognormal(60, 0.8) * Math.max(0.05, Math.min(4, world.machineScale));
  const every = own.pick([5, 10, 15, 30]);
  const random = new Random(person.seed, 'serve', Math.floor(start / HOUR));
  const client = (at: number): Visit =>
    new Visit({
      world,
      emit,
      random,
      at,
      account: person.name,
      address: world.serverAddress(person.serial),
      device: person.devices[0],
      pace: 0.02,
      session: '',
    });
  if (local.hour === batchHour) {
    const visit = client(start + own.int(50 * 60_000) + random.int(20_000));
    const i = person.seed % world.count('list');
    for (let n = random.poisson(calls); n > 0 && visit.t < end + HOUR; n--) {
      visit.call(world.api.get(random.chance(0.7) ? `list${i}` : 'sync'), {
        query: random.chance(0.7) ? `updated_since=${world.calendar.dateText(start - DAY)}` : '',
      });
      visit.wait(random.exponential(400));
    }
  }
  if (person.seed % 2 === 0 && world.machineScale > 0.3) {
    for (let minute = 0; minute < 60; minute += every)
      client(start + minute * 60_000 + random.int(900)).call(world.api.get(person.seed % 4 === 0 ? 'sync' : 'health'));
  }
}
