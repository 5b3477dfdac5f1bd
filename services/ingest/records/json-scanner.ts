import { unsignedOf } from '../values/numbers.ts';
import { utf8End } from './utf8.ts';
import type { Workspace } from './workspace.ts';

/** What a slot holds after a scan. `raw`: an object, `list`: an array, each captured as the span of its text. */
export const KIND = { absent: 0, text: 1, escaped: 2, number: 3, true: 4, false: 5, raw: 6, list: 7 } as const;

/**
 * A wanted path: keys from the root; the value goes to `slot`, where the lowest `rank` among the values present wins.
 * In an array a key is an index, or the name of an attribute: arrays of `{key, value}` (OpenTelemetry) or `{name, value}`
 * are read as the object that they stand for, the value out of its `{stringValue: …}` where it is in one.
 */
export interface CapturePath {
  path: readonly string[];
  slot: number;
  rank: number;
}

export interface ScannerOptions {
  /** take the texts '' and '-' as absent (logs write them for "none") */
  dashIsAbsent?: boolean;
  /** slots for which any other value goes before a bare 0: times, which records that know none write so */
  zeroIsLast?: readonly number[];
  /** slots in which the values of an array are joined with commas (a header that came several times); else the first counts */
  joined?: readonly number[];
}

export type ScanError = '' | 'not_json' | 'invalid_utf8';

/** Nesting deeper than this is refused: it would exhaust the stack. */
const MAX_DEPTH = 400;
/** Key sites learned per object, and in all: keys can be chosen by clients (header names), so both are bounded. */
const MAX_SITES_PER_OBJECT = 96;
const MAX_SITES = 1024;
const SITE_TABLE = 4096;
/** Longest separator-and-key text that is learned. */
const MAX_LITERAL = 80;
/** Elements of an array behind this one are not looked for by index. */
const MAX_INDEX = 1023;
/** rank of a slot that holds nothing */
export const UNRANKED = 255;
/** rank of a 0 where every other value goes before it */
const ZERO_RANK = 253;
/** rank of a slot whose value was taken back: any rank goes before it */
const VOIDED = 254;

const encoder = new TextEncoder();

/** All slots at one time. */
interface KeptSlots {
  kinds: Uint8Array;
  starts: Int32Array;
  ends: Int32Array;
  ranks: Uint8Array;
  touched: Int32Array;
  touchedCount: number;
  anyEscaped: boolean;
}

/**
 * Walks one JSON record's bytes once, checks them strictly (RFC 8259 as JSON.parse does, but a line feed is never
 * white space: it ends a record) and captures the spans of wanted paths; no objects are built.
 *
 * Gateways write the same keys in the same order, so the text between two values (`,"status":`) is learned per place
 * and compared with four bytes at a time; only where it differs is the key read and looked up. What is learned decides
 * speed alone, never the outcome.
 *
 * The bytes behind a record must be a line feed or the workspace's padding: both stop every loop here.
 */
export class JsonScanner {
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** which of the names that its slot is looked for under gave each value */
  readonly ranks: Uint8Array;
  private readonly dashIsAbsent: boolean;
  private readonly joined: ReadonlySet<number>;
  private readonly zeroIsLast: Uint8Array;
  /** slots that were set since `clear` */
  private readonly touched: Int32Array;
  private touchedCount = 0;
  error: ScanError = '';
  /** where the error was found */
  errorAt = 0;

  // Trie of wanted paths. Node 0 is the root; children are found by hashed key in `childTable`.
  private readonly childKeys: { node: number; bytes: Uint8Array; child: number }[] = [];
  private childTable = new Int32Array(64).fill(-1);
  private readonly nodeCaptures: { slot: number; rank: number }[][] = [[]];
  private readonly nodeHasChildren: boolean[] = [false];
  private readonly nodeSlots: number[][] = [];
  /** single capture of a node (the common case): slot or -1; -2: several */
  private readonly captureSlot: Int32Array;
  private readonly captureRank: Uint8Array;
  private readonly hasChildren: Uint8Array;
  /** highest array index among a node's children, -1 without one */
  private readonly lastIndex: Int32Array;

  // Learned sites: a value's place in a record.
  private siteStart = new Int32Array(MAX_SITES);
  private siteLength = new Int32Array(MAX_SITES);
  private siteNode = new Int32Array(MAX_SITES).fill(-1);
  private siteNext = new Int32Array(MAX_SITES);
  private siteFirst = new Int32Array(MAX_SITES);
  private siteOwner = new Int32Array(MAX_SITES);
  private siteCount = new Int32Array(MAX_SITES);
  private readonly siteTable = new Int32Array(SITE_TABLE);
  private sites = 1;
  private literals = new Uint8Array(MAX_SITES * MAX_LITERAL + 16);
  private literalView = new DataView(this.literals.buffer);
  private literalsUsed = 0;

  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private workspace: Workspace | undefined;
  /** whether a captured text has escapes, or a captured value is a list: `decode` it before use */
  anyEscaped = false;
  private readonly kept: KeptSlots[] = [];
  private escaped = false;
  private keyStart = 0;
  private keyEnd = 0;
  private stamp = 1;
  private nodeStamps: Uint32Array;

  constructor(paths: readonly CapturePath[], slots: number, options: ScannerOptions = {}) {
    this.dashIsAbsent = options.dashIsAbsent ?? false;
    this.joined = new Set(options.joined);
    this.zeroIsLast = new Uint8Array(slots);
    for (const slot of options.zeroIsLast ?? []) this.zeroIsLast[slot] = 1;
    this.kinds = new Uint8Array(slots);
    this.starts = new Int32Array(slots);
    this.ends = new Int32Array(slots);
    this.touched = new Int32Array(slots);
    this.ranks = new Uint8Array(slots).fill(UNRANKED);
    const known = new Map<string, number>();
    for (const { path, slot, rank } of paths) {
      let node = 0;
      const passed = [0];
      for (const key of path) {
        node = this.addChild(node, key, known);
        passed.push(node);
      }
      this.nodeCaptures[node].push({ slot, rank });
      for (const above of passed) (this.nodeSlots[above] ??= []).push(slot);
    }
    this.tabulate();
    const nodes = this.nodeCaptures.length;
    this.captureSlot = new Int32Array(nodes);
    this.captureRank = new Uint8Array(nodes);
    this.hasChildren = new Uint8Array(nodes);
    this.lastIndex = new Int32Array(nodes).fill(-1);
    for (const { node, bytes } of this.childKeys) {
      const index = unsignedOf(bytes, 0, bytes.length);
      if (index >= 0) this.lastIndex[node] = Math.max(this.lastIndex[node], Math.min(index, MAX_INDEX));
    }
    this.nodeStamps = new Uint32Array(nodes);
    for (let node = 0; node < nodes; node++) {
      const captures = this.nodeCaptures[node];
      this.captureSlot[node] = captures.length === 0 ? -1 : captures.length === 1 ? captures[0].slot : -2;
      this.captureRank[node] = captures[0]?.rank ?? 0;
      this.hasChildren[node] = this.nodeHasChildren[node] ? 1 : 0;
    }
    this.siteNode[0] = 0;
    this.siteFirst.fill(-1);
    this.siteNext.fill(-1);
  }

  private addChild(node: number, key: string, known: Map<string, number>): number {
    const name = `${node} ${key}`;
    const found = known.get(name);
    if (found !== undefined) return found;
    const child = this.nodeCaptures.length;
    known.set(name, child);
    this.nodeCaptures.push([]);
    this.nodeHasChildren.push(false);
    this.nodeHasChildren[node] = true;
    this.childKeys.push({ node, bytes: encoder.encode(key), child });
    return child;
  }

  /** Makes the table in which children are found. */
  private tabulate(): void {
    let size = 64;
    while (size < this.childKeys.length * 2) size *= 2;
    this.childTable = new Int32Array(size).fill(-1);
    this.childKeys.forEach((entry, index) => {
      let at = keyHash(entry.node, entry.bytes, 0, entry.bytes.length) & (size - 1);
      while (this.childTable[at] >= 0) at = (at + 1) & (size - 1);
      this.childTable[at] = index;
    });
  }

  private findChild(node: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = this.childTable.length - 1;
    for (let at = keyHash(node, bytes, start, end) & mask; ; at = (at + 1) & mask) {
      const index = this.childTable[at];
      if (index < 0) return -1;
      const entry = this.childKeys[index];
      if (entry.node !== node || entry.bytes.length !== end - start) continue;
      let i = 0;
      while (i < entry.bytes.length && entry.bytes[i] === bytes[start + i]) i++;
      if (i === entry.bytes.length) return entry.child;
    }
  }

  /** Sets the bytes that `scan`, `check` and `decode` work on. */
  attach(workspace: Workspace): void {
    this.workspace = workspace;
    this.bytes = workspace.bytes;
    this.view = workspace.view;
  }

  /** Clears all slots. `scan` does not: call it before each record. */
  clear(): void {
    for (let i = 0; i < this.touchedCount; i++) {
      const slot = this.touched[i];
      this.kinds[slot] = KIND.absent;
      this.ranks[slot] = UNRANKED;
    }
    this.touchedCount = 0;
    this.anyEscaped = false;
    this.error = '';
  }

  /**
   * Remembers all slots as they are at `level`, for `restore`: what the elements of a list have from around it. Whatever an
   * element says itself goes before that, whichever name it has.
   */
  keep(level: number): void {
    for (let i = 0; i < this.touchedCount; i++) this.ranks[this.touched[i]] = VOIDED;
    const { kinds, starts, ends, ranks, touched, touchedCount, anyEscaped } = this;
    const slots = kinds.length;
    this.kept[level] ??= {
      kinds: new Uint8Array(slots),
      starts: new Int32Array(slots),
      ends: new Int32Array(slots),
      ranks: new Uint8Array(slots),
      touched: new Int32Array(slots),
      touchedCount,
      anyEscaped,
    };
    const kept = this.kept[level];
    kept.kinds.set(kinds);
    kept.starts.set(starts);
    kept.ends.set(ends);
    kept.ranks.set(ranks);
    kept.touched.set(touched);
    kept.touchedCount = touchedCount;
    kept.anyEscaped = anyEscaped;
  }

  /** Sets all slots as they were when they were kept at `level`. */
  restore(level: number): void {
    const kept = this.kept[level];
    this.kinds.set(kept.kinds);
    this.starts.set(kept.starts);
    this.ends.set(kept.ends);
    this.ranks.set(kept.ranks);
    this.touched.set(kept.touched);
    this.touchedCount = kept.touchedCount;
    this.anyEscaped = kept.anyEscaped;
    this.error = '';
  }

  /**
   * Scans the JSON object at `start` (its first byte must be `{`) and fills the slots.
   * Returns the position behind it, or -1: then `error` and `errorAt` say what and where.
   */
  scan(start: number): number {
    this.stamp++;
    if (this.bytes[start] !== 0x7b) return this.fail(start);
    return this.object(start + 1, 0, 0, 1);
  }

  /** Checks any JSON value at `start` without capturing. Returns the position behind it or -1. */
  check(start: number): number {
    return this.skipValue(start, 1);
  }

  /** Position of the first byte at or behind `at` that is not a space, tab or carriage return. */
  skipSpace(at: number): number {
    const bytes = this.bytes;
    for (;;) {
      const c = bytes[at];
      if (c !== 0x20 && c !== 0x09 && c !== 0x0d) return at;
      at++;
    }
  }

  /** Notes an error; returns -1. Also for what the caller finds around a record. */
  fail(at: number, error: ScanError = 'not_json'): number {
    this.error = error;
    this.errorAt = at;
    return -1;
  }

  /** Object body behind `{`, as the value of learned `site` (-1 none) at trie node `node`. */
  private object(at: number, site: number, node: number, depth: number): number {
    const bytes = this.bytes;
    const view = this.view;
    const literalView = this.literalView;
    if (depth > MAX_DEPTH) return this.fail(at);
    let current = -1;
    let expected = site >= 0 ? this.siteFirst[site] : -1;
    let first = true;
    for (;;) {
      let child: number;
      if (expected >= 0) {
        // The learned text between the values: four bytes at a time, the tail masked.
        const length = this.siteLength[expected];
        const own = this.siteStart[expected];
        let i = 0;
        while (i + 4 <= length && literalView.getInt32(own + i, true) === view.getInt32(at + i, true)) i += 4;
        const rest = length - i;
        if (rest < 4 && ((literalView.getInt32(own + i, true) ^ view.getInt32(at + i, true)) & ((1 << (rest << 3)) - 1)) === 0) {
          at += length;
          // learned from a line with less space before its value
          if (bytes[at] <= 0x20) at = this.skipSpace(at);
          current = expected;
          child = this.siteNode[current];
        } else {
          expected = -1;
          child = -2;
        }
      } else child = -2;
      if (child === -2) {
        const from = at;
        at = this.skipSpace(at);
        let c = bytes[at];
        if (c === 0x7d) return at + 1;
        if (!first) {
          if (c !== 0x2c) return this.fail(at);
          at = this.skipSpace(at + 1);
          c = bytes[at];
        }
        if (c !== 0x22) return this.fail(at);
        at = this.key(at + 1);
        if (at < 0) return -1;
        child = this.findChild(node, this.bytes, this.keyStart, this.keyEnd);
        const next = site >= 0 ? this.learn(site, from, at, child) : -1;
        if (next >= 0) {
          if (first) this.siteFirst[site] = next;
          else if (current >= 0) this.siteNext[current] = next;
        }
        current = next;
      }
      first = false;
      if (child < 0) at = this.skipValue(at, depth + 1);
      else at = this.value(at, current, child, depth + 1);
      if (at < 0) return -1;
      if (bytes[at] === 0x7d) return at + 1;
      expected = current >= 0 ? this.siteNext[current] : -1;
    }
  }

  /** The key behind its opening quote, to the position of its value. Sets keyStart and keyEnd (decoded if escaped). */
  private key(at: number): number {
    const end = this.string(at);
    if (end < 0) return -1;
    this.keyStart = at;
    this.keyEnd = end;
    if (this.escaped && !this.decodeSpan(at, end)) return -1;
    const colon = this.skipSpace(end + 1);
    if (this.bytes[colon] !== 0x3a) return this.fail(colon);
    return this.skipSpace(colon + 1);
  }

  /** Site of the text bytes[from, to) in the object at `owner`, made when there is room; -1 otherwise. */
  private learn(owner: number, from: number, to: number, node: number): number {
    const length = to - from;
    if (length > MAX_LITERAL) return -1;
    const mask = SITE_TABLE - 1;
    let at = keyHash(owner, this.bytes, from, to) & mask;
    for (; this.siteTable[at] !== 0; at = (at + 1) & mask) {
      const site = this.siteTable[at];
      if (this.siteOwner[site] !== owner || this.siteLength[site] !== length) continue;
      const own = this.siteStart[site];
      let i = 0;
      while (i < length && this.literals[own + i] === this.bytes[from + i]) i++;
      if (i === length) return site;
    }
    if (this.sites >= MAX_SITES || this.siteCount[owner] >= MAX_SITES_PER_OBJECT) return -1;
    const site = this.sites++;
    this.siteTable[at] = site;
    this.siteCount[owner]++;
    this.siteOwner[site] = owner;
    this.siteStart[site] = this.literalsUsed;
    this.siteLength[site] = length;
    this.siteNode[site] = node;
    this.literals.set(this.bytes.subarray(from, to), this.literalsUsed);
    this.literalsUsed += length;
    return site;
  }

  /** A value at a wanted node. */
  private value(at: number, site: number, node: number, depth: number): number {
    const c = this.bytes[at];
    // A key given twice counts as its last value: what the earlier one held is void, with everything below it.
    if (this.nodeStamps[node] === this.stamp) for (const slot of this.nodeSlots[node]) this.void(slot);
    this.nodeStamps[node] = this.stamp;
    const wanted = this.captureSlot[node] !== -1;
    if (c === 0x22) {
      const end = this.string(at + 1);
      if (end < 0) return -1;
      if (wanted) this.capture(node, this.escaped ? KIND.escaped : KIND.text, at + 1, end);
      return end + 1;
    }
    if (c === 0x7b && this.hasChildren[node] === 1) {
      const end = this.object(at + 1, site, node, depth);
      if (end >= 0 && wanted) this.capture(node, KIND.raw, at, end);
      return end;
    }
    const end = c === 0x5b && this.hasChildren[node] === 1 ? this.array(at, node, depth) : this.skipValue(at, depth);
    if (end < 0 || !wanted) return end;
    if (c === 0x7b) this.capture(node, KIND.raw, at, end);
    else if (c === 0x5b) this.capture(node, KIND.list, at, end);
    else if (c === 0x74) this.capture(node, KIND.true, at, end);
    else if (c === 0x66) this.capture(node, KIND.false, at, end);
    else if (c !== 0x6e) this.capture(node, KIND.number, at, end);
    return end;
  }

  /** The array at `at`, something in which is wanted: by index, or by the name of an attribute. Returns the position behind it. */
  private array(at: number, node: number, depth: number): number {
    if (depth > MAX_DEPTH) return this.fail(at);
    const bytes = this.bytes;
    at = this.skipSpace(at + 1);
    if (bytes[at] === 0x5d) return at + 1;
    for (let index = 0; ; index++) {
      let child = -1;
      if (index <= this.lastIndex[node]) {
        const key = encoder.encode(String(index));
        child = this.findChild(node, key, 0, key.length);
      }
      if (child >= 0) at = this.value(at, -1, child, depth + 1);
      else if (bytes[at] === 0x7b) at = this.attribute(at, node, depth + 1);
      else at = this.skipValue(at, depth + 1);
      if (at < 0) return -1;
      at = this.skipSpace(at);
      if (bytes[at] === 0x5d) return at + 1;
      if (bytes[at] !== 0x2c) return this.fail(at);
      at = this.skipSpace(at + 1);
    }
  }

  /** The object at `at`, an element of an array: an attribute when it has a `key` (or `name`) and a `value`. */
  private attribute(at: number, node: number, depth: number): number {
    if (depth > MAX_DEPTH) return this.fail(at);
    const bytes = this.bytes;
    let key = -1;
    let value = -1;
    at = this.skipSpace(at + 1);
    if (bytes[at] === 0x7d) return at + 1;
    for (;;) {
      if (bytes[at] !== 0x22) return this.fail(at);
      const own = at + 1;
      const stop = this.string(own);
      if (stop < 0) return -1;
      const word = this.wordOf(own, stop);
      at = this.skipSpace(stop + 1);
      if (bytes[at] !== 0x3a) return this.fail(at);
      at = this.skipSpace(at + 1);
      if (word === WORD.key) key = bytes[at] === 0x22 ? at + 1 : -1;
      else if (word === WORD.value) value = at;
      at = this.skipValue(at, depth + 1);
      if (at < 0) return -1;
      at = this.skipSpace(at);
      if (bytes[at] === 0x7d) break;
      if (bytes[at] !== 0x2c) return this.fail(at);
      at = this.skipSpace(at + 1);
    }
    if (key < 0 || value < 0) return at + 1;
    this.name(key);
    const child = this.findChild(node, bytes, this.keyStart, this.keyEnd);
    if (child >= 0 && this.value(this.plainValue(value), -1, child, depth) < 0) return -1;
    return at + 1;
  }

  /** What the key whose content, just scanned, is [start, stop) means in a list of attributes. */
  private wordOf(start: number, stop: number): number {
    if (!this.escaped) return wordOf(this.bytes, start, stop);
    this.name(start);
    return wordOf(this.bytes, this.keyStart, this.keyEnd);
  }

  /** The checked string whose content starts at `at`, decoded: [keyStart, keyEnd), until the next one. Returns where it closes. */
  private name(at: number): number {
    const stop = this.string(at);
    this.keyStart = at;
    this.keyEnd = stop;
    if (!this.escaped) return stop;
    const workspace = this.workspace as Workspace;
    const { scratch } = workspace;
    this.decodeSpan(at, stop);
    workspace.scratch = scratch;
    return stop;
  }

  /** Position of what is in a checked value of OpenTelemetry: `{"stringValue": "x"}`, `{"arrayValue": {"values": […]}}`. */
  private plainValue(at: number): number {
    const bytes = this.bytes;
    for (let level = 0; level < 3 && bytes[at] === 0x7b; level++) {
      let inner = -1;
      let next = this.skipSpace(at + 1);
      while (bytes[next] !== 0x7d) {
        const own = next + 1;
        const stop = this.string(own);
        const isInner = this.wordOf(own, stop) === WORD.inner;
        next = this.skipSpace(this.skipSpace(stop + 1) + 1);
        if (isInner) inner = next;
        next = this.skipSpace(this.skipValue(next, 1));
        if (bytes[next] === 0x2c) next = this.skipSpace(next + 1);
      }
      if (inner < 0) break;
      at = inner;
    }
    return at;
  }

  private void(slot: number): void {
    this.kinds[slot] = KIND.absent;
    if (this.ranks[slot] !== UNRANKED) this.ranks[slot] = VOIDED;
  }

  private capture(node: number, kind: number, start: number, end: number): void {
    if (this.dashIsAbsent && kind === KIND.text && end - start <= 1 && (end === start || this.bytes[start] === 0x2d)) return;
    if (kind === KIND.escaped || kind === KIND.list) this.anyEscaped = true;
    const slot = this.captureSlot[node];
    if (slot >= 0) this.set(slot, this.captureRank[node], kind, start, end);
    else for (const each of this.nodeCaptures[node]) this.set(each.slot, each.rank, kind, start, end);
  }

  /** Exchanges what two slots hold. */
  swap(a: number, b: number): void {
    const { kinds, starts, ends } = this;
    for (const slot of [a, b])
      if (this.ranks[slot] === UNRANKED) {
        this.touched[this.touchedCount++] = slot;
        this.ranks[slot] = VOIDED;
      }
    [kinds[a], kinds[b]] = [kinds[b], kinds[a]];
    [starts[a], starts[b]] = [starts[b], starts[a]];
    [ends[a], ends[b]] = [ends[b], ends[a]];
  }

  private set(slot: number, rank: number, kind: number, start: number, end: number): void {
    if (this.bytes[start] === 0x30 && end - start === 1 && this.zeroIsLast[slot] === 1) rank = ZERO_RANK;
    if (rank > this.ranks[slot]) return;
    if (this.ranks[slot] === UNRANKED) this.touched[this.touchedCount++] = slot;
    this.ranks[slot] = rank;
    this.kinds[slot] = kind;
    this.starts[slot] = start;
    this.ends[slot] = end;
  }

  /** Position of the closing quote of the string whose content starts at `at`; sets `escaped`. */
  private string(at: number): number {
    const view = this.view;
    this.escaped = false;
    for (;;) {
      const w = view.getInt32(at, true);
      const q = w ^ 0x22222222;
      const b = w ^ 0x5c5c5c5c;
      // Bytes that end the plain run: >= 0x80, < 0x20, quote, backslash; the lowest flag is exact.
      const t = (w | ((w - 0x20202020) & ~w) | ((q - 0x01010101) & ~q) | ((b - 0x01010101) & ~b)) & 0x80808080;
      if (t === 0) {
        at += 4;
        continue;
      }
      at += (31 - Math.clz32(t & -t)) >> 3;
      const c = view.getUint8(at);
      if (c === 0x22) return at;
      if (c === 0x5c) {
        this.escaped = true;
        at = this.escape(at + 1);
        if (at < 0) return -1;
      } else if (c >= 0x80) {
        const end = utf8End(this.bytes, at);
        if (end < 0) return this.fail(at, 'invalid_utf8');
        at = end;
      } else return this.fail(at);
    }
  }

  private escape(at: number): number {
    const c = this.bytes[at];
    if (c === 0x75) {
      for (let i = 1; i <= 4; i++) if (hexDigit(this.bytes[at + i]) < 0) return this.fail(at + i);
      return at + 5;
    }
    // " \ / b f n r t
    if (c === 0x22 || c === 0x5c || c === 0x2f || c === 0x62 || c === 0x66 || c === 0x6e || c === 0x72 || c === 0x74) return at + 1;
    return this.fail(at);
  }

  /** Position behind the value at `at`, checked but not captured; -1 on error. */
  private skipValue(at: number, depth: number): number {
    const bytes = this.bytes;
    const c = bytes[at];
    if (c === 0x22) {
      const end = this.string(at + 1);
      return end < 0 ? -1 : end + 1;
    }
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) return this.number(at);
    if (c === 0x7b || c === 0x5b) return this.skipNested(at, depth);
    const w = this.view.getInt32(at, true);
    if (w === 0x65757274) return at + 4; // true
    if (w === 0x6c6c756e) return at + 4; // null
    if (w === 0x736c6166 && bytes[at + 4] === 0x65) return at + 5; // false
    return this.fail(at);
  }

  private number(at: number): number {
    const bytes = this.bytes;
    let c = bytes[at];
    if (c === 0x2d) c = bytes[++at];
    if (c === 0x30) c = bytes[++at];
    else if (c >= 0x31 && c <= 0x39)
      do c = bytes[++at];
      while (c >= 0x30 && c <= 0x39);
    else return this.fail(at);
    if (c === 0x2e) {
      c = bytes[++at];
      if (!(c >= 0x30 && c <= 0x39)) return this.fail(at);
      do c = bytes[++at];
      while (c >= 0x30 && c <= 0x39);
    }
    if (c === 0x65 || c === 0x45) {
      c = bytes[++at];
      if (c === 0x2b || c === 0x2d) c = bytes[++at];
      if (!(c >= 0x30 && c <= 0x39)) return this.fail(at);
      do c = bytes[++at];
      while (c >= 0x30 && c <= 0x39);
    }
    return at;
  }

  private skipNested(at: number, depth: number): number {
    if (depth > MAX_DEPTH) return this.fail(at);
    const bytes = this.bytes;
    const close = bytes[at] === 0x7b ? 0x7d : 0x5d;
    at = this.skipSpace(at + 1);
    if (bytes[at] === close) return at + 1;
    for (;;) {
      if (close === 0x7d) {
        if (bytes[at] !== 0x22) return this.fail(at);
        const end = this.string(at + 1);
        if (end < 0) return -1;
        at = this.skipSpace(end + 1);
        if (bytes[at] !== 0x3a) return this.fail(at);
        at = this.skipSpace(at + 1);
      }
      at = this.skipValue(at, depth + 1);
      if (at < 0) return -1;
      at = this.skipSpace(at);
      if (bytes[at] === close) return at + 1;
      if (bytes[at] !== 0x2c) return this.fail(at);
      at = this.skipSpace(at + 1);
    }
  }

  /** Makes an escaped slot a plain text (in scratch), and of a list its first value or all of them; no other slot is touched. */
  decode(slot: number): void {
    if (this.kinds[slot] === KIND.list) {
      if (this.joined.has(slot)) this.join(slot);
      else this.first(slot);
    }
    if (this.kinds[slot] !== KIND.escaped) return;
    this.decodeSpan(this.starts[slot], this.ends[slot]);
    this.kinds[slot] = KIND.text;
    this.starts[slot] = this.keyStart;
    this.ends[slot] = this.keyEnd;
  }

  /** Sets a slot from the value at `at`, which is checked and no list. */
  private assign(slot: number, at: number): void {
    const c = this.bytes[at];
    const isText = c === 0x22;
    const start = isText ? at + 1 : at;
    const end = isText ? this.string(start) : this.skipValue(at, 1);
    const isNone = isText && this.dashIsAbsent && end - start <= 1 && (end === start || this.bytes[start] === 0x2d);
    this.starts[slot] = start;
    this.ends[slot] = end;
    if (isText) this.kinds[slot] = isNone ? KIND.absent : this.escaped ? KIND.escaped : KIND.text;
    else this.kinds[slot] = KIND_OF[c] ?? KIND.number;
  }

  private first(slot: number): void {
    let at = this.starts[slot];
    while (this.bytes[at] === 0x5b) at = this.skipSpace(at + 1);
    if (this.bytes[at] === 0x5d) this.kinds[slot] = KIND.absent;
    else this.assign(slot, this.plainValue(at));
    if (this.kinds[slot] === KIND.list) this.kinds[slot] = KIND.absent;
  }

  /** The texts of a list one behind the other, in scratch. */
  private join(slot: number): void {
    const workspace = this.workspace as Workspace;
    let at = this.skipSpace(this.starts[slot] + 1);
    const from = workspace.scratch;
    while (this.bytes[at] !== 0x5d) {
      const value = this.plainValue(at);
      if (this.bytes[value] === 0x22) {
        const end = this.string(value + 1);
        if (workspace.scratch > from) workspace.put(SEPARATOR, 0, SEPARATOR.length);
        if (this.escaped) this.decodeSpan(value + 1, end);
        else workspace.put(this.bytes, value + 1, end);
      }
      at = this.skipSpace(this.skipValue(at, 1));
      if (this.bytes[at] === 0x2c) at = this.skipSpace(at + 1);
    }
    this.kinds[slot] = workspace.scratch > from ? KIND.text : KIND.absent;
    this.starts[slot] = from;
    this.ends[slot] = workspace.scratch;
  }

  /** Decodes the escapes of a checked string into scratch; the result is [keyStart, keyEnd). */
  private decodeSpan(start: number, end: number): boolean {
    const workspace = this.workspace as Workspace;
    const bytes = this.bytes;
    if (!workspace.hasRoom(end - start)) return this.fail(start) > 0;
    const from = workspace.scratch;
    let to = from;
    for (let i = start; i < end; i++) {
      const c = bytes[i];
      if (c !== 0x5c) {
        bytes[to++] = c;
        continue;
      }
      const e = bytes[++i];
      if (e !== 0x75) {
        bytes[to++] = e === 0x62 ? 8 : e === 0x66 ? 12 : e === 0x6e ? 10 : e === 0x72 ? 13 : e === 0x74 ? 9 : e;
        continue;
      }
      let code = this.hex4(i + 1);
      i += 4;
      if (code >= 0xd800 && code <= 0xdbff && bytes[i + 1] === 0x5c && bytes[i + 2] === 0x75) {
        const low = this.hex4(i + 3);
        if (low >= 0xdc00 && low <= 0xdfff) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          i += 6;
        }
      }
      if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd; // a lone surrogate has no UTF-8 form
      to = putUtf8(bytes, to, code);
    }
    workspace.scratch = to;
    this.keyStart = from;
    this.keyEnd = to;
    return true;
  }

  private hex4(at: number): number {
    const b = this.bytes;
    return (hexDigit(b[at]) << 12) | (hexDigit(b[at + 1]) << 8) | (hexDigit(b[at + 2]) << 4) | hexDigit(b[at + 3]);
  }
}

const SEPARATOR = encoder.encode(', ');
/** What a key means in a list of attributes: its name, its value, or what is in an OpenTelemetry value. */
const WORD = { none: 0, key: 1, value: 2, inner: 3 } as const;
const WORDS: readonly (readonly [word: number, text: Uint8Array])[] = [
  ...['key', 'name', 'Key', 'Name'].map((text) => [WORD.key, encoder.encode(text)] as const),
  ...['value', 'Value'].map((text) => [WORD.value, encoder.encode(text)] as const),
  ...[
    'stringValue',
    'intValue',
    'doubleValue',
    'boolValue',
    'arrayValue',
    'values',
    // the names of the protocol's definition
    'string_value',
    'int_value',
    'double_value',
    'bool_value',
    'array_value',
  ].map((text) => [WORD.inner, encoder.encode(text)] as const),
];
const WORDS_BY_LENGTH = Array.from({ length: 13 }, (_, length) => WORDS.filter(([, text]) => text.length === length));

function wordOf(bytes: Uint8Array, start: number, end: number): number {
  const words = WORDS_BY_LENGTH[end - start];
  if (words === undefined) return WORD.none;
  for (const [word, text] of words) if (startsWith(bytes, start, text)) return word;
  return WORD.none;
}

/** Kind of a value that is no text and no number, by its first byte. */
const KIND_OF: Record<number, number> = { 116: KIND.true, 102: KIND.false, 110: KIND.absent, 123: KIND.raw, 91: KIND.list };

function startsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

function keyHash(node: number, bytes: Uint8Array, start: number, end: number): number {
  let h = Math.imul(node + 1, 0x9e3779b1);
  for (let i = start; i < end; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Value of a hexadecimal digit's byte, -1 for another byte. */
export function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  if (c >= 0x61 && c <= 0x66) return c - 0x57;
  if (c >= 0x41 && c <= 0x46) return c - 0x37;
  return -1;
}

function putUtf8(bytes: Uint8Array, at: number, code: number): number {
  if (code < 0x80) bytes[at++] = code;
  else if (code < 0x800) {
    bytes[at++] = 0xc0 | (code >> 6);
    bytes[at++] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    bytes[at++] = 0xe0 | (code >> 12);
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[at++] = 0x80 | (code & 0x3f);
  } else {
    bytes[at++] = 0xf0 | (code >> 18);
    bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}
