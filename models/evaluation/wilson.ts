export interface Proportion {
  hits: number;
  of: number;
  /** hits / of; 0 of none */
  share: number;
  low: number;
  high: number;
}

/** 97.5th percentile of the normal law: two-sided 95 %. */
const Z = 1.959963984540054;

/** A proportion with its Wilson score interval (Wilson 1927), which stays inside 0..1 and holds for small numbers. */
export function wilson(hits: number, of: number): Proportion {
  if (of === 0) return { hits, of, share: 0, low: 0, high: 1 };
  const share = hits / of;
  const spread = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  const middle = share + (Z * Z) / (2 * of);
  const scale = 1 + (Z * Z) / of;
  return { hits, of, share, low: Math.max(0, (middle - spread) / scale), high: Math.min(1, (middle + spread) / scale) };
}
