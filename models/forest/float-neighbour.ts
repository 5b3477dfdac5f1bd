/** The least double above `x` (IEEE 754-2019, 5.3.1 nextUp): infinity stays, NaN stays, both zeros give 2^-1074. */
export function nextUp(x: number): number {
  if (Number.isNaN(x) || x === Number.POSITIVE_INFINITY) return x;
  if (x === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(new Float64Array([x]).buffer);
  bits[0] += x > 0 ? 1n : -1n;
  return new Float64Array(bits.buffer)[0];
}

/** The greatest double below `x` (IEEE 754-2019, 5.3.1 nextDown). */
export function nextDown(x: number): number {
  return -nextUp(-x);
}
