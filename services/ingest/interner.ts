/** Longest text that is interned. Longer ones get no id: they are rare, and an attacker could fill memory with them. */
export const MAX_INTERNED = 1024;

const ENTRY = 4;
/** Bytes kept behind each arena's end so that four-byte reads stay inside. */
const SLACK = 8;

/**
 * Texts to small dense ids, bounded: when `full`, the owner calls `reset` between records and everything is learned
 * again. Ids never decide a result; they only key caches. The first id is 0.
 */
export class ByteInterner {
  private readonly capacity: number;
  private readonly arenaLimit: number;
  private readonly seed: number;
  count = 0;
  /** whether the last `intern` made its id */
  lastIsNew = false;
  private table = new Int32Array(1024).fill(-1);
  /** per id: hash, start, end in the arena, and one unused: an entry is one cache line's part, not three lines */
  private entries = new Int32Array(512 * ENTRY);
  private used = 0;
  arena = new Uint8Array(1 << 14);
  private arenaView = new DataView(this.arena.buffer);

  /** `capacity`: ids before `full`; `seed` keys the table's hash, so that colliding texts cannot be prepared. */
  constructor(capacity: number, seed = 0, arenaLimit = capacity * 64) {
    this.capacity = capacity;
    this.seed = seed;
    this.arenaLimit = arenaLimit;
  }

  /** True when the owner has to reset before the next record. */
  get full(): boolean {
    return this.count >= this.capacity || this.used >= this.arenaLimit;
  }

  reset(): void {
    this.count = 0;
    this.used = 0;
    this.table.fill(-1);
  }

  start(id: number): number {
    return this.entries[id * ENTRY + 1];
  }

  end(id: number): number {
    return this.entries[id * ENTRY + 2];
  }

  /**
   * Id of the text view[start, end), made when new (then it equals the `count` before the call); -1 for a text longer
   * than MAX_INTERNED. Up to 3 bytes behind `end` are read (not used), so the buffer needs that much slack.
   */
  intern(view: DataView, start: number, end: number): number {
    const length = end - start;
    if (length > MAX_INTERNED) return -1;
    const hash = this.hash(view, start, end);
    const mask = this.table.length - 1;
    let at = hash & mask;
    for (;;) {
      const id = this.table[at];
      if (id < 0) return this.insert(view, start, length, hash, at);
      if (this.entries[id * ENTRY] === hash && this.equals(id, view, start, length)) {
        this.lastIsNew = false;
        return id;
      }
      at = (at + 1) & mask;
    }
  }

  /** Id of a text, -1 when it is not here. */
  find(view: DataView, start: number, end: number): number {
    const hash = this.hash(view, start, end);
    const mask = this.table.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const id = this.table[at];
      if (id < 0) return -1;
      if (this.entries[id * ENTRY] === hash && this.equals(id, view, start, end - start)) return id;
    }
  }

  private hash(view: DataView, start: number, end: number): number {
    let h = this.seed ^ Math.imul(end - start, 0x85ebca6b);
    let i = start;
    for (; i + 4 <= end; i += 4) h = Math.imul(((h << 5) | (h >>> 27)) ^ view.getInt32(i, true), 0x9e3779b1);
    const rest = end - i;
    if (rest > 0) h = Math.imul(((h << 5) | (h >>> 27)) ^ (view.getInt32(i, true) & ((1 << (rest << 3)) - 1)), 0x9e3779b1);
    h ^= h >>> 15;
    h = Math.imul(h, 0x2c1b3c6d);
    return h ^ (h >>> 13);
  }

  private equals(id: number, view: DataView, start: number, length: number): boolean {
    const own = this.entries[id * ENTRY + 1];
    if (this.entries[id * ENTRY + 2] - own !== length) return false;
    const ownView = this.arenaView;
    let i = 0;
    for (; i + 4 <= length; i += 4) if (ownView.getInt32(own + i, true) !== view.getInt32(start + i, true)) return false;
    const rest = length - i;
    if (rest === 0) return true;
    const mask = (1 << (rest << 3)) - 1;
    return ((ownView.getInt32(own + i, true) ^ view.getInt32(start + i, true)) & mask) === 0;
  }

  private insert(view: DataView, start: number, length: number, hash: number, at: number): number {
    const id = this.count++;
    this.lastIsNew = true;
    if (this.count * ENTRY > this.entries.length) this.entries = widen(this.entries);
    if (this.used + length + SLACK > this.arena.length) {
      const wider = new Uint8Array((this.used + length + SLACK) * 2);
      wider.set(this.arena.subarray(0, this.used));
      this.arena = wider;
      this.arenaView = new DataView(wider.buffer);
    }
    this.entries[id * ENTRY] = hash;
    this.entries[id * ENTRY + 1] = this.used;
    for (let i = 0; i < length; i++) this.arena[this.used + i] = view.getUint8(start + i);
    this.used += length;
    this.entries[id * ENTRY + 2] = this.used;
    this.table[at] = id;
    if (this.count * 2 > this.table.length) this.rehash();
    return id;
  }

  private rehash(): void {
    const table = new Int32Array(this.table.length * 2).fill(-1);
    const mask = table.length - 1;
    for (let id = 0; id < this.count; id++) {
      let at = this.entries[id * ENTRY] & mask;
      while (table[at] >= 0) at = (at + 1) & mask;
      table[at] = id;
    }
    this.table = table;
  }
}

/** A copy of twice the length. */
export function widen<T extends Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array>(array: T): T {
  const wider = new (array.constructor as new (length: number) => T)(array.length * 2);
  wider.set(array);
  return wider;
}
