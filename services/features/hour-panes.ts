import type { ByteReader, ByteWriter } from '../core/codec.ts';
import { mix32 } from '../core/hash.ts';
import { HashSets } from '../core/hash-sets.ts';
import { roomFor, SlotPool } from '../core/slab.ts';
import type { Ranked, SampleCodec } from './samples.ts';
import { SampleKeeper } from './samples.ts';

/** How a set's members carry values: none, or 16-bit maps that are OR-ed. */
export interface SetSpec {
  /** members kept (bottom-k) */
  k: number;
  bits?: boolean;
  /** the same member may be there several times */
  repeats?: boolean;
}

export interface PaneSpec {
  /** numbers a pane holds: [0, sums) are added on merge, [sums, sums + peaks) take the maximum; all integers >= 0 */
  sums: number;
  peaks: number;
  /** [from, to): those of the sums that are sets of bits (up to 30 each), which are OR-ed instead */
  bits?: readonly [number, number];
  sets: readonly SetSpec[];
  /** evidence samples kept a pane */
  samples: number;
}

/** Marks are the lower 32 bits of the number that a pane begins with, traits lie above them. */
const MARKS = 2 ** 32;

const or = (mine: number, theirs: number): number => mine | theirs;

/**
 * The open hour panes of one view of one tenant: counters, bounded sets and samples in slabs, found by (key id, hour).
 * A pane is an exactly mergeable aggregate: `write` and `merge` are its codec, for partials and for snapshots.
 * Where `hour` is below 0 it names another period than an hour (looks.ts): such panes are found the same way, and are
 * neither open hours nor closed with one.
 */
export class HourPanes<S extends Ranked> {
  readonly spec: PaneSpec;
  readonly stride: number;
  readonly sets = new HashSets();
  readonly samples: SampleKeeper<S>;
  counters: Float64Array;
  key = new Int32Array(64);
  hour = new Int32Array(64);
  /** bits that a pane collected; OR-ed on merge */
  marks = new Uint32Array(64);
  /** what is known of the addresses that its events came from: FLAG bits from TRAIT_SHIFT on; OR-ed on merge */
  traits = new Uint8Array(64);
  private nextOfKey = new Int32Array(64).fill(-1);
  private firstOfKey = new Int32Array(64).fill(-1);
  private readonly pool = new SlotPool();
  private readonly byHour = new Map<number, number[]>();

  constructor(spec: PaneSpec, codec: SampleCodec<S>) {
    this.spec = spec;
    this.stride = spec.sums + spec.peaks;
    this.counters = new Float64Array(64 * this.stride);
    this.samples = new SampleKeeper(spec.samples, codec);
    this.sets.reserve(64 * spec.sets.length);
  }

  /** The open pane of a key and hour, -1 when there is none. */
  find(key: number, hour: number): number {
    if (key >= this.firstOfKey.length) return -1;
    let pane = this.firstOfKey[key];
    while (pane >= 0 && this.hour[pane] !== hour) pane = this.nextOfKey[pane];
    return pane;
  }

  /** The open pane of a key and hour, made when there is none. Counters may have moved: read `counters` afterwards. */
  open(key: number, hour: number): number {
    const found = this.find(key, hour);
    if (found >= 0) return found;
    const pane = this.pool.take();
    if (pane >= this.key.length) {
      this.key = roomFor(this.key, pane + 1);
      this.hour = roomFor(this.hour, pane + 1);
      this.marks = roomFor(this.marks, pane + 1);
      this.traits = roomFor(this.traits, pane + 1);
      this.nextOfKey = roomFor(this.nextOfKey, pane + 1, -1);
      this.counters = roomFor(this.counters, this.key.length * this.stride);
      this.sets.reserve(this.key.length * this.spec.sets.length);
    }
    this.firstOfKey = roomFor(this.firstOfKey, key + 1, -1);
    this.key[pane] = key;
    this.hour[pane] = hour;
    this.nextOfKey[pane] = this.firstOfKey[key];
    this.firstOfKey[key] = pane;
    const list = this.byHour.get(hour);
    if (list === undefined) this.byHour.set(hour, [pane]);
    else list.push(pane);
    return pane;
  }

  /** True while the key has an open pane. */
  hasOpen(key: number): boolean {
    return key < this.firstOfKey.length && this.firstOfKey[key] >= 0;
  }

  /** Number of a pane's set for `this.sets`. */
  list(pane: number, set: number): number {
    return pane * this.spec.sets.length + set;
  }

  addTo(pane: number, set: number, hash: number): number {
    return this.sets.add(this.list(pane, set), hash, this.spec.sets[set].k);
  }

  distinct(pane: number, set: number): number {
    return this.sets.distinct(this.list(pane, set), this.spec.sets[set].k);
  }

  /** Marks a whole number as seen in a set with `bits`: blocks of 16 neighbours are members, so that runs survive sampling. */
  addNumber(pane: number, set: number, number: number): void {
    const block = mix32(number >>> 4);
    const node = this.addTo(pane, set, block);
    if (node >= 0) this.sets.setValue(node, this.sets.valueOf(node) | (1 << (number & 15)));
  }

  /** Pairs of adjacent numbers within the sampled blocks. */
  neighbours(pane: number, set: number): number {
    let pairs = 0;
    for (let node = this.sets.first(this.list(pane, set)); node >= 0; node = this.sets.after(node)) {
      const bits = this.sets.valueOf(node);
      let adjacent = bits & (bits >>> 1);
      for (; adjacent !== 0; adjacent &= adjacent - 1) pairs++;
    }
    return pairs;
  }

  /** Open panes of an hour, in no particular order; empty when none. */
  panesOf(hour: number): readonly number[] {
    return this.byHour.get(hour) ?? [];
  }

  /** Hours that have open panes, ascending; other periods left out. */
  openHours(): number[] {
    return this.openPeriods().filter((period) => period >= 0);
  }

  /** Hours and other periods that have open panes, ascending. */
  openPeriods(): number[] {
    return [...this.byHour.keys()].sort((a, b) => a - b);
  }

  /**
   * Moves the panes of one period into another, adding up where a key has both. `merged` is told of each that goes up
   * in another one, before it is given up.
   */
  fold(from: number, to: number, merged?: (pane: number, into: number) => void): void {
    const list = this.byHour.get(from);
    if (list === undefined) return;
    this.byHour.delete(from);
    let there = this.byHour.get(to);
    if (there === undefined) this.byHour.set(to, (there = []));
    for (const pane of list) {
      const into = this.find(this.key[pane], to);
      if (into < 0) {
        this.hour[pane] = to;
        there.push(pane);
        continue;
      }
      this.absorb(into, pane);
      merged?.(pane, into);
      this.release(pane);
    }
  }

  /** Adds what another pane holds to a pane; the other one keeps it. */
  absorb(into: number, pane: number): void {
    const base = into * this.stride;
    const from = pane * this.stride;
    const { counters, spec } = this;
    this.marks[into] |= this.marks[pane];
    this.traits[into] |= this.traits[pane];
    for (let i = 0; i < spec.sums; i++) {
      const theirs = counters[from + i];
      if (theirs !== 0) counters[base + i] = this.isBits(i) ? counters[base + i] | theirs : counters[base + i] + theirs;
    }
    for (let i = spec.sums; i < this.stride; i++) if (counters[from + i] > counters[base + i]) counters[base + i] = counters[from + i];
    for (let set = 0; set < spec.sets.length; set++) {
      const other = this.list(pane, set);
      if (this.sets.first(other) < 0) continue;
      const { k, bits, repeats } = spec.sets[set];
      this.sets.absorb(this.list(into, set), other, k, bits ? or : undefined, repeats);
    }
    this.samples.absorb(into, pane);
  }

  /** Gives up all panes of an hour. */
  closeHour(hour: number): void {
    for (const pane of this.panesOf(hour)) this.release(pane);
    this.byHour.delete(hour);
  }

  /** Key blocks and hours are the caller's to write; this writes what the pane holds. */
  write(pane: number, writer: ByteWriter): void {
    const base = pane * this.stride;
    let last = this.stride;
    while (last > 0 && this.counters[base + last - 1] === 0) last--;
    writer.uint(this.marks[pane] + this.traits[pane] * MARKS);
    writer.u8(last);
    for (let i = 0; i < last; i++) writer.uint(this.counters[base + i]);
    for (let set = 0; set < this.spec.sets.length; set++) this.sets.write(this.list(pane, set), writer, this.spec.sets[set].bits === true);
    this.samples.write(pane, writer);
  }

  /** Merges what `write` wrote into a pane. */
  merge(pane: number, reader: ByteReader): void {
    const base = pane * this.stride;
    const marks = reader.uint();
    this.marks[pane] |= marks;
    this.traits[pane] |= Math.floor(marks / MARKS);
    const last = reader.u8();
    for (let i = 0; i < last; i++) {
      const theirs = reader.uint();
      if (i < this.spec.sums)
        this.counters[base + i] = this.isBits(i) ? this.counters[base + i] | theirs : this.counters[base + i] + theirs;
      else if (theirs > this.counters[base + i]) this.counters[base + i] = theirs;
    }
    for (let set = 0; set < this.spec.sets.length; set++) {
      const spec = this.spec.sets[set];
      this.sets.mergeFrom(this.list(pane, set), reader, spec.k, spec.bits ? or : undefined);
    }
    this.samples.merge(pane, reader);
  }

  private isBits(counter: number): boolean {
    const { bits } = this.spec;
    return bits !== undefined && counter >= bits[0] && counter < bits[1];
  }

  private release(pane: number): void {
    const key = this.key[pane];
    let before = -1;
    for (let at = this.firstOfKey[key]; at !== pane; at = this.nextOfKey[at]) before = at;
    if (before < 0) this.firstOfKey[key] = this.nextOfKey[pane];
    else this.nextOfKey[before] = this.nextOfKey[pane];
    this.counters.fill(0, pane * this.stride, (pane + 1) * this.stride);
    this.marks[pane] = 0;
    this.traits[pane] = 0;
    for (let set = 0; set < this.spec.sets.length; set++) this.sets.clear(this.list(pane, set));
    this.samples.clear(pane);
    this.pool.give(pane);
  }
}
