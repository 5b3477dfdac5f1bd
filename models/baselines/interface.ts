import type { BaselineScope } from '../../schemas/alert.ts';
import { type CalendarHour, hoursBefore } from '../../services/core/calendar-hour.ts';
import type { ByteReader, ByteWriter } from '../../services/core/codec.ts';
import { amountOf, OCTAVE } from '../../services/core/octaves.ts';
import type { Law } from '../evidence.ts';
import { I, type Rolled } from '../levels.ts';
import type { ClassPrior, TenantPrior } from '../prior.ts';
import { classOf, LEARNED_SHARES, SHARES, sharePart, shareWhole } from '../shares.ts';
import type { ClosedWindow } from '../windows.ts';
import { credible, type Expectation } from './credibility.ts';
import { Slab } from './slab.ts';

const HOUR = 3_600_000;
/** Forgetting per hour: a memory of three weeks of hours; per day likewise. */
const KEEP_HOUR = Math.exp(-1 / (21 * 24));
const KEEP_SHARE_HOUR = Math.exp(-1 / (14 * 24));
/** Weeks that weigh as much as the hour-of-day profile in an hour-of-week bin; days as much as the tenant's profile. */
const WEEK_STRENGTH = 1.5;
const DAY_STRENGTH = 1;
/** Shipped dispersion of an hour's requests around the season, and the hours it is worth. */
const HOUR_DISPERSION = 0.35;
const DISPERSION_STRENGTH = 12;
/** Shipped overdispersion (intra-hour correlation) of a share, and the excess trials it is worth. */
const SHARE_CORRELATION = 0.02;
const CORRELATION_STRENGTH = 300;
/** Novelty is no rate while the interface itself is so young, ms. */
export const YOUNG = 48 * HOUR;
/** Whole days differ by 15 % for reasons that a past of weeks has not shown. */
const LEAST_DAY_DISPERSION = 0.0225;
/** Longest run of empty hours that is walked when an interface comes back. */
const LONGEST_GAP = 168;
/** An hour's stream is believed to be at most this much of what the hour itself has shown. */
const SEEN_REACH = 1.5;
/** Forgetting of the recent level per hour: about three hours count. */
const KEEP_RECENT = 0.7;
/**
 * Requests that a stray one takes back from what is missing (CUSUM for a Poisson rate that falls to a tenth: each minute
 * adds 0.9 of what was expected, each request takes ln 10; Page 1954), divided by the 0.9.
 */
const STRAY = Math.log(10) / 0.9;
/** Requests that a first silence is granted, and by how much one may raise the record. */
const LEAST_RECORD = 4;
const RECORD_GROWTH = 2;

const S = SHARES.length;
/** Amounts per active hour that do not grow with the requests as a share does. */
export const INTERFACE_COUNTS = ['top_caller', 'heavy_callers', 'neighbours', 'server_errors', 'countries', 'networks'] as const;
/** Shipped means of an active hour. */
const COUNT_PRIOR: Record<(typeof INTERFACE_COUNTS)[number], number> = {
  top_caller: 15,
  heavy_callers: 1,
  neighbours: 5,
  server_errors: 2,
  countries: 2,
  networks: 5,
};
const FIRST_HOUR = 0; // epoch hours + 1; 0: never seen
const LAST_HOUR = 1;
const LEVEL_SUM = 2; // requests, forgotten hourly
const LEVEL_WEIGHT = 3; // profile weight of the same hours
const EXCESS = 4; // of hours' requests over the season: sum of ((x - mu)^2 - mu) and of mu^2
const EXCESS_SCALE = 5;
const DURATION_N = 6; // then mean and square of its logarithm
const HOURS = 10; // hours learned, forgotten
const SILENT_EXPECTED = 11; // cumulative sum of expected requests that are missing, see `minute`
const ACTIVE_HOURS = 12;
const CALLER_N = 13; // then mean and square of its logarithm
const SIZE_N = 16; // then mean and square of its logarithm
const SILENT_RECORD = 19; // the longest silence so far, in requests that were expected meanwhile, fading
const BINS_SUM = 20; // 48 by kind of day and hour
const BINS_N = BINS_SUM + 48;
const WEEK_SUM = BINS_N + 48; // 168
const WEEK_N = WEEK_SUM + 168;
const SHARE_HOUR = WEEK_N + 168; // per share: part, whole, excess, scale
const SHARE_DAY = SHARE_HOUR + 4 * S;
const COUNTS = SHARE_DAY + 4 * S; // per count: sum, squares over active hours
const BINS_SQUARE = COUNTS + 2 * INTERFACE_COUNTS.length; // 48, as BINS_SUM
const RECENT_SUM = BINS_SQUARE + 48; // requests of the last hours, and what was expected of them
const RECENT_EXPECTED = RECENT_SUM + 1;
// the shares as they stood when the tenant's last two days began, older first, each with the active hours behind it
const SETTLED = RECENT_EXPECTED + 1;
const SETTLED_WIDTH = 8 * S + 1;
const SETTLED_DAY = SETTLED + 2 * SETTLED_WIDTH; // local day of the newer one, + 1
// of times and sizes in octaves, each: requests, mean and mean square by them, hours, and how much hours differ beyond chance
const TYPICAL_TIME = SETTLED_DAY + 1;
const TYPICAL_SIZE = TYPICAL_TIME + 5;
const SILENT_PEAK = TYPICAL_SIZE + 5; // the most that was missing in the silence that goes on
const STRIDE = SILENT_PEAK + 1;
/** Requests of one hour that teach what is typical; more of one hour are no more hours. */
const TYPICAL_REQUESTS = 60;
/** Requests and hours from which what is typical is known. */
const LEAST_TYPICAL_REQUESTS = 60;
const LEAST_TYPICAL_HOURS = 12;
/** Requests of one caller that tell as much as independent ones: what one asks for is alike. */
const ALIKE = 3;
/** What hours differ by as shipped, in octaves, the hours it is worth, and what is believed at least. */
const TYPICAL_SPREAD = 0.4 * OCTAVE;
const TYPICAL_STRENGTH = 12;
const LEAST_TYPICAL_SPREAD = 0.1 * OCTAVE;
/** Active hours from which what has settled says more than what is known by now. */
const SETTLED_HOURS = 24;

/**
 * The least overdispersion that is believed of a share: hours differ by 15 % of the share for reasons that a past of
 * weeks has not shown yet; at most a spread of 0.17 around a half.
 */
function leastCorrelation(p: number): number {
  return Math.min(0.03, Math.max(0.002, (0.0225 * p) / (1 - p)));
}

/**
 * The same for kinds of callers that are rare by what they are: a constant would let one in a hundred vary several-fold.
 * Shipped: such a share differs by half of itself between windows; believed at least: by a quarter.
 */
function rareCorrelation(p: number): number {
  return Math.min(SHARE_CORRELATION, (0.25 * p) / (1 - p));
}
function leastRareCorrelation(p: number): number {
  return Math.min(0.03, (0.0625 * p) / (1 - p));
}

/** Part of an interface's life in which what is new to it was learned. */
function grownPart(age: number): number {
  return age > YOUNG ? 1 - YOUNG / age : 0;
}

/** A law with what stands behind it. */
export interface Expected<L extends Law = Law> {
  law: L;
  scope: BaselineScope;
  size: number;
}

/**
 * Baselines of interfaces: requests by hour of week (shrunk to hour of day by kind of day, then to the tenant's
 * profile), shares of requests and callers over an hour and over 24 hours with their own overdispersion, latency.
 * All is read as of before the window that is looked at. Bad at: seasons longer than a week. Cost: about 4.5 KiB a key.
 */
export class InterfaceBaselines {
  private readonly slab = new Slab(STRIDE, 16);
  private readonly expectation: Expectation = { mean: 0, dispersion: 0, scope: 'prior', size: 0 };
  private readonly beside: CalendarHour = { hour: 0, weekday: 0, working: true, day: 0, around: 0 };
  private row = 0;
  private prior!: TenantPrior;
  private class!: ClassPrior;
  private window!: ClosedWindow;

  look(window: ClosedWindow, prior: TenantPrior): void {
    this.window = window;
    this.glance(window.slot, window.flags, prior);
  }

  glance(slot: number, flags: number, prior: TenantPrior): void {
    this.prior = prior;
    this.class = prior.classes[classOf(flags)];
    this.row = this.slab.row(slot);
  }

  /** Hours of the own past, empty ones included, odd and forgotten ones left out. */
  get hours(): number {
    return this.slab.data[this.row + HOURS];
  }

  /** Hours of the own past in which there were requests. */
  get activeHours(): number {
    return this.slab.data[this.row + ACTIVE_HOURS];
  }

  /** How far the own past is to be trusted, 0.5..1: a young interface's verdicts weigh less. */
  get trust(): number {
    return Math.min(1, 0.5 + this.activeHours / 48);
  }

  get tenantPrior(): TenantPrior {
    return this.prior;
  }

  /** What is expected of the requests of an hour of this place in the week. The result is reused by the next call. */
  requests(calendar: CalendarHour): Expectation {
    const d = this.slab.data;
    const row = this.row;
    const kind = (calendar.working ? 0 : 24) + calendar.hour;
    const week = calendar.weekday * 24 + calendar.hour;
    const weight = d[row + LEVEL_WEIGHT];
    const level = (d[row + LEVEL_SUM] + 1) / (weight + 0.5);
    const byProfile = level * this.prior.profile[kind];
    const byDay = (d[row + BINS_SUM + kind] + DAY_STRENGTH * byProfile) / (d[row + BINS_N + kind] + DAY_STRENGTH);
    // a holiday is not a Wednesday: its hours follow the kind of day alone
    const usualDay = calendar.working === calendar.weekday < 5;
    const mean = usualDay ? (d[row + WEEK_SUM + week] + WEEK_STRENGTH * byDay) / (d[row + WEEK_N + week] + WEEK_STRENGTH) : byDay;
    const seen = d[row + BINS_N + kind];
    const out = this.expectation;
    out.mean = Math.max(mean, 1e-3);
    out.dispersion =
      Math.max(0.01, (d[row + EXCESS] + HOUR_DISPERSION * DISPERSION_STRENGTH) / (d[row + EXCESS_SCALE] + DISPERSION_STRENGTH)) +
      0.5 / (1 + seen);
    out.scope = seen >= 1 ? 'own' : this.prior.profileDays > 0 ? 'tenant' : 'prior';
    out.size = seen >= 1 ? Math.round(seen) : Math.round(d[row + HOURS]);
    return out;
  }

  /**
   * What is expected of the requests of the 24 hours that end with this one. Whole days of one interface differ less than
   * its hours do, but they do. The result is reused by the next call of `requests`.
   */
  day(calendar: CalendarHour): Expectation {
    const mean = this.requestsOf(calendar, 24);
    const out = this.requests(calendar);
    const days = this.hours / 24;
    out.dispersion = LEAST_DAY_DISPERSION + out.dispersion / 12 + 0.5 / (1 + days);
    out.mean = mean;
    return out;
  }

  /** Mean of the requests that are expected of the hours, up to 24, that end with this one. */
  requestsOf(calendar: CalendarHour, hours: number): number {
    let mean = 0;
    for (let back = 0; back < hours; back++) mean += this.requests(hoursBefore(calendar, back, this.beside)).mean;
    return mean;
  }

  /**
   * Requests per hour that are there all the time: the least of this hour and the ones beside it. A batch in one hour
   * is no stream that could stop. 0 where it is below `least`.
   */
  steadyRate(calendar: CalendarHour, least: number): number {
    let rate = this.seenRate(calendar);
    if (rate < least) return 0;
    for (let back = 1; back >= -1; back -= 2) {
      rate = Math.min(rate, this.seenRate(hoursBefore(calendar, back, this.beside)));
      if (rate < least) return 0;
    }
    return rate;
  }

  /**
   * Requests an hour that a stop takes away: where the hours beside bring half as much as this one it is a stream, and its
   * own hour is the measure; else what is there all the time. 0 where `steadyRate` is.
   */
  streamRate(calendar: CalendarHour, least: number): number {
    const steady = this.steadyRate(calendar, least);
    const own = this.seenRate(calendar);
    return steady >= 0.5 * own ? own : steady;
  }

  /** Expected requests of an hour, hardly more than it has had itself on days of its kind: what one busy hour suggests of all others is no stream. */
  private seenRate(calendar: CalendarHour): number {
    const d = this.slab.data;
    const { mean } = this.requests(calendar);
    const at = (calendar.working ? 0 : 24) + calendar.hour;
    const days = d[this.row + BINS_N + at];
    return days < 1 ? mean : Math.min(mean, (SEEN_REACH * d[this.row + BINS_SUM + at]) / days);
  }

  /** Dispersion of this hour of the day alone over its days, 0 while fewer than two are known: a job that comes now and then shows here. */
  hourDispersion(calendar: CalendarHour): number {
    const d = this.slab.data;
    const at = (calendar.working ? 0 : 24) + calendar.hour;
    const n = d[this.row + BINS_N + at];
    if (n < 1.5) return 0;
    const mean = d[this.row + BINS_SUM + at] / n;
    if (!(mean > 0)) return 0;
    const variance = Math.max(0, d[this.row + BINS_SQUARE + at] / n - mean * mean) * (n / (n - 1));
    return Math.max(0, (variance - mean) / (mean * mean));
  }

  /** The law of a share over the window or a rolling size: how much of `trials` is expected. */
  share(index: number, size: '1h' | Rolled, trials: number): Expected<Law & { kind: 'share' }> {
    return this.shareFrom(this.row + SHARE_HOUR, this.activeHours, index, size, trials);
  }

  /**
   * The same by what was known a day to two days ago: what goes on slowly for many hours has not taught this yet. While
   * that is little, by what is known now. Of what is new nothing is learned while the interface is young, so its hours then
   * are no knowledge of it.
   */
  settledShare(index: number, size: '1h' | Rolled, trials: number): Expected<Law & { kind: 'share' }> {
    const base = this.row + SETTLED;
    const hours = this.slab.data[base + 8 * S];
    const { start, firstSeen, calendar } = this.window;
    const age = start - firstSeen;
    const before = age - (24 + calendar.hour) * HOUR;
    const novel = SHARES[index].novelty === true;
    if (hours < SETTLED_HOURS || (novel && before < YOUNG + SETTLED_HOURS * HOUR)) {
      return this.shareFrom(this.row + SHARE_HOUR, novel ? this.activeHours * grownPart(age) : this.activeHours, index, size, trials);
    }
    return this.shareFrom(base, novel ? hours * grownPart(before) : hours, index, size, trials);
  }

  private shareFrom(
    shares: number,
    activeHours: number,
    index: number,
    size: '1h' | Rolled,
    trials: number,
  ): Expected<Law & { kind: 'share' }> {
    const d = this.slab.data;
    const long = size === '1d' || size === '3d' || size === '7d';
    const base = shares + (long ? 4 * S : 0) + 4 * index;
    const part = d[base];
    const whole = d[base + 1];
    const spec = SHARES[index];
    const usual = this.class.usual[index];
    // half a trial against certainty: what never happened is rare, not impossible
    const p = Math.min(0.995, (part + spec.strength * usual + 0.02) / (whole + spec.strength + 0.04));
    const shipped = index < LEARNED_SHARES ? SHARE_CORRELATION : rareCorrelation(p);
    const own = (d[base + 2] + shipped * CORRELATION_STRENGTH) / (d[base + 3] + CORRELATION_STRENGTH);
    const rho = Math.min(0.5, Math.max(index < LEARNED_SHARES ? leastCorrelation(p) : leastRareCorrelation(p), own));
    const windows = activeHours / (long ? 24 : 1);
    const each = windows > 0 ? Math.max(1, whole / windows) : 1;
    const priorRho = 1 / (spec.strength + 1);
    const unknown = 1 / (1 / priorRho + windows / (rho + 1 / each));
    const spread = Math.min(0.9, rho + unknown);
    const s = 1 / spread - 1;
    const scope = windows >= 1 && whole > spec.strength ? 'own' : this.class.hours > 0 ? 'tenant' : 'prior';
    return {
      law: { kind: 'share', trials, a: s * p, b: s * (1 - p) },
      scope,
      size: Math.round(scope === 'own' ? windows : this.class.hours),
    };
  }

  /** What is expected of an amount of an active hour. The result is reused by the next call. */
  count(name: (typeof INTERFACE_COUNTS)[number]): Expectation {
    const d = this.slab.data;
    const at = this.row + COUNTS + 2 * INTERFACE_COUNTS.indexOf(name);
    return credible(d[at], d[at + 1], this.activeHours, COUNT_PRIOR[name], 0.5, 2, 0, this.expectation);
  }

  /** Usual value of a share, 0..1. */
  usual(index: number, long = false): number {
    const base = this.row + (long ? SHARE_DAY : SHARE_HOUR) + 4 * index;
    const d = this.slab.data;
    const spec = SHARES[index];
    return (d[base] + spec.strength * this.class.usual[index]) / (d[base + 1] + spec.strength);
  }

  /** Usual time of a request (ms, mean of an hour); undefined with less than a day of hours. */
  duration(): Expected<Law & { kind: 'measure' }> | undefined {
    return this.measure(DURATION_N, 0.15);
  }

  /** Usual requests per caller of an hour. */
  perCaller(): Expected<Law & { kind: 'measure' }> | undefined {
    return this.measure(CALLER_N, 0.2);
  }

  /** Usual bytes of a response (mean of an hour). */
  size(): Expected<Law & { kind: 'measure' }> | undefined {
    return this.measure(SIZE_N, 0.15);
  }

  private measure(at: number, least: number): Expected<Law & { kind: 'measure' }> | undefined {
    const d = this.slab.data;
    const n = d[this.row + at];
    if (n < 24) return undefined;
    const mean = d[this.row + at + 1] / n;
    const variance = Math.max(0, d[this.row + at + 2] / n - mean * mean);
    // the prior spread of 0.5 is worth twelve hours
    const spread = Math.sqrt((variance * n + 0.25 * 12) / (n + 12)) + least;
    return { law: { kind: 'measure', center: Math.exp(mean), spread, direction: 1 }, scope: 'own', size: Math.round(n) };
  }

  /** What is typical (the geometric mean) of the time of an answer over `requests` of `callers`, ms; undefined while too little is known. */
  typicalDuration(requests: number, callers: number): Expected<Law & { kind: 'measure' }> | undefined {
    return this.typical(TYPICAL_TIME, requests, callers);
  }

  /** The same of its size, bytes. */
  typicalSize(requests: number, callers: number): Expected<Law & { kind: 'measure' }> | undefined {
    return this.typical(TYPICAL_SIZE, requests, callers);
  }

  /**
   * The mean of n logarithms varies by what hours differ by and by what single requests differ by, over n. Few have a heavier tail
   * than the normal law's: it is widened as Student's is.
   */
  private typical(at: number, requests: number, callers: number): Expected<Law & { kind: 'measure' }> | undefined {
    const d = this.slab.data;
    const known = d[this.row + at];
    const hours = d[this.row + at + 3];
    if (known < LEAST_TYPICAL_REQUESTS || hours < LEAST_TYPICAL_HOURS) return undefined;
    const mean = d[this.row + at + 1];
    if (!(mean > 0)) return undefined;
    const single = Math.max(OCTAVE / 4, d[this.row + at + 2] - mean * mean);
    const between = (Math.max(0, d[this.row + at + 4]) + TYPICAL_SPREAD ** 2 * TYPICAL_STRENGTH) / (hours + TYPICAL_STRENGTH);
    const n = Math.max(1, Math.min(requests, ALIKE * callers));
    const variance = (LEAST_TYPICAL_SPREAD ** 2 + between + single / n) * (1 + 4 / n);
    return {
      law: { kind: 'measure', center: amountOf(mean), spread: (Math.sqrt(variance) * Math.LN2) / OCTAVE, direction: 1 },
      scope: 'own',
      size: Math.round(hours),
    };
  }

  private learnTypical(at: number, requests: number, callers: number, sum: number, squares: number, weight: number): void {
    const d = this.slab.data;
    const row = this.row + at;
    const mean = sum / requests;
    const each = weight * Math.min(requests, TYPICAL_REQUESTS);
    const before = d[row] * KEEP_SHARE_HOUR;
    if (before >= LEAST_TYPICAL_REQUESTS) {
      const single = Math.max(0, d[row + 2] - d[row + 1] * d[row + 1]);
      const n = Math.max(1, Math.min(requests, ALIKE * callers));
      // one wild hour is no spread: it is cut to three octaves
      const apart = Math.min(3 * OCTAVE, Math.abs(mean - d[row + 1]));
      d[row + 4] = d[row + 4] * KEEP_SHARE_HOUR + weight * (apart * apart - single / n);
      d[row + 3] = d[row + 3] * KEEP_SHARE_HOUR + weight;
    }
    d[row] = before + each;
    d[row + 1] += ((mean - d[row + 1]) * each) / d[row];
    d[row + 2] += ((squares / requests - d[row + 2]) * each) / d[row];
  }

  /** Expected requests that are missing, by the minutes that were looked at: all since the last one came, and before it where only strays came. */
  get silentExpected(): number {
    return this.slab.data[this.row + SILENT_EXPECTED];
  }

  /** Takes a closed minute into the count of silence. */
  minute(requests: number, expectedPerMinute: number): void {
    const d = this.slab.data;
    const at = this.row + SILENT_EXPECTED;
    if (requests === 0) {
      d[at] += expectedPerMinute;
      if (d[at] > d[this.row + SILENT_PEAK]) d[this.row + SILENT_PEAK] = d[at];
      return;
    }
    d[at] = Math.max(0, d[at] - STRAY * requests);
    if (d[at] > 0) return;
    // by index: a pattern with computed keys is compiled anew again and again
    const peak = d[this.row + SILENT_PEAK];
    const record = d[this.row + SILENT_RECORD];
    if (peak > record) d[this.row + SILENT_RECORD] = Math.min(peak, RECORD_GROWTH * Math.max(LEAST_RECORD, record));
    d[this.row + SILENT_PEAK] = 0;
  }

  /**
   * How many requests come in one lot, as far as silences go: the longest of n silences with an exponential tail is its
   * scale times ln n, and each lot ends one. `since`: the hours of past from which silences were looked at. At least 1:
   * steadier than a Poisson stream is not believed.
   */
  silentScale(since: number): number {
    const d = this.slab.data;
    const record = Math.max(LEAST_RECORD, d[this.row + SILENT_RECORD]);
    const hours = Math.max(1, this.hours - since);
    const requests = (hours * d[this.row + LEVEL_SUM]) / Math.max(1, this.hours);
    const lot = Math.max(1, record / Math.log(Math.max(hours, requests) + 2));
    return Math.max(1, record / Math.log(Math.max(hours, requests / lot) + 2));
  }

  /** How busy the last hours were against what was expected of them, 0.1..1: on a slow day less is missing. */
  get recentLevel(): number {
    const d = this.slab.data;
    return Math.min(1, Math.max(0.1, (d[this.row + RECENT_SUM] + 3) / (d[this.row + RECENT_EXPECTED] + 3)));
  }

  /** Requests of the last hours, as far as they are remembered: about three hours of them. */
  get recentRequests(): number {
    return this.slab.data[this.row + RECENT_SUM];
  }

  /** Learns the window looked at. `weight`: what it teaches; an hour that
   * alarmed a third, so that an attack of a day hardly counts and a batch at the same hour every day becomes usual. `silent`: the empty hours before it alarmed. */
  learn(weight: number, silent: boolean): void {
    const d = this.slab.data;
    const row = this.row;
    const { values, calendar, start } = this.window;
    const hour = Math.floor(start / HOUR) + 1;
    if (d[row + FIRST_HOUR] === 0) d[row + FIRST_HOUR] = hour;
    else if (!silent) this.walkGap(hour, calendar);
    d[row + LAST_HOUR] = hour;
    this.learnRequests(values[I.requests], calendar, weight);
    this.settle(calendar.day);
    d[row + ACTIVE_HOURS] = d[row + ACTIVE_HOURS] * KEEP_SHARE_HOUR + weight;
    const young = start - this.window.firstSeen < YOUNG;
    for (let index = 0; index < S; index++) {
      // on the first days everyone and everything is new: that is no rate
      if (young && SHARES[index].novelty === true) continue;
      this.learnShare(
        row + SHARE_HOUR + 4 * index,
        sharePart(this.window, '1h', index),
        shareWhole(this.window, '1h', index),
        weight,
        KEEP_SHARE_HOUR,
      );
      this.learnShare(
        row + SHARE_DAY + 4 * index,
        sharePart(this.window, '1d', index),
        shareWhole(this.window, '1d', index),
        weight / 24,
        KEEP_SHARE_HOUR,
      );
    }
    for (let index = 0; index < INTERFACE_COUNTS.length; index++) {
      const at = row + COUNTS + 2 * index;
      const value = values[I[INTERFACE_COUNTS[index]]];
      d[at] = d[at] * KEEP_SHARE_HOUR + weight * value;
      d[at + 1] = d[at + 1] * KEEP_SHARE_HOUR + weight * value * value;
    }
    if (values[I.requests] >= 5) {
      if (values[I.duration_ms] > 0) this.learnMeasure(DURATION_N, values[I.duration_ms] / values[I.requests], weight);
      if (values[I.callers] > 0) this.learnMeasure(CALLER_N, values[I.requests] / values[I.callers], weight);
      if (values[I.bytes_out] > 0) this.learnMeasure(SIZE_N, values[I.bytes_out] / values[I.requests], weight);
    }
    // by index: a pattern with computed keys is compiled anew at every call
    const requests = values[I.requests];
    const callers = values[I.callers];
    if (values[I.duration_octaves] > 0)
      this.learnTypical(TYPICAL_TIME, requests, callers, values[I.duration_octaves], values[I.duration_octaves_squared], weight);
    if (values[I.size_octaves] > 0)
      this.learnTypical(TYPICAL_SIZE, requests, callers, values[I.size_octaves], values[I.size_octaves_squared], weight);
  }

  /** As a day of the tenant begins: what is known now settles, and what had settled a day ago becomes the measure. */
  private settle(day: number): void {
    const d = this.slab.data;
    const row = this.row;
    const before = d[row + SETTLED_DAY] - 1;
    if (before === day) return;
    const newer = row + SETTLED + SETTLED_WIDTH;
    if (day === before + 1) d.copyWithin(row + SETTLED, newer, newer + SETTLED_WIDTH);
    d.copyWithin(newer, row + SHARE_HOUR, row + SHARE_HOUR + 8 * S);
    d[newer + 8 * S] = d[row + ACTIVE_HOURS];
    if (day !== before + 1) d.copyWithin(row + SETTLED, newer, newer + SETTLED_WIDTH);
    d[row + SETTLED_DAY] = day + 1;
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

  /** Hours without a pane between the last one and this were empty: that is learned too. */
  private walkGap(hour: number, calendar: CalendarHour): void {
    const last = this.slab.data[this.row + LAST_HOUR];
    const from = Math.max(last + 1, hour - LONGEST_GAP);
    for (let empty = from; empty < hour; empty++) this.learnRequests(0, hoursBefore(calendar, hour - empty, this.beside), 1);
  }

  private learnRequests(value: number, calendar: CalendarHour, weight: number): void {
    const d = this.slab.data;
    const row = this.row;
    const kind = (calendar.working ? 0 : 24) + calendar.hour;
    const week = calendar.weekday * 24 + calendar.hour;
    const { mean, dispersion } = this.requests(calendar);
    d[row + RECENT_SUM] = d[row + RECENT_SUM] * KEEP_RECENT + value;
    d[row + RECENT_EXPECTED] = d[row + RECENT_EXPECTED] * KEEP_RECENT + mean;
    d[row + SILENT_RECORD] *= KEEP_HOUR;
    if (d[row + BINS_N + kind] >= 1) {
      const bound = 9 * (mean + dispersion * mean * mean);
      const excess = Math.min(bound, (value - mean) ** 2) - mean;
      const scale = mean * mean + 1;
      d[row + EXCESS] = d[row + EXCESS] * KEEP_HOUR + excess / scale;
      d[row + EXCESS_SCALE] = d[row + EXCESS_SCALE] * KEEP_HOUR + (mean * mean) / scale;
    }
    d[row + LEVEL_SUM] = d[row + LEVEL_SUM] * KEEP_HOUR + weight * value;
    d[row + LEVEL_WEIGHT] = d[row + LEVEL_WEIGHT] * KEEP_HOUR + weight * this.prior.profile[kind];
    d[row + HOURS] = d[row + HOURS] * KEEP_HOUR + 1;
    // bins are visited once a day or once a week: forgetting is per visit
    d[row + BINS_SUM + kind] = d[row + BINS_SUM + kind] * 0.93 + weight * value;
    d[row + BINS_SQUARE + kind] = d[row + BINS_SQUARE + kind] * 0.93 + weight * value * value;
    d[row + BINS_N + kind] = d[row + BINS_N + kind] * 0.93 + weight;
    if (calendar.working === calendar.weekday < 5) {
      d[row + WEEK_SUM + week] = d[row + WEEK_SUM + week] * 0.75 + weight * value;
      d[row + WEEK_N + week] = d[row + WEEK_N + week] * 0.75 + weight;
    }
  }

  private learnShare(base: number, part: number, whole: number, weight: number, keep: number): void {
    if (whole <= 0) return;
    const d = this.slab.data;
    if (d[base + 1] >= 10 && whole > 1) {
      const p = Math.min(0.99, Math.max(0.002, d[base] / d[base + 1]));
      const pq = p * (1 - p);
      const rho = Math.min(
        0.5,
        (Math.max(0, d[base + 2]) + SHARE_CORRELATION * CORRELATION_STRENGTH) / (d[base + 3] + CORRELATION_STRENGTH),
      );
      // one wild hour in a hundred is no overdispersion: it is cut to twice the spread
      const bound = 4 * (1 + (whole - 1) * rho);
      const excess = Math.min(bound, (part - whole * p) ** 2 / (pq * whole)) - 1;
      d[base + 2] = d[base + 2] * keep + excess * weight;
      d[base + 3] = d[base + 3] * keep + (whole - 1) * weight;
    }
    d[base] = d[base] * keep + part * weight;
    d[base + 1] = d[base + 1] * keep + whole * weight;
  }

  private learnMeasure(at: number, value: number, weight: number): void {
    const d = this.slab.data;
    const log = Math.log(value);
    d[this.row + at] = d[this.row + at] * KEEP_SHARE_HOUR + weight;
    d[this.row + at + 1] = d[this.row + at + 1] * KEEP_SHARE_HOUR + weight * log;
    d[this.row + at + 2] = d[this.row + at + 2] * KEEP_SHARE_HOUR + weight * log * log;
  }
}
