import { MAX_LINE_BYTES, type RawChunk } from '../../core/raw.ts';
import { LineFramer, type RawPiece } from '../../ingest/records/framing.ts';
import type { ByteSource } from './byte-source.ts';

/** Where reading stands: all bytes before `offset` were handed out in whole lines. */
export interface ReadPosition {
  offset: number;
  /** lines before `offset` */
  lines: number;
}

/** Buffers that workers are done with: reading into them again spares the garbage collector hundreds of megabytes. */
export class SpareBuffers {
  private readonly buffers: ArrayBuffer[] = [];

  take(size: number): Uint8Array<ArrayBuffer> {
    const spare = this.buffers.pop();
    return spare !== undefined && spare.byteLength >= size ? new Uint8Array(spare) : new Uint8Array(size + SPARE_ROOM);
  }

  give(buffer: ArrayBuffer): void {
    if (this.buffers.length < MOST_SPARES) this.buffers.push(buffer);
  }
}

/** Room behind a chunk's size for the line that is carried over. */
const SPARE_ROOM = 16 * 1024;
const MOST_SPARES = 16;
/** Bytes before the position that are kept. */
const BEHIND_BYTES = 256;

/** Reads an input in chunks of whole lines, and knows the position behind what it has handed out. */
export class LineReader {
  private readonly origin: { tenant: string; source: string; partition: string };
  private bytes: ByteSource;
  private readonly framer: LineFramer;
  /** cut, but not yet handed out */
  private readonly pieces: RawPiece[] = [];
  /** uncompressed bytes taken from the source, counted from the input's beginning */
  private taken: number;
  position: ReadPosition;
  /** the last bytes before `position`, as far as they were handed out here: by them a file is told from another that begins alike */
  behind: Uint8Array = new Uint8Array(0);
  /** nothing more was there at the last look */
  ended = false;

  constructor(origin: { tenant: string; source: string; partition: string }, bytes: ByteSource, position: ReadPosition) {
    this.origin = { tenant: origin.tenant, source: origin.source, partition: origin.partition };
    this.bytes = bytes;
    this.framer = new LineFramer(MAX_LINE_BYTES, position.offset, position.lines + 1);
    this.taken = position.offset;
    this.position = { ...position };
  }

  /** What cut the input short, if anything did. */
  get problem(): string | undefined {
    return this.bytes.problem();
  }

  /** Uncompressed bytes taken from the source, counted from the input's beginning. */
  get takenUpTo(): number {
    return this.taken;
  }

  /** Reads on from another source of the same bytes, which has to begin at `takenUpTo`; the one before is closed. */
  async goOnWith(bytes: ByteSource): Promise<void> {
    const before = this.bytes;
    this.bytes = bytes;
    await before.close();
  }

  /** Bytes taken from the source and not handed out: at the input's end the beginning of a line whose end is not there. */
  get unterminated(): number {
    return this.taken - this.position.offset;
  }

  /** The next whole lines, about `size` bytes; undefined when there are none for now. The chunk owns its buffer. */
  async next(size: number, spares: SpareBuffers = new SpareBuffers()): Promise<RawChunk | undefined> {
    while (this.pieces.length === 0) {
      const buffer = spares.take(this.framer.carried + size);
      const carried = this.framer.carry(buffer);
      const read = await this.bytes.read(buffer.subarray(0, carried + size), carried);
      this.ended = read === 0;
      this.taken += read;
      this.pieces.push(...this.framer.push(buffer.subarray(0, carried + read)));
      if (this.ended) {
        spares.give(buffer.buffer);
        return undefined;
      }
    }
    return this.handOut(this.pieces.shift() as RawPiece);
  }

  /** The rest behind the last newline as a record of its own; undefined when there is none. Reading is over then. */
  tail(): RawChunk | undefined {
    const [piece] = this.framer.end();
    return piece === undefined ? undefined : this.handOut(piece);
  }

  close(): Promise<void> {
    return this.bytes.close();
  }

  private handOut(piece: RawPiece): RawChunk {
    const next = this.pieces[0];
    if (piece.skipped === undefined) this.remember(piece.bytes);
    else this.behind = new Uint8Array(0);
    this.position =
      next === undefined
        ? { offset: this.framer.position, lines: this.framer.nextLine - 1 }
        : { offset: next.offset, lines: next.line - 1 };
    // pieces of one read share its memory: only the last may take the buffer with it
    return { ...this.origin, ...piece, bytes: next === undefined ? piece.bytes : piece.bytes.slice() };
  }

  private remember(bytes: Uint8Array): void {
    if (bytes.length >= BEHIND_BYTES) this.behind = bytes.slice(bytes.length - BEHIND_BYTES);
    else {
      const joined = new Uint8Array(this.behind.length + bytes.length);
      joined.set(this.behind);
      joined.set(bytes, this.behind.length);
      this.behind = joined.slice(Math.max(0, joined.length - BEHIND_BYTES));
    }
  }
}
