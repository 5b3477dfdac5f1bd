import { MAX_LINE_BYTES, type RawChunk } from '../../core/raw.ts';

/** A RawChunk without the names of its input: the driver adds them. */
export type RawPiece = Omit<RawChunk, 'tenant' | 'source' | 'partition'>;

/** Bytes of an over-long line that are kept for its dead letter. */
const KEPT_OF_SKIPPED = 8192;
const EMPTY = new Uint8Array(0);

/**
 * Cuts one input's bytes, in chunks of any size, into pieces of whole lines. Every byte belongs to exactly one piece,
 * whatever the chunking. A line longer than `maxLine` is counted, not kept: its piece has the beginning and `skipped`.
 * Pieces may share memory with the chunk that was pushed: it must not be written to afterwards.
 */
export class LineFramer {
  private readonly maxLine: number;
  /** bytes of a line whose end has not come yet */
  private rest: Uint8Array = EMPTY;
  /** length so far of an over-long line, 0 when in none; `rest` is its beginning then */
  private skipping = 0;
  private offset: number;
  private line: number;

  /** `offset` and `line`: where the input's first pushed byte stands, when reading goes on in the middle. */
  constructor(maxLine = MAX_LINE_BYTES, offset = 0, line = 1) {
    this.maxLine = maxLine;
    this.offset = offset;
    this.line = line;
  }

  /** Byte offset behind the last piece: where reading has to start again for nothing to be lost. */
  get position(): number {
    return this.offset;
  }

  /** 1-based number of the line at `position`. */
  get nextLine(): number {
    return this.line;
  }

  /** Bytes that `carry` would copy. */
  get carried(): number {
    return this.skipping > 0 ? 0 : this.rest.length;
  }

  /**
   * Copies the line whose end has not come to the beginning of `into` and forgets it: the caller reads on behind it and
   * pushes both together, which saves copying what it reads. Returns its length.
   */
  carry(into: Uint8Array): number {
    const length = this.carried;
    if (length > 0) into.set(this.rest);
    if (this.skipping === 0) this.rest = EMPTY;
    return length;
  }

  push(bytes: Uint8Array): RawPiece[] {
    const pieces: RawPiece[] = [];
    let start = 0;
    if (this.skipping > 0) {
      const feed = bytes.indexOf(0x0a);
      if (feed < 0) {
        this.skipping += bytes.length;
        return pieces;
      }
      this.skipping += feed + 1;
      pieces.push(this.skipped());
      start = feed + 1;
    }
    const last = bytes.lastIndexOf(0x0a);
    if (last < start) {
      this.keep(bytes.subarray(start));
      return pieces;
    }
    if (this.rest.length > 0) {
      const whole = new Uint8Array(this.rest.length + last + 1 - start);
      whole.set(this.rest);
      whole.set(bytes.subarray(start, last + 1), this.rest.length);
      this.rest = EMPTY;
      this.cut(whole, pieces);
    } else this.cut(bytes.subarray(start, last + 1), pieces);
    this.keep(bytes.subarray(last + 1));
    return pieces;
  }

  /** The input has ended: its last line, if no line feed closed it. */
  end(): RawPiece[] {
    if (this.skipping > 0) return [{ ...this.skipped(), unterminated: true }];
    if (this.rest.length === 0) return [];
    const piece: RawPiece = { offset: this.offset, line: this.line, bytes: this.rest, unterminated: true };
    this.offset += this.rest.length;
    this.line++;
    this.rest = EMPTY;
    return [piece];
  }

  private keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.rest.length === 0) this.rest = bytes.slice();
    else {
      const longer = new Uint8Array(this.rest.length + bytes.length);
      longer.set(this.rest);
      longer.set(bytes, this.rest.length);
      this.rest = longer;
    }
    if (this.rest.length <= this.maxLine) return;
    this.skipping = this.rest.length;
    this.rest = this.rest.slice(0, KEPT_OF_SKIPPED);
  }

  private skipped(): RawPiece {
    const piece: RawPiece = { offset: this.offset, line: this.line, bytes: this.rest, skipped: this.skipping };
    this.offset += this.skipping;
    this.line++;
    this.skipping = 0;
    this.rest = EMPTY;
    return piece;
  }

  /** Whole lines, closed by a line feed: one piece, parted where a line is too long. */
  private cut(lines: Uint8Array, pieces: RawPiece[]): void {
    let from = 0;
    let at = 0;
    while (at < lines.length) {
      // The last line feed within reach: every line before it is short enough.
      const near = lines.lastIndexOf(0x0a, Math.min(at + this.maxLine, lines.length - 1));
      if (near >= at) {
        at = near + 1;
        continue;
      }
      this.piece(lines.subarray(from, at), pieces);
      const feed = lines.indexOf(0x0a, at);
      this.skipping = feed + 1 - at;
      this.rest = lines.slice(at, Math.min(at + KEPT_OF_SKIPPED, feed));
      pieces.push(this.skipped());
      from = feed + 1;
      at = from;
    }
    this.piece(lines.subarray(from), pieces);
  }

  private piece(bytes: Uint8Array, pieces: RawPiece[]): void {
    if (bytes.length === 0) return;
    pieces.push({ offset: this.offset, line: this.line, bytes });
    this.offset += bytes.length;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) this.line++;
  }
}
