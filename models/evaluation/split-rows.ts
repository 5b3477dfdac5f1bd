import { TreeRandom } from '../forest/random.ts';
import type { Table } from '../forest/table.ts';

/** Row numbers of a table in two parts, both rising. */
export interface Split {
  readonly learn: Int32Array;
  readonly judge: Int32Array;
}

/**
 * Sets a share of the rows aside for judging. With groups whole groups are drawn, until their rows come nearest to the
 * share; without, rows are drawn class by class, so that both parts have the same mix. At least one row (group) of what is
 * drawn from stays on each side where there are two or more. Same seed, same split.
 * @param share 0 <= share < 1
 */
export function splitRows(table: Table, share: number, seed: number): Split {
  const random = new TreeRandom(seed, SPLIT_STREAM);
  const judged = new Uint8Array(table.rows);
  if (share > 0) {
    if (table.groups !== undefined) {
      const members = membersOf(table.groups);
      const order = shuffled(members.length, random);
      let rows = 0;
      let left = members.length;
      for (const group of order) {
        const size = members[group].length;
        const better = Math.abs(rows + size - share * table.rows) < Math.abs(rows - share * table.rows);
        if (left <= 1 || (rows > 0 && !better)) continue;
        for (const row of members[group]) judged[row] = 1;
        rows += size;
        left--;
      }
    } else {
      for (const rows of membersOf(table.labels)) {
        const order = shuffled(rows.length, random);
        const count = rows.length < 2 ? 0 : Math.min(rows.length - 1, Math.max(1, Math.round(share * rows.length)));
        for (let i = 0; i < count; i++) judged[rows[order[i]]] = 1;
      }
    }
  }
  const all = Int32Array.from({ length: table.rows }, (_, row) => row);
  return { learn: all.filter((row) => judged[row] === 0), judge: all.filter((row) => judged[row] === 1) };
}

/** Streams of random numbers of this folder; the trees' are 0 and up. */
const SPLIT_STREAM = -1;
const PART_STREAM = -2;

/**
 * Row numbers of growing shares, each a part of the next: whole groups where there are groups, else rows, class by class.
 * @param rows the rows to draw from
 * @param shares rising, above 0 to 1
 */
export function growingParts(table: Table, rows: Int32Array, shares: readonly number[], seed: number): Int32Array[] {
  const random = new TreeRandom(seed, PART_STREAM);
  const units = table.groups ?? table.labels;
  /** place of a row in the order of drawing, 0..1: rows with places up to the share are taken */
  const place = new Float64Array(table.rows).fill(2);
  const members = membersOf(Int32Array.from(rows, (row) => units[row]));
  if (table.groups !== undefined) {
    let before = 0;
    for (const group of shuffled(members.length, random)) {
      for (const at of members[group]) place[rows[at]] = before / rows.length;
      before += members[group].length;
    }
  } else {
    for (const ofClass of members) shuffled(ofClass.length, random).forEach((at, i) => (place[rows[ofClass[at]]] = i / ofClass.length));
  }
  return shares.map((share) => rows.filter((row) => place[row] < share));
}

/** The table's rows with these numbers, in this order. */
export function takeRows(table: Table, rows: Int32Array): Table {
  return {
    features: table.features,
    classes: table.classes,
    rows: rows.length,
    columns: table.columns.map((column) => Float64Array.from(rows, (row) => column[row])),
    labels: Int32Array.from(rows, (row) => table.labels[row]),
    groups: table.groups && Int32Array.from(rows, (row) => (table.groups as Int32Array)[row]),
    weights: table.weights && Float64Array.from(rows, (row) => (table.weights as Float64Array)[row]),
  };
}

/** Positions by value, in rising order of the values that occur. */
function membersOf(values: Int32Array): number[][] {
  const members = new Map<number, number[]>();
  values.forEach((value, at) => {
    const list = members.get(value);
    if (list === undefined) members.set(value, [at]);
    else list.push(at);
  });
  return [...members.entries()].sort(([a], [b]) => a - b).map(([, list]) => list);
}

/** 0 .. count-1 in random order (Fisher and Yates). */
export function shuffled(count: number, random: TreeRandom): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
