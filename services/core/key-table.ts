import type { ByteReader, ByteWriter } from './codec.ts';
import { hash32 } from './hash.ts';
import { keyGroup } from './key-groups.ts';
import { roomFor } from './slab.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * Byte strings to small integer ids (slots), without a JS string per look-up. Ids are dense, stable while the key
 * lives, and reused after `remove`. Open addressing with linear probing, grown at 60 % load.
 */
export class KeyTable {
  /** ids handed out so far are 0..capacity-1; state arrays are sized by this */
  size = 0;
  private table = new Int32Array(256).fill(-1);
  private live = 0;
  private free: number[] = [];
  private bytes = new Uint8Array(1 << 12);
  private used = 0;
  private starts = new Uint32Array(128);
  private lengths = new Uint32Array(128);
  /** content hash of a key: placement-free, the same on every machine */
  hashes = new Uint32Array(128);
  private groups = new Uint8Array(128);
  private alive = new Uint8Array(128);

  /** Number of keys that live. */
  get count(): number {
    return this.live;
  }

  /** Id of bytes[start, end), made when new. */
  intern(source: Uint8Array, start: number, end: number): number {
    const hash = hash32(source, start, end);
    const mask = this.table.length - 1;
    let at = hash & mask;
    for (;;) {
      const id = this.table[at];
      if (id < 0) break;
      if (this.hashes[id] === hash && this.equals(id, source, start, end)) return id;
      at = (at + 1) & mask;
    }
    return this.insert(source, start, end, hash);
  }

  internText(text: string): number {
    const bytes = encoder.encode(text);
    return this.intern(bytes, 0, bytes.length);
  }

  /** Id of a key, -1 when it is not here. */
  find(text: string): number {
    const bytes = encoder.encode(text);
    return this.get(bytes, 0, bytes.length);
  }

  /** Id of bytes[start, end), -1 when it is not here. */
  get(source: Uint8Array, start: number, end: number): number {
    const hash = hash32(source, start, end);
    const mask = this.table.length - 1;
    for (let at = hash & mask; this.table[at] >= 0; at = (at + 1) & mask) {
      const id = this.table[at];
      if (this.hashes[id] === hash && this.equals(id, source, start, end)) return id;
    }
    return -1;
  }

  isAlive(id: number): boolean {
    return this.alive[id] === 1;
  }

  text(id: number): string {
    return decoder.decode(this.keyBytes(id));
  }

  /** The key's bytes, a view that holds until the next change of the table. */
  keyBytes(id: number): Uint8Array {
    return this.bytes.subarray(this.starts[id], this.starts[id] + this.lengths[id]);
  }

  /** Forgets a key; its id may be handed out again. */
  remove(id: number): void {
    if (this.alive[id] === 0) return;
    this.alive[id] = 0;
    this.live--;
    this.free.push(id);
    // Deletion from linear probing by re-placing the run behind the hole (Knuth, TAOCP 3, 6.4, algorithm R).
    const mask = this.table.length - 1;
    let hole = this.hashes[id] & mask;
    while (this.table[hole] !== id) hole = (hole + 1) & mask;
    let next = hole;
    for (;;) {
      next = (next + 1) & mask;
      const other = this.table[next];
      if (other < 0) break;
      const home = this.hashes[other] & mask;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        this.table[hole] = other;
        hole = next;
      }
    }
    this.table[hole] = -1;
  }

  /** Key group (key-groups.ts) of a key. */
  groupOf(id: number): number {
    return this.groups[id];
  }

  *ids(): Generator<number> {
    for (let id = 0; id < this.size; id++) if (this.alive[id] === 1) yield id;
  }

  writeKey(id: number, writer: ByteWriter): void {
    writer.blockFrom(this.bytes, this.starts[id], this.starts[id] + this.lengths[id]);
  }

  readKey(reader: ByteReader): number {
    const key = reader.block();
    return this.intern(key, 0, key.length);
  }

  private equals(id: number, source: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (this.lengths[id] !== length) return false;
    const from = this.starts[id];
    for (let i = 0; i < length; i++) if (this.bytes[from + i] !== source[start + i]) return false;
    return true;
  }

  private insert(source: Uint8Array, start: number, end: number, hash: number): number {
    if ((this.live + 1) * 5 > this.table.length * 3) this.grow();
    const id = this.free.pop() ?? this.size++;
    if (id >= this.starts.length) this.widen();
    this.hashes[id] = hash;
    this.lengths[id] = 0;
    this.groups[id] = keyGroup(source, start, end);
    this.alive[id] = 1;
    this.live++;
    const length = end - start;
    if (this.used + length > this.bytes.length) this.compact(length);
    this.bytes.set(source.subarray(start, end), this.used);
    this.starts[id] = this.used;
    this.lengths[id] = length;
    this.used += length;
    this.place(id);
    return id;
  }

  private place(id: number): void {
    const mask = this.table.length - 1;
    let at = this.hashes[id] & mask;
    while (this.table[at] >= 0) at = (at + 1) & mask;
    this.table[at] = id;
  }

  private grow(): void {
    this.table = new Int32Array(this.table.length * 2).fill(-1);
    for (let id = 0; id < this.size; id++) if (this.alive[id] === 1) this.place(id);
  }

  private widen(): void {
    const size = this.starts.length * 2;
    this.starts = roomFor(this.starts, size);
    this.lengths = roomFor(this.lengths, size);
    this.hashes = roomFor(this.hashes, size);
    this.groups = roomFor(this.groups, size);
    this.alive = roomFor(this.alive, size);
  }

  /** Makes room for `extra` bytes: drops the bytes of removed keys, doubles when that is not enough. */
  private compact(extra: number): void {
    let needed = extra;
    for (let id = 0; id < this.size; id++) if (this.alive[id] === 1) needed += this.lengths[id];
    let size = this.bytes.length;
    while (needed * 4 > size * 3) size *= 2;
    const packed = new Uint8Array(size);
    let used = 0;
    for (let id = 0; id < this.size; id++) {
      if (this.alive[id] === 0 || this.lengths[id] === 0) continue;
      packed.set(this.bytes.subarray(this.starts[id], this.starts[id] + this.lengths[id]), used);
      this.starts[id] = used;
      used += this.lengths[id];
    }
    this.bytes = packed;
    this.used = used;
  }
}
