import {
  type Candidate,
  compareCandidates,
  compareShadows,
  EVIDENCE_BUCKETS,
  evidenceBucket,
  type ScoreReport,
  type SeenInterface,
  type ShadowScore,
  TOP_CANDIDATES,
  TOP_SHADOWS,
} from '../../models/candidate.ts';
import { GROUPS, LEVELS, MEAN_BINS, meanBin, NOVELTIES } from '../../models/levels.ts';
import {
  AMOUNT_BUCKETS,
  amountBucket,
  POPULATION,
  RARITY_BUCKETS,
  RATIO_BUCKETS,
  rarityBucket,
  ratioBucket,
} from '../../models/population.ts';
import { CLASSES, SHARES } from '../../models/shares.ts';
import type { View } from '../../models/windows.ts';
import type { FewNumbers } from '../core/few-numbers.ts';

/** Own means below this are left out of the ratios: there is nothing to vary. */
const LEAST_MEAN = 0.2;
const RATIO_CELLS = GROUPS.length * LEVELS.length * MEAN_BINS * RATIO_BUCKETS;
const CELLS = GROUPS.length * LEVELS.length * AMOUNT_BUCKETS;

/** Collects one task's report of one tenant and view; what is counted stays in integers, so that reports add up exactly. */
export class ReportBuilder {
  private readonly tenant: string;
  private readonly view: View;
  private readonly detectors: readonly string[];
  private readonly day: Int32Array;
  private readonly pane: Int32Array;
  /** of the look that is going on: evidence of the keys looked at */
  private readonly looks: Int32Array;
  private candidates: Candidate[][];
  private minuteCandidates: Candidate[][];
  private shadows: ShadowScore[][];
  private interfaces: SeenInterface[] = [];
  private scored = 0;
  private readonly hourAmounts: Float64Array;
  private readonly dayAmounts: Float64Array;
  private readonly hourRatios: Float64Array;
  private readonly dayRatios: Float64Array;
  private readonly novelty: Float64Array;
  private readonly hours: Float64Array;
  private readonly shares: Float64Array;
  private readonly profile = new Float64Array(48);
  private readonly anonymous = new Float64Array(2);
  private readonly sparse = new Map<string, Float64Array>();
  /** something was counted for the hour that is not told yet */
  private counted = false;
  /** by country: account-days and arrivals */
  private readonly countries = new Map<number, [days: number, arrivals: number]>();
  private readonly visits = new Float64Array(1 + RARITY_BUCKETS);

  constructor(tenant: string, view: View, detectors: readonly string[]) {
    this.tenant = tenant;
    this.view = view;
    this.detectors = detectors;
    this.day = new Int32Array(detectors.length * EVIDENCE_BUCKETS);
    this.pane = new Int32Array(detectors.length * EVIDENCE_BUCKETS);
    this.looks = new Int32Array(detectors.length * EVIDENCE_BUCKETS);
    this.candidates = detectors.map(() => []);
    this.minuteCandidates = detectors.map(() => []);
    this.shadows = detectors.map(() => []);
    const account = view === 'account' ? 1 : 0;
    this.hourAmounts = new Float64Array(account * CELLS);
    this.dayAmounts = new Float64Array(account * CELLS);
    this.hourRatios = new Float64Array(account * RATIO_CELLS);
    this.dayRatios = new Float64Array(account * RATIO_CELLS);
    this.novelty = new Float64Array(account * GROUPS.length * (1 + NOVELTIES.length));
    this.hours = new Float64Array(account * GROUPS.length * 48);
    this.shares = new Float64Array(view === 'interface' ? CLASSES.length * (2 * SHARES.length + 1) : 0);
  }

  /** An entity's highest evidence of the day went from bucket `from` (-1: first score of the day) to `to`. */
  moved(detector: number, from: number, to: number): void {
    const base = detector * EVIDENCE_BUCKETS;
    this.counted = true;
    if (from >= 0) this.day[base + from]--;
    this.day[base + to]++;
  }

  score(detector: number, evidence: number): void {
    this.pane[detector * EVIDENCE_BUCKETS + evidenceBucket(evidence)]++;
    this.scored++;
  }

  /** An account was looked at. Other views have no population in looks: they see some keys only. */
  looked(detector: number, evidence: number): void {
    if (this.view === 'account') this.looks[detector * EVIDENCE_BUCKETS + evidenceBucket(evidence)]++;
  }

  lookedAway(detector: number, keys: number): void {
    this.looks[detector * EVIDENCE_BUCKETS] += keys;
  }

  candidate(detector: number, candidate: Candidate, minute: boolean): void {
    const list = (minute ? this.minuteCandidates : this.candidates)[detector];
    list.push(candidate);
    if (list.length >= 4 * TOP_CANDIDATES) list.sort(compareCandidates).length = TOP_CANDIDATES;
  }

  shadow(detector: number, shadow: ShadowScore): void {
    const list = this.shadows[detector];
    list.push(shadow);
    if (list.length >= 4 * TOP_SHADOWS) list.sort(compareShadows).length = TOP_SHADOWS;
  }

  interface(id: string, requests: number, answered: number, callers: number, who?: readonly number[]): void {
    this.interfaces.push(
      who === undefined || who.length === 0 ? [id, requests, answered, callers] : [id, requests, answered, callers, [...who]],
    );
  }

  accountHour(group: number, kind: number): void {
    this.hours[group * 48 + kind]++;
  }

  hourAmount(group: number, level: number, amount: number): void {
    this.hourAmounts[(group * LEVELS.length + level) * AMOUNT_BUCKETS + amountBucket(amount)]++;
  }

  dayAmount(group: number, level: number, total: number, mean: number): void {
    const cell = group * LEVELS.length + level;
    this.counted = true;
    this.dayAmounts[cell * AMOUNT_BUCKETS + amountBucket(total)]++;
    if (mean > LEAST_MEAN) this.dayRatios[(cell * MEAN_BINS + meanBin(mean)) * RATIO_BUCKETS + ratioBucket(total, mean)]++;
  }

  /** An hour's amount against the account's own mean of active hours. */
  hourRatio(group: number, level: number, amount: number, mean: number): void {
    if (mean > LEAST_MEAN)
      this.hourRatios[((group * LEVELS.length + level) * MEAN_BINS + meanBin(mean)) * RATIO_BUCKETS + ratioBucket(amount, mean)]++;
  }

  noveltyDay(group: number, kind: number, count: number): void {
    const base = group * (1 + NOVELTIES.length);
    this.counted = true;
    if (kind === 0) this.novelty[base]++;
    this.novelty[base + 1 + kind] += Math.min(count, 50);
  }

  /** `known`: so much is known of the tenant's countries that visits are counted. */
  accountDays(countries: FewNumbers, known: boolean): void {
    for (let i = 0; i < countries.n; i++) this.addTo(countries.at(i), 1, 0);
    if (known) this.visits[0] += countries.n;
  }

  /** An account came to a country that was new to it, of this share of the tenant's account-days. */
  visit(share: number): void {
    this.visits[1 + rarityBucket(share)]++;
  }

  /** An account came to countries that were new to it, and nothing was odd about it. */
  arrive(countries: FewNumbers): void {
    for (let i = 0; i < countries.n; i++) this.addTo(countries.at(i), 0, 1);
  }

  private addTo(country: number, days: number, arrivals: number): void {
    const sums = this.countries.get(country);
    if (sums === undefined) this.countries.set(country, [days, arrivals]);
    else {
      sums[0] += days;
      sums[1] += arrivals;
    }
  }

  interfaceHour(classIndex: number, kind: number, requests: number, anonymous: number): void {
    this.shares[classIndex * (2 * SHARES.length + 1) + 2 * SHARES.length]++;
    this.profile[kind] += requests;
    this.anonymous[0] += requests;
    this.anonymous[1] += anonymous;
  }

  share(classIndex: number, share: number, part: number, whole: number): void {
    const base = classIndex * (2 * SHARES.length + 1) + 2 * share;
    this.shares[base] += part;
    this.shares[base + 1] += whole;
  }

  sparseAmount(name: string, amount: number): void {
    let histogram = this.sparse.get(name);
    if (histogram === undefined) this.sparse.set(name, (histogram = new Float64Array(AMOUNT_BUCKETS)));
    histogram[amountBucket(amount)]++;
  }

  /** The report of the pane, and everything counted begins anew; undefined when there is nothing to say. */
  flush(start: number, minute: boolean): ScoreReport | undefined {
    if (minute) {
      const candidates = this.take(this.minuteCandidates);
      const pane = this.histograms(this.looks);
      if (candidates.length === 0 && Object.keys(pane).length === 0) return undefined;
      if (candidates.length > 0) this.minuteCandidates = this.detectors.map(() => []);
      return { tenant: this.tenant, view: this.view, start, minute, histograms: {}, pane, population: {}, interfaces: [], candidates };
    }
    if (this.scored === 0 && this.interfaces.length === 0) return undefined;
    this.counted = false;
    const report: ScoreReport = {
      tenant: this.tenant,
      view: this.view,
      start,
      minute,
      histograms: this.histograms(this.day),
      pane: this.histograms(this.pane),
      population: this.population(),
      interfaces: this.interfaces.sort((a, b) => (a[0] < b[0] ? -1 : 1)),
      candidates: this.take(this.candidates),
    };
    const shadow = this.shadows.flatMap((list) => list.sort(compareShadows).slice(0, TOP_SHADOWS));
    if (shadow.length > 0) {
      report.shadow = shadow;
      this.shadows = this.detectors.map(() => []);
    }
    this.candidates = this.detectors.map(() => []);
    this.interfaces = [];
    this.scored = 0;
    return report;
  }

  /**
   * What minutes and looks have counted for the running hour that starts at `start`: a part of its report, told before the
   * state of the task can be saved, as what is counted here is not saved with it. Undefined when there is nothing.
   */
  flushCounts(start: number): ScoreReport | undefined {
    if (!this.counted) return undefined;
    this.counted = false;
    const counts = { histograms: this.histograms(this.day), population: this.population() };
    return { tenant: this.tenant, view: this.view, start, minute: false, ...counts, pane: {}, interfaces: [], candidates: [] };
  }

  private take(lists: Candidate[][]): Candidate[] {
    return lists.flatMap((list) => list.sort(compareCandidates).slice(0, TOP_CANDIDATES));
  }

  private histograms(cells: Int32Array): Record<string, number[]> {
    const out: Record<string, number[]> = {};
    this.detectors.forEach((name, i) => {
      const counts = trimmed(cells.subarray(i * EVIDENCE_BUCKETS, (i + 1) * EVIDENCE_BUCKETS));
      if (counts !== undefined) out[name] = counts;
    });
    cells.fill(0);
    return out;
  }

  private population(): Record<string, number[]> {
    const out: Record<string, number[]> = {};
    const put = (name: string, cells: Float64Array, from: number, length: number) => {
      const counts = trimmed(cells.subarray(from, from + length));
      if (counts !== undefined) out[name] = counts;
    };
    if (this.view === 'account') {
      for (let g = 0; g < GROUPS.length; g++) {
        put(POPULATION.hours(g), this.hours, g * 48, 48);
        put(POPULATION.novelty(g), this.novelty, g * (1 + NOVELTIES.length), 1 + NOVELTIES.length);
        for (let level = 0; level < LEVELS.length; level++) {
          const cell = g * LEVELS.length + level;
          put(POPULATION.hour(g, level), this.hourAmounts, cell * AMOUNT_BUCKETS, AMOUNT_BUCKETS);
          put(POPULATION.day(g, level), this.dayAmounts, cell * AMOUNT_BUCKETS, AMOUNT_BUCKETS);
          put(POPULATION.hourRatio(g, level), this.hourRatios, cell * MEAN_BINS * RATIO_BUCKETS, MEAN_BINS * RATIO_BUCKETS);
          put(POPULATION.dayRatio(g, level), this.dayRatios, cell * MEAN_BINS * RATIO_BUCKETS, MEAN_BINS * RATIO_BUCKETS);
        }
      }
      for (const [country, sums] of [...this.countries].sort(([a], [b]) => a - b)) out[POPULATION.country(country)] = sums;
      this.countries.clear();
      put(POPULATION.visits, this.visits, 0, this.visits.length);
      for (const cells of [this.visits, this.hours, this.novelty, this.hourAmounts, this.dayAmounts, this.hourRatios, this.dayRatios])
        cells.fill(0);
    } else if (this.view === 'interface') {
      const length = 2 * SHARES.length + 1;
      for (let c = 0; c < CLASSES.length; c++) put(POPULATION.shares(c), this.shares, c * length, length);
      put(POPULATION.profile, this.profile, 0, 48);
      put(POPULATION.anonymous, this.anonymous, 0, 2);
      for (const cells of [this.shares, this.profile, this.anonymous]) cells.fill(0);
    } else {
      for (const [name, histogram] of [...this.sparse].sort((a, b) => (a[0] < b[0] ? -1 : 1)))
        put(POPULATION.sparse(this.view, name), histogram, 0, AMOUNT_BUCKETS);
      this.sparse.clear();
    }
    return out;
  }
}

/** The cells without the zeros at their end; undefined for nothing but zeros. */
function trimmed(cells: Int32Array | Float64Array): number[] | undefined {
  let end = cells.length;
  while (end > 0 && cells[end - 1] === 0) end--;
  return end === 0 ? undefined : Array.from(cells.subarray(0, end));
}
