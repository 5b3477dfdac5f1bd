import { DAY, HOUR, MINUTE } from '../core/watermark.ts';
import { Calendar } from './calendar.ts';
import { DeviceMarket } from './devices.ts';
import type { Emit, SimulatedEvent } from './event.ts';
import type { ObjectSpace, SimulatedInterface } from './interfaces.ts';
import { ApiCatalogue } from './interfaces.ts';
import type { Kind } from './kinds/kind.ts';
import { kindOf } from './kinds/list.ts';
import { addressIn, NetworkMap } from './networks.ts';
import type { Nuisances } from './nuisances.ts';
import { drawNuisances } from './nuisances.ts';
import type { Person, Population, Role } from './people.ts';
import { addressOf, drawPerson, nameOf, phoneNumber } from './people.ts';
import type { TenantPlan } from './plan.ts';
import { planEnd, seedOf } from './plan.ts';
import { fraction, Random } from './random.ts';
import { background } from './robots.ts';
import type { Strand } from './strand.ts';
import type { VisitOptions } from './visit.ts';
import { Visit } from './visit.ts';

/** Serial numbers leave gaps, so that accounts made between two others fit in and no two styles of names run dense. */
const SERIAL_GAP = 7;
/** Visits that are tried to learn how many events a visit has. */
const TRIAL_VISITS = 240;
/** Local hours of the first day whose machines are tried: they stand for the day. */
const TRIAL_HOURS = [3, 9, 15, 20];

interface Trouble {
  from: number;
  to: number;
  share: number;
}

/** One tenant: its interfaces, people, places and hours, and what is woven into them. */
export class World {
  readonly plan: TenantPlan;
  readonly seed: number;
  readonly kind: Kind;
  readonly nuisances: Nuisances;
  readonly calendar: Calendar;
  readonly networks: NetworkMap;
  readonly market: DeviceMarket;
  readonly api: ApiCatalogue;
  readonly spaces = new Map<string, ObjectSpace>();
  readonly people: Person[] = [];
  readonly strands: Strand[] = [];
  /** contracts with an end, as the operator knows them */
  readonly contracts: { member: string; until: string }[] = [];
  readonly site: string;
  /** name of the query parameter that carries a phone number */
  readonly phoneArgument: string;
  /** exponent of the popularity of objects */
  readonly popularity: number;
  /** the interface that says whether a phone number is known: whether it answers without a login, how it says no, how often it is asked for a known one */
  readonly lookup: { open: boolean; unknown: 'body' | 'status' | 'code'; hits: number };
  /** share of visits by people who do not log in */
  readonly guests: number;
  /** offices: share of the employees' days outside the office, 0 where its network or its gateway is the only way in */
  readonly fieldDays: number;
  habitCount = 0;
  /** accounts that joined when the plan began count at once */
  private readonly population: Population;
  private readonly troubles: Trouble[] = [];
  private readonly sidesOf = new Map<number, SimulatedInterface[]>();
  private readonly counts = new Map<string, number>();
  private totalWeight = 0;
  private eventsPerVisit = 12;
  /** events of trial visits and of trial hours of machines, by interface */
  private readonly triedVisits = new Map<string, number>();
  private readonly triedMachines = new Map<string, number>();
  private machineEvents = 0;
  /** machines do this share of their full work, so that a plan's events a day are kept */
  machineScale = 1;

  constructor(plan: TenantPlan) {
    this.plan = plan;
    this.seed = seedOf(plan, 'world', plan.kind);
    this.kind = kindOf(plan.kind);
    this.nuisances = drawNuisances(plan.kind, plan.seed);
    this.calendar = new Calendar(plan.time_zone, plan.country, plan.calendar);
    const random = new Random(this.seed, 'frame');
    this.networks = new NetworkMap(
      new Random(this.seed, 'networks'),
      plan.country,
      random.between(4, 40),
      this.nuisances.mobile * 0.6,
      this.nuisances.vpn * 0.5 + 0.02,
    );
    this.market = new DeviceMarket(
      new Random(this.seed, 'devices'),
      plan.kind === 'consumer' ? { app: 5, phone: 3, desktop: 2 } : { app: 0.0001, phone: 0.0001, desktop: 9 },
    );
    this.site = random.chance(0.5) ? `www.${this.nuisances.domain}` : this.nuisances.domain;
    this.phoneArgument = random.pick(['phone', 'mobile', 'phone', 'tel']);
    this.popularity = random.range(0.5, 1.15);
    const outward = new Random(this.seed, 'outward');
    this.lookup = {
      open: plan.kind === 'consumer' || outward.chance(0.4),
      unknown: outward.pick(['body', 'status', 'code']),
      hits: outward.range(0.75, 0.97),
    };
    this.guests = plan.kind === 'consumer' && outward.chance(0.5) ? outward.range(0.03, 0.35) : 0;
    this.fieldDays = plan.portal ? outward.range(0.15, 0.5) : 0;
    this.api = new ApiCatalogue(new Random(this.seed, 'interfaces'));
    this.kind.build(this, new Random(this.seed, 'build'));
    this.population = {
      seed: this.seed,
      country: plan.country,
      nuisances: this.nuisances,
      networks: this.networks,
      market: this.market,
      taste: this.kind.journeys.map((journey) => journey.weight * random.lognormal(1, 0.35)),
      habitCount: this.habitCount,
      start: plan.start,
      end: planEnd(plan),
      taken: new Set(),
    };
    this.kind.settle(this, new Random(this.seed, 'people'));
    for (const person of this.people) if (person.joined < plan.start) this.totalWeight += person.weight;
    this.drawTroubles(new Random(this.seed, 'troubles'));
  }

  /** Learns events a visit and a day of machines from trial runs in a world of its own, so that the plan's rate is met. */
  calibrate(trial: World): void {
    let events = 0;
    const random = new Random(this.seed, 'trial');
    const known = trial.people.filter((person) => person.weight > 0 && person.joined < trial.plan.start);
    if (known.length > 0 && trial.kind.journeys.length > 0) {
      const weights = known.map((person) => person.weight);
      const noon = this.workday() + 13 * HOUR;
      for (let i = 0; i < TRIAL_VISITS; i++) {
        trial.visit(known[random.weighted(weights)], noon + random.int(HOUR), new Random(this.seed, 'trial', i), (event) => {
          events++;
          count(this.triedVisits, event.interface);
        });
      }
      this.eventsPerVisit = Math.max(1, events / TRIAL_VISITS);
    }
    if (trial.kind.machines === undefined) return;
    const share = this.plan.kind === 'office' ? 0.12 : this.plan.kind === 'network' ? 1 : 0.85;
    const wanted = this.plan.eventsPerDay * share;
    const midnight = this.workday();
    // what machines do follows their scale only roughly (periods are round numbers), so it is measured again
    for (let round = 0; round < 3; round++) {
      let machine = 0;
      this.triedMachines.clear();
      for (const hour of TRIAL_HOURS)
        trial.kind.machines(trial, midnight + hour * HOUR, midnight + (hour + 1) * HOUR, (event) => {
          machine++;
          count(this.triedMachines, event.interface);
        });
      if (machine === 0) {
        // scaled down so far that the trial's hours stayed empty: the scale is right by the round before
        this.machineScale = trial.machineScale;
        this.machineEvents = round === 0 ? 0 : wanted;
        break;
      }
      this.machineEvents = (machine * 24) / TRIAL_HOURS.length;
      this.machineScale = trial.machineScale;
      trial.machineScale *= wanted / this.machineEvents;
    }
  }

  /** Requests of an interface on an ordinary working day, as far as the trial shows; hard negatives and campaigns aside. */
  expectedRequests(interfaceId: string): number {
    const visits = Math.max(0, this.plan.eventsPerDay - this.machineEvents) / this.eventsPerVisit;
    const machines = ((this.triedMachines.get(interfaceId) ?? 0) * 24) / TRIAL_HOURS.length;
    return ((this.triedVisits.get(interfaceId) ?? 0) / TRIAL_VISITS) * visits + machines;
  }

  /** Midnight of an ordinary working day: the measure of rates. */
  private workday(): number {
    for (let day = 0; day < 10; day++) {
      const midnight = this.calendar.midnight(this.plan.start, day);
      if (this.calendar.at(midnight + 12 * HOUR).working && this.calendar.at(midnight + 12 * HOUR).weekday < 5) return midnight;
    }
    return this.calendar.midnight(this.plan.start);
  }

  space(name: string): ObjectSpace {
    const space = this.spaces.get(name);
    if (space === undefined) throw new Error(`no objects ${name}`);
    return space;
  }

  /** How many interfaces there are of a numbered key (`list0`, `list1`, …). */
  count(key: string): number {
    let known = this.counts.get(key);
    if (known === undefined) {
      known = 0;
      while (this.api.find(`${key}${known}`) !== undefined) known++;
      this.counts.set(key, known);
    }
    return known;
  }

  /** Calls that clients make along with a detail of space `i`. */
  sides(i: number): SimulatedInterface[] {
    let known = this.sidesOf.get(i);
    if (known === undefined) {
      known = this.api.all.filter((one) => one.key.startsWith(`side${i}-`));
      this.sidesOf.set(i, known);
    }
    return known;
  }

  /** Adds an account of the ordinary population. */
  addPerson(random: Random, role: Role, joined: number): Person {
    const serial = joined < this.plan.start ? this.people.length * SERIAL_GAP + random.int(SERIAL_GAP) : this.serialAt(joined);
    const person = drawPerson(new Random(this.seed, 'person', serial, this.people.length), this.population, serial, role, joined);
    this.people.push(person);
    return person;
  }

  /** An account that comes into being at `joined` by the same laws but is not of the ordinary population (its maker drives it). */
  strangePerson(random: Random, joined: number, role: Role = 'user'): Person {
    return drawPerson(random, this.population, this.serialAt(joined) + random.int(SERIAL_GAP), role, joined);
  }

  /** A name by the law of logins that belongs to nobody here. */
  unknownLogin(random: Random): string {
    const style = this.nuisances.loginStyle === 'same' ? this.nuisances.nameStyle : this.nuisances.loginStyle;
    return nameOf(style, this.nuisances.domain, this.plan.country, this.seed ^ random.word(), random.int(this.plan.accounts * 20 + 5000));
  }

  /** A phone number of the tenant's country that belongs to nobody here. */
  unknownPhone(random: Random): string {
    return phoneNumber(this.plan.country, random.word());
  }

  private serialAt(joined: number): number {
    const perDay = Math.max(1, this.plan.accounts * this.nuisances.joinRate);
    return Math.floor((this.plan.accounts + ((joined - this.plan.start) / DAY) * perDay) * SERIAL_GAP);
  }

  /** Object index of a person in the space of users. */
  userIndex(person: Person): number {
    return Math.floor(person.serial / SERIAL_GAP);
  }

  /** The address of one of the tenant's own servers. */
  serverAddress(serial: number): string {
    return `10.${(this.seed & 63) + 10}.1.${10 + (serial % 200)}`;
  }

  /** Where a person is at an instant. Employees are in the office network or come over its gateway. */
  addressOf(person: Person, at: number, draw: number): string {
    if (person.role === 'employee' || person.role === 'admin' || person.role === 'agent') {
      const remote = fraction(person.seed, Math.floor(at / DAY), 3);
      if (this.fieldDays > 0 && 1 - remote < this.fieldDays) return addressOf(person, this.networks, at, draw);
      if (remote < 0.12) return addressIn(this.networks.offices[0], 1 + (person.office & 3));
      return `10.${(this.seed & 63) + 80}.${person.office & 15}.${2 + Math.floor(fraction(person.seed, Math.floor(at / (person.renewal * DAY)), 5) * 250)}`;
    }
    return addressOf(person, this.networks, at, draw);
  }

  via(random: Random): readonly string[] {
    return this.nuisances.forwarded ? [this.nuisances.proxies[random.int(this.nuisances.proxies.length)]] : [];
  }

  sessionId(random: Random): string {
    return (random.word() >>> 0).toString(16).padStart(8, '0') + (random.word() >>> 0).toString(16).padStart(8, '0');
  }

  /** Share of requests that fail on the server's side at an instant. */
  serverErrors(at: number): number {
    for (const trouble of this.troubles) if (at >= trouble.from && at < trouble.to) return trouble.share;
    return this.nuisances.serverErrors;
  }

  /** Adds a time of trouble: hard negatives use it. */
  addTrouble(from: number, to: number, share: number): void {
    this.troubles.push({ from, to, share });
  }

  private drawTroubles(random: Random): void {
    for (let i = random.poisson(this.plan.days * 0.12); i > 0; i--) {
      const from = random.range(this.plan.start, planEnd(this.plan));
      this.troubles.push({ from, to: from + random.lognormal(6, 0.8) * MINUTE, share: random.range(0.01, 0.15) });
    }
  }

  /** What strands make of ordinary activity at an instant, 1 usually. */
  rateAt(at: number): number {
    let rate = 1;
    for (const strand of this.strands) if (strand.rate !== undefined) rate *= strand.rate(at);
    return rate;
  }

  /** Activity of the tenant at an instant relative to its mean working day hour: season of the hour, the weekday, holidays. */
  hourWeight(at: number, shift = 0): number {
    const local = this.calendar.at(at - shift * HOUR);
    const { nuisances } = this;
    const hours = local.working ? nuisances.workdayHours : nuisances.freeHours;
    const day = local.holiday ? nuisances.holiday : local.working && local.weekday > 4 ? 1 : nuisances.weekdays[local.weekday];
    return hours[local.hour] * day;
  }

  /** A moment of the day that begins at `day`, as the tenant's hours have it. */
  momentOfDay(random: Random, day: number): number {
    const weights = Array.from({ length: 24 }, (_, hour) => this.hourWeight(day + hour * HOUR));
    return day + random.weighted(weights) * HOUR + random.int(HOUR);
  }

  /** Expected visits of a person in the hour that begins at `hour`. */
  activity(person: Person, hour: number, rate: number): number {
    if (person.joined >= hour || person.left <= hour || person.weight === 0 || this.kind.journeys.length === 0) return 0;
    const local = this.calendar.at(hour - person.shift * HOUR);
    if (fraction(person.seed, Math.floor(local.day / 5), 11) < 0.04) return 0;
    const machines = this.machineEvents;
    const visits = Math.max(0.05 * this.plan.eventsPerDay, this.plan.eventsPerDay - machines) / this.eventsPerVisit;
    const free = local.working ? 1 : person.weekend;
    return ((visits * person.weight) / this.totalWeight) * (this.hourWeight(hour, person.shift) / 24) * free * rate;
  }

  /** One visit of a person as it usually goes. */
  visit(person: Person, at: number, random: Random, emit: Emit, extra: Partial<VisitOptions> = {}): Visit {
    const draw = random.next();
    const visit = new Visit({
      world: this,
      emit,
      random,
      at,
      account: person.name,
      address: this.addressOf(person, at, draw),
      device: person.devices[random.zipf(person.devices.length, 1.2)],
      ...extra,
    });
    if (this.guests > 0 && this.kind.guest !== undefined && fraction(person.seed, Math.floor(at / HOUR), 41) < this.guests) {
      visit.account = '';
      this.kind.guest(visit, person);
      return visit;
    }
    const token = this.kind.token * HOUR * (0.5 + fraction(person.seed, 31));
    if (at >= person.tokenUntil && this.api.find('login') !== undefined) {
      person.tokenUntil = at + token;
      visit.account = '';
      visit.arrive(person);
      visit.account = person.name;
    }
    this.kind.open(visit, person);
    for (let n = random.geometric(this.kind.journeysPerVisit); n > 0; n--)
      this.kind.journeys[random.weighted(person.taste)].run(visit, person);
    return visit;
  }

  /** Ordinary traffic that begins in the hour [start, start + 1 h). */
  ordinary(start: number, emit: Emit): void {
    const end = start + HOUR;
    const rate = this.rateAt(start + HOUR / 2);
    const hour = Math.floor(start / HOUR);
    for (let i = 0; i < this.people.length; i++) {
      const person = this.people[i];
      if (person.joined >= start && person.joined < end && this.kind.welcome !== undefined) {
        const random = new Random(person.seed, 'welcome');
        const visit = new Visit({
          world: this,
          emit,
          random,
          at: person.joined,
          account: '',
          address: this.addressOf(person, person.joined, random.next()),
          device: person.devices[0],
        });
        person.tokenUntil = person.joined + this.kind.token * HOUR;
        this.kind.welcome(visit, person);
        continue;
      }
      const expected = this.activity(person, start, rate);
      // most hours of most people are empty: settle these without making a stream
      if (expected <= 0 || fraction(person.seed, hour, 2) < Math.exp(-expected)) continue;
      const random = new Random(person.seed, 'hour', hour);
      let visits = 0;
      while (visits === 0) visits = random.poisson(expected);
      for (; visits > 0; visits--) this.visit(person, start + random.int(HOUR), random, emit);
    }
    this.kind.machines?.(this, start, end, emit);
    if (this.plan.kind !== 'network') background(this, start, emit);
  }

  /** Everything that begins in the hour: ordinary traffic as strands change it, then what strands add. */
  hour(start: number, emit: Emit): void {
    const touching = this.strands.filter((strand) => strand.touch !== undefined);
    const through: Emit =
      touching.length === 0
        ? emit
        : (event: SimulatedEvent) => {
            for (const strand of touching) if (strand.touch?.(event) === false) return;
            emit(event);
          };
    this.ordinary(start, through);
    for (const strand of this.strands) strand.hour?.(start, start + HOUR, emit);
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
