import { FLAG } from '../../services/core/batch.ts';
import type { ByteReader, ByteWriter } from '../../services/core/codec.ts';
import type { Law } from '../evidence.ts';
import {
  A,
  activeHoursOfDay,
  groupOf,
  hourLevel,
  isRolled,
  LEVEL,
  LEVELS,
  MEAN_BINS,
  meanBin,
  NOVELTIES,
  NOVELTY,
  noveltyOf,
  rolledLevel,
} from '../levels.ts';
import { rarityBucket } from '../population.ts';
import type { GroupPrior, TenantPrior } from '../prior.ts';
import type { ClosedWindow } from '../windows.ts';
import { credible, credibleWeight, type Expectation } from './credibility.ts';
import { Slab } from './slab.ts';

/** Own past is forgotten by this factor per active day: a memory of about 25 active days. */
const KEEP = Math.exp(-1 / 25);
/** The anchor forgets per calendar day, slowly: what was normal three months ago still counts. */
const ANCHOR_DAYS = 90;
const ANCHOR_KEEP = Math.exp(-1 / ANCHOR_DAYS);
/** What is odd is held back from learning for so many days; then it has become a level of its own and is learned. */
export const QUARANTINE_DAYS = 7;
/** Active days of the own past from which on odd days are held back. */
const LEAST_QUARANTINE_DAYS = 4;
/** The highest hour fades by this factor per active day. */
const KEEP_RECORD = Math.exp(-1 / 90);
/** Levels whose slow growth is followed, and what its state holds of each. */
const GROWING = [LEVEL.requests, LEVEL.objects, LEVEL.records, LEVEL.sensitive, LEVEL.kilobytes] as const;
const G = GROWING.length;
/**
 * Weight of the newest active day in the recent level: an exponentially weighted moving average (Roberts 1959), which sees
 * a small lasting drift sooner than any one window. Its variance is that of (2 - w) / w days.
 */
const RECENT_WEIGHT = 0.2;
const RECENT_DAYS = (2 - RECENT_WEIGHT) / RECENT_WEIGHT;
/** A day counts for the recent level as at most this many usual ones: one big day is no growth. */
const RECENT_CAP = 2;
/** Calendar days that are settled together: what is settled ends one to two such blocks ago, so that growth does not teach what it is compared with. */
const BLOCK_DAYS = 10;
/** The settled past is forgotten by this factor a block, and active days that it must hold. */
const KEEP_SETTLED = Math.exp(-BLOCK_DAYS / 90);
const LEAST_SETTLED_DAYS = 9;
/** A recent level this much above the own mean came at once, where the mean is of some size: nothing that grows slowly. */
const JUMP = 1.6;
const LEAST_JUMPING = 10;
/** Weeks differ from each other for reasons of their own: variance of a recent level beside its days'. */
const RECENT_DISPERSION = 0.004;
/** Levels whose climb over a few days is followed. */
const CLIMBING = [LEVEL.requests, LEVEL.objects, LEVEL.new_objects, LEVEL.records, LEVEL.sensitive, LEVEL.kilobytes] as const;
const C = CLIMBING.length;
/** Working days of a climb fade by this factor a day: days of growth are to weigh beside a long past. */
const KEEP_CLIMB = Math.exp(-1 / 15);
/** Working days from which a trend is believed, and how many of the last, today with them, must lie above the others. */
const LEAST_CLIMB_DAYS = 6;
const LAST_DAYS = 3;
/** A day with less than this part of the usual requests is a day off, which neither breaks nor makes a climb. */
const OFF_DAY = 0.5;
/** Variance of the logarithm of an account's working days where little of its own is known, and the days that this weighs. */
const CLIMB_VARIANCE = 0.25;
const CLIMB_STRENGTH = 4;
/** Each of the last days is at least this much above the typical day, and the fitted level of today this much above the first. */
const LEAST_CLIMB = 1.2;
const LEAST_GROWN = 2;
/** Working days before the last three from which a new level is told, how far above each of the three lies, and what days of a run hang together. */
const LEAST_STEP_DAYS = 4;
const LEAST_STEP = 1.5;
const STEP_TOGETHER = 1.25;
const STEP_STRENGTH = 2;
/** Days that hang together tell less than so many independent ones: factor on the variance of a slope. */
const CLIMB_TOGETHER = 2;
/** Active hours that weigh as much as the group's blocks of the day. */
const BLOCK_STRENGTH = 12;
const HOUR = 3_600_000;
/** Calls to one service in an hour from which evenness is told, and the days whose runs of even hours are the host's own way. */
const LEAST_PULSE = 2;
const PULSE_DAYS = 3;
/** Active days that weigh as much as the group's rate of novelty. */
const NOVELTY_STRENGTH = 6;

/** Account-days of a tenant from which its countries say anything. */
const LEAST_COUNTRY_DAYS = 100;
/** … and whole days of the tenant: whose day it is where has to come round. */
const LEAST_TENANT_DAYS = 3;
/**
 * Visits to countries new to their account that an account-day brings, shipped: 0.01 as for novelties (prior.ts), of which
 * to countries of a share s and rarer the root of s (travellers go where few live more often than people live there); and
 * the account-days that this weighs.
 */
const VISIT_RATE = 0.01;
const VISIT_STRENGTH = 1000;
/** Arrivals of accounts in a country new to them that say anything, and the share of all from which most go there … */
const LEAST_ARRIVALS = 5;
const MOST_ARRIVALS = 2 / 3;
/** … if they with those who are at home there make this share of the account-days. */
const USUAL_DAYS = 0.005;

/** Gaps between bursts from which their regularity is measured (services/features). */
export const LEAST_BEATS = 5;

const N = LEVELS.length;
// layout of a row
const DAYS = 0; // active days, forgotten like the sums
const HOURS = 1; // active hours of these days
const TODAY = 2; // the local day of the running sums, 0: none yet
const TODAY_HOURS = 3;
const HELD_DAYS = 4; // days held back
const HELD_SINCE = 5;
const HELD_HOURS = 6;
const ANCHOR_WEIGHT = 7;
const ODD_TODAY = 8; // 1: a window of today alarmed
const REGULAR_HOURS = 9; // hours in which regularity could be measured
const REGULAR_SUM = 10;
const REGULAR_SQUARES = 11;
const TODAY_OFF = 12; // 1: today is not a working day
const ASSETS = 13; // side requests, forgotten by day
const LIFE_DAYS = 14; // active days ever, not forgotten
const MINUTES = 15; // active minutes of active hours, forgotten by day
const NOVEL = 16; // NOVELTIES sums
const NOVEL_TODAY = NOVEL + NOVELTIES.length;
const BLOCKS = NOVEL_TODAY + NOVELTIES.length; // 12: active hours by block, working then off
const SUMS = BLOCKS + 12;
const SQUARES = SUMS + N;
const HELD = SQUARES + N;
const ANCHOR = HELD + N;
const RUNNING = ANCHOR + N;
const RECORD = RUNNING + N; // highest hour, fading
const HELD_RECORD = RECORD + N; // of the days held back
const TODAY_RECORD = HELD_RECORD + N;
const TODAY_MINUTES = TODAY_RECORD + N;
const BEAT_HOURS = TODAY_MINUTES + 1; // hours in which the regularity of bursts could be measured
const BEAT_SUM = BEAT_HOURS + 1;
const WALK_HOUR = BEAT_SUM + 1; // epoch hour of the last window
const WALK_BITS = WALK_HOUR + 1; // which of the 24 hours that ended with it were walking hours: lowest bit the last; 24 bits are exact
const BLOCK_BEGAN = WALK_BITS + 1; // local day
const BLOCK_ACTIVE = BLOCK_BEGAN + 1; // active days of the running block and of the one before
const LAST_BLOCK_ACTIVE = BLOCK_ACTIVE + 1;
const SETTLED_ACTIVE = LAST_BLOCK_ACTIVE + 1; // active days settled, forgotten
const RECENT_SHARE = SETTLED_ACTIVE + 1; // weight of the days in the recent level, up to 1
const RECENT = RECENT_SHARE + 1; // per growing level
const BLOCK = RECENT + G;
const LAST_BLOCK = BLOCK + G;
const SETTLED = LAST_BLOCK + G;
const CLIMB_DAYS = SETTLED + G; // working days behind the sums below, forgotten; times count back from the newest of them
const CLIMB_T = CLIMB_DAYS + 1; // sum of times
const CLIMB_TT = CLIMB_T + 1; // of their squares
const CLIMB_Y = CLIMB_TT + 1; // per climbing level: sum of ln of its days' amounts
const CLIMB_YY = CLIMB_Y + C; // of its squares
const CLIMB_TY = CLIMB_YY + C; // of its products with the times
const CLIMB_LAST = CLIMB_TY + C; // ln of the last two days, the older first
const PULSE_HOUR = CLIMB_LAST + (LAST_DAYS - 1) * C; // epoch hour of the last even hour (pulse)
const PULSE_COUNT = PULSE_HOUR + 1; // requests of the hours of the run, to the nearest of which the next is compared
const PULSE_RUN = PULSE_COUNT + 1; // hours in a row with as many requests
const PULSE_RECORD = PULSE_RUN + 1; // the longest run that ended, or of the first days
const STRIDE = PULSE_RECORD + 1;

/** Told when an account's day is over, for the population's histograms. */
export interface DayObserver {
  /** `mean`: the own mean of active days before it, -1 unknown */
  day(group: number, level: number, total: number, mean: number): void;
  novelty(group: number, kind: number, count: number): void;
}

/**
 * Baselines of accounts: per key the sums and squares of active days' amounts (forgotten exponentially), a slow anchor,
 * what is held back, activity by block of day, rates of novelty. All is read as of before the window that is looked at.
 * Bad at: accounts with several regimes in one day; they get a wide law. Cost: about 500 bytes a key.
 */
export class AccountBaselines {
  private readonly slab = new Slab(STRIDE);
  private readonly expectation: Expectation = { mean: 0, dispersion: 0, scope: 'prior', size: 0 };
  private row = 0;
  private group!: GroupPrior;
  private window!: ClosedWindow;
  private prior!: TenantPrior;
  /** index in GROUPS of the account looked at */
  groupIndex = 0;

  /** Turns to the window's account, rolling its day over first when a new one has begun. */
  look(window: ClosedWindow, prior: TenantPrior, observer: DayObserver | undefined): void {
    this.window = window;
    this.prior = prior;
    this.groupIndex = groupOf(window.flags);
    this.group = prior.groups[this.groupIndex];
    this.row = this.slab.row(window.slot);
    const today = this.slab.data[this.row + TODAY];
    if (today === 0 || today === window.calendar.day) return;
    this.fold(window.calendar.day, observer);
    // looks come before the day's first window is learned
    this.slab.data[this.row + TODAY] = window.calendar.day;
  }

  /** Turns to an account without a window (minutes): reads only. */
  glance(slot: number, flags: number, prior: TenantPrior): void {
    this.groupIndex = groupOf(flags);
    this.group = prior.groups[this.groupIndex];
    this.row = this.slab.row(slot);
  }

  /** Active days behind the own past, forgotten ones left out. */
  get days(): number {
    return this.slab.data[this.row + DAYS] + this.slab.data[this.row + HELD_DAYS];
  }

  /** Active days that the account has had in its life, before today. */
  get lifeDays(): number {
    return this.slab.data[this.row + LIFE_DAYS];
  }

  /** Active hours behind the own past, forgotten and held-back ones left out. */
  get hours(): number {
    return this.slab.data[this.row + HOURS];
  }

  /** Days on which the host looked at answered others as a server (servers.ts); 0: it is none, or no host. */
  get serverDays(): number {
    return this.prior.servers.get(this.window.key) ?? 0;
  }

  /** Whether so much is known of where the tenant's accounts are that a country can be rare. */
  get countriesKnown(): boolean {
    return this.prior.countryDays >= LEAST_COUNTRY_DAYS && this.prior.profileDays >= LEAST_TENANT_DAYS;
  }

  /** Share of the tenant's account-days that came from a country; a half is added, as of none seen so far. */
  countryShare(country: number): number {
    return ((this.prior.countries.get(country)?.days ?? 0) + 0.5) / (this.prior.countryDays + 1);
  }

  /**
   * The rarest of the countries that are fresh to the account: its share of the tenant's account-days, how many visits to
   * a country as rare or rarer an account-day brings, and the account-days behind that; undefined where none is fresh or
   * too little is known of the tenant.
   */
  get rarestCountry(): { share: number; visits: number; size: number } | undefined {
    const { freshCountries } = this.window;
    if (freshCountries === undefined || freshCountries.n === 0 || !this.countriesKnown) return undefined;
    let share = 1;
    for (let i = 0; i < freshCountries.n; i++) share = Math.min(share, this.countryShare(freshCountries.at(i)));
    const { visits, visitDays } = this.prior;
    let seen = 0;
    for (let bucket = rarityBucket(share); bucket < visits.length; bucket++) seen += visits[bucket];
    const expected = VISIT_RATE * Math.sqrt(share);
    return { share, visits: (seen + VISIT_STRENGTH * expected) / (visitDays + VISIT_STRENGTH), size: Math.round(visitDays) };
  }

  /**
   * Whether the countries of the window that are fresh to the account are where most of the tenant's accounts go that turn up
   * in a new country: the machines of its partners call from data centres abroad, their people from where they live.
   */
  get arrivesWhereOthersDo(): boolean {
    const { freshCountries } = this.window;
    const { countries, countryDays, arrivals } = this.prior;
    if (freshCountries === undefined || freshCountries.n === 0 || countryDays < LEAST_COUNTRY_DAYS) return false;
    for (let i = 0; i < freshCountries.n; i++) {
      const known = countries.get(freshCountries.at(i));
      if (known === undefined || known.arrivals < Math.max(LEAST_ARRIVALS, MOST_ARRIVALS * arrivals)) return false;
      if (known.days + known.arrivals < USUAL_DAYS * countryDays) return false;
    }
    return true;
  }

  /** Whether there was nothing of a level on any day before today, held-back ones included. */
  neverHad(level: number): boolean {
    const d = this.slab.data;
    return d[this.row + SUMS + level] === 0 && d[this.row + HELD + level] === 0;
  }

  get priorDays(): number {
    return this.group.days;
  }

  /** What is expected of an active hour. The result is reused by the next call. */
  hour(level: number): Expectation {
    const d = this.slab.data;
    const hours = d[this.row + HOURS];
    const days = d[this.row + DAYS];
    const g = this.group;
    const sum = d[this.row + SUMS + level];
    // hours of a day hang together: they are believed as if each day had given at most three of them
    const n = Math.min(hours, 3 * days);
    const mean = hours > 0 ? sum / hours : 0;
    credible(
      mean * n,
      0,
      n,
      g.hourMean[level],
      within(g.hourWithin, level, mean, g.hourMean[level], hours),
      g.between[level],
      g.days,
      this.expectation,
    );
    keepScale(this.expectation, level, g.hourMean[level], g.between[level]);
    const record = d[this.row + RECORD + level];
    if (record > 0) {
      // the highest of n hours has a chance of about 1 / n: the tail, which falls like exp(-x / (dispersion x mean)), is
      // made to agree, so that an account that bursts once a week is known to burst
      const out = this.expectation;
      const fits = record / (out.mean * Math.LN10 * (Math.log10(hours + 1) + 0.5));
      if (fits > out.dispersion) out.dispersion = fits;
    }
    return this.expectation;
  }

  /** The mean of `hour` alone, lots aside: for screens, which look at every window. */
  hourMean(level: number): number {
    const d = this.slab.data;
    const g = this.group;
    const hours = d[this.row + HOURS];
    const own = hours > 0 ? d[this.row + SUMS + level] / hours : 0;
    const prior = Math.max(g.hourMean[level], 1e-6);
    const spread = within(g.hourWithin, level, own, prior, hours);
    const z = credibleWeight(own, Math.min(hours, 3 * d[this.row + DAYS]), prior, spread, g.between[level]);
    return z * own + (1 - z) * prior;
  }

  /** The mean of `day` alone, lots aside. */
  dayMean(level: number): number {
    const d = this.slab.data;
    const g = this.group;
    const days = d[this.row + DAYS];
    const own = days > 0 ? d[this.row + SUMS + level] / days : 0;
    const prior = Math.max(g.dayMean[level], 1e-6);
    const z = credibleWeight(own, days, prior, within(g.dayWithin, level, own, prior, days), g.between[level]);
    return z * own + (1 - z) * prior;
  }

  /** Own mean of an active hour; -1 while fewer than four days are known. */
  ownHour(level: number): number {
    const d = this.slab.data;
    return d[this.row + DAYS] < 3.5 ? -1 : d[this.row + SUMS + level] / d[this.row + HOURS];
  }

  /** What is expected of an active day (or of any 24 hours). */
  day(level: number): Expectation {
    const d = this.slab.data;
    const g = this.group;
    const days = d[this.row + DAYS];
    credible(
      d[this.row + SUMS + level],
      d[this.row + SQUARES + level],
      days,
      g.dayMean[level],
      within(g.dayWithin, level, days > 0 ? d[this.row + SUMS + level] / days : 0, g.dayMean[level], days),
      g.between[level],
      g.days,
      this.expectation,
    );
    keepScale(this.expectation, level, g.dayMean[level], g.between[level]);
    return this.expectation;
  }

  /** What is expected of seven days in a row by the long-horizon anchor; undefined while that is younger than two weeks. */
  anchoredWeek(level: number): Expectation | undefined {
    const d = this.slab.data;
    const weight = d[this.row + ANCHOR_WEIGHT];
    const age = weight >= 1 ? ANCHOR_DAYS : -ANCHOR_DAYS * Math.log1p(-weight);
    if (age < 13.5) return undefined;
    const mean = 7 * (d[this.row + ANCHOR + level] / weight);
    if (!(mean > 0)) return undefined;
    const days = Math.max(d[this.row + DAYS], 1);
    // a week averages its active days; what the anchor itself does not know is added
    const own = this.dayDispersion(level);
    const daily = (own * days + this.group.dayWithin[level * MEAN_BINS + meanBin(mean / 5)] * 2) / (days + 2);
    const out = this.expectation;
    out.mean = mean;
    out.dispersion = daily / 5 + daily / age + 0.005;
    out.scope = 'own';
    out.size = age;
    return out;
  }

  /**
   * The recent level of an active day, as the amount of nine of them, and what the settled past expects of these; undefined
   * while that is young, or for a level whose growth is not followed. The expectation is reused by the next call.
   */
  drift(level: number): { value: number; expected: Expectation } | undefined {
    const d = this.slab.data;
    const i = GROWING.indexOf(level as (typeof GROWING)[number]);
    const settled = d[this.row + SETTLED_ACTIVE];
    const share = d[this.row + RECENT_SHARE];
    if (i < 0 || settled < LEAST_SETTLED_DAYS || share < 0.75) return undefined;
    const mean = d[this.row + SETTLED + i] / settled;
    if (!(mean > 0)) return undefined;
    const days = Math.max(d[this.row + DAYS], 1);
    const own = this.dayDispersion(level);
    const daily = (own * days + this.group.dayWithin[level * MEAN_BINS + meanBin(mean)] * 0.5) / (days + 0.5);
    const out = this.expectation;
    out.mean = mean * RECENT_DAYS;
    out.dispersion = daily / RECENT_DAYS + (daily + 1 / mean) / settled + RECENT_DISPERSION;
    out.scope = 'own';
    out.size = settled;
    return { value: Math.round((d[this.row + RECENT + i] / share) * RECENT_DAYS), expected: out };
  }

  /** The middle one of the last two working days and today, for a level whose climb is followed: one big day does not move it. */
  middleDay(level: number): number {
    const i = CLIMBING.indexOf(level as (typeof CLIMBING)[number]);
    const last = this.row + CLIMB_LAST + (LAST_DAYS - 1) * i;
    const [one, other] = [Math.exp(this.slab.data[last]), Math.exp(this.slab.data[last + 1])];
    const today = this.slab.data[this.row + RUNNING + level] + hourLevel(this.window.values, level);
    return Math.max(Math.min(one, other), Math.min(today, Math.max(one, other)));
  }

  /**
   * Where the trend of the working days' logarithms (least squares, today with them) has come by today, and the law of that
   * if there were none: around the typical day, as wide as a slope over so many days is by chance. Undefined unless the last
   * three days are all above the typical one and today has reached the two before it: so one big day is no climb, and what
   * grew and stayed soon is none. Unlike a comparison with the days before, the growth itself does not widen the law.
   */
  climb(level: number): { value: number; law: Law & { kind: 'measure' }; days: number } | undefined {
    const d = this.slab.data;
    const row = this.row;
    const i = CLIMBING.indexOf(level as (typeof CLIMBING)[number]);
    const before = d[row + CLIMB_DAYS];
    if (i < 0 || before < LEAST_CLIMB_DAYS - 0.5) return undefined;
    const today = logAmount(d[row + RUNNING + level] + hourLevel(this.window.values, level));
    const last = row + CLIMB_LAST + (LAST_DAYS - 1) * i;
    const lower = Math.min(d[last], d[last + 1]);
    if (today < lower || lower < d[row + CLIMB_Y + i] / before + Math.log(LEAST_CLIMB)) return undefined;
    // today is time 0, the days before move back by one
    const n = before + 1;
    const t = (d[row + CLIMB_T] - before) / n;
    const y = (d[row + CLIMB_Y + i] + today) / n;
    const tt = d[row + CLIMB_TT] - 2 * d[row + CLIMB_T] + before - n * t * t;
    const ty = d[row + CLIMB_TY + i] - d[row + CLIMB_Y + i] - n * t * y;
    const yy = d[row + CLIMB_YY + i] + today * today - n * y * y;
    const slope = ty / tt;
    // fitted today over fitted at the start, whose time is about twice the mean's
    if (2 * slope * -t < Math.log(LEAST_GROWN)) return undefined;
    const own = Math.max(0, yy - slope * ty);
    // what single counts differ by, where amounts are small
    const variance = (own + CLIMB_STRENGTH * CLIMB_VARIANCE) / (n - 2 + CLIMB_STRENGTH) + Math.exp(-y);
    const spread = -t * Math.sqrt((CLIMB_TOGETHER * variance) / tt);
    return { value: Math.exp(y - slope * t), law: { kind: 'measure', center: Math.exp(y), spread, direction: 1 }, days: n };
  }

  /**
   * The typical one (geometric mean) of the last three working days, today with them, and the law of that by the days
   * before them, as wide as days differ: a new level of an account whose days are alike, however little that is beside its
   * peers. Undefined unless each of the three is well above the typical day before, today as far as it has come.
   */
  step(level: number): { value: number; law: Law & { kind: 'measure' }; days: number } | undefined {
    const d = this.slab.data;
    const row = this.row;
    const i = CLIMBING.indexOf(level as (typeof CLIMBING)[number]);
    const before = d[row + CLIMB_DAYS] - 1 - KEEP_CLIMB;
    if (i < 0 || before < LEAST_STEP_DAYS - 0.5) return undefined;
    const today = logAmount(d[row + RUNNING + level] + hourLevel(this.window.values, level));
    const [older, newer] = [d[row + CLIMB_LAST + (LAST_DAYS - 1) * i], d[row + CLIMB_LAST + (LAST_DAYS - 1) * i + 1]];
    const y = (d[row + CLIMB_Y + i] - newer - KEEP_CLIMB * older) / before;
    if (Math.min(today, older, newer) < y + Math.log(LEAST_STEP)) return undefined;
    const squares = d[row + CLIMB_YY + i] - newer * newer - KEEP_CLIMB * older * older - before * y * y;
    // single counts differ by chance where amounts are small
    const shipped = STEP_STRENGTH * (CLIMB_VARIANCE + Math.exp(-y));
    const variance = Math.max(Math.exp(-y), (Math.max(0, squares) + shipped) / (before - 1 + STEP_STRENGTH));
    const spread = Math.sqrt(STEP_TOGETHER * variance * (1 / LAST_DAYS + 1 / before));
    return {
      value: Math.exp((today + older + newer) / LAST_DAYS),
      law: { kind: 'measure', center: Math.exp(y), spread, direction: 1 },
      days: before,
    };
  }

  /** What is expected of `days` active days by the peers alone. */
  peers(level: number, days: number): Expectation {
    const g = this.group;
    const out = this.expectation;
    out.mean = g.dayMean[level] * days;
    out.dispersion = g.dayWithin[level * MEAN_BINS + meanBin(g.dayMean[level])] / days + g.between[level];
    out.scope = g.days > 0 ? 'peers' : 'prior';
    out.size = g.days;
    return out;
  }

  /** What is expected of one kind of novelty in a day. */
  novelty(kind: number): Expectation {
    const d = this.slab.data;
    const days = d[this.row + DAYS];
    const out = this.expectation;
    const rate = this.group.novelty[kind];
    out.mean = (d[this.row + NOVEL + kind] + NOVELTY_STRENGTH * rate) / (days + NOVELTY_STRENGTH);
    out.dispersion = 0.5 + 2 / (1 + days);
    out.scope = days >= NOVELTY_STRENGTH ? 'own' : this.group.days > 0 ? 'peers' : 'prior';
    out.size = days;
    return out;
  }

  /** What was new to the account today, this window included. */
  fresh(kind: number): number {
    return this.slab.data[this.row + NOVEL_TODAY + kind] + noveltyOf(this.window.values, kind);
  }

  /** Share of the active hours that falls into the window's block of the day, on its kind of day. */
  blockShare(hour: number, working: boolean): number {
    const d = this.slab.data;
    const block = (working ? 0 : 6) + (hour >> 2);
    const from = working ? 0 : 6;
    let total = 0;
    for (let i = 0; i < 6; i++) total += d[this.row + BLOCKS + from + i];
    // the other kind of day says something about this one too
    const other = d[this.row + BLOCKS + ((block + 6) % 12)];
    let otherTotal = 0;
    for (let i = 0; i < 6; i++) otherTotal += d[this.row + BLOCKS + (6 - from) + i];
    return (
      (d[this.row + BLOCKS + block] + 0.5 * other + BLOCK_STRENGTH * this.group.blocks[block]) / (total + 0.5 * otherTotal + BLOCK_STRENGTH)
    );
  }

  /**
   * What is expected of the requests of an hour in a block of the day that is rarely used: nothing but with the chance
   * of the block, then an hour like others. Moments of that mixture, so that the surprise levels off at its rarity.
   * Undefined where the block is not rare.
   */
  offHours(hour: number, working: boolean): Expectation | undefined {
    const share = this.blockShare(hour, working);
    if (share >= 0.05) return undefined;
    const out = this.hour(LEVEL.requests);
    const chance = 6 * share;
    out.mean = Math.max(1e-3, out.mean * chance);
    out.dispersion = (1 + out.dispersion) / chance;
    return out;
  }

  /** Mean and spread (0..1000) of the regularity of the account's hours, and how many there were. */
  regularity(): { mean: number; spread: number; hours: number } {
    const d = this.slab.data;
    const n = d[this.row + REGULAR_HOURS];
    if (n < 1) return { mean: 0, spread: 0, hours: n };
    const mean = d[this.row + REGULAR_SUM] / n;
    return { mean, spread: Math.sqrt(Math.max(0, d[this.row + REGULAR_SQUARES] / n - mean * mean)), hours: n };
  }

  /** Mean regularity (0..1000) of the bursts of the account's hours, and how many there were. */
  beats(): { mean: number; hours: number } {
    const hours = this.slab.data[this.row + BEAT_HOURS];
    return { mean: hours > 0 ? this.slab.data[this.row + BEAT_SUM] / hours : 0, hours };
  }

  /** Active minutes of an active hour of the own past, and the hours behind it. */
  activeMinutes(): { mean: number; hours: number } {
    const d = this.slab.data;
    const hours = d[this.row + HOURS];
    return { mean: hours > 0 ? d[this.row + MINUTES] / hours : 0, hours };
  }

  /** Active hours of the running local day, this window included, and the mean of the own active days (and how many). */
  activeHours(): { today: number; mean: number; days: number } {
    const d = this.slab.data;
    const days = d[this.row + DAYS];
    return { today: d[this.row + TODAY_HOURS] + 1, mean: days > 0 ? d[this.row + HOURS] / days : 0, days };
  }

  /** Active hours of the last 24, this window included: what is there around the clock is not cut by midnight. */
  get hoursOfLastDay(): number {
    return activeHoursOfDay(this.window);
  }

  /** Walking hours (levels.ts) among the last 24, this window included. */
  get walkingOfLastDay(): number {
    let n = 0;
    for (let bits = this.walksUntil(this.window); bits !== 0; bits &= bits - 1) n++;
    return n;
  }

  /** The 24 hours that end with a window as bits, the lowest its own: 1 for a walking hour. */
  private walksUntil({ start, values }: ClosedWindow): number {
    const d = this.slab.data;
    const passed = Math.max(0, Math.floor(start / HOUR) - d[this.row + WALK_HOUR]);
    const before = passed < 24 ? (d[this.row + WALK_BITS] << passed) & 0xff_ffff : 0;
    return before | noveltyOf(values, NOVELTY.walking_hours);
  }

  /**
   * Hours in a row, this one included, in which a host made as many calls, within one, to the service it calls most, and
   * sent something abroad; at most 24. 0 where the hour is of another kind.
   */
  get evenHours(): number {
    const { values } = this.window;
    const top = values[A.top_interface];
    if (top < LEAST_PULSE || values[A.foreign] <= 0 || top < 0.5 * values[A.requests]) return 0;
    return Math.min(24, 1 + this.pulseBefore(top));
  }

  /** The longest run of such hours so far, the running one left out. */
  get evenRecord(): number {
    return this.slab.data[this.row + PULSE_RECORD];
  }

  /** Length of the run of even hours that a window with so many calls goes on with. */
  private pulseBefore(top: number): number {
    const d = this.slab.data;
    const next = Math.floor(this.window.start / HOUR) === d[this.row + PULSE_HOUR] + 1;
    return next && Math.abs(top - d[this.row + PULSE_COUNT]) <= 1 ? d[this.row + PULSE_RUN] : 0;
  }

  private learnPulse(): void {
    const d = this.slab.data;
    const row = this.row;
    const even = this.evenHours;
    const ended = d[row + PULSE_RUN];
    if (even <= 1 && ended > d[row + PULSE_RECORD]) d[row + PULSE_RECORD] = ended;
    if (even === 1) d[row + PULSE_COUNT] = this.window.values[A.top_interface];
    d[row + PULSE_RUN] = even;
    d[row + PULSE_HOUR] = Math.floor(this.window.start / HOUR);
    // what a host does from its first days on is its way
    if (d[row + LIFE_DAYS] < PULSE_DAYS && even > d[row + PULSE_RECORD]) d[row + PULSE_RECORD] = even;
  }

  /** Side requests (assets) per request of the own past, and the requests behind it. */
  assetShare(): { share: number; requests: number } {
    const d = this.slab.data;
    const requests = d[this.row + SUMS + LEVEL.requests];
    return { share: requests > 0 ? d[this.row + ASSETS] / requests : 0, requests };
  }

  /** The window's amount of a level: its hour, the running local day with it, or a rolling size where carried. */
  amount(size: '1h' | '1d' | '3d' | '7d' | '6h', level: number): number {
    if (size === '1h') return hourLevel(this.window.values, level);
    if (isRolled(level)) return rolledLevel(this.window, size, level);
    return this.slab.data[this.row + RUNNING + level] + hourLevel(this.window.values, level);
  }

  /** Takes the window into the running day. `odd`: it alarmed, so its day is held back from learning. */
  learn(odd: boolean): void {
    const d = this.slab.data;
    const row = this.row;
    const { values, calendar } = this.window;
    d[row + TODAY] = calendar.day;
    d[row + TODAY_OFF] = calendar.working ? 0 : 1;
    d[row + WALK_BITS] = this.walksUntil(this.window);
    d[row + WALK_HOUR] = Math.floor(this.window.start / HOUR);
    if ((this.window.flags & FLAG.flow) !== 0) this.learnPulse();
    d[row + TODAY_HOURS]++;
    d[row + TODAY_MINUTES] += values[A.active_minutes];
    // without a past of its own there is no telling what is odd for it: all is learned
    if (odd && d[row + DAYS] >= LEAST_QUARANTINE_DAYS) d[row + ODD_TODAY] = 1;
    for (let level = 0; level < N; level++) {
      const value = hourLevel(values, level);
      if (value > 0) {
        d[row + RUNNING + level] += value;
        if (value > d[row + TODAY_RECORD + level]) d[row + TODAY_RECORD + level] = value;
      }
    }
    for (let kind = 0; kind < NOVELTIES.length; kind++) {
      const value = noveltyOf(values, kind);
      if (value > 0) d[row + NOVEL_TODAY + kind] += value;
    }
    if (!odd) {
      d[row + BLOCKS + (calendar.working ? 0 : 6) + (calendar.hour >> 2)]++;
      d[row + ASSETS] += values[A.assets];

      const regularity = values[A.gap_regularity];
      if (values[A.requests] >= 9) {
        d[row + REGULAR_HOURS] += 1;
        d[row + REGULAR_SUM] += regularity;
        d[row + REGULAR_SQUARES] += regularity * regularity;
      }
      if (values[A.beats] >= LEAST_BEATS) {
        d[row + BEAT_HOURS] += 1;
        d[row + BEAT_SUM] += values[A.beat_regularity];
      }
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

  private dayDispersion(level: number): number {
    const d = this.slab.data;
    const days = d[this.row + DAYS];
    const sum = d[this.row + SUMS + level];
    if (days < 2 || !(sum > 0)) return 0;
    const mean = sum / days;
    const variance = Math.max(0, d[this.row + SQUARES + level] / days - mean * mean) * (days / (days - 1));
    return Math.max(0, (variance - mean) / (mean * mean));
  }

  /** The running day is over: it is learned or held back, and what was held back long enough is learned. */
  private fold(today: number, observer: DayObserver | undefined): void {
    const d = this.slab.data;
    const row = this.row;
    const gap = today - d[row + TODAY];
    const first = d[row + LIFE_DAYS] === 0;
    const odd = d[row + ODD_TODAY] === 1;
    if (observer !== undefined) {
      for (let level = 0; level < N; level++) {
        const days = d[row + DAYS];
        const mean = days >= 3.5 && !odd ? d[row + SUMS + level] / days : -1;
        observer.day(this.groupIndex, level, d[row + RUNNING + level], mean);
      }
      // everything is new to an account on its first day: that is no rate
      if (!first && !odd)
        for (let kind = 0; kind < NOVELTIES.length; kind++) observer.novelty(this.groupIndex, kind, d[row + NOVEL_TODAY + kind]);
    }
    const anchorKeep = ANCHOR_KEEP ** Math.max(1, gap);
    const anchorStep = 1 - ANCHOR_KEEP;
    d[row + ANCHOR_WEIGHT] = 1 - (1 - d[row + ANCHOR_WEIGHT]) * anchorKeep;
    for (let level = 0; level < N; level++) {
      d[row + ANCHOR + level] = d[row + ANCHOR + level] * anchorKeep + anchorStep * (anchorKeep / ANCHOR_KEEP) * d[row + RUNNING + level];
    }
    this.followGrowth(today);
    this.followClimb();
    if (odd) {
      if (d[row + HELD_DAYS] === 0) d[row + HELD_SINCE] = d[row + TODAY];
      d[row + HELD_DAYS]++;
      d[row + HELD_HOURS] += d[row + TODAY_HOURS];
      for (let level = 0; level < N; level++) {
        d[row + HELD + level] += d[row + RUNNING + level];
        d[row + HELD_RECORD + level] = Math.max(d[row + HELD_RECORD + level], d[row + TODAY_RECORD + level]);
      }
    } else {
      this.forget(KEEP);
      d[row + DAYS]++;
      d[row + HOURS] += d[row + TODAY_HOURS];
      d[row + MINUTES] += d[row + TODAY_MINUTES];
      for (let level = 0; level < N; level++) {
        const total = d[row + RUNNING + level];
        d[row + RECORD + level] = Math.max(d[row + RECORD + level] * KEEP_RECORD, d[row + TODAY_RECORD + level]);
        if (total === 0) continue;
        d[row + SUMS + level] += total;
        d[row + SQUARES + level] += total * total;
      }
      if (!first) for (let kind = 0; kind < NOVELTIES.length; kind++) d[row + NOVEL + kind] += d[row + NOVEL_TODAY + kind];
    }
    if (d[row + HELD_DAYS] > 0 && today - d[row + HELD_SINCE] >= QUARANTINE_DAYS) this.release();
    d.fill(0, row + RUNNING, row + RUNNING + N);
    d.fill(0, row + TODAY_RECORD, row + TODAY_RECORD + N);
    d.fill(0, row + NOVEL_TODAY, row + NOVEL_TODAY + NOVELTIES.length);
    d[row + TODAY_HOURS] = 0;
    d[row + TODAY_MINUTES] = 0;
    d[row + ODD_TODAY] = 0;
    d[row + LIFE_DAYS]++;
  }

  /** The day that is over goes into the recent level, and block by block into what is settled. */
  private followGrowth(today: number): void {
    const d = this.slab.data;
    const row = this.row;
    if (d[row + BLOCK_BEGAN] === 0) d[row + BLOCK_BEGAN] = d[row + TODAY];
    const share = d[row + RECENT_SHARE];
    const settled = d[row + SETTLED_ACTIVE];
    for (let i = 0; i < G; i++) {
      const total = d[row + RUNNING + GROWING[i]];
      const usual = Math.max(settled > 0 ? d[row + SETTLED + i] / settled : 0, share > 0 ? d[row + RECENT + i] / share : 0);
      const counted = share > 0.5 ? Math.min(total, RECENT_CAP * usual + 1) : total;
      d[row + RECENT + i] += RECENT_WEIGHT * (counted - d[row + RECENT + i]);
      d[row + BLOCK + i] += total;
    }
    d[row + RECENT_SHARE] += RECENT_WEIGHT * (1 - share);
    d[row + BLOCK_ACTIVE]++;
    if (this.hasJumped()) {
      // another level, which others raise: what is settled begins anew
      d.fill(0, row + BLOCK, row + CLIMB_DAYS);
      d[row + BLOCK_BEGAN] = today;
      d[row + BLOCK_ACTIVE] = 0;
      d[row + LAST_BLOCK_ACTIVE] = 0;
      d[row + SETTLED_ACTIVE] = 0;
      return;
    }
    if (today - d[row + BLOCK_BEGAN] < BLOCK_DAYS) return;
    for (let i = 0; i < G; i++) {
      d[row + SETTLED + i] = d[row + SETTLED + i] * KEEP_SETTLED + d[row + LAST_BLOCK + i];
      d[row + LAST_BLOCK + i] = d[row + BLOCK + i];
      d[row + BLOCK + i] = 0;
    }
    d[row + SETTLED_ACTIVE] = settled * KEEP_SETTLED + d[row + LAST_BLOCK_ACTIVE];
    d[row + LAST_BLOCK_ACTIVE] = d[row + BLOCK_ACTIVE];
    d[row + BLOCK_ACTIVE] = 0;
    d[row + BLOCK_BEGAN] = today;
  }

  /** The day that is over, unless it was a day off (or the account's first, of which only a part is known), joins the trend. */
  private followClimb(): void {
    const d = this.slab.data;
    const row = this.row;
    const n = d[row + CLIMB_DAYS];
    const requests = logAmount(d[row + RUNNING + LEVEL.requests]);
    if (d[row + LIFE_DAYS] === 0 || (n > 0 && requests < d[row + CLIMB_Y] / n + Math.log(OFF_DAY))) return;
    for (let i = 0; i < C; i++) {
      const amount = logAmount(d[row + RUNNING + CLIMBING[i]]);
      // all before moves back by one day; the new one is time 0 and adds nothing to products with times
      d[row + CLIMB_TY + i] = (d[row + CLIMB_TY + i] - d[row + CLIMB_Y + i]) * KEEP_CLIMB;
      d[row + CLIMB_Y + i] = d[row + CLIMB_Y + i] * KEEP_CLIMB + amount;
      d[row + CLIMB_YY + i] = d[row + CLIMB_YY + i] * KEEP_CLIMB + amount * amount;
      const last = row + CLIMB_LAST + (LAST_DAYS - 1) * i;
      d[last] = d[last + 1];
      d[last + 1] = amount;
    }
    d[row + CLIMB_TT] = (d[row + CLIMB_TT] - 2 * d[row + CLIMB_T] + n) * KEEP_CLIMB;
    d[row + CLIMB_T] = (d[row + CLIMB_T] - n) * KEEP_CLIMB;
    d[row + CLIMB_DAYS] = n * KEEP_CLIMB + 1;
  }

  private hasJumped(): boolean {
    const d = this.slab.data;
    const days = d[this.row + DAYS];
    const share = d[this.row + RECENT_SHARE];
    if (days < LEAST_QUARANTINE_DAYS) return false;
    for (let i = 0; i < G; i++) {
      const mean = d[this.row + SUMS + GROWING[i]] / days;
      if (mean >= LEAST_JUMPING && d[this.row + RECENT + i] / share > JUMP * mean) return true;
    }
    return false;
  }

  private forget(keep: number): void {
    const d = this.slab.data;
    const row = this.row;
    d[row + DAYS] *= keep;
    d[row + HOURS] *= keep;
    d[row + ASSETS] *= keep;
    d[row + MINUTES] *= keep;
    d[row + REGULAR_HOURS] *= keep;
    d[row + REGULAR_SUM] *= keep;
    d[row + REGULAR_SQUARES] *= keep;
    d[row + BEAT_HOURS] *= keep;
    d[row + BEAT_SUM] *= keep;
    for (let i = NOVEL; i < NOVEL + NOVELTIES.length; i++) d[row + i] *= keep;
    for (let i = BLOCKS; i < BLOCKS + 12; i++) d[row + i] *= keep;
    for (let i = SUMS; i < HELD; i++) d[row + i] *= keep;
  }

  /** What was held back is learned: as so many days of its mean. */
  private release(): void {
    const d = this.slab.data;
    const row = this.row;
    const days = d[row + HELD_DAYS];
    this.forget(KEEP ** days);
    d[row + DAYS] += days;
    // of the days held back the active minutes are not kept: as many as in the other hours
    if (d[row + HOURS] > 0) d[row + MINUTES] *= 1 + d[row + HELD_HOURS] / d[row + HOURS];
    d[row + HOURS] += d[row + HELD_HOURS];
    for (let level = 0; level < N; level++) {
      const total = d[row + HELD + level];
      d[row + SUMS + level] += total;
      d[row + SQUARES + level] += (total * total) / days;
      d[row + HELD + level] = 0;
      d[row + RECORD + level] = Math.max(d[row + RECORD + level], d[row + HELD_RECORD + level]);
      d[row + HELD_RECORD + level] = 0;
    }
    d[row + HELD_DAYS] = 0;
    d[row + HELD_HOURS] = 0;
  }
}

/** Levels of which most hours have none, and which come in lots when they come: how much a lot is for those who rarely have one. */
const LOTS = new Map<number, number>([
  [LEVEL.exports, 3],
  [LEVEL.sensitive, 4],
  [LEVEL.objects, 4],
  [LEVEL.new_objects, 4],
]);

/**
 * For sparse levels a past without any says that the account rarely does it, not that it would do little if it did: the
 * scale of the law (mean x dispersion), which is the size of a lot, stays at least the group's, and at least a small lot.
 */
function keepScale(out: Expectation, level: number, groupMean: number, between: number): void {
  const lot = LOTS.get(level);
  if (lot === undefined) return;
  out.mean = Math.max(out.mean, groupMean / 20);
  out.dispersion = Math.max(out.dispersion, Math.max(groupMean * between, lot / (1 + out.mean)) / out.mean);
}

/** ln of a day's amount, none counting as one. */
function logAmount(amount: number): number {
  return Math.log(Math.max(amount, 1));
}

/** The dispersion of accounts of this level's amount, as far as the own mean is known. */
function within(table: Float64Array, level: number, own: number, prior: number, n: number): number {
  return table[level * MEAN_BINS + meanBin((own * n + prior) / (n + 1))];
}
