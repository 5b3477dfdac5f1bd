import { describe, expect, it } from 'vitest';
import { BatchBuilder, type EventBatch } from '../../services/core/batch.ts';
import { AheadRows } from '../../services/features/ahead-rows.ts';

function batch(rows: number): EventBatch {
  const builder = new BatchBuilder('shop', 'gateway', 'a', rows);
  for (let row = 0; row < rows; row++) builder.addRow();
  return builder.build();
}

const rowsOf = (found: readonly { rows: number[] }[]): number[][] => found.map(({ rows }) => rows);

describe('rows that wait for their slice', () => {
  it('are given by slice, batch by batch, once', () => {
    const ahead = new AheadRows();
    const [first, second] = [batch(4), batch(2)];
    for (const [one, row, slice] of [
      [first, 0, 7],
      [first, 1, 8],
      [first, 3, 7],
      [second, 0, 7],
    ] as const)
      expect(ahead.put(one, row, slice)).toBe(true);
    expect([...ahead.slices()]).toEqual([7, 8]);
    expect(rowsOf([...ahead.all()])).toEqual([[0, 3], [0], [1]]);
    const taken = ahead.take(7);
    expect(rowsOf(taken)).toEqual([[0, 3], [0]]);
    expect(taken.map((part) => part.batch)).toEqual([first, second]);
    expect(ahead.take(7)).toEqual([]);
    expect(rowsOf(ahead.take(8))).toEqual([[1]]);
    expect([...ahead.slices()]).toEqual([]);
  });

  it('are bounded, in rows and in batches, and there is room again when some are taken', () => {
    const rows = new AheadRows();
    const large = batch(1);
    let kept = 0;
    while (rows.put(large, 0, 1)) kept++;
    expect(kept).toBeLessThanOrEqual(20_000);
    rows.take(1);
    expect(rows.put(large, 0, 2)).toBe(true);

    const batches = new AheadRows();
    let held = 0;
    while (batches.put(batch(1), 0, held % 3)) held++;
    expect(held).toBeLessThanOrEqual(64);
    expect(batches.put(batch(1), 0, 9)).toBe(false);
    batches.take(0);
    expect(batches.put(batch(1), 0, 9)).toBe(true);
  });
});
