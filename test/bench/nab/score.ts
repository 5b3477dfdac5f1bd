/**
 * How the Numenta Anomaly Benchmark (version 1.1) scores, written anew from its description, for tuning and for the bench's
 * own report. Its own scorer, run on the result files, is the judge.
 */

/** What each kind of outcome is worth in one of the benchmark's profiles. */
export interface Profile {
  readonly name: string;
  /** most that a window found is worth */
  readonly found: number;
  /** cost of a window that is missed */
  readonly missed: number;
  /** most that a detection outside every window costs */
  readonly false: number;
}

/** The three application profiles of the benchmark. */
export const PROFILES: readonly Profile[] = [
  { name: 'standard', found: 1, missed: 1, false: 0.11 },
  { name: 'reward_low_FP_rate', found: 1, missed: 1, false: 0.22 },
  { name: 'reward_low_FN_rate', found: 1, missed: 2, false: 0.11 },
];

/** Rows of a window, both ends included. */
export interface RowWindow {
  readonly from: number;
  readonly to: number;
}

/** A series as the scoring sees it. */
export interface ScoredSeries {
  readonly windows: readonly RowWindow[];
  /** anomaly score of each row, 0..1 */
  readonly scores: ArrayLike<number>;
}

/** Score of one profile at one threshold. */
export interface Outcome {
  /** 0 is a detector that never alarms, 100 one that alarms on the first row of every window and never else; may be negative */
  readonly score: number;
  /** a row is a detection when its score is at least this */
  readonly threshold: number;
  /** windows that can be found: those that do not lie in the probation period */
  readonly windows: number;
  readonly found: number;
  /** detections outside of windows */
  readonly false: number;
}

/** 2 / (1 + e^5y) - 1: near 1 at y = -1, 0 at y = 0, near -1 at y = 1; -1 from y = 3 on. */
export function scaledSigmoid(y: number): number {
  return y >= 3 ? -1 : 2 / (1 + Math.exp(5 * y)) - 1;
}

/** Rows at the beginning that are not scored: 15 %, at most 750. */
export function probation(rows: number): number {
  return Math.min(Math.floor(0.15 * rows), 750);
}

/** What a detection in each row is worth before weights: in a window 0..1, elsewhere -1..0. */
export function rowWorths(rows: number, windows: readonly RowWindow[]): Float64Array {
  const worths = new Float64Array(rows).fill(-1);
  const most = scaledSigmoid(-1);
  windows.forEach(({ from, to }, i) => {
    const width = to - from + 1;
    for (let row = from; row <= to; row++) worths[row] = scaledSigmoid(-(to - row + 1) / width) / most;
    const end = windows[i + 1]?.from ?? rows;
    for (let row = to + 1; row < end; row++) worths[row] = scaledSigmoid((row - to) / (width - 1));
  });
  return worths;
}

/** Windows that can be found, and the rows that may decide, the highest score first. */
interface Sweep {
  readonly windows: number;
  /** scores of the rows, descending */
  readonly scores: Float64Array;
  readonly worths: Float64Array;
  /** index of the row's window, -1 for none */
  readonly window: Int32Array;
}

function sweepOf(all: readonly ScoredSeries[]): Sweep {
  const rows: { score: number; worth: number; window: number }[] = [];
  let windows = 0;
  for (const series of all) {
    const count = series.scores.length;
    const first = probation(count);
    const worths = rowWorths(count, series.windows);
    const window = new Int32Array(count).fill(-1);
    for (const { from, to } of series.windows) {
      if (to < first) continue;
      window.fill(windows, from, to + 1);
      windows++;
    }
    for (let row = first; row < count; row++) {
      // a score of 0 is never a detection that anyone would want; leaving it out keeps the sort short
      if (series.scores[row] > 0) rows.push({ score: series.scores[row], worth: worths[row], window: window[row] });
    }
  }
  rows.sort((a, b) => b.score - a.score);
  return {
    windows,
    scores: Float64Array.from(rows, ({ score }) => score),
    worths: Float64Array.from(rows, ({ worth }) => worth),
    window: Int32Array.from(rows, ({ window }) => window),
  };
}

/** The score that a profile gives to a detector that alarms on every row whose score is at least the threshold. */
export function scoreAt(all: readonly ScoredSeries[], profile: Profile, threshold: number): Outcome {
  return sweep(sweepOf(all), profile, threshold);
}

/** The best score over all thresholds, one for all the series: what the benchmark's optimiser looks for. */
export function bestScore(all: readonly ScoredSeries[], profile: Profile): Outcome {
  return sweep(sweepOf(all), profile);
}

function sweep({ windows, scores, worths, window }: Sweep, profile: Profile, fixed?: number): Outcome {
  const worth = new Float64Array(windows).fill(-profile.missed);
  const none = -profile.missed * windows;
  const perfect = profile.found * windows;
  let total = none;
  let found = 0;
  let wrong = 0;
  let best = { total, found, wrong, threshold: fixed ?? 1.1 };
  for (let i = 0; i < scores.length; i++) {
    if (fixed !== undefined && scores[i] < fixed) break;
    const at = window[i];
    if (at < 0) {
      total += worths[i] * profile.false;
      wrong++;
    } else {
      const value = worths[i] * profile.found;
      if (worth[at] === -profile.missed) found++;
      if (value > worth[at]) {
        total += value - worth[at];
        worth[at] = value;
      }
    }
    if (fixed !== undefined) best = { total, found, wrong, threshold: fixed };
    else if (scores[i + 1] !== scores[i] && total > best.total) best = { total, found, wrong, threshold: scores[i] };
  }
  const score = windows === 0 ? Number.NaN : (100 * (best.total - none)) / (perfect - none);
  return { score, threshold: best.threshold, windows, found: best.found, false: best.wrong };
}
