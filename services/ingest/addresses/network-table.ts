import { ByteReader, ByteWriter } from '../../core/codec.ts';
import type { IpAddress } from './ip-address.ts';

/** Days since the epoch until which (exclusive) something holds; NEVER: for good, 0: it does not hold. */
export const NEVER = 0xffff;
const DAY_MS = 86_400_000;

/** A day as a date names it (the first on which something no longer holds); NEVER for dates beyond the year 2149. */
export function dayOf(date: string): number {
  return Math.max(0, Math.min(NEVER, Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS)));
}

/** The day in which a time lies, ms UTC. */
export function dayAt(at: number): number {
  return Math.floor(at / DAY_MS);
}

/**
 * Which addresses lie in any of many networks, and until when: disjoint ascending ranges, IPv4 by one word, IPv6 by four.
 * Range i holds from its start to the next one's; its `until` is the latest of the networks that cover it. Plain typed
 * arrays on shared memory: a worker gets the same without a copy. 6 bytes a range of IPv4, 18 of IPv6, at most two ranges
 * a network.
 */
export interface NetworkTable {
  v4Starts: Uint32Array;
  v4Until: Uint16Array;
  v6Starts: Uint32Array;
  v6Until: Uint16Array;
}

/** Gathers networks in any order, nested and repeated as they come. */
export class NetworkTableBuilder {
  private readonly v4 = new Networks(1);
  private readonly v6 = new Networks(4);

  /** Networks added. */
  get size(): number {
    return this.v4.n + this.v6.n;
  }

  /** `bits`: of the prefix, 0 to 32 or 128 by the address's family; bits of the address behind it do not count. */
  add(address: IpAddress, bits: number, until: number): void {
    if (address.family === 4) this.v4.add(address.words.subarray(3), bits, until);
    else this.v6.add(address.words, bits, until);
  }

  build(): NetworkTable {
    const v4 = this.v4.flatten();
    const v6 = this.v6.flatten();
    return { v4Starts: v4.starts, v4Until: v4.until, v6Starts: v6.starts, v6Until: v6.until };
  }
}

/** The table as bytes, the same for the same networks however they were written: to keep it, and to tell two apart. */
export function packNetworkTable({ v4Starts, v4Until, v6Starts, v6Until }: NetworkTable): Uint8Array {
  const writer = new ByteWriter(16 + 6 * v4Until.length + 18 * v6Until.length);
  for (const numbers of [v4Starts, v6Starts, v4Until, v6Until]) {
    writer.uint(numbers.length);
    let before = 0;
    // starts ascend: what they differ by is short
    for (const number of numbers) {
      writer.int(number - before);
      before = number;
    }
  }
  return writer.finish();
}

/** Throws WeirError `snapshot_corrupt` for bytes that end early. */
export function unpackNetworkTable(bytes: Uint8Array): NetworkTable {
  const reader = new ByteReader(bytes);
  const numbers = (width: 2 | 4): Uint32Array | Uint16Array => {
    const length = reader.uint();
    const memory = new SharedArrayBuffer(length * width);
    const into = width === 4 ? new Uint32Array(memory) : new Uint16Array(memory);
    let before = 0;
    for (let i = 0; i < length; i++) {
      before += reader.int();
      into[i] = before;
    }
    return into;
  };
  const v4Starts = numbers(4) as Uint32Array;
  const v6Starts = numbers(4) as Uint32Array;
  return { v4Starts, v6Starts, v4Until: numbers(2) as Uint16Array, v6Until: numbers(2) as Uint16Array };
}

/** Until when an address lies in a network of the table, as a day; 0: it does not. */
export function untilOf(table: NetworkTable, address: IpAddress): number {
  if (address.family === 4) return untilAt(table.v4Starts, table.v4Until, address.words, 3, 1);
  return address.family === 6 ? untilAt(table.v6Starts, table.v6Until, address.words, 0, 4) : 0;
}

/** The last range that does not start behind words[from, from + width). */
function untilAt(starts: Uint32Array, until: Uint16Array, words: Uint32Array, from: number, width: number): number {
  let low = 0;
  let high = until.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    let k = 0;
    while (k < width - 1 && starts[middle * width + k] === words[from + k]) k++;
    if (starts[middle * width + k] > words[from + k]) high = middle;
    else low = middle + 1;
  }
  return low === 0 ? 0 : until[low - 1];
}

/** Networks of one family, `width` words an address. */
class Networks {
  n = 0;
  private readonly width: number;
  private words: Uint32Array;
  private bits = new Uint8Array(64);
  private until = new Uint16Array(64);

  constructor(width: number) {
    this.width = width;
    this.words = new Uint32Array(64 * width);
  }

  add(words: Uint32Array, bits: number, until: number): void {
    const { width, n } = this;
    if (n === this.bits.length) {
      this.words = wider(this.words, new Uint32Array(2 * n * width));
      this.bits = wider(this.bits, new Uint8Array(2 * n));
      this.until = wider(this.until, new Uint16Array(2 * n));
    }
    for (let k = 0; k < width; k++) this.words[n * width + k] = words[k] & maskOf(bits - 32 * k);
    this.bits[n] = bits;
    this.until[n] = until;
    this.n++;
  }

  /** Wider networks before narrower ones of the same start. */
  private compare = (a: number, b: number): number => {
    const { words, width } = this;
    for (let k = 0; k < width; k++) {
      const x = words[a * width + k];
      const y = words[b * width + k];
      if (x !== y) return x < y ? -1 : 1;
    }
    return this.bits[a] - this.bits[b];
  };

  /** Networks are nested or disjoint, never overlapping in part: so a stack of the open ones is enough. */
  flatten(): { starts: Uint32Array; until: Uint16Array } {
    const { width, words, bits, until, n } = this;
    const order = Uint32Array.from({ length: n }, (_, i) => i).sort(this.compare);
    const out = new Ranges(width, n);
    /** open networks, outermost first, with what holds within each */
    const open: number[] = [];
    const holds: number[] = [];
    const end = new Uint32Array(width);
    const closeBefore = (next: number): void => {
      while (open.length > 0) {
        const top = open[open.length - 1];
        if (next >= 0 && covers(words, top, bits[top], next, width)) return;
        open.pop();
        holds.pop();
        for (let k = 0; k < width; k++) end[k] = words[top * width + k] | ~maskOf(bits[top] - 32 * k);
        if (addOne(end)) out.add(end, 0, holds.at(-1) ?? 0);
      }
    };
    for (const network of order) {
      closeBefore(network);
      const held = Math.max(until[network], holds.at(-1) ?? 0);
      open.push(network);
      holds.push(held);
      out.add(words, network * width, held);
    }
    closeBefore(-1);
    return out.finish();
  }
}

/** Ascending ranges; one that says what the last one says is part of it. */
class Ranges {
  private n = 0;
  private readonly width: number;
  private readonly starts: Uint32Array;
  private readonly until: Uint16Array;

  constructor(width: number, networks: number) {
    this.width = width;
    this.starts = new Uint32Array(2 * networks * width);
    this.until = new Uint16Array(2 * networks);
  }

  add(words: Uint32Array, from: number, until: number): void {
    const { width, starts } = this;
    if (this.n > 0) {
      let k = 0;
      while (k < width && starts[(this.n - 1) * width + k] === words[from + k]) k++;
      if (k === width) this.n--;
    }
    if ((this.n > 0 ? this.until[this.n - 1] : 0) === until) return;
    for (let k = 0; k < width; k++) starts[this.n * width + k] = words[from + k];
    this.until[this.n++] = until;
  }

  finish(): { starts: Uint32Array; until: Uint16Array } {
    const starts = new Uint32Array(new SharedArrayBuffer(4 * this.n * this.width));
    starts.set(this.starts.subarray(0, this.n * this.width));
    const until = new Uint16Array(new SharedArrayBuffer(2 * this.n));
    until.set(this.until.subarray(0, this.n));
    return { starts, until };
  }
}

/** The first `bits` bits of a word; all or none outside 0..32. */
function maskOf(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}

/** Whether network `outer` covers the start of network `inner`. */
function covers(words: Uint32Array, outer: number, bits: number, inner: number, width: number): boolean {
  for (let k = 0; k < width && bits > 32 * k; k++) {
    if (((words[outer * width + k] ^ words[inner * width + k]) & maskOf(bits - 32 * k)) !== 0) return false;
  }
  return true;
}

/** The next address, in place; false behind the last one. */
function addOne(words: Uint32Array): boolean {
  for (let k = words.length - 1; k >= 0; k--) {
    words[k]++;
    if (words[k] !== 0) return true;
  }
  return false;
}

function wider<T extends Uint32Array | Uint16Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
