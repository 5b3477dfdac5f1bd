import type { EventBatch } from '../core/batch.ts';

/** Rows and batches that wait at most: what comes beyond is counted into the panes of its slice at once. */
const MOST_ROWS = 16_384;
const MOST_BATCHES = 32;

/** Rows of one batch that belong to one slice, in order. */
export interface RowsOfSlice {
  batch: EventBatch;
  rows: number[];
}

/**
 * Events beyond the mark that is being filled (looks.ts), in the batches in which they came, until their slice begins to
 * be closed: counting them then is cheaper than counting them apart and adding up. Bounded; order does not matter.
 */
export class AheadRows {
  private readonly bySlice = new Map<number, RowsOfSlice[]>();
  private rows = 0;
  private batches = 0;

  /** Keeps a row until its slice is taken; false when there is no room for it. A batch that is kept must not change. */
  put(batch: EventBatch, row: number, slice: number): boolean {
    if (this.rows >= MOST_ROWS) return false;
    let waiting = this.bySlice.get(slice);
    const last = waiting?.at(-1);
    if (last !== undefined && last.batch === batch) last.rows.push(row);
    else {
      if (this.batches >= MOST_BATCHES) return false;
      this.batches++;
      if (waiting === undefined) this.bySlice.set(slice, (waiting = []));
      waiting.push({ batch, rows: [row] });
    }
    this.rows++;
    return true;
  }

  /** What waits for a slice; it waits no longer. */
  take(slice: number): readonly RowsOfSlice[] {
    const waiting = this.bySlice.get(slice);
    if (waiting === undefined) return NOTHING;
    this.bySlice.delete(slice);
    this.batches -= waiting.length;
    for (const { rows } of waiting) this.rows -= rows.length;
    return waiting;
  }

  /** All that waits, in no particular order. */
  *all(): Iterable<RowsOfSlice> {
    for (const waiting of this.bySlice.values()) yield* waiting;
  }

  /** Slices that something waits for, in no particular order. */
  slices(): Iterable<number> {
    return this.bySlice.keys();
  }
}

const NOTHING: readonly RowsOfSlice[] = [];
