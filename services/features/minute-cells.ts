import { mix32 } from '../core/hash.ts';
import { roomFor } from '../core/slab.ts';
import { MINUTE_COUNTERS } from '../../models/windows.ts';

export const MINUTE_STRIDE = MINUTE_COUNTERS.length;

/**
 * One open minute of one tenant: plain counters for each (account, interface) pair seen in it. When the minute closes,
 * account panes are the sums over pairs of an account, interface panes those of an interface, and an interface's
 * callers are its pairs. Storage is kept for reuse: minutes come and go all the time.
 */
export class MinuteCells {
  minute = 0;
  size = 0;
  account = new Int32Array(256);
  interface = new Int32Array(256);
  counters = new Float64Array(256 * MINUTE_STRIDE);
  /** per cell the event of the smallest rank (samples.ts): its rank, position, time, address and status */
  rank = new Float64Array(256);
  offset = new Float64Array(256);
  time = new Float64Array(256);
  partition = new Int32Array(256);
  address = new Int32Array(256);
  status = new Uint16Array(256);
  private table = new Int32Array(512).fill(-1);

  reset(minute: number): void {
    this.minute = minute;
    this.size = 0;
    this.table.fill(-1);
  }

  /** Index of the pair's cell; counters start at index * MINUTE_STRIDE. Read `counters` afterwards: it may have moved. */
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
      const size = this.account.length;
      this.counters = roomFor(this.counters, size * MINUTE_STRIDE);
      this.rank = roomFor(this.rank, size);
      this.offset = roomFor(this.offset, size);
      this.time = roomFor(this.time, size);
      this.partition = roomFor(this.partition, size);
      this.address = roomFor(this.address, size);
      this.status = roomFor(this.status, size);
    }
    this.rank[cell] = Number.POSITIVE_INFINITY;
    this.account[cell] = account;
    this.interface[cell] = iface;
    this.counters.fill(0, cell * MINUTE_STRIDE, (cell + 1) * MINUTE_STRIDE);
    this.table[slot] = cell;
    if (this.size * 2 > this.table.length) this.rehash();
    return cell;
  }

  /** Offers an event as the cell's sample. */
  offer(cell: number, rank: number, offset: number, time: number, partition: number, address: number, status: number): void {
    if (rank > this.rank[cell] || (rank === this.rank[cell] && offset >= this.offset[cell])) return;
    this.rank[cell] = rank;
    this.offset[cell] = offset;
    this.time[cell] = time;
    this.partition[cell] = partition;
    this.address[cell] = address;
    this.status[cell] = status;
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
