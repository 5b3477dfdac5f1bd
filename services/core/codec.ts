import { WeirError } from './errors.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Fewer bytes than this are copied one by one: the arrays' own copying costs more to begin with. */
const SMALL = 64;

/** Writes compact binary: varints, doubles, strings, nested blocks. Grows as needed. */
export class ByteWriter {
  private bytes: Uint8Array;
  private view: DataView;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  private reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return;
    const wider = new Uint8Array(Math.max(this.bytes.length * 2, this.length + size));
    wider.set(this.bytes.subarray(0, this.length));
    this.bytes = wider;
    this.view = new DataView(wider.buffer);
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** A non-negative integer below 2^53. */
  uint(value: number): void {
    this.reserve(8);
    while (value > 0x7fff_ffff) {
      this.bytes[this.length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    while (value >= 0x80) {
      this.bytes[this.length++] = (value & 0x7f) | 0x80;
      value >>= 7;
    }
    this.bytes[this.length++] = value;
  }

  /** An integer of either sign, |value| < 2^52. */
  int(value: number): void {
    this.uint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  u32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  f64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  string(text: string): void {
    const bytes = encoder.encode(text);
    this.block(bytes);
  }

  /** Length-prefixed bytes. */
  block(bytes: Uint8Array): void {
    this.blockFrom(bytes, 0, bytes.length);
  }

  /** bytes[start, end), length-prefixed. */
  blockFrom(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.uint(size);
    this.reserve(size);
    const to = this.bytes;
    if (size < SMALL) for (let i = start, at = this.length; i < end; i++, at++) to[at] = bytes[i];
    else to.set(bytes.subarray(start, end), this.length);
    this.length += size;
  }

  /** Bytes as they are, without their length. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** What another writer holds, length-prefixed. */
  blockOf(other: ByteWriter): void {
    this.blockFrom(other.bytes, 0, other.length);
  }

  reset(): void {
    this.length = 0;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}

/** Reads what ByteWriter wrote; reading past the end is a `snapshot_corrupt` error. */
export class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.position >= this.bytes.length;
  }

  private take(size: number): number {
    const at = this.position;
    if (at + size > this.bytes.length) {
      throw new WeirError('snapshot_corrupt', `packed data ends at byte ${this.bytes.length}, ${at + size} needed`);
    }
    this.position = at + size;
    return at;
  }

  u8(): number {
    return this.bytes[this.take(1)];
  }

  uint(): number {
    let byte = this.bytes[this.take(1)];
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 0x80;
    do {
      byte = this.bytes[this.take(1)];
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    } while (byte >= 0x80);
    return value;
  }

  int(): number {
    const value = this.uint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  f64(): number {
    return this.view.getFloat64(this.take(8), true);
  }

  string(): string {
    return decoder.decode(this.block());
  }

  /** Length-prefixed bytes, a view into the source. */
  block(): Uint8Array {
    const size = this.uint();
    const at = this.take(size);
    return this.bytes.subarray(at, at + size);
  }

  /** Passes over length-prefixed bytes. */
  skipBlock(): void {
    this.take(this.uint());
  }

  /** A copy of what was read since `position`. */
  copySince(position: number): Uint8Array {
    return this.bytes.slice(position, this.position);
  }
}
