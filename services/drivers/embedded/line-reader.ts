import { MAX_LINE_BYTES, type RawChunk } from '../../core/raw.ts';
import { LineFramer, type RawPiece } from '../../ingest/framing.ts';
import type { ByteSource } from './byte-source.ts';

/** Where reading stands: all bytes before `offset` were handed out in whole lines. */
export interface ReadPosition {
  offset: number;
  /** lines before `offset` */
  lines: number;
}

/** Reads an input in chunks of whole lines, and knows the position behind what it has handed out. */
export class LineReader {
  private readonly origin: { tenant: string; source: string; partition: string };
  private readonly bytes: ByteSource;
  private readonly framer: LineFramer;
  /** cut, but not yet handed out */
  private readonly pieces: RawPiece[] = [];
  /** uncompressed bytes taken from the source, counted from the input's beginning */
  private taken: number;
  position: ReadPosition;
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

  /** Bytes taken from the source and not handed out: at the input's end the beginning of a line whose end is not there. */
  get unterminated(): number {
    return this.taken - this.position.offset;
  }

  /** The next whole lines, about `size` bytes; undefined when there are none for now. The chunk owns its buffer. */
  async next(size: number): Promise<RawChunk | undefined> {
    while (this.pieces.length === 0) {
      const buffer = new Uint8Array(size);
      const read = await this.bytes.read(buffer, 0);
      this.ended = read === 0;
      if (this.ended) return undefined;
      this.taken += read;
      this.pieces.push(...this.framer.push(buffer.subarray(0, read)));
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
    this.position = next === undefined ? { offset: this.framer.position, lines: this.framer.nextLine - 1 } : { offset: next.offset, lines: next.line - 1 };
    // pieces of one read share its memory: only the last may take the buffer with it
    return { ...this.origin, ...piece, bytes: next === undefined ? piece.bytes : piece.bytes.slice() };
  }
}
