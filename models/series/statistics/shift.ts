import type { Row, Statistic } from '../row.ts';

/**
 * The mean of the last values against the mean of those just before them: a jump (one value against many) or a lasting
 * change of level (many against many). Forgets what was before; so after a while a new level is usual.
 */
export class Shift implements Statistic {
  readonly name: string;
  readonly reach: number;
  private readonly span: number;
  private readonly against: number;
  private center = 0;

  /**
   * @param span values that are judged, this one included
   * @param against values before them that they are held against
   */
  constructor(span: number, against: number) {
    this.name = span === 1 ? `jump_${against}` : `shift_${span}`;
    this.span = span;
    this.against = against;
    this.reach = span - 1 + against;
  }

  look({ value, past }: Row): number {
    if (past.size < this.reach) return Number.NaN;
    const others = this.span - 1;
    const rest = others === 0 ? 0 : past.mean(others) * others;
    this.center = past.mean(this.against, others);
    return (rest + value) / this.span - this.center;
  }

  valueAt(deviation: number): number {
    return this.span === 1 ? this.center + deviation : Number.NaN;
  }

  learn(): void {
    // what it needs is the past itself
  }
}
