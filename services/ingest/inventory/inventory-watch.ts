import type { ByteReader, ByteWriter } from '../../core/codec.ts';
import { CALLER_SAMPLE, DATA_SAMPLE, type InventoryFact, MISSING_INTERFACES, type SensitiveFact } from '../../core/inventory.ts';
import { HOUR } from '../../core/watermark.ts';
import { ByteInterner, widen } from '../pools/interner.ts';
import type { TextPool } from '../pools/text-pool.ts';
import { addToSample, SmallestSamples } from './smallest-samples.ts';

/** Interfaces that a task remembers; when there are more, those go that were not seen for the longest. */
const MOST_KNOWN = 1 << 14;
/** Interfaces that a task takes up in one hour: whoever tries paths by the thousand fills no table. */
export const MOST_NEW = 1000;
/** Types and forms of sensitive data that an interface's hour keeps: masks are written by whoever sends requests. */
const MOST_FORMS = 48;
/** Pairs of interface and caller remembered as seen, a power of two. */
const PAIRS = 1 << 14;
/** Hours of interfaces that are open at once; more are said before they are over, the earliest first. */
const MOST_OPEN = 1 << 15;
const NOTHING = -1;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Something sensitive in a request, found while the request was read. */
export interface Finding {
  type: string;
  masked: boolean;
  shape: string;
  hash: number;
}

/**
 * What the interfaces of one normalise task were seen to do, by hour. An hour is said when the watermark has passed it, so
 * what is said does not depend on how records came together. Bounded: `makeRoom`, called between records, forgets the
 * interfaces of long ago.
 */
export class InventoryWatch {
  private readonly texts: KnownTexts;
  /** interfaces that were taken up; the first is MISSING_INTERFACES */
  private known = new ByteInterner(MOST_KNOWN, 0);
  /** by number of a known interface: the last hour it was seen in, hours since 1970 */
  private lastHours = new Float64Array(256);
  /** the hour that new interfaces are counted in */
  private newHour = Number.NEGATIVE_INFINITY;
  private newCount = 0;

  // An interface has a slot for each hour that is open: one, two around the full hour, more where events may be very late.
  private heads = new Int32Array(256).fill(NOTHING);
  private nexts = new Int32Array(512);
  private numbers = new Int32Array(512);
  private hours = new Float64Array(512);
  private origins = new Uint32Array(512);
  private classes = new Uint8Array(512);
  private slots = 0;
  private readonly free: number[] = [];
  private readonly callers = new SmallestSamples(CALLER_SAMPLE);
  private readonly forms = new Map<number, SensitiveFact[]>();
  private open: number[] = [];
  /** the first hour that may have to be closed */
  private firstOpen = Number.POSITIVE_INFINITY;
  private readonly pairs = new Uint32Array(PAIRS);

  private hour = Number.NaN;
  private hourStart = Number.POSITIVE_INFINITY;
  private facts: InventoryFact[] = [];

  /** @param pool where the texts of interfaces lie */
  constructor(pool: TextPool) {
    this.texts = new KnownTexts(pool);
    this.enter(encoder.encode(MISSING_INTERFACES), Number.NEGATIVE_INFINITY);
  }

  /** Called between records. */
  makeRoom(): void {
    if (this.texts.pool.resets !== this.texts.resets) this.texts.forget();
    if (this.known.full) this.forgetOldest();
  }

  /**
   * Takes up a request; one that was not answered says nothing of an interface.
   * @param text id of the interface in the pool
   * @param at event time, ms
   * @param caller keyed hash of the account
   */
  note(text: number, at: number, origin: number, status: number, caller: number, found: readonly Finding[]): void {
    if (status >= 400) return;
    const since = at - this.hourStart;
    if (!(since >= 0 && since < HOUR)) this.turnTo(at);
    const { hour } = this;
    const { texts } = this;
    const { numbers } = texts;
    let number = text < numbers.length ? numbers[text] : NOTHING;
    if (number === NOTHING) {
      number = this.numberOf(texts.pool.bytesOf(text));
      // one that is left out may be taken up in the next hour: it is looked up again
      if (number > 0) texts.set(text, number);
    }
    const slot = this.slotOf(number, hour);
    if (number === 0) {
      this.callers.add(slot, texts.pool.ids.hashOf(text));
      return;
    }
    this.origins[slot] |= 1 << origin;
    this.classes[slot] |= 1 << ((status / 100) | 0);
    const hash = caller >>> 0;
    if (this.callers.hasRoomFor(slot, hash)) {
      const pair = Math.imul(caller ^ Math.imul(number, 0x9e3779b1) ^ Math.imul(hour, 0x85ebca6b), 0x2c1b3c6d) | 1;
      const place = (pair >>> 16) & (PAIRS - 1);
      if (this.pairs[place] !== pair >>> 0) {
        this.pairs[place] = pair;
        this.callers.add(slot, hash);
      }
    }
    if (found.length > 0) for (const one of found) this.addFinding(slot, one);
  }

  private turnTo(at: number): void {
    this.hour = Math.floor(at / HOUR);
    this.hourStart = this.hour * HOUR;
  }

  /** Number of an interface among the known ones; 0, which stands for all others, where there is no room for it. */
  private numberOf(bytes: Uint8Array): number {
    const { hour } = this;
    const padded = new Uint8Array(bytes.length + 4);
    padded.set(bytes);
    const known = this.known.find(new DataView(padded.buffer), 0, bytes.length);
    if (known >= 0) return known;
    if (hour > this.newHour) {
      this.newHour = hour;
      this.newCount = 0;
    }
    if (this.newCount >= MOST_NEW || this.known.full) return 0;
    this.newCount++;
    return this.enter(bytes, hour);
  }

  private enter(bytes: Uint8Array, hour: number): number {
    const padded = new Uint8Array(bytes.length + 4);
    padded.set(bytes);
    const number = this.known.intern(new DataView(padded.buffer), 0, bytes.length);
    if (number >= this.lastHours.length) {
      this.heads = widen(this.heads).fill(NOTHING, this.lastHours.length);
      this.lastHours = widen(this.lastHours);
    }
    this.lastHours[number] = this.known.lastIsNew ? hour : Math.max(hour, this.lastHours[number]);
    return number;
  }

  /** The slot of an interface in an hour, begun when it is not open. */
  private slotOf(number: number, hour: number): number {
    for (let slot = this.heads[number]; slot !== NOTHING; slot = this.nexts[slot]) if (this.hours[slot] === hour) return slot;
    if (this.open.length >= MOST_OPEN) this.closeBefore(this.firstOpen + 1);
    const slot = this.free.pop() ?? this.slots++;
    if (slot >= this.hours.length) {
      this.nexts = widen(this.nexts);
      this.numbers = widen(this.numbers);
      this.hours = widen(this.hours);
      this.origins = widen(this.origins);
      this.classes = widen(this.classes);
    }
    this.nexts[slot] = this.heads[number];
    this.heads[number] = slot;
    this.numbers[slot] = number;
    this.hours[slot] = hour;
    this.origins[slot] = 0;
    this.classes[slot] = 0;
    this.callers.clear(slot);
    this.open.push(slot);
    if (hour < this.firstOpen) this.firstOpen = hour;
    if (hour > this.lastHours[number]) this.lastHours[number] = hour;
    return slot;
  }

  private release(slot: number): void {
    const number = this.numbers[slot];
    if (this.heads[number] === slot) this.heads[number] = this.nexts[slot];
    else {
      let before = this.heads[number];
      while (this.nexts[before] !== slot) before = this.nexts[before];
      this.nexts[before] = this.nexts[slot];
    }
    this.forms.delete(slot);
    this.free.push(slot);
  }

  private addFinding(slot: number, { type, masked, shape, hash }: Finding): void {
    let forms = this.forms.get(slot);
    if (forms === undefined) {
      forms = [];
      this.forms.set(slot, forms);
    }
    let form = forms.find((one) => one.type === type && one.masked === masked && one.shape === shape);
    if (form === undefined) {
      if (forms.length >= MOST_FORMS) return;
      form = { type, masked, shape, hashes: [] };
      forms.push(form);
    }
    addToSample(form.hashes, hash, DATA_SAMPLE);
  }

  /** The watermark has reached `time`: hours that are over are said. */
  close(time: number): void {
    this.closeBefore(Math.floor(time / HOUR));
  }

  private closeBefore(before: number): void {
    if (before <= this.firstOpen) return;
    const left: number[] = [];
    this.firstOpen = Number.POSITIVE_INFINITY;
    for (const slot of this.open) {
      const hour = this.hours[slot];
      if (hour < before) {
        this.say(slot);
        this.release(slot);
      } else {
        left.push(slot);
        if (hour < this.firstOpen) this.firstOpen = hour;
      }
    }
    this.open = left;
  }

  /** The input rests: what is known of hours that are not over is said now too, and again when they are. */
  sayOpen(): void {
    for (const slot of this.open) this.say(slot);
  }

  private say(slot: number): void {
    this.facts.push({
      interface: this.textOf(this.numbers[slot]),
      hour: this.hours[slot] * HOUR,
      origins: this.origins[slot],
      classes: this.classes[slot],
      callers: this.callers.of(slot),
      sensitive: (this.forms.get(slot) ?? [])
        .map((form) => ({ ...form, hashes: [...form.hashes] }))
        .sort((a, b) => (formKey(a) < formKey(b) ? -1 : 1)),
    });
  }

  /** What is to be said, since the last call. */
  take(): InventoryFact[] {
    const { facts } = this;
    this.facts = [];
    return facts;
  }

  private textOf(number: number): string {
    return decoder.decode(this.known.arena.subarray(this.known.start(number), this.known.end(number)));
  }

  /** The younger half stays. What is open is said, as far as it goes. */
  private forgetOldest(): void {
    this.close(Number.POSITIVE_INFINITY);
    const numbers = Array.from({ length: this.known.count - 1 }, (_, i) => i + 1).sort(
      (a, b) => this.lastHours[b] - this.lastHours[a] || a - b,
    );
    const kept = numbers.slice(0, numbers.length >> 1).map((number) => ({ text: this.textOf(number), hour: this.lastHours[number] }));
    this.forgetAll();
    for (const { text, hour } of kept) this.enter(encoder.encode(text), hour);
  }

  private forgetAll(): void {
    this.known.reset();
    this.texts.forget();
    this.open = [];
    this.firstOpen = Number.POSITIVE_INFINITY;
    this.heads.fill(NOTHING);
    this.slots = 0;
    this.free.length = 0;
    this.forms.clear();
    this.pairs.fill(0);
    this.enter(encoder.encode(MISSING_INTERFACES), Number.NEGATIVE_INFINITY);
  }

  /** Writes the state: known interfaces, and the hours that are open. */
  pack(writer: ByteWriter): void {
    writer.f64(this.newHour);
    writer.uint(this.newCount);
    writer.uint(this.known.count);
    for (let number = 0; number < this.known.count; number++) {
      writer.block(this.known.arena.subarray(this.known.start(number), this.known.end(number)));
      writer.f64(this.lastHours[number]);
    }
    writer.uint(this.open.length);
    for (const slot of this.open) {
      writer.uint(this.numbers[slot]);
      writer.f64(this.hours[slot]);
      writer.u32(this.origins[slot]);
      writer.u8(this.classes[slot]);
      packHashes(writer, this.callers.of(slot));
      const forms = this.forms.get(slot) ?? [];
      writer.uint(forms.length);
      for (const { type, masked, shape, hashes } of forms) {
        writer.string(type);
        writer.u8(masked ? 1 : 0);
        writer.string(shape);
        packHashes(writer, hashes);
      }
    }
  }

  /** Joins what `pack` wrote to what is here. */
  unpack(reader: ByteReader): void {
    const newHour = reader.f64();
    const newCount = reader.uint();
    this.newCount = newHour === this.newHour ? this.newCount + newCount : newHour > this.newHour ? newCount : this.newCount;
    this.newHour = Math.max(this.newHour, newHour);
    const numbers: number[] = [];
    for (let count = reader.uint(); count > 0; count--) {
      const text = reader.block();
      const hour = reader.f64();
      if (this.known.full) this.forgetOldest();
      numbers.push(this.enter(text, hour));
    }
    for (let count = reader.uint(); count > 0; count--) {
      const slot = this.slotOf(numbers[reader.uint()], reader.f64());
      this.origins[slot] |= reader.u32();
      this.classes[slot] |= reader.u8();
      for (let n = reader.uint(); n > 0; n--) this.callers.add(slot, reader.u32());
      for (let n = reader.uint(); n > 0; n--) {
        const type = reader.string();
        const masked = reader.u8() === 1;
        const shape = reader.string();
        for (let k = reader.uint(); k > 0; k--) this.addFinding(slot, { type, masked, shape, hash: reader.u32() });
      }
    }
  }
}

/** Which of a pool's texts have been looked up among the known interfaces. */
class KnownTexts {
  readonly pool: TextPool;
  /** by id in the pool: number of the interface, NOTHING where that is not looked up yet */
  numbers = new Int32Array(1024).fill(NOTHING);
  resets = 0;

  constructor(pool: TextPool) {
    this.pool = pool;
  }

  set(text: number, number: number): void {
    while (text >= this.numbers.length) this.numbers = widen(this.numbers).fill(NOTHING, this.numbers.length);
    this.numbers[text] = number;
  }

  forget(): void {
    this.resets = this.pool.resets;
    this.numbers.fill(NOTHING);
  }
}

function formKey({ type, masked, shape }: SensitiveFact): string {
  return `${type} ${masked ? 1 : 0} ${shape}`;
}

function packHashes(writer: ByteWriter, hashes: readonly number[]): void {
  writer.uint(hashes.length);
  for (const hash of hashes) writer.u32(hash);
}
