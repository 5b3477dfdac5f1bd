import type { Row, Statistic } from '../row.ts';

/** Rows after which the mean of the past forgets as fast as it learns. */
const LONGEST = 100_000;

/** The mean of the last few values against the mean of all before: lasting or single highs and lows. Blind to what is only odd for its hour. */
export class Level implements Statistic {
  readonly name: string;
  readonly reach: number;
  private readonly span: number;
  private mean = 0;
  private seen = 0;

  /** @param span values, this one included */
  constructor(span: number) {
    this.name = `level_${span}`;
    this.span = span;
    this.reach = span - 1;
  }

  look({ value, past }: Row): number {
    if (this.seen === 0 || past.size < this.reach) return Number.NaN;
    const rest = this.reach === 0 ? 0 : past.mean(this.reach) * this.reach;
    return (rest + value) / this.span - this.mean;
  }

  valueAt(deviation: number): number {
    return this.span === 1 ? this.mean + deviation : Number.NaN;
  }

  learn({ value }: Row): void {
    this.seen = Math.min(LONGEST, this.seen + 1);
    this.mean += (value - this.mean) / this.seen;
  }
}
