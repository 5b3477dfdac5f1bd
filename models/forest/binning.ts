import { TreeRandom } from './random.ts';
import type { Table } from './table.ts';

/** Most bins of a feature; one code more stands for a missing value. */
export const MAX_BINS = 255;

/** Code of a missing value, greater than every bin. */
export const MISSING = 255;

/** Above this many rows the cut points come from a sample of this size. */
const SAMPLE = 200_000;

/**
 * Share of the rows beyond it that a bin near an end of the column may hold: bins grow geometrically from both ends up to
 * the even size, so that rare extremes keep bins of their own (with 100,000 rows and 255 even bins the 390 greatest
 * values would be one).
 */
const TAIL = 0.4;

/** With fewer bins than this the ends of a column get none of their own: two ends of a million rows take about 50. */
const TAIL_FROM = 128;

/** Columns as bin numbers. Bins are ascending; values of a column in bin b lie in [lows[b], highs[b]]. */
export interface BinnedTable {
  readonly rows: number;
  readonly features: number;
  /** bin of each value, column after column: features x rows; `MISSING` for NaN */
  readonly codes: Uint8Array;
  /** number of bins of each feature; 0 when all its values are missing */
  readonly bins: Int32Array;
  /** least value of each bin: features x MAX_BINS */
  readonly lows: Float64Array;
  /** greatest value of each bin: features x MAX_BINS */
  readonly highs: Float64Array;
}

/**
 * Bins of a table. A column with at most `bins` different values keeps them all, one a bin; others are cut at quantiles.
 * Cut points lie midway between neighbouring values. `shared` puts the arrays where threads can read them.
 */
export function binTable(table: Table, bins: number, shared = false): BinnedTable {
  const features = table.features.length;
  const { rows } = table;
  const buffer = (bytes: number): ArrayBuffer | SharedArrayBuffer => (shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  const binned = {
    rows,
    features,
    codes: new Uint8Array(buffer(features * rows) as ArrayBuffer),
    bins: new Int32Array(buffer(features * 4) as ArrayBuffer),
    lows: new Float64Array(buffer(features * MAX_BINS * 8) as ArrayBuffer),
    highs: new Float64Array(buffer(features * MAX_BINS * 8) as ArrayBuffer),
  };
  const chosen = rows > SAMPLE ? sampleOf(rows) : undefined;
  for (let f = 0; f < features; f++) {
    const edges = edgesOf(table.columns[f], bins, chosen);
    const codes = binned.codes.subarray(f * rows, (f + 1) * rows);
    const lows = binned.lows.subarray(f * MAX_BINS, (f + 1) * MAX_BINS);
    const highs = binned.highs.subarray(f * MAX_BINS, (f + 1) * MAX_BINS);
    binned.bins[f] = encode(table.columns[f], edges, codes, lows, highs);
  }
  return binned;
}

/** A value that parts `low` from `high` (low < high): low <= it < high, midway where rounding allows. */
export function midway(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  return (middle >= low && middle < high ? middle : low) + 0;
}

/** Cut points of a column, ascending: bin b holds the values above edge b - 1 and up to edge b. */
function edgesOf(column: Float64Array, bins: number, chosen: Int32Array | undefined): Float64Array {
  const few = fewValues(column, bins);
  if (few) return Float64Array.from({ length: Math.max(0, few.length - 1) }, (_, i) => midway(few[i], few[i + 1]));
  const taken = (chosen ? Float64Array.from(chosen, (row) => column[row]) : column.slice()).sort();
  // NaN sorts last
  let count = taken.length;
  while (count > 0 && Number.isNaN(taken[count - 1])) count--;
  return quantileEdges(taken, count, bins);
}

/** The different values of a column, ascending, when there are at most `limit`. */
function fewValues(column: Float64Array, limit: number): Float64Array | undefined {
  const seen = new Set<number>();
  for (const value of column) {
    if (!Number.isNaN(value) && !seen.has(value)) {
      if (seen.size === limit) return undefined;
      seen.add(value);
    }
  }
  return Float64Array.from(seen).sort();
}

/** Cuts ascending values so that bins hold about even numbers of them, fewer near the ends; equal values stay together. */
function quantileEdges(sorted: Float64Array, count: number, bins: number): Float64Array {
  const edges = new Float64Array(bins);
  const tail = bins >= TAIL_FROM ? TAIL : 1;
  let low = 0;
  let high = count;
  // the least even size that makes do with the bins there are
  while (high - low > 0.01 * low + 1) {
    const even = (low + high) / 2;
    if (cut(sorted, count, even, tail, edges) < bins) high = even;
    else low = even;
  }
  return edges.slice(0, Math.min(bins - 1, cut(sorted, count, high, tail, edges)));
}

/** Cuts at about `even` values a bin, and `tail` of what lies beyond, at most as often as `edges` has room; returns the number of cuts. */
function cut(sorted: Float64Array, count: number, even: number, tail: number, edges: Float64Array): number {
  let made = 0;
  let start = 0;
  while (made < edges.length) {
    const beyond = tail < 1 ? tail * Math.min(start, count - start) : count;
    const size = Math.max(1, Math.floor(Math.min(even, beyond)));
    let end = start + size;
    if (end >= count) break;
    if (sorted[end] === sorted[end - 1]) {
      const first = firstAtLeast(sorted, count, sorted[end]);
      const after = firstAbove(sorted, count, sorted[end]);
      // a value that would swell the bin begins its own
      end = first > start && after - start > 1.5 * size ? first : after;
      if (end >= count) break;
    }
    edges[made++] = midway(sorted[end - 1], sorted[end]);
    start = end;
  }
  return made;
}

function firstAtLeast(sorted: Float64Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAbove(sorted: Float64Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Writes the codes of a column and the bounds of its bins; returns the number of bins, leaving out empty ones. */
function encode(column: Float64Array, edges: Float64Array, codes: Uint8Array, lows: Float64Array, highs: Float64Array): number {
  lows.fill(Number.POSITIVE_INFINITY);
  highs.fill(Number.NEGATIVE_INFINITY);
  const cuts = edges.length;
  for (let row = 0; row < column.length; row++) {
    const value = column[row];
    if (Number.isNaN(value)) {
      codes[row] = MISSING;
      continue;
    }
    const bin = firstAtLeast(edges, cuts, value);
    codes[row] = bin;
    if (value < lows[bin]) lows[bin] = value;
    if (value > highs[bin]) highs[bin] = value;
  }
  // every edge lies between two values of the column, so only a column without values leaves a bin empty
  return lows[0] === Number.POSITIVE_INFINITY ? 0 : cuts + 1;
}

/** Numbers of `SAMPLE` different rows, ascending, the same for every table of this size. */
function sampleOf(rows: number): Int32Array {
  const random = new TreeRandom(rows, -1);
  const chosen = new Int32Array(SAMPLE);
  // selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S)
  let taken = 0;
  for (let row = 0; taken < SAMPLE; row++) if ((rows - row) * random.next() < SAMPLE - taken) chosen[taken++] = row;
  return chosen;
}
