import type { Row, Statistic } from '../row.ts';

/** Cells of the histogram. */
const CELLS = 512;
/** Cells to a spread of the series. */
const FINENESS = 4;
/** Rows after which the width of a cell is chosen. */
const FIRST = 50;
/** What an empty neighbourhood counts. */
const EMPTY = 0.1;

/**
 * How rarely the series was near this value: -ln of the share of the past in its neighbourhood. Sees values between two
 * usual levels, which are neither high nor low, and levels that were never visited. Blind to the order of values.
 */
export class Rarity implements Statistic {
  readonly name = 'rare_value';
  readonly reach = 0;
  private readonly counts = new Float64Array(CELLS);
  private width = 0;
  private origin = 0;
  private seen = 0;
  private mean = 0;
  private scatter = 0;

  look({ value }: Row): number {
    if (this.seen < FIRST || !this.prepared()) return Number.NaN;
    const cell = this.cellOf(value);
    const near = (2 * this.count(cell) + this.count(cell - 1) + this.count(cell + 1)) / 4;
    return Math.log((this.seen + 1) / (near + EMPTY));
  }

  valueAt(): number {
    return Number.NaN;
  }

  learn({ value }: Row): void {
    this.seen++;
    const off = value - this.mean;
    this.mean += off / this.seen;
    this.scatter += off * (value - this.mean);
    if (this.width === 0) return;
    while (2 * FINENESS * this.width <= this.spread) this.coarsen();
    const cell = this.cellOf(value) + CELLS / 2;
    // beyond the histogram values are counted in its last cell
    this.counts[Math.max(0, Math.min(CELLS - 1, cell))]++;
  }

  private get spread(): number {
    return Math.sqrt(this.scatter / this.seen);
  }

  /** Chooses the cells once the series has a spread. */
  private prepared(): boolean {
    if (this.width === 0 && this.spread > 0) {
      // the mean lies in the middle of a cell, not on an edge
      this.width = this.spread / FINENESS;
      this.origin = this.mean - this.width / 2;
    }
    return this.width > 0;
  }

  private cellOf(value: number): number {
    const cell = Math.floor((value - this.origin) / this.width);
    return Math.max(-CELLS / 2, Math.min(CELLS / 2 - 1, cell));
  }

  private count(cell: number): number {
    return this.counts[cell + CELLS / 2] ?? 0;
  }

  /** Twice the width: cells become one with their neighbours. */
  private coarsen(): void {
    const wider = new Float64Array(CELLS);
    for (let cell = -CELLS / 2; cell < CELLS / 2; cell++) wider[Math.floor(cell / 2) + CELLS / 2] += this.count(cell);
    this.counts.set(wider);
    this.width *= 2;
  }
}
