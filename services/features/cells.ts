import type { ByteReader, ByteWriter } from '../core/codec.ts';
import { combine32 } from '../core/hash.ts';
import type { KeyTable } from '../core/key-table.ts';
import { roomFor } from '../core/slab.ts';

/** Words of a cell, and where they stand. `succeeded`: answered 2xx or 3xx and no failure. */
const CELL = 9;
const NEXT = 0;
const HASH = 1;
const INTERFACE = 2;
const ADDRESS = 3;
const REQUESTS = 4;
const FAILURES = 5;
const SUCCEEDED = 6;
const LOGINS = 7;
const SERVER_ERRORS = 8;

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
  /** a cell is CELL words: next cell, hash, interface id, address id, then what is counted */
  words = new Int32Array(256 * CELL);
  private free = -1;
  private used = 0;

  /** The cell of (pane, interface, address), made when new; -1 when it is beyond the bound. */
  at(pane: number, iface: number, address: number, interfaces: KeyTable, addresses: KeyTable): number {
    if (pane >= this.head.length) {
      this.head = roomFor(this.head, pane + 1, -1);
      this.counts = roomFor(this.counts, pane + 1);
      this.limits = roomFor(this.limits, pane + 1);
    }
    const { words } = this;
    const first = this.head[pane];
    let before = -1;
    for (let cell = first; cell >= 0; cell = words[cell * CELL + NEXT]) {
      if (words[cell * CELL + INTERFACE] === iface && words[cell * CELL + ADDRESS] === address) {
        if (before >= 0) {
          // to the front: what is called often is found at once
          words[before * CELL + NEXT] = words[cell * CELL + NEXT];
          words[cell * CELL + NEXT] = first;
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
    return this.words[cell * CELL + NEXT];
  }

  /** Counts an event into a cell. */
  add(cell: number, failure: number, succeeded: number, login: number, serverError: number): void {
    const at = cell * CELL;
    this.words[at + REQUESTS]++;
    this.words[at + FAILURES] += failure;
    this.words[at + SUCCEEDED] += succeeded;
    this.words[at + LOGINS] += login;
    this.words[at + SERVER_ERRORS] += serverError;
  }

  interfaceOf(cell: number): number {
    return this.words[cell * CELL + INTERFACE];
  }

  addressOf(cell: number): number {
    return this.words[cell * CELL + ADDRESS];
  }

  requests(cell: number): number {
    return this.words[cell * CELL + REQUESTS];
  }

  failures(cell: number): number {
    return this.words[cell * CELL + FAILURES];
  }

  succeeded(cell: number): number {
    return this.words[cell * CELL + SUCCEEDED];
  }

  logins(cell: number): number {
    return this.words[cell * CELL + LOGINS];
  }

  serverErrors(cell: number): number {
    return this.words[cell * CELL + SERVER_ERRORS];
  }

  clear(pane: number): void {
    if (pane >= this.head.length) return;
    let cell = this.head[pane];
    while (cell >= 0) {
      const following = this.words[cell * CELL + NEXT];
      this.words[cell * CELL + NEXT] = this.free;
      this.free = cell;
      cell = following;
    }
    this.head[pane] = -1;
    this.counts[pane] = 0;
    this.limits[pane] = 0;
  }

  /** Adds the cells of one pane to another's, and clears them. */
  move(pane: number, into: number, interfaces: KeyTable, addresses: KeyTable): void {
    for (let from = this.first(pane); from >= 0; from = this.after(from)) {
      const cell = this.at(into, this.interfaceOf(from), this.addressOf(from), interfaces, addresses);
      if (cell >= 0) for (let n = REQUESTS; n < CELL; n++) this.words[cell * CELL + n] += this.words[from * CELL + n];
    }
    this.clear(pane);
  }

  /** `flags` of each interface go along: the task that reads may have no event of it. */
  write(pane: number, writer: ByteWriter, interfaces: KeyTable, addresses: KeyTable, flags: Uint32Array): void {
    writer.uint(this.count(pane));
    for (let cell = this.first(pane); cell >= 0; cell = this.after(cell)) {
      interfaces.writeKey(this.interfaceOf(cell), writer);
      writer.uint(flags[this.interfaceOf(cell)]);
      addresses.writeKey(this.addressOf(cell), writer);
      for (let i = REQUESTS; i < CELL; i++) writer.uint(this.words[cell * CELL + i]);
    }
  }

  /** `known` is told of the interface of each cell and its flags, before the cell is there. */
  read(pane: number, reader: ByteReader, interfaces: KeyTable, addresses: KeyTable, known: (iface: number, flags: number) => void): void {
    const count = reader.uint();
    for (let i = 0; i < count; i++) {
      const iface = interfaces.readKey(reader);
      known(iface, reader.uint());
      const cell = this.at(pane, iface, addresses.readKey(reader), interfaces, addresses);
      for (let n = REQUESTS; n < CELL; n++) {
        const value = reader.uint();
        if (cell >= 0) this.words[cell * CELL + n] += value;
      }
    }
  }

  private create(pane: number, hash: number, iface: number, address: number): number {
    let cell: number;
    if (this.counts[pane] >= MAX_CELLS) {
      if (hash >= this.limits[pane]) return -1;
      cell = this.head[pane];
      while (this.words[cell * CELL + HASH] >>> 0 !== this.limits[pane]) cell = this.after(cell);
    } else {
      if (this.free >= 0) {
        cell = this.free;
        this.free = this.after(cell);
      } else {
        cell = this.used++;
        this.words = roomFor(this.words, this.used * CELL);
      }
      this.words[cell * CELL + NEXT] = this.head[pane];
      this.head[pane] = cell;
      this.counts[pane]++;
    }
    const at = cell * CELL;
    this.words[at + HASH] = hash;
    this.words[at + INTERFACE] = iface;
    this.words[at + ADDRESS] = address;
    this.words.fill(0, at + REQUESTS, at + CELL);
    if (this.counts[pane] >= MAX_CELLS) {
      let largest = 0;
      for (let other = this.head[pane]; other >= 0; other = this.after(other))
        largest = Math.max(largest, this.words[other * CELL + HASH] >>> 0);
      this.limits[pane] = largest;
    }
    return cell;
  }
}
