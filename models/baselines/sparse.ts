import { FLAG } from '../../services/core/batch.ts';
import type { ByteReader, ByteWriter } from '../../services/core/codec.ts';
import type { TenantPrior } from '../prior.ts';
import { SHARES } from '../shares.ts';
import { type ClosedWindow, SOURCE_FEATURES, TARGET_FEATURES } from '../windows.ts';
import { credible, type Expectation } from './credibility.ts';
import { Slab } from './slab.ts';

/** Amounts of sources and targets that are learned, with their shipped mean and dispersion per active hour and per day. */
interface SparseLevel {
  name: string;
  features: readonly number[];
  hour: number;
  day: number;
}

const source = (name: string, features: readonly (typeof SOURCE_FEATURES)[number][], hour: number, day: number): SparseLevel => ({
  name,
  features: features.map((feature) => SOURCE_FEATURES.indexOf(feature)),
  hour,
  day,
});
const target = (name: string, features: readonly (typeof TARGET_FEATURES)[number][], hour: number, day: number): SparseLevel => ({
  name,
  features: features.map((feature) => TARGET_FEATURES.indexOf(feature)),
  hour,
  day,
});

/** Columns: name, features summed, shipped mean of an active hour, of an active day. Round figures on the high side. */
export const SPARSE_LEVELS = {
  source: [
    source('requests', ['requests'], 30, 80),
    source('errors', ['failures', 'refused', 'missing', 'client_errors'], 2, 4),
    source('error_paths', ['error_paths'], 1, 2),
    source('login_failures', ['login_failures'], 0.5, 1),
    source('accounts', ['accounts'], 1.5, 3),
    source('targets', ['targets'], 1, 2),
    source('sends', ['sends'], 0.5, 1),
    source('registers', ['registers'], 0.3, 0.6),
    source('objects', ['objects'], 10, 25),
  ],
  target: [
    target('requests', ['requests'], 2, 3),
    target('sends', ['sends'], 0.7, 1),
    target('login_failures', ['login_failures'], 0.4, 0.6),
    target('addresses', ['addresses'], 1.2, 1.5),
    target('prefixes', ['prefixes'], 1.2, 1.5),
    target('failures', ['failures'], 0.4, 0.7),
  ],
} as const;
/** Name of the population's count of source-hours that are newcomers from outside: 1 or 0 each. */
export const OUTSIDE_NEWCOMER = 'outside_newcomer';
/** Source-hours of a tenant from which on its rate of newcomers is known. */
const LEAST_SOURCE_HOURS = 500;
/** Days that a tenant must have been known for before a source is called a newcomer. */
const LEAST_TENANT_DAYS = 2;
const EXTERNAL = SHARES.findIndex(({ name }) => name === 'external');

export type SparseView = keyof typeof SPARSE_LEVELS;

const ACCOUNTS = SOURCE_FEATURES.indexOf('accounts');
const NEW_ACCOUNTS = SOURCE_FEATURES.indexOf('new_accounts');

/** Dispersion, shipped: within a key's own hours, and between keys. NAT addresses make the latter wide. */
const WITHIN = { source: 1.5, target: 0.6 } as const;
const BETWEEN = { source: 5, target: 0.8 } as const;
const KEEP_DAY = Math.exp(-1 / 14);

const HOURS = 0;
const DAYS = 1;
const TODAY = 2;
const TODAY_HOURS = 3;
const ODD = 4;
const LIFE_DAYS = 5;
const BASE = 6;

/** Baselines of sources and targets: means of active hours and days, little state, most keys are seen once. */
export class SparseBaselines {
  readonly view: SparseView;
  private readonly levels: readonly SparseLevel[];
  private readonly n: number;
  private readonly slab: Slab;
  private readonly expectation: Expectation = { mean: 0, dispersion: 0, scope: 'prior', size: 0 };
  private row = 0;
  private window!: ClosedWindow;
  private prior!: TenantPrior;
  private readonly index: Record<string, number>;

  constructor(view: SparseView) {
    this.view = view;
    this.levels = SPARSE_LEVELS[view];
    this.n = this.levels.length;
    // per level: sum of days, squares of days, running day
    this.slab = new Slab(BASE + 3 * this.n);
    this.index = Object.fromEntries(this.levels.map((level, i) => [level.name, i]));
  }

  look(window: ClosedWindow, prior: TenantPrior): void {
    this.window = window;
    this.prior = prior;
    this.row = this.slab.row(window.slot);
    const today = this.slab.data[this.row + TODAY];
    if (today === 0 || today === window.calendar.day) return;
    this.fold();
    // looks come before the day's first window is learned
    this.slab.data[this.row + TODAY] = window.calendar.day;
  }

  /** Days with activity behind the own past. */
  get days(): number {
    return this.slab.data[this.row + DAYS];
  }

  /** Active days ever, before today. */
  get lifeDays(): number {
    return this.slab.data[this.row + LIFE_DAYS];
  }

  /**
   * Whether this is the first day of a source outside the tenant's own networks that accounts use which were there
   * before it: neither a host of flows nor anonymous callers. Undefined on the tenant's first days, when everyone is new.
   */
  get outsideNewcomer(): boolean | undefined {
    if (this.prior.profileDays < LEAST_TENANT_DAYS) return undefined;
    const { flags, values } = this.window;
    return this.lifeDays === 0 && (flags & (FLAG.internalSource | FLAG.flow)) === 0 && values[ACCOUNTS] > values[NEW_ACCOUNTS];
  }

  /** How often a source-hour of this tenant is such a newcomer, and the source-hours behind it; undefined while that is not known. */
  get newcomerRate(): { rate: number; hours: number } | undefined {
    const learned = this.prior.sparse[`source.${OUTSIDE_NEWCOMER}`];
    if (learned === undefined || learned.size < LEAST_SOURCE_HOURS) return undefined;
    return { rate: (learned.mean * learned.size + 0.5) / (learned.size + 1), hours: learned.size };
  }

  /** Share of the tenant's requests to plain interfaces that come from outside its own networks. */
  get outsideShare(): number {
    return this.prior.classes[0].usual[EXTERNAL];
  }

  amount(size: '1h' | '1d', name: string): number {
    const level = this.index[name];
    const hour = this.hourAmount(level);
    return size === '1h' ? hour : hour + this.slab.data[this.row + BASE + 3 * level + 2];
  }

  /** What is expected of an active hour or day. The result is reused by the next call. */
  expected(size: '1h' | '1d', name: string): Expectation {
    const level = this.index[name];
    const d = this.slab.data;
    const at = this.row + BASE + 3 * level;
    const spec = this.levels[level];
    const learned = this.prior.sparse[`${this.view}.${name}`];
    const size0 = learned?.size ?? 0;
    // a tenant's own experience of 300 key-hours weighs as much as what is shipped; its dispersion is never believed to be small
    const trust = size0 / (size0 + 300);
    const hourMean = trust * (learned?.mean ?? 0) + (1 - trust) * spec.hour;
    const between = Math.max(0.5 * BETWEEN[this.view], trust * (learned?.dispersion ?? 0) + (1 - trust) * BETWEEN[this.view]);
    const days = d[this.row + DAYS];
    if (size === '1h') {
      const hours = d[this.row + HOURS];
      return credible(
        hours > 0 ? (d[at] / hours) * Math.min(hours, 3 * days) : 0,
        0,
        Math.min(hours, 3 * days),
        hourMean,
        WITHIN[this.view],
        between,
        size0,
        this.expectation,
      );
    }
    return credible(d[at], d[at + 1], days, hourMean * (spec.day / spec.hour), 0.7 * WITHIN[this.view], between, size0, this.expectation);
  }

  /** Calls with each level's amount of the window's hour, for the population's histograms. */
  eachHour(call: (level: number, amount: number) => void): void {
    for (let level = 0; level < this.n; level++) call(level, this.hourAmount(level));
  }

  learn(odd: boolean): void {
    const d = this.slab.data;
    const row = this.row;
    d[row + TODAY] = this.window.calendar.day;
    d[row + TODAY_HOURS]++;
    if (odd) d[row + ODD] = 1;
    for (let level = 0; level < this.n; level++) {
      const value = this.hourAmount(level);
      if (value > 0) d[row + BASE + 3 * level + 2] += value;
    }
  }

  clear(slot: number): void {
    this.slab.clear(slot);
  }

  write(slot: number, writer: ByteWriter): void {
    this.slab.write(slot, writer);
  }

  read(slot: number, reader: ByteReader): void {
    this.slab.read(slot, reader);
  }

  private hourAmount(level: number): number {
    const { features } = this.levels[level];
    let sum = 0;
    for (let i = 0; i < features.length; i++) sum += this.window.values[features[i]];
    return sum;
  }

  /** The running day is over. An odd day teaches a third of itself: a source that is always so becomes usual in time. */
  private fold(): void {
    const d = this.slab.data;
    const row = this.row;
    const share = d[row + ODD] === 1 ? 1 / 3 : 1;
    d[row + HOURS] = d[row + HOURS] * KEEP_DAY + d[row + TODAY_HOURS];
    d[row + DAYS] = d[row + DAYS] * KEEP_DAY + 1;
    for (let level = 0; level < this.n; level++) {
      const at = row + BASE + 3 * level;
      const total = d[at + 2] * share;
      d[at] = d[at] * KEEP_DAY + total;
      d[at + 1] = d[at + 1] * KEEP_DAY + total * total;
      d[at + 2] = 0;
    }
    d[row + TODAY_HOURS] = 0;
    d[row + ODD] = 0;
    d[row + LIFE_DAYS]++;
  }
}
