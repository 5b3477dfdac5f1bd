import type { ByteReader, ByteWriter } from '../core/codec.ts';
import { combine32 } from '../core/hash.ts';
import type { KeyTable } from '../core/key-table.ts';
import { roomFor } from '../core/slab.ts';

/** Cells kept a pane; what an account does beyond them counts in its totals only. */
export const MAX_CELLS = 128;

/**
 * Which interface an account called from which address, within its hour pane: the cells from which an interface's
 * callers are counted exactly when the account's pane closes. Bounded by the smallest content hashes, so that the cells
 * that stay, and their counts, do not depend on the order of events.
 */
export class Cells {
  private head = new Int32Array(64).fill(-1);
  private counts = new Uint16Array(64);
  private limits = new Uint32Array(64);
  private next = new Int32Array(256);
  private hash = new Uint32Array(256);
  interface = new Int32Array(256);
  address = new Int32Array(256);
  requests = new Uint32Array(256);
  failures = new Uint32Array(256);
  /** answered 2xx or 3xx, not a failure */
  succeeded = new Uint32Array(256);
  logins = new Uint32Array(256);
  private free = -1;
  private used = 0;

  /** The cell of (pane, interface, address), made when new; -1 when it is beyond the bound. */
  at(pane: number, iface: number, address: number, interfaces: KeyTable, addresses: KeyTable): number {
    if (pane >= this.head.length) {
      this.head = roomFor(this.head, pane + 1, -1);
      this.counts = roomFor(this.counts, pane + 1);
      this.limits = roomFor(this.limits, pane + 1);
    }
    const first = this.head[pane];
    let before = -1;
    for (let cell = first; cell >= 0; cell = this.next[cell]) {
      if (this.interface[cell] === iface && this.address[cell] === address) {
        if (before >= 0) {
          // to the front: what is called often is found at once
          this.next[before] = this.next[cell];
          this.next[cell] = first;
          this.head[pane] = cell;
        }
        return cell;
      }
      before = cell;
    }
    return this.create(pane, combine32(interfaces.hashes[iface], addresses.hashes[address]), iface, address);
  }

  count(pane: number): number {
    return pane < this.counts.length ? this.counts[pane] : 0;
  }

  first(pane: number): number {
    return pane < this.head.length ? this.head[pane] : -1;
  }

  after(cell: number): number {
    return this.next[cell];
  }

  clear(pane: number): void {
    if (pane >= this.head.length) return;
    let cell = this.head[pane];
    while (cell >= 0) {
      const following = this.next[cell];
      this.next[cell] = this.free;
      this.free = cell;
      cell = following;
    }
    this.head[pane] = -1;
    this.counts[pane] = 0;
    this.limits[pane] = 0;
  }

  write(pane: number, writer: ByteWriter, interfaces: KeyTable, addresses: KeyTable): void {
    writer.uint(this.count(pane));
    for (let cell = this.first(pane); cell >= 0; cell = this.next[cell]) {
      interfaces.writeKey(this.interface[cell], writer);
      addresses.writeKey(this.address[cell], writer);
      writer.uint(this.requests[cell]);
      writer.uint(this.failures[cell]);
      writer.uint(this.succeeded[cell]);
      writer.uint(this.logins[cell]);
    }
  }

  read(pane: number, reader: ByteReader, interfaces: KeyTable, addresses: KeyTable): void {
    const count = reader.uint();
    for (let i = 0; i < count; i++) {
      const cell = this.at(pane, interfaces.readKey(reader), addresses.readKey(reader), interfaces, addresses);
      const values = [reader.uint(), reader.uint(), reader.uint(), reader.uint()];
      if (cell < 0) continue;
      this.requests[cell] += values[0];
      this.failures[cell] += values[1];
      this.succeeded[cell] += values[2];
      this.logins[cell] += values[3];
    }
  }

  private create(pane: number, hash: number, iface: number, address: number): number {
    let cell: number;
    if (this.counts[pane] >= MAX_CELLS) {
      if (hash >= this.limits[pane]) return -1;
      cell = this.head[pane];
      while (this.hash[cell] !== this.limits[pane]) cell = this.next[cell];
    } else {
      cell = this.free >= 0 ? this.free : this.used++;
      if (cell === this.free) this.free = this.next[cell];
      else if (cell >= this.next.length) this.widen(cell + 1);
      this.next[cell] = this.head[pane];
      this.head[pane] = cell;
      this.counts[pane]++;
    }
    this.hash[cell] = hash;
    this.interface[cell] = iface;
    this.address[cell] = address;
    this.requests[cell] = 0;
    this.failures[cell] = 0;
    this.succeeded[cell] = 0;
    this.logins[cell] = 0;
    if (this.counts[pane] >= MAX_CELLS) {
      let largest = 0;
      for (let at = this.head[pane]; at >= 0; at = this.next[at]) largest = Math.max(largest, this.hash[at]);
      this.limits[pane] = largest;
    }
    return cell;
  }

  private widen(size: number): void {
    this.next = roomFor(this.next, size);
    this.hash = roomFor(this.hash, size);
    this.interface = roomFor(this.interface, size);
    this.address = roomFor(this.address, size);
    this.requests = roomFor(this.requests, size);
    this.failures = roomFor(this.failures, size);
    this.succeeded = roomFor(this.succeeded, size);
    this.logins = roomFor(this.logins, size);
  }
}
