import { HOUR } from '../../core/watermark.ts';
import type { Emit, SimulatedFlow } from '../event.ts';
import { addressIn, drawBlock } from '../networks.ts';
import type { Person } from '../people.ts';
import { fraction, Random } from '../random.ts';
import type { World } from '../world.ts';
import type { Kind } from './kind.ts';

export interface Service {
  address: string;
  port: number;
  protocol: 'tcp' | 'udp';
  service: string;
  /** bytes from the client and from the server: medians */
  sent: number;
  answered: number;
  /** ms, median */
  duration: number;
  local: boolean;
}

/** What a network has beside its hosts. */
export interface Estate {
  dns: Service;
  web: Service[];
  databases: Service[];
  bastion: Service;
  files: Service[];
  mail: Service;
  outside: Service[];
  /** hosts that may talk to databases */
  applications: string[];
}

function local(world: World, net: number, host: number): string {
  return `10.${(world.seed % 200) + 1}.${200 + net}.${host}`;
}

/** The estate of a network tenant: a pure function of its seed. */
export function estateOf(world: World): Estate {
  const random = new Random(world.seed, 'estate');
  const make = (
    address: string,
    port: number,
    service: string,
    sent: number,
    answered: number,
    duration: number,
    isLocal = true,
    protocol: 'tcp' | 'udp' = 'tcp',
  ): Service => ({
    address,
    port,
    service,
    protocol,
    sent: sent * random.lognormal(1, 0.3),
    answered: answered * random.lognormal(1, 0.5),
    duration: duration * random.lognormal(1, 0.4),
    local: isLocal,
  });
  const countries = [world.plan.country, world.plan.country, world.plan.country, 'US', 'US', 'DE', 'NL'];
  const data = random.pick([
    [5432, 'postgresql'],
    [3306, 'mysql'],
    [1433, '-'],
    [1521, '-'],
    [27017, '-'],
  ] as const);
  return {
    dns: make(local(world, 0, 2), 53, 'dns', 45, 130, 12, true, 'udp'),
    web: Array.from({ length: random.between(3, 9) }, (_, i) =>
      make(local(world, 1, 10 + i), random.pick([443, 443, 8443, 80]), 'ssl', 1600, 9000, 600),
    ),
    databases: Array.from({ length: random.between(1, 4) }, (_, i) => make(local(world, 2, 10 + i), data[0], data[1], 2200, 14_000, 900)),
    bastion: make(local(world, 3, 5), 22, 'ssh', 6000, 14_000, 240_000),
    files: Array.from({ length: random.between(1, 3) }, (_, i) => make(local(world, 4, 10 + i), 445, 'smb', 4000, 60_000, 4000)),
    mail: make(local(world, 5, 25), 993, 'ssl', 1500, 12_000, 30_000),
    outside: Array.from({ length: random.between(40, 140) }, () => {
      const block = drawBlock(random, random.pick(countries), random.chance(0.8) ? 'hosting' : 'office', 22);
      return make(
        addressIn(block, random.word()),
        random.chance(0.88) ? 443 : random.pick([80, 8080, 993, 5223]),
        'ssl',
        1400 * random.lognormal(1, 0.6),
        8000 * random.lognormal(1, 1),
        1500,
        false,
      );
    }),
    applications: Array.from({ length: random.between(2, 6) }, (_, i) => local(world, 1, 10 + i)),
  };
}

const estates = new WeakMap<World, Estate>();

/** The world's estate, made once. */
export function estate(world: World): Estate {
  let known = estates.get(world);
  if (known === undefined) {
    known = estateOf(world);
    estates.set(world, known);
  }
  return known;
}

export interface FlowOptions {
  at: number;
  from: string;
  to: Service;
  random: Random;
  state?: string;
  sent?: number;
  answered?: number;
  duration?: number;
  campaign?: string;
  note?: string;
}

/** A service as Weir names it: those outside of the tenant's networks are one a port. */
export function serviceId(to: Service): string {
  return `${to.protocol} ${to.local ? to.address : 'external'}:${to.port}`;
}

/** Makes one connection that begins at `at`; its record is written when it ends. */
export function connect(world: World, emit: Emit, options: FlowOptions): void {
  const { random, to } = options;
  const state = options.state ?? (random.chance(0.03) ? random.pick(['S0', 'RSTO', 'RSTR', 'REJ', 'SH']) : 'SF');
  const answered = state !== 'S0' && state !== 'REJ';
  const duration = Math.max(1, Math.round(answered ? (options.duration ?? random.lognormal(to.duration, 0.9)) : random.exponential(3)));
  const flow: SimulatedFlow = {
    kind: 'flow',
    tenant: world.plan.name,
    at: Math.round(options.at) + duration,
    duration,
    account: options.from,
    address: options.from,
    port: 32_768 + random.int(28_000),
    peer: to.address,
    peerPort: to.port,
    protocol: to.protocol,
    service: answered ? to.service : '-',
    state,
    bytesIn: answered ? Math.round(options.sent ?? random.lognormal(to.sent, 0.7)) : 0,
    bytesOut: answered ? Math.round(options.answered ?? random.lognormal(to.answered, 0.9)) : 0,
    interface: serviceId(to),
    localOrigin: options.from.startsWith('10.'),
    localPeer: to.local,
    target: '',
    campaign: options.campaign ?? '',
    note: options.note ?? '',
  };
  emit(flow);
}

/** A company's network: hosts that browse, mail and use servers, application servers with databases, the internet's drizzle at the door. */
export const network: Kind = {
  name: 'network',
  token: 0,
  journeysPerVisit: 0,
  journeys: [],
  build(world) {
    world.habitCount = 1;
  },
  settle(world, random) {
    for (let i = 0; i < world.plan.accounts; i++) {
      const host = world.addPerson(random, 'host', Number.NEGATIVE_INFINITY);
      host.left = Number.POSITIVE_INFINITY;
    }
  },
  open() {},
  machines(world, start, end, emit) {
    const place = estate(world);
    for (const host of world.people) hostHour(world, place, host, start, emit);
    applicationsHour(world, place, start, emit);
    doorHour(world, start, emit);
  },
};

function hostHour(world: World, place: Estate, host: Person, start: number, emit: Emit): void {
  const level = Math.max(0.05, world.hourWeight(start, host.shift)) * host.weight * world.machineScale * world.rateAt(start);
  const expected = 40 * level;
  if (fraction(host.seed, Math.floor(start / HOUR), 2) < Math.exp(-expected)) return;
  const random = new Random(host.seed, 'flows', Math.floor(start / HOUR));
  const own = new Random(host.seed, 'sites');
  const sites = Array.from({ length: own.between(6, 30) }, () => place.outside[own.zipf(place.outside.length, 0.8)]);
  const at = (): number => start + random.int(HOUR);
  for (let n = Math.max(1, random.poisson(expected)); n > 0; n--) {
    const what = random.next();
    if (what < 0.3) connect(world, emit, { at: at(), from: host.name, to: place.dns, random });
    else if (what < 0.62)
      connect(world, emit, { at: at(), from: host.name, to: random.chance(0.9) ? random.pick(sites) : random.pick(place.outside), random });
    else if (what < 0.8) connect(world, emit, { at: at(), from: host.name, to: place.web[random.zipf(place.web.length, 1)], random });
    else if (what < 0.9) connect(world, emit, { at: at(), from: host.name, to: place.mail, random });
    else if (what < 0.97) connect(world, emit, { at: at(), from: host.name, to: place.files[host.seed % place.files.length], random });
    else if (host.seed % 9 === 0) connect(world, emit, { at: at(), from: host.name, to: place.bastion, random });
  }
}

function applicationsHour(world: World, place: Estate, start: number, emit: Emit): void {
  const random = new Random(world.seed, 'applications', Math.floor(start / HOUR));
  const level = world.machineScale * (0.3 + world.hourWeight(start)) * world.plan.accounts * 0.25;
  for (const [i, from] of place.applications.entries()) {
    for (let n = random.poisson(level); n > 0; n--)
      connect(world, emit, { at: start + random.int(HOUR), from, to: place.databases[i % place.databases.length], random });
  }
  // the bastion is the way to databases and servers
  for (let n = random.poisson(0.6 * world.hourWeight(start)); n > 0; n--) {
    const to = {
      ...random.pick([...place.databases, ...place.web]),
      port: 22,
      service: 'ssh',
      duration: 200_000,
      sent: 6000,
      answered: 20_000,
    };
    connect(world, emit, { at: start + random.int(HOUR), from: place.bastion.address, to, random });
  }
}

/** Scans from the internet that reach the outer addresses and get no answer. */
function doorHour(world: World, start: number, emit: Emit): void {
  const random = new Random(world.seed, 'door', Math.floor(start / HOUR));
  for (let n = random.poisson(world.machineScale * world.plan.accounts * 0.12); n > 0; n--) {
    const block = random.pick(world.networks.hosting);
    const to: Service = {
      address: local(world, 1, 10 + random.int(3)),
      port: random.pick([22, 23, 80, 443, 445, 3389, 5432, 3306, 8080]),
      protocol: 'tcp',
      service: '-',
      sent: 0,
      answered: 0,
      duration: 1,
      local: true,
    };
    connect(world, emit, {
      at: start + random.int(HOUR),
      from: addressIn(block, random.word()),
      to,
      random,
      state: random.chance(0.9) ? 'S0' : 'REJ',
    });
  }
}
