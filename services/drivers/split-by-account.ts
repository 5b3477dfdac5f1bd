import type { EventBatch } from '../core/batch.ts';
import { splitBatch } from '../core/batch.ts';
import { keyGroup, partitionOf } from '../core/key-groups.ts';

/** A batch by the account task that each row belongs to: the key group of its account decides; undefined for tasks without a row. */
export function splitByAccount(batch: EventBatch, partitions: number): (EventBatch | undefined)[] {
  const rows = new Uint16Array(batch.n);
  const { bytes, ends } = batch.heap;
  for (let row = 0; row < batch.n; row++) {
    const reference = batch.columns.account[row];
    rows[row] = reference === 0 ? 0 : partitionOf(keyGroup(bytes, ends[reference - 1], ends[reference]), partitions);
  }
  return splitBatch(batch, rows, partitions);
}
