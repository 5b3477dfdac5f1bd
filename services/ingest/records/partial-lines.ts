import type { ByteReader, ByteWriter } from '../../core/codec.ts';
import { MAX_LINE_BYTES } from '../../core/raw.ts';

/** Streams that a container has: stdout and stderr, whose lines come between each other's. */
const STREAMS = 2;
/** Bytes of an over-long line that are kept for its dead letter. */
const KEPT = 8192;

/** What has come of a line that goes on. */
export interface Part {
  bytes: Uint8Array;
  /** bytes that it has so far; more than `bytes` has: it is too long to be read */
  length: number;
  /** where its first part stands */
  offset: number;
}

/** Lines that a container runtime has split, until their last part comes: one a stream, each at most as long as a line may be. */
export class PartialLines {
  private readonly parts: (Part | undefined)[] = new Array(STREAMS).fill(undefined);

  /** Adds bytes[start, end) to the line of `stream` (1, 2), whose first part then stands at `offset`. */
  add(stream: number, bytes: Uint8Array, start: number, end: number, offset: number): void {
    const part = this.parts[stream - 1] ?? { bytes: new Uint8Array(0), length: 0, offset };
    const length = part.length + end - start;
    const isLong = length > MAX_LINE_BYTES;
    const room = isLong ? Math.max(0, KEPT - part.bytes.length) : end - start;
    const longer = new Uint8Array(Math.min(part.bytes.length, isLong ? KEPT : part.bytes.length) + Math.min(room, end - start));
    longer.set(part.bytes.subarray(0, longer.length));
    if (room > 0) longer.set(bytes.subarray(start, start + Math.min(room, end - start)), longer.length - Math.min(room, end - start));
    this.parts[stream - 1] = { bytes: longer, length, offset: part.offset };
  }

  /** Whether a line of the stream waits for its rest. */
  has(stream: number): boolean {
    return stream > 0 && this.parts[stream - 1] !== undefined;
  }

  /** The line of the stream so far, which is forgotten. */
  take(stream: number): Part | undefined {
    const part = this.parts[stream - 1];
    this.parts[stream - 1] = undefined;
    return part;
  }

  /** All lines that wait, which are forgotten. */
  takeAll(): Part[] {
    return this.parts.flatMap((part, i) => (part === undefined ? [] : [this.take(i + 1) as Part]));
  }

  pack(writer: ByteWriter): void {
    for (const part of this.parts) {
      writer.u8(part === undefined ? 0 : 1);
      if (part === undefined) continue;
      writer.block(part.bytes);
      writer.uint(part.length);
      writer.f64(part.offset);
    }
  }

  unpack(reader: ByteReader): void {
    for (let i = 0; i < STREAMS; i++)
      this.parts[i] = reader.u8() === 0 ? undefined : { bytes: reader.block().slice(), length: reader.uint(), offset: reader.f64() };
  }
}
