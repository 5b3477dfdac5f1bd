import { GROUPS, LEVELS, MEAN_BINS } from './levels.ts';
import { SHARES } from './shares.ts';

/** What a tenant's accounts of one group usually do: the prior of every account in it. Means are per active hour or day. */
export interface GroupPrior {
  hourMean: Float64Array;
  dayMean: Float64Array;
  /** dispersion of one account's own hours and days around its own mean: [level x MEAN_BINS + bin of that mean] */
  hourWithin: Float64Array;
  dayWithin: Float64Array;
  /** dispersion of the accounts' own means around the group's */
  between: Float64Array;
  /** new values of each kind of novelty per active day */
  novelty: Float64Array;
  /** share of the active hours that falls into a block of four hours: [block], working days then others, each adding to 1 */
  blocks: Float64Array;
  /** account-days behind it; 0: shipped */
  days: number;
}

/** What interfaces of one class usually show, per share, in the order of SHARES. */
export interface ClassPrior {
  usual: Float64Array;
  /** interface-hours behind it */
  hours: number;
}

/** All that a view's baselines know before they have seen the key itself. */
export interface TenantPrior {
  groups: GroupPrior[];
  classes: ClassPrior[];
  /** relative activity by [working ? 0 : 24 + hour], mean 1 over all 48 */
  profile: Float64Array;
  /** evidence behind the profile, in whole days */
  profileDays: number;
  /** share of requests without an account, -1 unknown */
  anonymousShare: number;
  /** mean and dispersion per source-hour and target-hour amounts, by name */
  sparse: Record<string, { mean: number; dispersion: number; size: number }>;
  /** internal addresses that answer others, and on how many days they did (servers.ts) */
  servers: ReadonlyMap<string, number>;
  /**
   * By country (two letters packed): account-days, of accounts that were not new there, and arrivals of accounts that had
   * been elsewhere before.
   */
  countries: ReadonlyMap<number, { days: number; arrivals: number }>;
  /** … the sums of both over all countries */
  countryDays: number;
  arrivals: number;
  /** visits of accounts to countries that were new to them, by how rare each was (rarityBucket), and the account-days behind them */
  visits: readonly number[];
  visitDays: number;
}

/**
 * Usual amounts of an active hour, by group: round figures on the high side, as a first hour must not be taken for odd
 * because this product is used more than another. Columns as LEVELS.
 */
const HOUR_MEANS: Record<(typeof GROUPS)[number], readonly number[]> = {
  //          requests KiB objects new sensitive records errors exports targets interfaces unanswered foreign
  person: [25, 400, 8, 6, 1, 20, 1, 0.05, 0.3, 6, 0, 0],
  admin: [40, 800, 12, 9, 6, 60, 1.5, 0.2, 0.5, 8, 0, 0],
  service: [400, 8000, 150, 60, 20, 800, 10, 1, 10, 6, 0, 0],
  anonymous: [20, 500, 6, 5, 0.2, 4, 2, 0.01, 0.6, 5, 0, 0],
  robot: [60, 1500, 30, 25, 0.3, 10, 6, 0.02, 0.5, 15, 0, 0],
  host: [150, 20000, 5, 3, 1, 1, 1, 0.01, 0.1, 20, 15, 2000],
};
/** Active hours of an active day, by group, shipped. */
const HOURS_A_DAY: Record<(typeof GROUPS)[number], number> = { person: 4, admin: 6, service: 12, anonymous: 2, robot: 5, host: 12 };
/** Dispersions, shipped: hours are bursty, days less, and accounts of one group differ several-fold. */
const HOUR_WITHIN = 2;
const DAY_WITHIN = 1;
const BETWEEN = 3;
/** New addresses, networks, countries, devices, interfaces, environments, hours in two places, walking hours per active day after the first. */
const NOVELTY_RATES = [0.4, 0.1, 0.01, 0.03, 0.8, 0.01, 0.03, 0.3];

/** Activity of a working day by hour of the local day: a plain day curve with the night at a tenth (relative). */
const DAY_CURVE = [3, 2, 2, 1, 1, 2, 3, 5, 8, 10, 10, 10, 9, 9, 10, 10, 9, 8, 8, 9, 9, 8, 6, 4];

function shippedGroup(group: (typeof GROUPS)[number]): GroupPrior {
  const hourMean = Float64Array.from(HOUR_MEANS[group]);
  const blocks = new Float64Array(12);
  for (let hour = 0; hour < 24; hour++) {
    // half the day curve, half flat: whom we do not know we do not accuse of night work
    const share = 0.5 * (DAY_CURVE[hour] / sumOf(DAY_CURVE)) + 0.5 / 24;
    blocks[hour >> 2] += share;
    blocks[6 + (hour >> 2)] += share;
  }
  return {
    hourMean,
    dayMean: hourMean.map((mean) => mean * HOURS_A_DAY[group]),
    hourWithin: new Float64Array(LEVELS.length * MEAN_BINS).fill(HOUR_WITHIN),
    dayWithin: new Float64Array(LEVELS.length * MEAN_BINS).fill(DAY_WITHIN),
    between: new Float64Array(LEVELS.length).fill(BETWEEN),
    novelty: Float64Array.from(NOVELTY_RATES),
    blocks,
    days: 0,
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0);
}

const NO_SERVERS: ReadonlyMap<string, number> = new Map();
const NO_COUNTRIES: TenantPrior['countries'] = new Map();

/** The shipped prior: what holds of a tenant of which nothing is known. A new object each time. */
export function shippedPrior(): TenantPrior {
  const mean = sumOf(DAY_CURVE) / 24;
  const profile = new Float64Array(48);
  for (let hour = 0; hour < 24; hour++) profile[hour] = profile[24 + hour] = DAY_CURVE[hour] / mean;
  return {
    groups: GROUPS.map(shippedGroup),
    classes: SHARES[0].usual.map((_, index) => ({ usual: Float64Array.from(SHARES, (share) => share.usual[index]), hours: 0 })),
    profile,
    profileDays: 0,
    anonymousShare: -1,
    sparse: {},
    servers: NO_SERVERS,
    countries: NO_COUNTRIES,
    countryDays: 0,
    arrivals: 0,
    visits: [],
    visitDays: 0,
  };
}
