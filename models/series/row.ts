import type { Recent } from './recent.ts';

/** A value of a series as the statistics see it: with those before it, and where in the day it lies. */
export interface Row {
  /** ms since 1970 */
  readonly time: number;
  readonly value: number;
  /** the values before this one, the newest first */
  readonly past: Recent;
}

/**
 * One way in which a value can be odd. For each row first `look`, which judges it by what was learned before, then `learn`.
 * The deviation is in units of its own that stay the same over the series: how much of it is much, its tail learns.
 */
export interface Statistic {
  readonly name: string;
  /** Values of the past that it reads. */
  readonly reach: number;
  /** Signed deviation from what is usual; NaN while nothing can be said. */
  look(row: Row): number;
  /** The value that would have had this deviation, by the last `look`; NaN where no value of this row alone decides. */
  valueAt(deviation: number): number;
  learn(row: Row): void;
}
