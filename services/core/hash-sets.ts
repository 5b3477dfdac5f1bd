import type { ByteReader, ByteWriter } from './codec.ts';
import { roomFor } from './slab.ts';

const WORD = 0x1_0000_0000;
/** No node; also an empty list's head. */
const NONE = 0xffff_ffff;

// A list is five words, a member three: what is touched together lies together (an add costs two or three cache lines).
const LIST = 5;
const HEAD = 0;
const COUNT = 1;
/** the largest member once a bottom-k list is full; members above it are refused */
const LIMIT = 2;
/** the list's block in the index, NONE while it is short */
const INDEX = 3;
/** the list's block of heaps, NONE until a member had to give way */
const HEAP = 4;
const NODE = 3;
const HASH = 0;
const VALUE = 1;
const NEXT = 2;

/** From this many members on, a bottom-k list that is asked for members is found through an index. */
const INDEXED = 8;
/** Slots of an index block; lists with more members than half of it stay without. */
const SLOTS = 128;
/** Members of a heap's block; of lists with more, whoever gives way is looked for. */
const HEAPED = 64;

/**
 * Many small bounded sets of 32-bit hashes in one arena. A list is named by a number that its owner computes
 * (owner slot x kinds + kind). Two ways of being bounded, both functions of what was added and not of its order:
 * - `add`: the k smallest hashes stay (bottom-k, Bar-Yossef et al. 2002: "counting distinct elements"); exact below k;
 * - `remember`: the k newest by (day, hash) stay: an account's history.
 * Each member carries a 32-bit value. A member is named by its node, -1 for none.
 */
export class HashSets {
  private lists = emptyLists(64);
  private nodes = new Uint32Array(256 * NODE);
  private freeNode = NONE;
  private used = 0;
  /** blocks of SLOTS words: member's node + 1, 0 for none; linear probing from the hash's low bits */
  private index = new Uint32Array(0);
  private readonly freeBlocks: number[] = [];
  private blocks = 0;
  /** blocks of HEAPED words: the nodes of a full list as a binary heap, the largest first */
  private heaps = new Uint32Array(0);
  private readonly freeHeaps: number[] = [];
  private heapBlocks = 0;

  /** Makes list numbers below `lists` usable. */
  reserve(lists: number): void {
    const before = this.lists.length;
    if (lists * LIST <= before) return;
    const wider = emptyLists(Math.max(lists, (2 * before) / LIST));
    wider.set(this.lists);
    this.lists = wider;
  }

  count(list: number): number {
    return this.lists[list * LIST + COUNT];
  }

  /** Adds to a bottom-k set. Returns the member's node, -1 when it is (or has become) too large to stay. */
  add(list: number, hash: number, k: number): number {
    const { lists, nodes } = this;
    const at = list * LIST;
    const count = lists[at + COUNT];
    if (count === k && hash > lists[at + LIMIT]) return -1;
    if (count < INDEXED || k * 2 > SLOTS) {
      for (let node = lists[at + HEAD]; node !== NONE; node = nodes[node * NODE + NEXT]) if (nodes[node * NODE] === hash) return node;
      return this.addNew(list, hash, k);
    }
    if (lists[at + INDEX] === NONE) this.buildIndex(list);
    const block = lists[at + INDEX] * SLOTS;
    for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const entry = this.index[block + slot];
      if (entry === 0) return this.addNew(list, hash, k);
      if (nodes[(entry - 1) * NODE] === hash) return entry - 1;
    }
  }

  /** Adds to a bottom-k set a hash that is known not to be a member. Returns as `add` does. */
  addNew(list: number, hash: number, k: number): number {
    const at = list * LIST;
    const count = this.lists[at + COUNT];
    if (count < k) {
      const node = this.push(list, hash, 0);
      if (count + 1 === k) this.lists[at + LIMIT] = this.largest(list);
      return node;
    }
    if (hash > this.lists[at + LIMIT]) return -1;
    return this.replaceLargest(at, hash);
  }

  /** The largest member gives way to `hash`. */
  private replaceLargest(at: number, hash: number): number {
    if (this.lists[at + COUNT] > HEAPED) return this.replaceFound(at, hash);
    if (this.lists[at + HEAP] === NONE) this.buildHeap(at);
    const { nodes, heaps } = this;
    const base = this.lists[at + HEAP] * HEAPED;
    const node = heaps[base];
    this.rename(at, node, hash);
    this.sink(base, this.lists[at + COUNT], 0);
    this.lists[at + LIMIT] = nodes[heaps[base] * NODE];
    return node;
  }

  /** The same without a heap: one walk finds the largest member and what is the largest then. */
  private replaceFound(at: number, hash: number): number {
    const { nodes } = this;
    const largest = this.lists[at + LIMIT];
    let node = NONE;
    let next = hash;
    for (let other = this.lists[at + HEAD]; other !== NONE; other = nodes[other * NODE + NEXT]) {
      const value = nodes[other * NODE];
      if (value === largest && node === NONE) node = other;
      else if (value > next) next = value;
    }
    this.rename(at, node, hash);
    this.lists[at + LIMIT] = next;
    return node;
  }

  /** A member's place goes to another hash. */
  private rename(at: number, node: number, hash: number): void {
    const { nodes } = this;
    const block = this.lists[at + INDEX];
    if (block !== NONE) this.unindex(block * SLOTS, node);
    nodes[node * NODE + HASH] = hash;
    nodes[node * NODE + VALUE] = 0;
    if (block !== NONE) this.enter(block * SLOTS, node);
  }

  private buildHeap(at: number): void {
    const block = this.freeHeaps.pop() ?? this.heapBlocks++;
    this.heaps = roomFor(this.heaps, this.heapBlocks * HEAPED);
    this.lists[at + HEAP] = block;
    const base = block * HEAPED;
    let n = 0;
    for (let node = this.lists[at + HEAD]; node !== NONE; node = this.nodes[node * NODE + NEXT]) this.heaps[base + n++] = node;
    for (let i = (n >> 1) - 1; i >= 0; i--) this.sink(base, n, i);
  }

  /** The member at `place` of a heap of `n` goes down to where it belongs. */
  private sink(base: number, n: number, place: number): void {
    const { nodes, heaps } = this;
    const node = heaps[base + place];
    const hash = nodes[node * NODE];
    let at = place;
    for (let child = 2 * at + 1; child < n; child = 2 * at + 1) {
      if (child + 1 < n && nodes[heaps[base + child + 1] * NODE] > nodes[heaps[base + child] * NODE]) child++;
      if (nodes[heaps[base + child] * NODE] <= hash) break;
      heaps[base + at] = heaps[base + child];
      at = child;
    }
    heaps[base + at] = node;
  }

  private dropHeap(at: number): void {
    if (this.lists[at + HEAP] === NONE) return;
    this.freeHeaps.push(this.lists[at + HEAP]);
    this.lists[at + HEAP] = NONE;
  }

  /** Sets `day` on a member, or adds it; of more than `k` members the oldest by (value, hash) goes. True when it was there. */
  remember(list: number, hash: number, day: number, k: number): boolean {
    const found = this.find(list, hash);
    const { nodes } = this;
    if (found >= 0) {
      if (day > nodes[found * NODE + VALUE]) nodes[found * NODE + VALUE] = day;
      return true;
    }
    if (this.count(list) < k) {
      this.push(list, hash, day);
      return false;
    }
    let oldest = this.lists[list * LIST + HEAD];
    for (let node = nodes[oldest * NODE + NEXT]; node !== NONE; node = nodes[node * NODE + NEXT]) {
      const difference = nodes[node * NODE + VALUE] - nodes[oldest * NODE + VALUE];
      if (difference < 0 || (difference === 0 && nodes[node * NODE] < nodes[oldest * NODE])) oldest = node;
    }
    const oldestDay = nodes[oldest * NODE + VALUE];
    if (day > oldestDay || (day === oldestDay && hash > nodes[oldest * NODE])) {
      nodes[oldest * NODE + HASH] = hash;
      nodes[oldest * NODE + VALUE] = day;
    }
    return false;
  }

  has(list: number, hash: number): boolean {
    return this.find(list, hash) >= 0;
  }

  /** Value of the member with this hash, -1 when there is none. */
  get(list: number, hash: number): number {
    const node = this.find(list, hash);
    return node < 0 ? -1 : this.nodes[node * NODE + VALUE];
  }

  /** Removes members whose value is below `day`. */
  forgetBefore(list: number, day: number): void {
    const { nodes, lists } = this;
    this.dropHeap(list * LIST);
    let previous = NONE;
    let node = lists[list * LIST + HEAD];
    while (node !== NONE) {
      const following = nodes[node * NODE + NEXT];
      if (nodes[node * NODE + VALUE] < day) {
        if (previous === NONE) lists[list * LIST + HEAD] = following;
        else nodes[previous * NODE + NEXT] = following;
        this.release(node);
        lists[list * LIST + COUNT]--;
      } else previous = node;
      node = following;
    }
  }

  /** Number of distinct hashes ever added to a bottom-k set: exact below k, else (k - 1) x 2^32 / (largest + 1), rounded. */
  distinct(list: number, k: number): number {
    const count = this.lists[list * LIST + COUNT];
    return count < k ? count : Math.round(((k - 1) * WORD) / (this.lists[list * LIST + LIMIT] + 1));
  }

  /** The share of hash space that the set covers: 1 below k, else (largest + 1) / 2^32. */
  coverage(list: number, k: number): number {
    return this.count(list) < k ? 1 : (this.lists[list * LIST + LIMIT] + 1) / WORD;
  }

  /** First member of a list, -1 when it is empty; `after` goes on. */
  first(list: number): number {
    return this.lists[list * LIST + HEAD] | 0;
  }

  after(node: number): number {
    return this.nodes[node * NODE + NEXT] | 0;
  }

  hashOf(node: number): number {
    return this.nodes[node * NODE + HASH];
  }

  valueOf(node: number): number {
    return this.nodes[node * NODE + VALUE];
  }

  setValue(node: number, value: number): void {
    this.nodes[node * NODE + VALUE] = value;
  }

  clear(list: number): void {
    const at = list * LIST;
    let node = this.lists[at + HEAD];
    while (node !== NONE) {
      const following = this.nodes[node * NODE + NEXT];
      this.release(node);
      node = following;
    }
    this.lists[at + HEAD] = NONE;
    this.lists[at + COUNT] = 0;
    this.lists[at + LIMIT] = 0;
    this.dropHeap(at);
    if (this.lists[at + INDEX] === NONE) return;
    this.freeBlocks.push(this.lists[at + INDEX]);
    this.lists[at + INDEX] = NONE;
  }

  /** `values`: write them too (else they read as 0). In no particular order: sets have none. */
  write(list: number, writer: ByteWriter, values: boolean): void {
    const { nodes } = this;
    writer.uint(this.lists[list * LIST + COUNT]);
    for (let node = this.lists[list * LIST + HEAD]; node !== NONE; node = nodes[node * NODE + NEXT]) {
      writer.u32(nodes[node * NODE + HASH]);
      if (values) writer.uint(nodes[node * NODE + VALUE]);
    }
  }

  /** Adds what `write` wrote to a bottom-k set; `join` combines values of a member that both have. */
  mergeFrom(list: number, reader: ByteReader, k: number, join?: (mine: number, theirs: number) => number): void {
    const count = reader.uint();
    if (count === 0) return;
    if (this.count(list) === 0 && count <= k) {
      for (let i = 0; i < count; i++) {
        const hash = reader.u32();
        this.push(list, hash, join === undefined ? 0 : reader.uint());
      }
      if (count === k) this.lists[list * LIST + LIMIT] = this.largest(list);
      return;
    }
    for (let i = 0; i < count; i++) {
      const hash = reader.u32();
      const theirs = join === undefined ? 0 : reader.uint();
      const node = this.add(list, hash, k);
      if (node >= 0 && join !== undefined) this.setValue(node, join(this.valueOf(node), theirs));
    }
  }

  /**
   * Adds another list of this arena to a bottom-k set, values included; `join` combines values of a member that both
   * have. `repeats`: a member is kept as often as it was added (addNew).
   */
  absorb(list: number, from: number, k: number, join?: (mine: number, theirs: number) => number, repeats = false): void {
    for (let other = this.lists[from * LIST + HEAD]; other !== NONE; other = this.nodes[other * NODE + NEXT]) {
      const hash = this.nodes[other * NODE + HASH];
      const theirs = this.nodes[other * NODE + VALUE];
      const node = repeats ? this.addNew(list, hash, k) : this.add(list, hash, k);
      if (node >= 0) this.nodes[node * NODE + VALUE] = join === undefined ? theirs : join(this.nodes[node * NODE + VALUE], theirs);
    }
  }

  /** Reads what `write` wrote, values included, into an empty list. */
  readHistory(list: number, reader: ByteReader): void {
    const count = reader.uint();
    for (let i = 0; i < count; i++) {
      const hash = reader.u32();
      this.push(list, hash, reader.uint());
    }
    this.lists[list * LIST + LIMIT] = this.largest(list);
  }

  private find(list: number, hash: number): number {
    const { nodes } = this;
    for (let node = this.lists[list * LIST + HEAD]; node !== NONE; node = nodes[node * NODE + NEXT])
      if (nodes[node * NODE] === hash) return node;
    return -1;
  }

  private largest(list: number): number {
    const { nodes } = this;
    let largest = 0;
    for (let node = this.lists[list * LIST + HEAD]; node !== NONE; node = nodes[node * NODE + NEXT]) {
      const hash = nodes[node * NODE + HASH];
      if (hash > largest) largest = hash;
    }
    return largest;
  }

  private push(list: number, hash: number, value: number): number {
    let node = this.freeNode;
    if (node !== NONE) this.freeNode = this.nodes[node * NODE + NEXT];
    else {
      node = this.used++;
      this.nodes = roomFor(this.nodes, this.used * NODE);
    }
    const at = list * LIST;
    this.nodes[node * NODE + HASH] = hash;
    this.nodes[node * NODE + VALUE] = value;
    this.nodes[node * NODE + NEXT] = this.lists[at + HEAD];
    this.lists[at + HEAD] = node;
    this.lists[at + COUNT]++;
    if (this.lists[at + INDEX] !== NONE) this.enter(this.lists[at + INDEX] * SLOTS, node);
    return node;
  }

  private buildIndex(list: number): void {
    const block = this.freeBlocks.pop() ?? this.blocks++;
    this.index = roomFor(this.index, this.blocks * SLOTS);
    this.index.fill(0, block * SLOTS, (block + 1) * SLOTS);
    this.lists[list * LIST + INDEX] = block;
    for (let node = this.lists[list * LIST + HEAD]; node !== NONE; node = this.nodes[node * NODE + NEXT]) this.enter(block * SLOTS, node);
  }

  private enter(base: number, node: number): void {
    let slot = this.nodes[node * NODE] & (SLOTS - 1);
    while (this.index[base + slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
    this.index[base + slot] = node + 1;
  }

  /** Takes a member out of its block, moving up those behind the hole (Knuth, TAOCP 3, 6.4, algorithm R). */
  private unindex(base: number, node: number): void {
    let hole = this.nodes[node * NODE] & (SLOTS - 1);
    while (this.index[base + hole] !== node + 1) hole = (hole + 1) & (SLOTS - 1);
    for (let slot = (hole + 1) & (SLOTS - 1); this.index[base + slot] !== 0; slot = (slot + 1) & (SLOTS - 1)) {
      const home = this.nodes[(this.index[base + slot] - 1) * NODE] & (SLOTS - 1);
      if (((slot - home) & (SLOTS - 1)) < ((slot - hole) & (SLOTS - 1))) continue;
      this.index[base + hole] = this.index[base + slot];
      hole = slot;
    }
    this.index[base + hole] = 0;
  }

  private release(node: number): void {
    this.nodes[node * NODE + NEXT] = this.freeNode;
    this.freeNode = node;
  }
}

function emptyLists(lists: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(lists * LIST);
  for (let at = 0; at < words.length; at += LIST) {
    words[at + HEAD] = NONE;
    words[at + INDEX] = NONE;
    words[at + HEAP] = NONE;
  }
  return words;
}
