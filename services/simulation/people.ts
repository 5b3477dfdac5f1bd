import { mix32 } from '../core/hash.ts';
import { DAY } from '../core/watermark.ts';
import type { Device, DeviceMarket } from './devices.ts';
import type { Block, NetworkMap } from './networks.ts';
import { addressIn } from './networks.ts';
import type { Nuisances } from './nuisances.ts';
import type { Random } from './random.ts';
import { fraction } from './random.ts';

export type Role = 'user' | 'employee' | 'agent' | 'admin' | 'service' | 'partner' | 'host';

/** A stay elsewhere: addresses of these days come from another town. */
export interface Trip {
  from: number;
  to: number;
  block: Block;
}

/** One account of a tenant: what does not change from visit to visit, and the little that does. */
export interface Person {
  readonly serial: number;
  readonly name: string;
  readonly login: string;
  readonly phone: string;
  readonly seed: number;
  readonly role: Role;
  /** share of the tenant's activity, arbitrary unit */
  weight: number;
  /** hours that its day is later than the tenant's */
  shift: number;
  /** activity on free days relative to the tenant's */
  weekend: number;
  joined: number;
  left: number;
  devices: Device[];
  home: Block;
  /** another number for each renewal of the home address */
  household: number;
  renewal: number;
  carrier: number;
  carrierMember: number;
  mobileShare: number;
  office: number;
  vpn: number;
  trips: Trip[];
  /** weights of the kind's journeys, personal taste included */
  taste: number[];
  /** objects of its own: by space name */
  own: Map<string, number[]>;
  /** looked at lately: by space name */
  recent: Map<string, number[]>;
  /** habits: keys of rarely used interfaces that this person uses */
  habits: number[];
  /** records it is in charge of (office), or has been given (partners) */
  portfolio: number;
  tokenUntil: number;
  session: string;
}

const FIRST = [
  'anna',
  'ben',
  'carla',
  'david',
  'elena',
  'felix',
  'grace',
  'hugo',
  'iris',
  'jonas',
  'kira',
  'leo',
  'mia',
  'nina',
  'omar',
  'paula',
  'quinn',
  'rosa',
  'sam',
  'tina',
  'uwe',
  'vera',
  'wei',
  'xin',
  'yan',
  'zoe',
  'li',
  'ming',
  'hao',
  'jun',
  'amir',
  'sofia',
  'lucas',
  'emma',
  'noah',
  'olivia',
  'raj',
  'priya',
  'kenji',
  'yuki',
  'pedro',
  'lucia',
];
const LAST = [
  'smith',
  'mueller',
  'zhang',
  'wang',
  'li',
  'chen',
  'garcia',
  'martin',
  'dubois',
  'rossi',
  'tanaka',
  'sato',
  'kumar',
  'singh',
  'silva',
  'santos',
  'kim',
  'park',
  'nguyen',
  'tran',
  'brown',
  'jones',
  'weber',
  'fischer',
  'koch',
  'lopez',
  'moreau',
  'ivanov',
  'novak',
  'kowalski',
  'hansen',
  'berg',
  'liu',
  'yang',
  'huang',
  'zhao',
  'wu',
  'zhou',
  'okafor',
  'adeyemi',
];
const MAILS = ['mail.example', 'post.example', 'inbox.example', 'freemail.example', 'box.example'];
const COMPANIES = [
  'acme',
  'globex',
  'initech',
  'umbrella',
  'stark',
  'wayne',
  'hooli',
  'vandelay',
  'wonka',
  'cyber',
  'apex',
  'delta',
  'north',
  'blue',
  'prime',
  'terra',
  'nova',
  'atlas',
  'orion',
  'vertex',
];
const TRADES = ['logistics', 'foods', 'retail', 'travel', 'media', 'pharma', 'motors', 'energy', 'tech', 'trade', 'supply', 'systems'];
const DIAL: Record<string, string[]> = {
  CN: ['138', '139', '150', '158', '177', '186', '189'],
  DE: ['49151', '49160', '49170', '49176'],
  US: ['1202', '1312', '1415', '1646', '1713'],
  GB: ['44770', '44780', '44791'],
  FR: ['3361', '3367', '3376'],
  JP: ['8180', '8190', '8170'],
  BR: ['55119', '55219'],
  IN: ['9198', '9199', '9170'],
  SG: ['659', '658'],
  AU: ['614'],
};

/** A phone number of a country; its last four digits vary fastest. */
export function phoneNumber(country: string, h: number): string {
  const prefixes = DIAL[country] ?? ['4479'];
  const length = country === 'CN' ? 11 : 12;
  const prefix = prefixes[(h >>> 4) % prefixes.length];
  return (
    prefix +
    String(mix32(h) + 4_294_967_296)
      .slice(0, 10)
      .padStart(10, '0')
      .slice(0, length - prefix.length)
  );
}

/** The name that a serial number gets in a style. Names of attackers' accounts and of guessed users come from here too. */
export function nameOf(style: Nuisances['nameStyle'], domain: string, country: string, seed: number, serial: number): string {
  const h = mix32(serial ^ seed);
  const first = FIRST[h % FIRST.length];
  const last = LAST[(h >>> 8) % LAST.length];
  const digits = String(mix32(h) % 10_000);
  switch (style) {
    case 'numeric':
      return String(100_000 + (seed % 700_000) + serial);
    case 'prefixed':
      return `u${1_000_000 + (seed % 3_000_000) + serial}`;
    case 'uuid': {
      const hex = [0, 1, 2, 3]
        .map((i) =>
          mix32(h + i * 0x61c88647)
            .toString(16)
            .padStart(8, '0'),
        )
        .join('');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
    }
    case 'email':
      return h % 3 === 0 ? `${first}${digits}@${MAILS[h % MAILS.length]}` : `${first}.${last}${digits}@${MAILS[(h >>> 5) % MAILS.length]}`;
    case 'handle':
      return h % 2 === 0 ? `${first}${last.slice(0, 1 + (h % 4))}${digits}` : `${first}_${digits}`;
    case 'phone':
      return phoneNumber(country, h);
    case 'dotted':
      return `${first}.${last}${serial > 400 || h % 3 === 0 ? digits : ''}`;
    case 'staff':
      return `e${String(10_000 + (serial * 7 + (seed % 5000))).padStart(6, '0')}`;
    case 'key':
      return `key-${mix32(h ^ 0x1234)
        .toString(16)
        .padStart(8, '0')}`;
    case 'company':
      return `${COMPANIES[h % COMPANIES.length]}-${TRADES[(h >>> 7) % TRADES.length]}-${(mix32(h) % 90) + 10}`;
    case 'host':
      return `10.${(seed % 200) + 1}.${serial >> 8}.${serial & 255}`;
  }
}

/** How people of a tenant are drawn. */
export interface Population {
  seed: number;
  country: string;
  nuisances: Nuisances;
  networks: NetworkMap;
  market: DeviceMarket;
  /** base weights of the kind's journeys */
  taste: readonly number[];
  /** interfaces that only some people use */
  habitCount: number;
  start: number;
  end: number;
  /** names given so far */
  taken: Set<string>;
}

/** Draws a person; `random` is a stream of its own. */
export function drawPerson(random: Random, population: Population, serial: number, role: Role, joined: number): Person {
  const { nuisances, networks, market } = population;
  let name = nameOf(nuisances.nameStyle, nuisances.domain, population.country, population.seed, serial);
  for (let i = 1; population.taken.has(name); i++)
    name = nameOf(nuisances.nameStyle, nuisances.domain, population.country, population.seed, serial + i * 1_000_003);
  population.taken.add(name);
  const login =
    nuisances.loginStyle === 'same'
      ? name
      : nameOf(nuisances.loginStyle, nuisances.domain, population.country, population.seed ^ 0x5bd1e995, serial);
  const seed = random.word() >>> 0;
  const lives = random.chance(nuisances.abroad) ? networks.townAbroad(random, networks.otherCountry(random)) : networks.town(random);
  const staying = random.chance(1 - nuisances.churn * Math.min(1, (population.end - population.start) / (30 * DAY)));
  const person: Person = {
    serial,
    name,
    login,
    seed,
    role,
    joined,
    phone: nuisances.nameStyle === 'phone' ? name : phoneNumber(population.country, mix32(seed)),
    weight: random.lognormal(1, nuisances.activitySpread),
    shift: random.normal() * nuisances.personalShift,
    weekend: random.lognormal(1, 0.5),
    left: staying ? Number.POSITIVE_INFINITY : random.range(population.start, population.end),
    devices: [market.draw(random)],
    home: lives,
    household: random.word(),
    renewal: Math.max(0.5, nuisances.renewal * random.lognormal(1, 0.6)),
    carrier: random.int(16),
    carrierMember: random.int(1 << 20),
    mobileShare: random.chance(nuisances.mobile) ? random.range(0.3, 0.95) : random.range(0, 0.15),
    office: random.chance(nuisances.officeShare) ? random.int(64) : -1,
    vpn: random.chance(nuisances.vpn) ? random.range(0.05, 0.6) : 0,
    trips: [],
    taste: population.taste.map((weight) => weight * random.lognormal(1, 0.8)),
    own: new Map(),
    recent: new Map(),
    habits: Array.from({ length: random.between(1, 6) }, () => random.zipf(Math.max(1, population.habitCount), 0.8)),
    portfolio: Math.round(random.lognormal(60, 0.7)),
    tokenUntil: 0,
    session: '',
  };
  while (person.devices.length < 4 && random.chance(0.28)) person.devices.push(market.draw(random));
  const days = Math.max(1, (population.end - population.start) / DAY);
  for (let i = random.poisson(days * 0.004); i > 0; i--) {
    const from = random.range(population.start, population.end);
    const block = random.chance(0.7) ? networks.town(random) : networks.townAbroad(random, networks.otherCountry(random));
    person.trips.push({ from, to: from + random.lognormal(3, 0.7) * DAY, block });
  }
  return person;
}

/** The address that a person has at an instant; `draw` decides between the places it could be at. */
export function addressOf(person: Person, networks: NetworkMap, at: number, draw: number): string {
  const trip = person.trips.find((one) => at >= one.from && at < one.to);
  const hop = fraction(person.seed, Math.floor(draw * 65_536), 7);
  if (hop < person.vpn) return addressIn(networks.hosting[Math.floor(hop * 997) % networks.hosting.length], Math.floor(draw * 97));
  if (trip !== undefined) return addressIn(trip.block, mix32(person.seed ^ Math.floor(at / DAY)));
  if (draw < person.mobileShare) {
    // carriers keep a subscriber on one public address for a few hours
    return networks.carrierAddress(person.carrier, mix32(person.carrierMember ^ Math.floor(at / (6 * 3_600_000))));
  }
  const hour = Math.floor(at / 3_600_000) % 24;
  if (person.office >= 0 && hour % 24 !== 0 && draw > 0.6)
    return addressIn(networks.offices[person.office % networks.offices.length], person.office & 1);
  return addressIn(person.home, mix32(person.household ^ Math.floor((at / DAY + (person.household & 31)) / person.renewal)));
}
