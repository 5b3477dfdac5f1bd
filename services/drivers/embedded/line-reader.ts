import { MAX_LINE_BYTES, type RawChunk } from '../../core/raw.ts';
import type { ByteSource } from './byte-source.ts';

/** How much of a line that is too long is kept for its dead letter. */
const KEPT_OF_LONG_LINE = 8 * 1024;
const NEWLINE = 10;

/** Where reading stands: all bytes before `offset` were handed out in whole lines. */
export interface ReadPosition {
  offset: number;
  /** lines before `offset` */
  lines: number;
}

/** Cuts an input into chunks of whole lines. Bounded memory: a line beyond the limit is skipped, its beginning kept. */
export class LineReader {
  private readonly origin: { tenant: string; source: string; partition: string };
  private readonly bytes: ByteSource;
  private carry: Uint8Array = new Uint8Array(0);
  /** length so far of a line that is too long; its beginning is in `carry` */
  private skipping = 0;
  /** `carry` is what came behind a skipped line and may hold whole lines */
  private unsorted = false;
  position: ReadPosition;
  /** nothing more was there at the last look */
  ended = false;

  constructor(origin: { tenant: string; source: string; partition: string }, bytes: ByteSource, position: ReadPosition) {
    this.origin = { tenant: origin.tenant, source: origin.source, partition: origin.partition };
    this.bytes = bytes;
    this.position = { ...position };
  }

  /** What cut the input short, if anything did. */
  get problem(): string | undefined {
    return this.bytes.problem();
  }

  /** Bytes behind the last newline, once the input has ended: the beginning of a line whose end is not there (yet). */
  get unterminated(): number {
    return this.skipping > 0 ? this.skipping : this.carry.length;
  }

  /** The next whole lines, about `size` bytes; undefined when there are none for now. The chunk owns its buffer. */
  async next(size: number): Promise<RawChunk | undefined> {
    if (this.unsorted) {
      this.unsorted = false;
      const chunk = this.wholeLines(this.carry, this.carry.length);
      if (chunk !== undefined) return chunk;
    }
    for (;;) {
      const before = this.skipping > 0 ? 0 : this.carry.length;
      const buffer = new Uint8Array(before + size);
      if (before > 0) buffer.set(this.carry);
      const read = await this.bytes.read(buffer, before);
      if (read === 0) {
        this.ended = true;
        return undefined;
      }
      this.ended = false;
      const total = before + read;
      if (this.skipping > 0) {
        const newline = buffer.subarray(0, read).indexOf(NEWLINE);
        if (newline < 0) {
          this.skipping += read;
          continue;
        }
        const chunk = this.longLine(this.skipping + newline, 1);
        this.skipping = 0;
        this.carry = buffer.slice(newline + 1, read);
        this.unsorted = true;
        return chunk;
      }
      const chunk = this.wholeLines(buffer, total);
      if (chunk !== undefined) return chunk;
    }
  }

  /** The rest behind the last newline as a record of its own; undefined when there is none. Reading is over then. */
  tail(): RawChunk | undefined {
    if (this.unterminated === 0) return undefined;
    if (this.skipping > 0) {
      const chunk = this.longLine(this.skipping, 0);
      this.skipping = 0;
      this.carry = new Uint8Array(0);
      return { ...chunk, unterminated: true };
    }
    const bytes = this.carry;
    this.carry = new Uint8Array(0);
    return { ...this.chunk(bytes, bytes.length, 1), unterminated: true };
  }

  close(): Promise<void> {
    return this.bytes.close();
  }

  /** Takes buffer[0, total), hands out its whole lines and keeps the rest. */
  private wholeLines(buffer: Uint8Array, total: number): RawChunk | undefined {
    const last = buffer.subarray(0, total).lastIndexOf(NEWLINE);
    this.carry = buffer.slice(last + 1, total);
    if (this.carry.length > MAX_LINE_BYTES) {
      this.skipping = this.carry.length;
      this.carry = this.carry.slice(0, KEPT_OF_LONG_LINE);
    }
    if (last < 0) return undefined;
    return this.chunk(buffer.subarray(0, last + 1), last + 1, countLines(buffer, last + 1));
  }

  private chunk(bytes: Uint8Array, length: number, lines: number): RawChunk {
    const chunk: RawChunk = { ...this.origin, offset: this.position.offset, line: this.position.lines + 1, bytes };
    this.position = { offset: this.position.offset + length, lines: this.position.lines + lines };
    return chunk;
  }

  private longLine(length: number, newline: 0 | 1): RawChunk {
    return { ...this.chunk(this.carry, length + newline, 1), skipped: length };
  }
}

function countLines(bytes: Uint8Array, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
