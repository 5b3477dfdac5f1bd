/** What is unusual about the time of a row. */
export type OrderNote = 'duplicate' | 'out_of_order' | 'gap';

/** Steps whose median is the usual step. */
const REMEMBERED = 31;
/** A step of more than so many usual ones is a gap. */
const GAP = 3;

/** Looks at the times of a series: the same again, back, or far ahead. Rows are judged all the same, as they come. */
export class SeriesOrder {
  private readonly steps: number[] = [];
  private last = Number.NaN;

  look(time: number): OrderNote | undefined {
    const step = time - this.last;
    if (Number.isNaN(step)) {
      this.last = time;
      return undefined;
    }
    if (step === 0) return 'duplicate';
    if (step < 0) return 'out_of_order';
    this.last = time;
    const usual = this.usual();
    this.steps.push(step);
    if (this.steps.length > REMEMBERED) this.steps.shift();
    return step > GAP * usual ? 'gap' : undefined;
  }

  private usual(): number {
    if (this.steps.length < 5) return Number.POSITIVE_INFINITY;
    const sorted = this.steps.toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1];
  }
}
