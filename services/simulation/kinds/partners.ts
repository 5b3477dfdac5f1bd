import { DAY, HOUR, MINUTE } from '../../core/watermark.ts';
import type { Emit } from '../event.ts';
import { ObjectSpace } from '../interfaces.ts';
import { addressIn } from '../networks.ts';
import type { Person } from '../people.ts';
import { Random } from '../random.ts';
import { Visit } from '../visit.ts';
import type { World } from '../world.ts';
import type { Kind } from './kind.ts';
import { lookUpSome } from './lookup.ts';
import { drawNaming, tailNames } from './naming.ts';

const RESOURCES = [
  'orders',
  'shipments',
  'inventory',
  'products',
  'prices',
  'customers',
  'invoices',
  'settlements',
  'waybills',
  'leads',
  'policies',
  'quotes',
  'bookings',
  'rooms',
  'transactions',
];

/** What a partner's system does again and again. */
export interface Job {
  /** minutes between runs */
  period: number;
  /** runs begin this many ms after the full period */
  phase: number;
  jitter: number;
  hours: 'all' | 'office' | 'night';
  resource: number;
  pages: number;
  /** objects read one by one in a run: mean */
  objects: number;
  writes: number;
}

/** Jobs of a partner: a pure function of its seed, so that scenarios can ask for them too. */
export function jobsOf(world: World, person: Person): Job[] {
  const random = new Random(person.seed, 'jobs');
  const resources = world.count('list');
  const first = person.seed % resources;
  return Array.from({ length: random.between(1, 4) }, (_, i) => ({
    period: random.pick([1, 2, 5, 5, 10, 15, 15, 30, 60, 60, 240]),
    phase: random.int(4 * HOUR),
    jitter: random.lognormal(800, 1.5),
    hours: random.pick(['all', 'all', 'office', 'night'] as const),
    resource: random.chance(0.7) ? first : (first + i) % resources,
    pages: random.chance(0.5) ? 1 : random.geometric(3),
    objects: random.chance(0.35) ? 0 : random.lognormal(3, 0.8),
    writes: random.chance(0.3) ? random.lognormal(1, 0.6) : 0,
  }));
}

/** Partners with API keys: machines that pull what their business needs, some with people behind. */
export const partners: Kind = {
  name: 'partners',
  token: 24,
  journeysPerVisit: 3,
  build(world, random) {
    const naming = drawNaming(random);
    const { api } = world;
    const host = random.pick([`openapi.${world.nuisances.domain}`, `partner.${world.nuisances.domain}`, `api.${world.nuisances.domain}`]);
    const path = (...words: string[]): string => `${naming.prefix}/${words.join('/')}`;
    random.sample(RESOURCES, random.between(3, 7)).forEach((name, i) => {
      const space = new ObjectSpace(
        random,
        `records${i}`,
        world.nuisances.idStyles[i],
        world.plan.accounts * random.lognormal(900, 0.6),
        world.plan.accounts * random.lognormal(12, 0.6),
        world.plan.start,
      );
      world.spaces.set(space.name, space);
      api.add(host, { key: `list${i}`, operation: 'list', method: 'GET', path: path(name), space });
      api.add(host, { key: `detail${i}`, operation: i % 3 === 1 ? 'sensitive' : 'read', method: 'GET', path: path(name, '{}'), space });
      api.add(host, {
        key: `write${i}`,
        operation: 'write',
        method: random.pick(['POST', 'PUT']),
        path: path(name, '{}', random.pick(['status', 'ack', 'confirm', 'update'])),
        space,
      });
      if (random.chance(0.5))
        api.add(host, { key: `batch${i}`, operation: 'batch', method: 'POST', path: path(name, naming.join(['batch', 'query'])), space });
      if (random.chance(0.4)) api.add(host, { key: `export${i}`, operation: 'export', method: 'GET', path: path(name, 'export'), space });
    });
    if (api.find('export0') === undefined)
      api.add(host, {
        key: 'export0',
        operation: 'export',
        method: 'GET',
        path: path(naming.join(['bulk', 'export'])),
        space: world.space('records0'),
      });
    api.add(host, { key: 'login', operation: 'login', method: 'POST', path: path(random.pick(['oauth/token', 'auth/token', 'login'])) });
    api.add(host, { key: 'health', operation: 'health', method: 'GET', path: random.pick(['/health', '/ping', '/healthz']) });
    api.add(host, { key: 'profile', operation: 'profile', method: 'GET', path: path(random.pick(['me', 'account', 'quota'])) });
    world.habitCount = random.between(8, 60);
    tailNames(random, world.habitCount).forEach(([area, aspect], i) => {
      api.add(host, { key: `tail${i}`, operation: 'tail', method: 'GET', path: path(area, aspect) });
    });
    // the portal: "is this customer known", and promotions that a partner takes part in
    const portal = new Random(world.seed, 'portal');
    api.add(host, {
      key: 'check',
      operation: 'check',
      method: 'GET',
      path: path(portal.pick(['customers/lookup', 'clients/find', 'members/exists', 'subscribers/check'])),
    });
    const promotions = portal.pick(['promotions', 'bonuses', 'rebates', 'incentives']);
    world.spaces.set('offers', new ObjectSpace(portal, 'offers', 'sequential', portal.between(8, 40), 0.3, world.plan.start));
    api.add(host, { key: 'benefits', operation: 'list', method: 'GET', path: path(promotions) });
    api.add(host, {
      key: 'claim',
      operation: 'benefit',
      method: 'POST',
      path: path(promotions, '{}', portal.pick(['claim', 'join', 'redeem'])),
      space: world.space('offers'),
    });
  },
  settle(world, random) {
    for (let i = 0; i < world.plan.accounts; i++) machine(world, random, Number.NEGATIVE_INFINITY);
    for (let day = 0; day < world.plan.days; day++) {
      for (let i = random.poisson(world.plan.accounts * world.nuisances.joinRate); i > 0; i--)
        machine(world, random, world.momentOfDay(random, world.plan.start + day * DAY));
    }
  },
  open(visit, person) {
    if (visit.random.chance(0.2)) visit.call(visit.world.api.get('profile'));
    for (const habit of person.habits) if (visit.random.chance(0.1)) visit.call(visit.world.api.get(`tail${habit}`));
  },
  journeys: [
    {
      name: 'look up',
      weight: 10,
      run(visit, person) {
        const i = person.seed % visit.world.count('list');
        visit.call(visit.world.api.get(`list${i}`));
        visit.think();
        for (let n = visit.random.poisson(2); n > 0; n--) {
          visit.call(visit.world.api.get(`detail${i}`), { index: visit.ownObject(person, `records${i}`) });
          visit.think();
        }
      },
    },
    {
      name: 'habit',
      weight: 2,
      run(visit, person) {
        visit.call(visit.world.api.get(`tail${visit.random.pick(person.habits)}`));
        visit.think();
      },
    },
    { name: 'customer', weight: 3, run: (visit, person) => lookUpSome(visit, person.seed) },
    {
      name: 'promotion',
      weight: 1.2,
      run(visit) {
        visit.call(visit.world.api.get('benefits'));
        visit.think();
        for (let n = visit.random.poisson(0.8); n > 0; n--)
          visit.call(visit.world.api.get('claim'), { index: visit.random.zipf(visit.world.space('offers').count, 0.7) });
      },
    },
  ],
  machines(world, start, end, emit) {
    for (const person of world.people) runJobs(world, person, start, end, emit);
  },
};

function machine(world: World, random: Random, joined: number): void {
  const person = world.addPerson(random, 'partner', joined);
  person.devices = [world.market.library(random)];
  // people of the partner use the portal from a browser
  if (random.chance(0.4)) person.devices.push(world.market.desktop(random));
  person.weekend = random.range(0.2, 1);
  person.portfolio = Math.round(random.lognormal(400, 0.9));
  person.mobileShare = 0;
  person.vpn = 0;
  person.trips = [];
}

/** A partner's machine calls from its own few addresses. */
export function machineAddress(world: World, person: Person, draw: number): string {
  const block = world.networks.hosting[person.seed % world.networks.hosting.length];
  return addressIn(block, (person.seed % 1000) * 4 + Math.floor(draw * (1 + (person.seed % 3))));
}

const PERIODS = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440];

/** A round period, in minutes, that makes a job run `scale` times as often as planned: machines stay regular in small plans. */
function scaledPeriod(period: number, scale: number): number {
  const wanted = Math.log(period / Math.min(1, scale));
  let best = PERIODS[0];
  for (const one of PERIODS) if (Math.abs(Math.log(one) - wanted) < Math.abs(Math.log(best) - wanted)) best = one;
  return best;
}

/** All runs of a partner's jobs that begin in [start, end). */
export function runJobs(world: World, person: Person, start: number, end: number, emit: Emit): void {
  if (person.joined >= end || person.left <= start) return;
  const scale = world.machineScale;
  for (const [j, job] of jobsOf(world, person).entries()) {
    const period = scaledPeriod(job.period, scale) * MINUTE;
    for (let slot = Math.floor((start - job.phase) / period) * period + job.phase; slot < end; slot += period) {
      if (slot < start) continue;
      const local = world.calendar.at(slot);
      if (job.hours === 'office' && (!local.working || local.hour < 8 || local.hour >= 19)) continue;
      if (job.hours === 'night' && (local.hour < 1 || local.hour >= 6)) continue;
      if (slot < person.joined || slot >= person.left) continue;
      const random = new Random(person.seed, 'run', j, Math.floor(slot / 1000));
      runJob(world, person, job, slot + random.exponential(job.jitter), random, emit, Math.max(0.5, scale));
    }
  }
}

export interface RunExtra {
  campaign?: string;
  note?: string;
}

/** One run of a job: pages of the list, then the objects that changed. */
export function runJob(
  world: World,
  person: Person,
  job: Job,
  at: number,
  random: Random,
  emit: Emit,
  scale: number,
  extra: RunExtra = {},
): void {
  const visit = new Visit({
    world,
    emit,
    random,
    at,
    account: person.name,
    address: machineAddress(world, person, random.next()),
    device: person.devices[0],
    pace: 0.02,
    retries: 3,
    session: '',
    ...extra,
  });
  const api = world.api;
  const level = scale * world.rateAt(at);
  const pages = job.pages === 1 ? 1 : random.geometric(job.pages);
  for (let page = 1; page <= pages; page++) {
    visit.call(api.get(`list${job.resource}`), { query: `page=${page}&size=${api.get(`list${job.resource}`).pageSize}` });
    visit.wait(random.exponential(120));
  }
  const dayShare = 0.4 + world.hourWeight(at);
  for (let n = random.poisson(job.objects * dayShare * level); n > 0; n--) {
    visit.call(api.get(`detail${job.resource}`), { index: visit.ownObject(person, `records${job.resource}`) });
    visit.wait(random.exponential(90));
  }
  for (let n = random.poisson(job.writes * dayShare * level); n > 0; n--) {
    visit.call(api.get(`write${job.resource}`), { index: visit.created(person, `records${job.resource}`) });
    visit.wait(random.exponential(150));
  }
}
