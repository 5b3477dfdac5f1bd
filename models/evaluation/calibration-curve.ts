import type { Proportion } from './wilson.ts';
import { wilson } from './wilson.ts';

/** Rows whose probability lies in one bin: (low, high], the first with 0. */
export interface CalibrationBin {
  readonly low: number;
  readonly high: number;
  readonly rows: number;
  /** mean of the probabilities that were given; NaN without rows */
  readonly expected: number;
  /** share of rows that are positive, with its 95 % interval */
  readonly observed: Proportion;
}

/**
 * Probabilities against what came (reliability diagram: Murphy and Winkler 1977). Bins of equal width, as scikit-learn's
 * calibration_curve has them, the empty ones included.
 * @param positive 1 where the row is positive, else 0
 */
export function calibrationBins(probability: Float64Array, positive: Uint8Array, bins = 10): CalibrationBin[] {
  const rows = new Float64Array(bins);
  const sums = new Float64Array(bins);
  const hits = new Float64Array(bins);
  for (let row = 0; row < probability.length; row++) {
    const bin = binOf(probability[row], bins);
    rows[bin]++;
    sums[bin] += probability[row];
    hits[bin] += positive[row];
  }
  return Array.from(rows, (count, bin) => ({
    low: bin / bins,
    high: (bin + 1) / bins,
    rows: count,
    expected: sums[bin] / count,
    observed: wilson(hits[bin], count),
  }));
}

function binOf(probability: number, bins: number): number {
  let bin = Math.min(bins - 1, Math.max(0, Math.floor(probability * bins)));
  if (bin > 0 && probability <= bin / bins) bin--;
  else if (bin < bins - 1 && probability > (bin + 1) / bins) bin++;
  return bin;
}

/** Expected calibration error: |expected - observed| of each bin, weighed by its rows (Naeini and others 2015). */
export function calibrationError(bins: readonly CalibrationBin[]): number {
  const total = bins.reduce((sum, bin) => sum + bin.rows, 0);
  return bins.reduce((sum, bin) => (bin.rows === 0 ? sum : sum + (bin.rows / total) * Math.abs(bin.expected - bin.observed.share)), 0);
}

/** Brier score of one class: mean of (probability - outcome)² (Brier 1950, half of his form for two classes). 0 is best. */
export function brierScore(probability: Float64Array, positive: Uint8Array): number {
  let sum = 0;
  for (let row = 0; row < probability.length; row++) sum += (probability[row] - positive[row]) ** 2;
  return sum / probability.length;
}

/**
 * Log loss: mean of -ln(probability of the row's class), with probabilities kept 2^-52 away from 0 and 1 (as
 * scikit-learn's log_loss does), so that one sure mistake costs 36 and not everything. 0 is best.
 * @param probabilities rows x classes
 */
export function logLoss(probabilities: Float64Array, labels: Int32Array, classes: number): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    sum -= Math.log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, probabilities[row * classes + labels[row]])));
  }
  return sum / labels.length;
}
