import type { Row, Statistic } from '../row.ts';

/** Spreads below this share of the spread of the whole memory are one: rounding is no calm. */
const LEAST_SHARE = 1e-3;

/** The logarithm of the spread of the last values against its mean over the past: turbulence, or a calm that never was. */
export class Volatility implements Statistic {
  readonly name: string;
  readonly reach: number;
  private readonly span: number;
  private mean = 0;
  private seen = 0;
  private spread = 0;

  /** @param span values before this one */
  constructor(span: number) {
    this.name = `volatility_${span}`;
    this.span = span;
    this.reach = span;
  }

  look({ past }: Row): number {
    if (past.size < this.span) return Number.NaN;
    const whole = Math.sqrt(past.variance(past.size));
    if (!(whole > 0)) return Number.NaN;
    this.spread = Math.log(Math.sqrt(past.variance(this.span)) + LEAST_SHARE * whole);
    return this.seen === 0 ? Number.NaN : this.spread - this.mean;
  }

  valueAt(): number {
    return Number.NaN;
  }

  learn({ past }: Row): void {
    if (past.size < this.span || !(past.variance(past.size) > 0)) return;
    this.seen++;
    this.mean += (this.spread - this.mean) / this.seen;
  }
}
