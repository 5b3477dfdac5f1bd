import { MINUTE_COUNTERS } from '../../models/windows.ts';
import { mix32 } from '../core/hash.ts';
import { roomFor } from '../core/slab.ts';

/** Numbers of a minute pane: MINUTE_COUNTERS. */
export const MINUTE_STRIDE = MINUTE_COUNTERS.length;
/** Words of a cell: the counters, then the event of the smallest rank (samples.ts): its rank, position, time, partition, address, status. */
export const MINUTE_CELL = MINUTE_STRIDE + 6;
export const SAMPLE_RANK = MINUTE_STRIDE;
/** Room of a new one: where one input is hours ahead of another, thousands are open, most of them with few cells. A power of two. */
const CELLS = 16;

/** The event that stands for a cell. `partition`, `address`: numbers of the tenant's tables; `status`: as packStatus packs it. */
export interface MinuteSample {
  rank: number;
  offset: number;
  time: number;
  partition: number;
  address: number;
  status: number;
}

/**
 * One open minute of one tenant: plain counters for each (account, interface) pair seen in it. When the minute closes,
 * account panes are the sums over pairs of an account, interface panes those of an interface, and an interface's
 * callers are its pairs. Storage is kept for reuse: minutes come and go all the time.
 */
export class MinuteCells {
  minute = 0;
  size = 0;
  account = new Int32Array(CELLS);
  interface = new Int32Array(CELLS);
  words = new Float64Array(CELLS * MINUTE_CELL);
  private table = new Int32Array(2 * CELLS).fill(-1);

  reset(minute: number): void {
    this.minute = minute;
    this.size = 0;
    this.table.fill(-1);
  }

  /** Number of the pair's cell; its words start at number * MINUTE_CELL. Read `words` afterwards: it may have moved. */
  at(account: number, iface: number): number {
    const mask = this.table.length - 1;
    let slot = mix32(Math.imul(account, 0x9e3779b1) ^ iface) & mask;
    for (;;) {
      const cell = this.table[slot];
      if (cell < 0) break;
      if (this.account[cell] === account && this.interface[cell] === iface) return cell;
      slot = (slot + 1) & mask;
    }
    const cell = this.size++;
    if (cell >= this.account.length) {
      this.account = roomFor(this.account, cell + 1);
      this.interface = roomFor(this.interface, cell + 1);
      this.words = roomFor(this.words, this.account.length * MINUTE_CELL);
    }
    this.account[cell] = account;
    this.interface[cell] = iface;
    this.words.fill(0, cell * MINUTE_CELL, (cell + 1) * MINUTE_CELL);
    this.words[cell * MINUTE_CELL + SAMPLE_RANK] = Number.POSITIVE_INFINITY;
    this.table[slot] = cell;
    if (this.size * 2 > this.table.length) this.rehash();
    return cell;
  }

  /** Offers an event as the cell's sample. */
  offer(cell: number, rank: number, offset: number, time: number, partition: number, address: number, status: number): void {
    const at = cell * MINUTE_CELL + SAMPLE_RANK;
    const { words } = this;
    if (rank > words[at] || (rank === words[at] && offset >= words[at + 1])) return;
    words[at] = rank;
    words[at + 1] = offset;
    words[at + 2] = time;
    words[at + 3] = partition;
    words[at + 4] = address;
    words[at + 5] = status;
  }

  sample(cell: number): MinuteSample {
    const at = cell * MINUTE_CELL + SAMPLE_RANK;
    const { words } = this;
    return {
      rank: words[at],
      offset: words[at + 1],
      time: words[at + 2],
      partition: words[at + 3],
      address: words[at + 4],
      status: words[at + 5],
    };
  }

  private rehash(): void {
    this.table = new Int32Array(this.table.length * 2).fill(-1);
    const mask = this.table.length - 1;
    for (let cell = 0; cell < this.size; cell++) {
      let slot = mix32(Math.imul(this.account[cell], 0x9e3779b1) ^ this.interface[cell]) & mask;
      while (this.table[slot] >= 0) slot = (slot + 1) & mask;
      this.table[slot] = cell;
    }
  }
}
