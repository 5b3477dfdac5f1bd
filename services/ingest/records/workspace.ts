import { MAX_LINE_BYTES } from '../../core/raw.ts';

/** Zero bytes kept behind the loaded bytes: a scan meets a control character there, and four-byte reads stay inside. */
const PADDING = 64;
/** Room for texts that are made from a record (canonical addresses, names), besides one copy of the record. */
const SCRATCH = 1 << 14;
/** Records up to this length have room to be decoded anyway, bytes. */
const USUAL_RECORD = 1 << 13;
/** How often the texts of one record may be decoded: two envelopes around it, and its own. */
const DECODED = 3;

/**
 * One buffer for everything that a record's processing touches: the chunk at 0, then scratch space for decoded texts,
 * so that every text is a span [start, end) of the same bytes. Loaded per chunk; `bytes` and `view` change only there.
 */
export class Workspace {
  bytes = new Uint8Array(1 << 17);
  view = new DataView(this.bytes.buffer);
  /** end of the loaded chunk */
  end = 0;
  private scratchStart = 0;
  /** first free byte of the scratch space */
  scratch = 0;

  /** Copies a chunk in and forgets the one before. `longest`: length of its longest record where that is no line, bytes. */
  load(chunk: Uint8Array, longest?: number): void {
    const record = longest ?? (hasLongLine(chunk) ? Math.min(chunk.length, MAX_LINE_BYTES + 1) : 0);
    const needed = chunk.length + DECODED * Math.max(record, USUAL_RECORD) + 2 * PADDING + SCRATCH;
    if (needed > this.bytes.length) {
      this.bytes = new Uint8Array(needed + (needed >>> 2));
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(chunk);
    this.end = chunk.length;
    this.bytes.fill(0, chunk.length, chunk.length + PADDING);
    this.scratchStart = chunk.length + PADDING;
    this.scratch = this.scratchStart;
  }

  /** Frees the scratch space: spans into it are void from here. Called before each record. */
  clearScratch(): void {
    this.scratch = this.scratchStart;
  }

  /** Keeps what is in the scratch space now from being cleared, up to `release` with the returned mark. */
  hold(): number {
    const mark = this.scratchStart;
    this.scratchStart = this.scratch;
    return mark;
  }

  release(mark: number): void {
    this.scratchStart = mark;
  }

  /** Whether `size` more bytes fit into the scratch space (they do for any text of one record, decoded once). */
  hasRoom(size: number): boolean {
    return this.scratch + size + PADDING <= this.bytes.length;
  }

  /** Makes room for `size` more bytes of scratch space: `bytes` and `view` may be others behind it, with the same contents. */
  reserve(size: number): void {
    if (this.hasRoom(size)) return;
    const longer = new Uint8Array(this.scratch + size + (size >>> 1) + 2 * PADDING + SCRATCH);
    longer.set(this.bytes);
    this.bytes = longer;
    this.view = new DataView(longer.buffer);
  }

  /** Puts bytes into scratch and returns where they start; they end at `scratch`. Without room nothing is copied. */
  put(source: Uint8Array, start: number, end: number): number {
    const at = this.scratch;
    if (!this.hasRoom(end - start)) return at;
    for (let i = start; i < end; i++) this.bytes[this.scratch++] = source[i];
    return at;
  }
}

/** Whether some line may be longer than USUAL_RECORD: a stretch of that length has no line feed. */
function hasLongLine(chunk: Uint8Array): boolean {
  const stretch = USUAL_RECORD;
  for (let at = 0; at + stretch < chunk.length; ) {
    const feed = chunk.lastIndexOf(0x0a, at + stretch);
    if (feed < at) return true;
    at = feed + 1;
  }
  return false;
}
