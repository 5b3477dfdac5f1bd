import type { AutoencoderData } from './data.ts';

/** Standardised inputs are clamped to this many scales on either side. */
export const CLAMP = 8;
/** Interquartile range of a normal law to its standard deviation. */
const NORMAL_IQR = 0.7413;
/** A scale is at least this share of the standard deviation: the quartiles of a value that is nearly always the same tell nothing. */
const LEAST_SHARE_OF_DEVIATION = 0.25;
/** No scale is below this, so that rounding is not magnified. */
const LEAST_SCALE = 1e-6;

export type Standardisation = Pick<AutoencoderData, 'center' | 'scale'>;

/**
 * Learns how inputs are standardised: center = median, scale = 0.7413 x interquartile range (the standard deviation of a
 * normal law), at least a quarter of the standard deviation. A column without variation, or without values, has scale 1.
 * `rows`: `count` rows of `width` numbers, row-major, missing ones NaN.
 */
export function learnStandardisation(rows: Float64Array, count: number, width: number): Standardisation {
  const center = new Float64Array(width);
  const scale = new Float64Array(width);
  const column = new Float64Array(count);
  for (let j = 0; j < width; j++) {
    let n = 0;
    for (let i = 0; i < count; i++) {
      const value = rows[i * width + j];
      if (!Number.isNaN(value)) column[n++] = value;
    }
    const sorted = column.subarray(0, n).sort();
    center[j] = n > 0 ? quantile(sorted, 0.5) : 0;
    const robust = n > 0 ? NORMAL_IQR * (quantile(sorted, 0.75) - quantile(sorted, 0.25)) : 0;
    const wide = Math.max(robust, LEAST_SHARE_OF_DEVIATION * deviation(sorted));
    scale[j] = wide > LEAST_SCALE ? wide : 1;
  }
  return { center, scale };
}

/** Quantile of sorted values, linear between neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

function deviation(values: Float64Array): number {
  if (values.length === 0) return 0;
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / values.length);
}

/**
 * Writes rows in standardised units into `out`, clamped to -8..8; what is missing stays NaN. `from`: index of the first
 * number of the first row.
 */
export function standardise(values: Float64Array, from: number, rows: number, { center, scale }: Standardisation, out: Float32Array): void {
  const width = center.length;
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < width; j++, at++) {
      const z = (values[from + at] - center[j]) / scale[j];
      out[at] = z > CLAMP ? CLAMP : z < -CLAMP ? -CLAMP : z;
    }
  }
}
