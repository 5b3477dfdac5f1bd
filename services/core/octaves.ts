/** Steps of an octave. */
export const OCTAVE = 16;

/**
 * The logarithm of an amount, in sixteenths of an octave of 1 + x, as a whole number: sums of it are the same in any order, and
 * their mean says what is typical where a few amounts are a thousand times the rest. Between powers of two it is linear,
 * at most a tenth of an octave too low. x >= 0; what is not a number counts as 0.
 */
export function octavesOf(x: number): number {
  if (!(x >= 1)) return 0;
  const y = Math.floor(x) + 1;
  if (y >= 0x8000_0000) return Math.round(OCTAVE * Math.log2(y));
  const power = 31 - Math.clz32(y);
  return OCTAVE * power + Math.floor((OCTAVE * (y - (1 << power))) / (1 << power));
}

/** The amount that such a logarithm stands for. */
export function amountOf(octaves: number): number {
  return 2 ** (octaves / OCTAVE);
}
