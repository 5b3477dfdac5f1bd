import { HOUR } from '../core/watermark.ts';
import type { Device } from './devices.ts';
import type { Emit, SimulatedEvent } from './event.ts';
import type { BenignNote, Campaign } from './labels.ts';
import type { Person } from './people.ts';
import type { Setting, Strand } from './strand.ts';
import type { VisitOptions } from './visit.ts';
import { Visit } from './visit.ts';

/** What of a campaign's events becomes label. */
export interface Attribution {
  number: number;
  name: string;
  /** keys of the interfaces that the campaign is about; others it touches are side interfaces */
  about: string[];
  accounts?: boolean;
  sources?: boolean;
  targets?: boolean;
}

/** Writes down what a strand adds, ahead of time, and derives the labels from exactly these events. */
export class Script {
  private readonly setting: Setting;
  private events: SimulatedEvent[] = [];
  readonly emit: Emit;

  constructor(setting: Setting, benign = false) {
    this.setting = setting;
    this.emit = (event) => {
      if (event.at >= setting.end || event.at - event.duration < setting.world.plan.start) return;
      if (benign) event.note = setting.id;
      else event.campaign = setting.id;
      this.events.push(event);
    };
  }

  /** Events so far. */
  get size(): number {
    return this.events.length;
  }

  /** A client of this strand. */
  visit(options: {
    at: number;
    account?: string;
    address: string;
    device: Device;
    session?: string;
    pace?: number;
    retries?: number;
  }): Visit {
    const full: VisitOptions = {
      world: this.setting.world,
      emit: this.emit,
      random: this.setting.random,
      ...options,
      account: options.account ?? '',
    };
    return new Visit(full);
  }

  /** The campaign as a strand. */
  campaign(attribution: Attribution): Strand {
    const { setting } = this;
    const about = new Set(attribution.about.map((key) => setting.world.api.find(key)?.id ?? key));
    const campaign: Campaign = {
      id: setting.id,
      tenant: setting.world.plan.name,
      scenario: { number: attribution.number, name: attribution.name },
      intensity: setting.intensity,
      ...this.bounds(),
      interfaces: this.distinct((event) => (about.has(event.interface) ? event.interface : '')),
      side_interfaces: this.distinct((event) => (about.has(event.interface) ? '' : event.interface)),
      targets: attribution.targets === true ? this.distinct((event) => event.target) : [],
      accounts: attribution.accounts === false ? [] : this.distinct((event) => event.account),
      sources: attribution.sources === false ? [] : this.distinct((event) => event.address),
      events: this.events.length,
    };
    return { campaign, hour: this.player() };
  }

  /** The behaviour as a hard negative. */
  note(name: string, rest: Partial<Strand> = {}): Strand {
    const { setting } = this;
    const note: BenignNote = {
      id: setting.id,
      tenant: setting.world.plan.name,
      name,
      ...this.bounds(),
      interfaces: this.distinct((event) => event.interface),
      accounts: this.distinct((event) => event.account),
      sources: this.distinct((event) => event.address),
    };
    return { note, hour: this.player(), ...rest };
  }

  private bounds(): { start: string; end: string } {
    let first = Number.POSITIVE_INFINITY;
    let last = 0;
    for (const event of this.events) {
      first = Math.min(first, event.at);
      last = Math.max(last, event.at);
    }
    if (this.events.length === 0) first = last = this.setting.at;
    return { start: new Date(first).toISOString(), end: new Date(last).toISOString() };
  }

  private distinct(of: (event: SimulatedEvent) => string): string[] {
    const all = new Set<string>();
    for (const event of this.events) {
      const value = of(event);
      if (value !== '') all.add(value);
    }
    return [...all].sort();
  }

  /** Gives each event out in the hour in which it begins to be known (its completion). */
  private player(): (start: number, end: number, emit: Emit) => void {
    this.events.sort((a, b) => a.at - b.at);
    const events = this.events;
    let next = 0;
    return (start, end, emit) => {
      if (next > 0 && events[next - 1].at >= start) next = 0;
      while (next < events.length && events[next].at < start) next++;
      while (next < events.length && events[next].at < end) emit({ ...events[next++] });
    };
  }
}

/** Accounts of the ordinary population that suit and are there all the time, most active ones first. */
export function candidates(setting: Setting, suits: (person: Person) => boolean): Person[] {
  const { world } = setting;
  return world.people
    .filter((person) => person.joined < world.plan.start && person.left > setting.end && suits(person))
    .sort((a, b) => b.weight - a.weight);
}

/** One of the middle of the population: neither its busiest nor its quietest. */
export function middle(setting: Setting, suits: (person: Person) => boolean): Person {
  const all = candidates(setting, suits);
  if (all.length === 0) throw new Error(`${setting.id}: nobody suits`);
  return all[Math.floor(all.length * setting.random.range(0.1, 0.6))];
}

/** A copy of a person whose memory a strand may use without changing what the person does. */
export function shadow(person: Person): Person {
  return { ...person, own: new Map(), recent: new Map(), devices: [...person.devices], taste: [...person.taste] };
}

/** An instant in [from, to) as the tenant's hours have it: attackers keep the hours of users. */
export function seasonal(setting: Setting, from: number, to: number): number {
  const { random, world } = setting;
  for (let i = 0; ; i++) {
    const at = random.range(from, to);
    if (i > 60 || random.next() * 2 < world.hourWeight(at)) return at;
  }
}

/** An instant within working hours of a working day in [from, to), by the hours of a person. */
export function atWork(setting: Setting, person: Person, from: number, to: number): number {
  const { random, world } = setting;
  for (let i = 0; ; i++) {
    const at = random.range(from, to);
    if (i > 200 || random.next() * 3 < world.hourWeight(at, person.shift)) return at;
  }
}

/** First whole local hour `hour` at or after an instant. */
export function localHour(setting: Setting, from: number, hour: number): number {
  let at = Math.ceil(from / HOUR) * HOUR;
  while (setting.world.calendar.at(at).hour !== hour) at += HOUR;
  return at;
}

/** Scales a full count by the intensity; at least `least`. */
export function scaled(setting: Setting, count: number, least = 1): number {
  return Math.max(setting.slow === true ? 1 : least, Math.round(count * setting.intensity));
}

/** A device drawn by the tenant's own law. */
export function device(setting: Setting): Device {
  const { world, random } = setting;
  if (world.plan.kind !== 'partners') return world.market.draw(random);
  return random.chance(0.78) ? world.market.library(random) : world.market.desktop(random);
}

/** Activity of the tenant that a campaign hides in: accounts, but never fewer than `least` nor more than `most`. */
export function crowd(setting: Setting, share: number, least: number, most: number): number {
  return Math.round(Math.min(most, Math.max(least, setting.world.plan.accounts * share)));
}
