/**
 * What a running process says about itself, as plain values: whoever counts hands out samples when asked (at each scrape),
 * and knows nothing of the registry that they end up in. `catalogue.ts` has every name; its `counter`, `gauge` and
 * `histogram` make samples of a known name with its labels.
 */

/** The present value of one series. Counters only grow (or begin at 0 again with the process). */
export interface MetricSample {
  name: string;
  help: string;
  type: 'counter' | 'gauge';
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** The present state of one series of a histogram. */
export interface HistogramSample {
  name: string;
  help: string;
  type: 'histogram';
  labels: Readonly<Record<string, string>>;
  /** upper bounds of the buckets, ascending; the one without an upper bound is not among them */
  bounds: readonly number[];
  /** observations by bucket, each counted once; one more than there are bounds */
  counts: readonly number[];
  /** of all observations */
  sum: number;
}

export type Sample = MetricSample | HistogramSample;

/** Seconds, from a millisecond to ten minutes: what transactions, snapshots and alerts take. */
export const LATENCY_BOUNDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
];

/** Gathers observations of one series of a histogram: two additions each. */
export class HistogramRecorder {
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds upper bounds of the buckets, ascending */
  constructor(bounds: readonly number[] = LATENCY_BOUNDS) {
    this.bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** @param value in the unit of the bounds (seconds for latencies); what is not a finite number is not counted */
  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    let low = 0;
    let high = this.bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= this.bounds[middle]) high = middle;
      else low = middle + 1;
    }
    this.#counts[low] += 1;
    this.#sum += value;
  }

  /** A copy of what has been counted so far. */
  read(): { bounds: readonly number[]; counts: readonly number[]; sum: number } {
    return { bounds: this.bounds, counts: [...this.#counts], sum: this.#sum };
  }
}
