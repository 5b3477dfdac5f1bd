import type { ScoreReport } from './candidate.ts';
import { type Law, surprise } from './evidence.ts';
import { GROUPS, LEVELS, MEAN_BINS, NOVELTIES } from './levels.ts';
import { shippedPrior, type TenantPrior } from './prior.ts';
import type { SharedKnowledge, SharedLearner } from './shared.ts';
import { CLASSES, SHARES } from './shares.ts';

/**
 * Population knowledge: what a tenant's accounts and interfaces usually do, learned from integer histograms that tasks
 * report, so that any split of the keys teaches the same. Forgotten by a seventieth per day that passes.
 */

/** Amounts are counted in half-octave buckets: 0, 1, then [2^(b/2), 2^((b+1)/2)). */
export const AMOUNT_BUCKETS = 72;
export function amountBucket(amount: number): number {
  if (amount < 1) return 0;
  if (amount < 2) return 1;
  const bucket = Math.floor(2 * Math.log2(amount));
  return bucket < AMOUNT_BUCKETS ? bucket : AMOUNT_BUCKETS - 1;
}
const AMOUNT_VALUES = Array.from({ length: AMOUNT_BUCKETS }, (_, b) => (b === 0 ? 0 : b === 1 ? 1 : 2 ** ((b + 0.5) / 2)));

/** Amounts against the own mean are counted by half octaves of (amount + 1/2) / (mean + 1/2), from a quarter up. */
export const RATIO_BUCKETS = 22;
export function ratioBucket(amount: number, mean: number): number {
  const bucket = Math.round(2 * Math.log2((amount + 0.5) / (mean + 0.5))) + 4;
  return bucket < 0 ? 0 : bucket < RATIO_BUCKETS ? bucket : RATIO_BUCKETS - 1;
}
/** How rare a country is in a tenant: its share of account-days in half decades, the last 10^-4.5 and below. */
export const RARITY_BUCKETS = 10;
export function rarityBucket(share: number): number {
  return Math.min(RARITY_BUCKETS - 1, Math.max(0, Math.floor(-2 * Math.log10(share))));
}
/** Typical mean of each bin of means. */
const BIN_MEANS = [1, 10, 100];

/** Names of the histograms in a report's `population`. */
export const POPULATION = {
  hour: (group: number, level: number) => `hour.${GROUPS[group]}.${LEVELS[level]}`,
  day: (group: number, level: number) => `day.${GROUPS[group]}.${LEVELS[level]}`,
  /** amounts of hours and days against the account's own mean: [bin of the mean x RATIO_BUCKETS + bucket] */
  hourRatio: (group: number, level: number) => `hour_ratio.${GROUPS[group]}.${LEVELS[level]}`,
  dayRatio: (group: number, level: number) => `day_ratio.${GROUPS[group]}.${LEVELS[level]}`,
  /** [account-days, sums of new values …NOVELTIES] */
  novelty: (group: number) => `novelty.${GROUPS[group]}`,
  /** active account-hours by [working ? 0 : 24 + hour] */
  hours: (group: number) => `hours.${GROUPS[group]}`,
  /** per share: part, whole; then interface-hours */
  shares: (classIndex: number) => `shares.${CLASSES[classIndex]}`,
  /** requests by [working ? 0 : 24 + hour] */
  profile: 'profile',
  /** [requests, without an account] */
  anonymous: 'anonymous',
  /** [account-days, arrivals of accounts that were elsewhere before] by country, named by its two letters packed into a number */
  country: (country: number) => `country.${country}`,
  /** [account-days, visits to countries new to their account …by rarityBucket] */
  visits: 'visits',
  sparse: (view: string, name: string) => `sparse.${view}.${name}`,
} as const;

/** What is kept per tenant: decayed histograms and how often each hour of the two kinds of day was seen. */
interface TenantState {
  day: number;
  sums: Record<string, number[]>;
  /** hours seen by kind and hour, decayed */
  seen: number[];
}

/** Plain JSON that tasks get: `TenantPrior` with arrays. */
interface Knowledge {
  groups: Record<
    string,
    {
      days: number;
      hours: number;
      hour: [number, number][];
      day: [number, number][];
      hourWithin: [number, number][];
      dayWithin: [number, number][];
      novelty: number[];
      blocks: number[];
    }
  >;
  classes: Record<string, { hours: number; shares: [number, number][] }>;
  profile: number[];
  profileDays: number;
  anonymous: [number, number];
  sparse: Record<string, { mean: number; dispersion: number; size: number }>;
  /** account-days by country, and arrivals of accounts that were elsewhere before */
  countries: [country: number, days: number, arrivals: number][];
  visits: number[];
}

const HOUR = 3_600_000;
const COUNTRY = 'country.';
const KEEP_DAY = Math.exp(-1 / 70);
/** Figures are sent with so many digits: shared knowledge is small and the same on every machine. */
const round = (value: number) => Number(value.toPrecision(6));

export class PopulationLearner implements SharedLearner {
  readonly name = 'population';
  private readonly tenants = new Map<string, TenantState>();
  /** reports of hours that are not closed yet: sums by tenant and hour */
  private readonly open = new Map<string, Map<number, Record<string, number[]>>>();

  absorb(report: ScoreReport): void {
    if (report.minute) return;
    let hours = this.open.get(report.tenant);
    if (hours === undefined) this.open.set(report.tenant, (hours = new Map()));
    let sums = hours.get(report.start);
    if (sums === undefined) hours.set(report.start, (sums = {}));
    for (const [name, values] of Object.entries(report.population)) addInto(sums, name, values, 1);
  }

  close(tenant: string, hour: number): Knowledge {
    let state = this.tenants.get(tenant);
    const day = Math.floor(hour / (24 * HOUR));
    if (state === undefined) this.tenants.set(tenant, (state = { day, sums: {}, seen: new Array(48).fill(0) }));
    if (day > state.day) {
      const keep = KEEP_DAY ** (day - state.day);
      for (const values of Object.values(state.sums)) for (let i = 0; i < values.length; i++) values[i] *= keep;
      for (let i = 0; i < 48; i++) state.seen[i] *= keep;
      state.day = day;
    }
    const hours = this.open.get(tenant);
    if (hours !== undefined) {
      for (const start of [...hours.keys()].sort((a, b) => a - b)) {
        if (start > hour) continue;
        const sums = hours.get(start)!;
        for (const name of Object.keys(sums).sort()) addInto(state.sums, name, sums[name], 1);
        const profile = sums[POPULATION.profile];
        if (profile !== undefined) for (let i = 0; i < profile.length; i++) if (profile[i] > 0) state.seen[i]++;
        hours.delete(start);
      }
    }
    return knowledgeOf(state);
  }

  save(): unknown {
    return {
      tenants: [...this.tenants].sort(byName),
      open: [...this.open].sort(byName).map(([tenant, hours]) => [tenant, [...hours].sort((a, b) => a[0] - b[0])]),
    };
  }

  load(saved: unknown): void {
    const { tenants, open } = structuredClone(saved) as {
      tenants: [string, TenantState][];
      open: [string, [number, Record<string, number[]>][]][];
    };
    this.tenants.clear();
    this.open.clear();
    for (const [tenant, state] of tenants) this.tenants.set(tenant, state);
    for (const [tenant, hours] of open) this.open.set(tenant, new Map(hours));
  }
}

function byName(a: [string, unknown], b: [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}

function addInto(sums: Record<string, number[]>, name: string, values: readonly number[], weight: number): void {
  const into = (sums[name] ??= []);
  while (into.length < values.length) into.push(0);
  for (let i = 0; i < values.length; i++) into[i] += weight * values[i];
}

/** Mean and dispersion of a histogram of amounts. The top thousandth is cut back to eight times the 99th centile: attacks are no prior. */
function momentsOf(histogram: readonly number[] | undefined): [mean: number, dispersion: number, n: number] {
  if (histogram === undefined) return [0, 0, 0];
  let n = 0;
  for (const count of histogram) n += count;
  if (n <= 0) return [0, 0, 0];
  let seen = 0;
  let bound = 1;
  for (let b = 0; b < histogram.length; b++) {
    seen += histogram[b];
    if (seen >= 0.99 * n) {
      bound = Math.max(4, 8 * AMOUNT_VALUES[b]);
      break;
    }
  }
  let sum = 0;
  let squares = 0;
  for (let b = 0; b < histogram.length; b++) {
    const value = Math.min(bound, AMOUNT_VALUES[b]);
    sum += histogram[b] * value;
    squares += histogram[b] * value * value;
  }
  const mean = sum / n;
  if (mean <= 0) return [0, 0, n];
  return [mean, Math.max(0, (squares / n - mean * mean - mean) / (mean * mean)), n];
}

/** No account's hours or days are believed to be steadier than this. */
const LEAST_WITHIN = 0.1;
/** Widest dispersion that is learned: beyond it the law says nothing any more. */
const MOST_WITHIN = 12;

/**
 * Per bin of means, the dispersion whose 99th centile is the one seen, and the windows seen. The centile rather than
 * the variance: it is the tail that has to be right, and one window in a hundred may be an attack without being learned.
 */
function dispersionsOf(histogram: readonly number[] | undefined): [number, number][] {
  return Array.from({ length: MEAN_BINS }, (_, bin): [number, number] => {
    const counts = Array.from({ length: RATIO_BUCKETS }, (_, b) => histogram?.[bin * RATIO_BUCKETS + b] ?? 0);
    const n = counts.reduce((sum, count) => sum + count, 0);
    if (n < 20) return [0, 0];
    let beyond = 0;
    let bucket = RATIO_BUCKETS - 1;
    for (; bucket > 0; bucket--) {
      beyond += counts[bucket];
      if (beyond > 0.01 * n) break;
    }
    const mean = BIN_MEANS[bin];
    // the bucket's upper edge
    const centile = (mean + 0.5) * 2 ** ((bucket - 4 + 0.5) / 2) - 0.5;
    if (centile <= mean) return [LEAST_WITHIN, round(n)];
    const law: Law & { kind: 'count' } = { kind: 'count', mean, dispersion: 0 };
    let low = LEAST_WITHIN;
    let high = MOST_WITHIN;
    for (let step = 0; step < 12; step++) {
      law.dispersion = Math.sqrt(low * high);
      if (surprise(law, centile) > 2) low = law.dispersion;
      else high = law.dispersion;
    }
    return [round(Math.sqrt(low * high)), round(n)];
  });
}

function knowledgeOf(state: TenantState): Knowledge {
  const { sums } = state;
  const groups: Knowledge['groups'] = {};
  for (let g = 0; g < GROUPS.length; g++) {
    const hours = sums[POPULATION.hours(g)];
    if (hours === undefined) continue;
    const hour = LEVELS.map((_, level) => momentsOf(sums[POPULATION.hour(g, level)]));
    const day = LEVELS.map((_, level) => momentsOf(sums[POPULATION.day(g, level)]));
    const hourWithin = LEVELS.flatMap((_, level) => dispersionsOf(sums[POPULATION.hourRatio(g, level)]));
    const dayWithin = LEVELS.flatMap((_, level) => dispersionsOf(sums[POPULATION.dayRatio(g, level)]));
    const novel = sums[POPULATION.novelty(g)] ?? [0];
    groups[GROUPS[g]] = {
      days: round(day[0][2]),
      hours: round(hour[0][2]),
      hour: hour.map(([mean, dispersion]) => [round(mean), round(dispersion)]),
      day: day.map(([mean, dispersion]) => [round(mean), round(dispersion)]),
      hourWithin,
      dayWithin,
      novelty: Array.from({ length: NOVELTIES.length + 1 }, (_, i) => round(novel[i] ?? 0)),
      blocks: Array.from({ length: 12 }, (_, b) => {
        const from = (b < 6 ? 0 : 24) + (b % 6) * 4;
        return round((hours[from] ?? 0) + (hours[from + 1] ?? 0) + (hours[from + 2] ?? 0) + (hours[from + 3] ?? 0));
      }),
    };
  }
  const classes: Knowledge['classes'] = {};
  CLASSES.forEach((name, c) => {
    const pool = sums[POPULATION.shares(c)];
    if (pool === undefined) return;
    classes[name] = {
      hours: round(pool[2 * SHARES.length] ?? 0),
      shares: SHARES.map((_, i) => [round(pool[2 * i] ?? 0), round(pool[2 * i + 1] ?? 0)]),
    };
  });
  const requests = sums[POPULATION.profile] ?? [];
  const profile = Array.from({ length: 48 }, (_, i) => (state.seen[i] > 0 ? round((requests[i] ?? 0) / state.seen[i]) : -1));
  const sparse: Knowledge['sparse'] = {};
  const countries: Knowledge['countries'] = [];
  for (const name of Object.keys(sums).sort()) {
    if (name.startsWith(COUNTRY)) countries.push([Number(name.slice(COUNTRY.length)), round(sums[name][0]), round(sums[name][1])]);
    if (!name.startsWith('sparse.')) continue;
    const [mean, dispersion, n] = momentsOf(sums[name]);
    sparse[name.slice(7)] = { mean: round(mean), dispersion: round(dispersion), size: round(n) };
  }
  const anonymous = sums[POPULATION.anonymous] ?? [0, 0];
  return {
    groups,
    classes,
    profile,
    sparse,
    countries,
    visits: (sums[POPULATION.visits] ?? []).map(round),
    profileDays: round(state.seen.reduce((sum, n) => sum + n, 0) / 24),
    anonymous: [round(anonymous[0]), round(anonymous[1] ?? 0)],
  };
}

/** Evidence at which the tenant's own experience weighs as much as what is shipped. */
const STRENGTH = { accountHours: 200, accountDays: 60, interfaceRequests: 300, profileDays: 1, noveltyDays: 100, blockHours: 200 };

/** The prior of a tenant: what is shipped, moved towards what the tenant's own population shows as far as that goes. */
export function priorFrom(knowledge: SharedKnowledge | undefined): TenantPrior {
  const prior = shippedPrior();
  const servers = knowledge?.servers as [string, number][] | undefined;
  if (servers !== undefined && servers.length > 0) prior.servers = new Map(servers);
  const learned = knowledge?.population as Knowledge | undefined;
  if (learned === undefined) return prior;
  GROUPS.forEach((name, g) => {
    const own = learned.groups[name];
    if (own === undefined) return;
    const group = prior.groups[g];
    const hourTrust = own.hours / (own.hours + STRENGTH.accountHours);
    const dayTrust = own.days / (own.days + STRENGTH.accountDays);
    for (let level = 0; level < LEVELS.length; level++) {
      const [hourMean, hourSpread] = own.hour[level];
      const [dayMean, daySpread] = own.day[level];
      const shippedHour = group.hourMean[level];
      group.hourMean[level] += hourTrust * (hourMean - shippedHour);
      // while no day is over, a day is so many hours as shipped
      const days = shippedHour > 0 ? group.dayMean[level] * (group.hourMean[level] / shippedHour) : group.dayMean[level];
      group.dayMean[level] = days + dayTrust * (dayMean - days);
      const spread = own.days > 0 ? daySpread : hourSpread;
      group.between[level] = Math.max(1, group.between[level] + Math.max(dayTrust, hourTrust / 2) * (spread - group.between[level]));
      for (let bin = level * MEAN_BINS; bin < (level + 1) * MEAN_BINS; bin++) {
        group.hourWithin[bin] = trusted(group.hourWithin[bin], own.hourWithin[bin]);
        group.dayWithin[bin] = trusted(group.dayWithin[bin], own.dayWithin[bin]);
      }
    }
    const noveltyTrust = own.novelty[0] / (own.novelty[0] + STRENGTH.noveltyDays);
    for (let kind = 0; kind < NOVELTIES.length; kind++) {
      const rate = own.novelty[0] > 0 ? own.novelty[1 + kind] / own.novelty[0] : 0;
      group.novelty[kind] = Math.max(1e-3, group.novelty[kind] + noveltyTrust * (rate - group.novelty[kind]));
    }
    for (const from of [0, 6]) {
      const total = own.blocks.slice(from, from + 6).reduce((sum, n) => sum + n, 0);
      for (let b = from; b < from + 6; b++) {
        group.blocks[b] = (own.blocks[b] + STRENGTH.blockHours * group.blocks[b]) / (total + STRENGTH.blockHours);
      }
    }
    group.days = Math.round(own.days);
  });
  CLASSES.forEach((name, c) => {
    const own = learned.classes[name];
    if (own === undefined) return;
    for (let i = 0; i < SHARES.length; i++) {
      const [part, whole] = own.shares[i];
      const usual = prior.classes[c].usual;
      usual[i] = (part + STRENGTH.interfaceRequests * usual[i]) / (whole + STRENGTH.interfaceRequests);
    }
    prior.classes[c].hours = Math.round(own.hours);
  });
  blendProfile(prior, learned);
  if (learned.anonymous[0] >= 50) prior.anonymousShare = learned.anonymous[1] / learned.anonymous[0];
  prior.sparse = learned.sparse;
  prior.countries = new Map(learned.countries.map(([country, days, arrivals]) => [country, { days, arrivals }]));
  for (const [, days, arrivals] of learned.countries) {
    prior.countryDays += days;
    prior.arrivals += arrivals;
  }
  [prior.visitDays = 0, ...prior.visits] = learned.visits;
  return prior;
}

/** A shipped dispersion moved towards a learned one [dispersion, evidence]; 150 windows weigh as much. */
function trusted(shipped: number, [dispersion, n]: [number, number]): number {
  const trust = n / (n + 150);
  return Math.max(LEAST_WITHIN, shipped + trust * (dispersion - shipped));
}

function blendProfile(prior: TenantPrior, learned: Knowledge): void {
  let sum = 0;
  let shipped = 0;
  let known = 0;
  for (let i = 0; i < 48; i++) {
    if (learned.profile[i] < 0) continue;
    sum += learned.profile[i];
    shipped += prior.profile[i];
    known++;
  }
  if (known === 0 || sum <= 0) return;
  // hours not yet seen are taken from the other kind of day, else from the shipped curve at the same scale
  const scale = sum / shipped;
  const trust = learned.profileDays / (learned.profileDays + STRENGTH.profileDays);
  const blended = new Float64Array(48);
  let total = 0;
  for (let i = 0; i < 48; i++) {
    const other = learned.profile[(i + 24) % 48];
    const own = learned.profile[i] >= 0 ? learned.profile[i] : other >= 0 ? other : scale * prior.profile[i];
    blended[i] = trust * own + (1 - trust) * scale * prior.profile[i];
    total += blended[i];
  }
  for (let i = 0; i < 48; i++) prior.profile[i] = Math.max(0.02, (48 * blended[i]) / total);
  prior.profileDays = Math.round(learned.profileDays);
}
