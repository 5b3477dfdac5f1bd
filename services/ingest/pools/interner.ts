/** Longest text that is interned. Longer ones get no id: they are rare, and an attacker could fill memory with them. */
export const MAX_INTERNED = 1024;

/** Where an id's facts begin among its entry's words. */
export const FACTS_AT = 3;
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
  /**
   * Words by id: hash, start and end in the arena, then the owner's facts from FACTS_AT on. One entry is (part of) one
   * cache line: look-ups of many accounts and addresses cost what they miss in the cache.
   */
  entries: Uint32Array;
  /** words an entry */
  readonly stride: number;
  private used = 0;
  arena = new Uint8Array(1 << 14);
  private arenaView = new DataView(this.arena.buffer);

  /** `capacity`: ids before `full`; `seed` keys the table's hash, so that colliding texts cannot be prepared; `facts`: up to 13 words an id. */
  constructor(capacity: number, seed = 0, arenaLimit = capacity * 64, facts = 0) {
    this.capacity = capacity;
    this.seed = seed;
    this.arenaLimit = arenaLimit;
    this.stride = facts === 0 ? 4 : facts <= 5 ? 8 : 16;
    this.entries = new Uint32Array(256 * this.stride);
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

  /** Seeded 32-bit hash of a text: the same in every interner of one seed. */
  hashOf(id: number): number {
    return this.entries[id * this.stride];
  }

  start(id: number): number {
    return this.entries[id * this.stride + 1];
  }

  end(id: number): number {
    return this.entries[id * this.stride + 2];
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
      if (this.entries[id * this.stride] === hash && this.equals(id, view, start, length)) {
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
      if (this.entries[id * this.stride] === hash && this.equals(id, view, start, end - start)) return id;
    }
  }

  /** Two chains over eight bytes a turn, then the rest. */
  private hash(view: DataView, start: number, end: number): number {
    let a = this.seed ^ Math.imul(end - start, 0x85ebca6b);
    let i = start;
    if (end - start >= 8) {
      let b = 0x9e3779b1;
      for (; i + 8 <= end; i += 8) {
        a = Math.imul(((a << 5) | (a >>> 27)) ^ view.getInt32(i, true), 0x9e3779b1);
        b = Math.imul(((b << 7) | (b >>> 25)) ^ view.getInt32(i + 4, true), 0x85ebca6b);
      }
      a ^= (b << 13) | (b >>> 19);
    }
    if (i + 4 <= end) {
      a = Math.imul(((a << 5) | (a >>> 27)) ^ view.getInt32(i, true), 0x9e3779b1);
      i += 4;
    }
    const rest = end - i;
    if (rest > 0) a = Math.imul(((a << 5) | (a >>> 27)) ^ (view.getInt32(i, true) & ((1 << (rest << 3)) - 1)), 0x9e3779b1);
    a ^= a >>> 15;
    a = Math.imul(a, 0x2c1b3c6d);
    return (a ^ (a >>> 13)) >>> 0;
  }

  private equals(id: number, view: DataView, start: number, length: number): boolean {
    const own = this.entries[id * this.stride + 1];
    if (this.entries[id * this.stride + 2] - own !== length) return false;
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
    if (this.count * this.stride > this.entries.length) this.entries = widen(this.entries);
    if (this.used + length + SLACK > this.arena.length) {
      const wider = new Uint8Array((this.used + length + SLACK) * 2);
      wider.set(this.arena.subarray(0, this.used));
      this.arena = wider;
      this.arenaView = new DataView(wider.buffer);
    }
    this.entries.fill(0, id * this.stride, (id + 1) * this.stride);
    this.entries[id * this.stride] = hash;
    this.entries[id * this.stride + 1] = this.used;
    for (let i = 0; i < length; i++) this.arena[this.used + i] = view.getUint8(start + i);
    this.used += length;
    this.entries[id * this.stride + 2] = this.used;
    this.table[at] = id;
    if (this.count * 2 > this.table.length) this.rehash();
    return id;
  }

  private rehash(): void {
    const table = new Int32Array(this.table.length * 2).fill(-1);
    const mask = table.length - 1;
    for (let id = 0; id < this.count; id++) {
      let at = this.entries[id * this.stride] & mask;
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
