/** Median and quartiles, of `of` values. */
export interface Quartiles {
  of: number;
  low: number;
  median: number;
  high: number;
}

/** Quartiles by linear interpolation between order statistics (Hyndman and Fan 1996, type 7); undefined of none. Infinite values sort last. */
export function quartiles(values: readonly number[]): Quartiles | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.ceil(place);
    if (sorted[below] === sorted[above]) return sorted[below];
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  };
  return { of: sorted.length, low: at(0.25), median: at(0.5), high: at(0.75) };
}
