import { binTable } from './binning.ts';
import type { GrowingTable } from './grow.ts';
import type { Table } from './table.ts';

/** Weights are rounded to this power of 2 below their mean. */
const WEIGHT_BITS = 20;

/** A table as trees are grown from; `shared` puts it where threads can read it. */
export function growingTable(table: Table, bins: number, classWeights: Float64Array, shared = false): GrowingTable {
  const { rows } = table;
  const buffer = (bytes: number): ArrayBuffer => (shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes)) as ArrayBuffer;
  const labels = new Int32Array(buffer(rows * 4));
  labels.set(table.labels);
  const weights = new Float64Array(buffer(rows * 8));
  let total = 0;
  let counted = 0;
  for (let row = 0; row < rows; row++) {
    weights[row] = (table.weights ? table.weights[row] : 1) * classWeights[labels[row]];
    total += weights[row];
    if (weights[row] > 0) counted++;
  }
  const step = 2 ** (Math.floor(Math.log2(total / counted)) - WEIGHT_BITS);
  for (let row = 0; row < rows; row++) if (weights[row] > 0) weights[row] = Math.max(1, Math.round(weights[row] / step)) * step;
  let groups: Int32Array | undefined;
  let groupCount = 0;
  if (table.groups) {
    groups = new Int32Array(buffer(rows * 4));
    const numbers = new Map<number, number>();
    for (let row = 0; row < rows; row++) {
      const group = table.groups[row];
      let number = numbers.get(group);
      if (number === undefined) {
        number = groupCount++;
        numbers.set(group, number);
      }
      groups[row] = number;
    }
  }
  return { binned: binTable(table, bins, shared), classes: table.classes.length, labels, weights, groups, groupCount };
}
