import { BatchBuilder, type EventBatch } from '../core/batch.ts';
import { KeyTable } from '../core/key-table.ts';
import { roomFor } from '../core/slab.ts';

/** Rows of one input. */
interface Part {
  builder: BatchBuilder;
  /** number of each row among the minute's */
  numbers: Uint32Array;
}

/** Some rows of one batch: the first `n` of `rows`. */
export interface Rows {
  batch: EventBatch;
  rows: Uint32Array;
  n: number;
}

/**
 * Events of one minute that wait, by input. Once they wait for a login (`link`), those of one session can be found.
 * Rows that were taken stay where they are until the minute goes.
 */
export class WaitingMinute {
  /** rows that wait */
  left = 0;
  private readonly parts = new Map<string, Part>();
  private size = 0;
  private taken = new Uint8Array(16);
  private linked = false;
  private readonly sessions = new KeyTable();
  /** number of a session's last row, and of the one before each row; -1 for none */
  private last = new Int32Array(16);
  private before = new Int32Array(16);

  /** Adds rows[0, n) of a batch. */
  add(batch: EventBatch, rows: Uint32Array, n: number): void {
    const part = this.partOf(batch.source, batch.partition, batch.tenant);
    const { builder } = part;
    const first = builder.n;
    builder.addRows(batch, rows, n);
    part.numbers = roomFor(part.numbers, builder.n);
    this.taken = roomFor(this.taken, this.size + n);
    if (this.linked) this.before = roomFor(this.before, this.size + n);
    for (let row = first; row < builder.n; row++) {
      part.numbers[row] = this.size++;
      if (this.linked) this.linkRow(batch, rows[row - first], part.numbers[row]);
    }
    this.left += n;
  }

  private partOf(source: string, partition: string, tenant: string): Part {
    const key = `${source}\t${partition}`;
    let part = this.parts.get(key);
    if (part === undefined) {
      part = { builder: new BatchBuilder(tenant, source, partition, 16), numbers: new Uint32Array(16) };
      this.parts.set(key, part);
    }
    return part;
  }

  /** From here on rows are found by their sessions; those that come later too. */
  link(): void {
    if (this.linked) return;
    this.linked = true;
    this.before = roomFor(this.before, this.size);
    for (const { builder, numbers } of this.parts.values()) {
      const batch = builder.build();
      for (let row = 0; row < batch.n; row++) this.linkRow(batch, row, numbers[row]);
    }
  }

  private linkRow({ columns, heap }: EventBatch, row: number, number: number): void {
    const reference = columns.session[row];
    const before = this.sessions.count;
    const session = this.sessions.intern(heap.bytes, heap.ends[reference - 1], heap.ends[reference]);
    this.last = roomFor(this.last, session + 1);
    this.before[number] = this.sessions.count > before ? -1 : this.last[session];
    this.last[session] = number;
  }

  /** Marks rows of a session, for `takeMarked`. */
  mark(session: Uint8Array): void {
    const id = this.sessions.get(session, 0, session.length);
    if (id < 0) return;
    for (let number = this.last[id]; number >= 0; number = this.before[number]) this.taken[number] |= MARKED;
    this.last[id] = -1;
    this.marked = true;
  }

  private marked = false;

  /** The marked rows; they do not wait any more. */
  takeMarked(): Rows[] {
    if (!this.marked) return [];
    this.marked = false;
    return this.take((number) => this.taken[number] === MARKED);
  }

  /** All rows that wait; they do not any more. */
  takeAll(): Rows[] {
    return this.take((number) => this.taken[number] === 0);
  }

  /** All rows that wait. */
  waiting(): Rows[] {
    return this.select((number) => this.taken[number] === 0);
  }

  private take(is: (number: number) => boolean): Rows[] {
    const chosen = this.select(is);
    for (const { batch, rows, n } of chosen) {
      const { numbers } = this.parts.get(`${batch.source}\t${batch.partition}`) as Part;
      for (let i = 0; i < n; i++) this.taken[numbers[rows[i]]] = TAKEN;
      this.left -= n;
    }
    return chosen;
  }

  /** By input, in the order of their names, and of the records in it: not of their coming. */
  private select(is: (number: number) => boolean): Rows[] {
    const chosen: Rows[] = [];
    for (const key of [...this.parts.keys()].sort()) {
      const { builder, numbers } = this.parts.get(key) as Part;
      const rows = new Uint32Array(builder.n);
      let n = 0;
      for (let row = 0; row < builder.n; row++) if (is(numbers[row])) rows[n++] = row;
      if (n === 0) continue;
      const batch = builder.build();
      chosen.push({ batch, rows: inOrder(batch, rows.subarray(0, n)), n });
    }
    return chosen;
  }
}

function inOrder({ columns }: EventBatch, rows: Uint32Array): Uint32Array {
  const { offset, index } = columns;
  const compare = (a: number, b: number): number => offset[a] - offset[b] || index[a] - index[b];
  for (let i = 1; i < rows.length; i++) if (compare(rows[i - 1], rows[i]) > 0) return rows.sort(compare);
  return rows;
}

/** What has become of a row: 0 while it waits. */
const MARKED = 1;
const TAKEN = 2;
