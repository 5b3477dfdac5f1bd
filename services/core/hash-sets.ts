import type { ByteReader, ByteWriter } from './codec.ts';
import { roomFor } from './slab.ts';

const WORD = 0x1_0000_0000;

/**
 * Many small bounded sets of 32-bit hashes in one arena. A list is named by a number that its owner computes
 * (owner slot x kinds + kind). Two ways of being bounded, both functions of what was added and not of its order:
 * - `add`: the k smallest hashes stay (bottom-k, Bar-Yossef et al. 2002: "counting distinct elements"); exact below k;
 * - `remember`: the k newest by (day, hash) stay: an account's history.
 * Each member carries a 32-bit value.
 */
export class HashSets {
  private head = new Int32Array(64).fill(-1);
  private counts = new Uint16Array(64);
  /** the largest member once a bottom-k list is full; members above it are refused */
  private limits = new Uint32Array(64);
  private hash = new Uint32Array(256);
  private value = new Uint32Array(256);
  private next = new Int32Array(256);
  private freeNode = -1;
  private nodes = 0;

  /** Makes list numbers below `lists` usable. */
  reserve(lists: number): void {
    this.head = roomFor(this.head, lists, -1);
    this.counts = roomFor(this.counts, lists);
    this.limits = roomFor(this.limits, lists);
  }

  count(list: number): number {
    return this.counts[list];
  }

  /** Adds to a bottom-k set a hash that is known not to be a member. Returns as `add` does. */
  addNew(list: number, hash: number, k: number): number {
    const count = this.counts[list];
    if (count < k) {
      const node = this.push(list, hash, 0);
      if (count + 1 === k) this.limits[list] = this.largest(list);
      return node;
    }
    if (hash > this.limits[list]) return -1;
    let node = this.head[list];
    const largest = this.limits[list];
    while (this.hash[node] !== largest) node = this.next[node];
    this.hash[node] = hash;
    this.value[node] = 0;
    this.limits[list] = this.largest(list);
    return node;
  }

  /** Adds to a bottom-k set. Returns the member's node, -1 when it is (or has become) too large to stay. */
  add(list: number, hash: number, k: number): number {
    const count = this.counts[list];
    if (count === k && hash > this.limits[list]) return -1;
    const found = this.find(list, hash);
    if (found >= 0) return found;
    return this.addNew(list, hash, k);
  }

  /** Sets `day` on a member, or adds it; of more than `k` members the oldest by (value, hash) goes. True when it was there. */
  remember(list: number, hash: number, day: number, k: number): boolean {
    const found = this.find(list, hash);
    if (found >= 0) {
      if (day > this.value[found]) this.value[found] = day;
      return true;
    }
    if (this.counts[list] < k) {
      this.push(list, hash, day);
      return false;
    }
    let oldest = this.head[list];
    for (let node = this.next[oldest]; node >= 0; node = this.next[node]) {
      const difference = this.value[node] - this.value[oldest];
      if (difference < 0 || (difference === 0 && this.hash[node] < this.hash[oldest])) oldest = node;
    }
    if (day > this.value[oldest] || (day === this.value[oldest] && hash > this.hash[oldest])) {
      this.hash[oldest] = hash;
      this.value[oldest] = day;
    }
    return false;
  }

  has(list: number, hash: number): boolean {
    return this.find(list, hash) >= 0;
  }

  /** Removes members whose value is below `day`. */
  forgetBefore(list: number, day: number): void {
    let previous = -1;
    let node = this.head[list];
    while (node >= 0) {
      const following = this.next[node];
      if (this.value[node] < day) {
        if (previous < 0) this.head[list] = following;
        else this.next[previous] = following;
        this.next[node] = this.freeNode;
        this.freeNode = node;
        this.counts[list]--;
      } else previous = node;
      node = following;
    }
  }

  /** Number of distinct hashes ever added to a bottom-k set: exact below k, else (k - 1) x 2^32 / (largest + 1), rounded. */
  distinct(list: number, k: number): number {
    const count = this.counts[list];
    return count < k ? count : Math.round(((k - 1) * WORD) / (this.limits[list] + 1));
  }

  /** The share of hash space that the set covers: 1 below k, else (largest + 1) / 2^32. */
  coverage(list: number, k: number): number {
    return this.counts[list] < k ? 1 : (this.limits[list] + 1) / WORD;
  }

  first(list: number): number {
    return this.head[list];
  }

  after(node: number): number {
    return this.next[node];
  }

  hashOf(node: number): number {
    return this.hash[node];
  }

  valueOf(node: number): number {
    return this.value[node];
  }

  setValue(node: number, value: number): void {
    this.value[node] = value;
  }

  clear(list: number): void {
    let node = this.head[list];
    while (node >= 0) {
      const following = this.next[node];
      this.next[node] = this.freeNode;
      this.freeNode = node;
      node = following;
    }
    this.head[list] = -1;
    this.counts[list] = 0;
    this.limits[list] = 0;
  }

  /** `values`: write them too (else they read as 0). In no particular order: sets have none. */
  write(list: number, writer: ByteWriter, values: boolean): void {
    writer.uint(this.counts[list]);
    for (let node = this.head[list]; node >= 0; node = this.next[node]) {
      writer.u32(this.hash[node]);
      if (values) writer.uint(this.value[node]);
    }
  }

  /** Adds what `write` wrote to a bottom-k set; `join` combines values of a member that both have. */
  mergeFrom(list: number, reader: ByteReader, k: number, join?: (mine: number, theirs: number) => number): void {
    const count = reader.uint();
    if (count === 0) return;
    if (this.counts[list] === 0 && count <= k) {
      for (let i = 0; i < count; i++) {
        const hash = reader.u32();
        this.push(list, hash, join === undefined ? 0 : reader.uint());
      }
      if (count === k) this.limits[list] = this.largest(list);
      return;
    }
    for (let i = 0; i < count; i++) {
      const hash = reader.u32();
      const theirs = join === undefined ? 0 : reader.uint();
      const node = this.add(list, hash, k);
      if (node >= 0 && join !== undefined) this.value[node] = join(this.value[node], theirs);
    }
  }

  /** Reads what `write` wrote, values included, into an empty list. */
  readHistory(list: number, reader: ByteReader): void {
    const count = reader.uint();
    for (let i = 0; i < count; i++) {
      const hash = reader.u32();
      this.push(list, hash, reader.uint());
    }
    this.limits[list] = this.largest(list);
  }

  get memory(): number {
    return this.head.byteLength + this.counts.byteLength + this.limits.byteLength + this.hash.byteLength * 3;
  }

  private find(list: number, hash: number): number {
    for (let node = this.head[list]; node >= 0; node = this.next[node]) if (this.hash[node] === hash) return node;
    return -1;
  }

  private largest(list: number): number {
    let largest = 0;
    for (let node = this.head[list]; node >= 0; node = this.next[node]) if (this.hash[node] > largest) largest = this.hash[node];
    return largest;
  }

  private push(list: number, hash: number, value: number): number {
    let node = this.freeNode;
    if (node >= 0) this.freeNode = this.next[node];
    else {
      node = this.nodes++;
      if (node >= this.hash.length) {
        this.hash = roomFor(this.hash, node + 1);
        this.value = roomFor(this.value, node + 1);
        this.next = roomFor(this.next, node + 1);
      }
    }
    this.hash[node] = hash;
    this.value[node] = value;
    this.next[node] = this.head[list];
    this.head[list] = node;
    this.counts[list]++;
    return node;
  }
}
