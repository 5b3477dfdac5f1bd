import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { WeirError } from '../../core/errors.ts';
import { makeFolder } from '../../state/make-folder.ts';
import { syncFolder } from '../../state/sync-folder.ts';
import type { ByteSource } from '../embedded/byte-source.ts';

/** A segment that has so many bytes is closed and another one begun. */
export const SEGMENT_BYTES = 64 << 20;
/** Bytes that are written and synced together at most. */
const GROUP_BYTES = 16 << 20;
const NEWLINE = 10;
const SEGMENT_NAME = /^(\d{16})\.ndjson$/;
/** Errors after which writing may succeed later: there is no room. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** There is no room to take more; nothing of what was given has been taken. */
export class InletFull extends Error {}

interface Segment {
  /** position of its first byte */
  base: number;
  path: string;
  /** durable bytes */
  length: number;
}

interface Waiting {
  bytes: Uint8Array;
  done(): void;
  failed(error: unknown): void;
}

export interface InletOptions {
  segmentBytes?: number;
  /** what goes wrong for good: the process must not go on taking records */
  onFailure?(error: Error): void;
}

/**
 * A durable queue of lines of one source: what senders post, until a cut lies behind it. Positions count bytes from the
 * first that was ever taken and go on over segments (`<position, 16 digits>.ndjson`), so a source is one input partition
 * however often its segments roll. What is appended together is synced together. Only durable bytes can be read.
 */
export class Inlet {
  readonly folder: string;
  private readonly segments: Segment[];
  private readonly segmentBytes: number;
  private readonly onFailure: (error: Error) => void;
  private file: FileHandle | undefined;
  private queue: Waiting[] = [];
  private queued = 0;
  private working: Promise<void> | undefined;
  private failure: Error | undefined;
  /** it is known where reading goes on: before that nothing may be added */
  private placed = false;
  private readUpTo: number;
  private readonly listeners: (() => void)[] = [];

  private constructor(folder: string, segments: Segment[], options: InletOptions) {
    this.folder = folder;
    this.segments = segments;
    this.segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.onFailure = options.onFailure ?? (() => undefined);
    this.readUpTo = segments[0]?.base ?? 0;
  }

  /**
   * Opens the folder, which is made when missing. Half a line that a crash has left at the end was never confirmed and is
   * cut off; all that is there is made durable before it can be read. The caller holds the lock of the data folder.
   * @throws WeirError `disk`; `snapshot_corrupt` when a segment is missing in the middle
   */
  static async open(folder: string, options: InletOptions = {}): Promise<Inlet> {
    try {
      makeFolder(folder, 0o700);
      const segments: Segment[] = [];
      for (const name of (await readdir(folder)).sort()) {
        const base = SEGMENT_NAME.exec(name)?.[1];
        const path = join(folder, name);
        if (base !== undefined) segments.push({ base: Number(base), path, length: (await stat(path)).size });
      }
      for (const [i, segment] of segments.entries()) {
        const next = segments[i + 1];
        if (next === undefined) segment.length = await settled(segment);
        else if (segment.base + segment.length !== next.base) {
          throw new WeirError(
            'snapshot_corrupt',
            `${segment.path} has ${segment.length} bytes, but the next segment begins ${next.base - segment.base} bytes behind its beginning: ` +
              'the folder was changed by someone else; move it away to go on without what it holds',
          );
        }
      }
      return new Inlet(folder, segments, options);
    } catch (cause) {
      throw cause instanceof WeirError ? cause : diskError(folder, cause);
    }
  }

  /** Position of the first byte that is still there. */
  get first(): number {
    return this.segments[0]?.base ?? 0;
  }

  /** Position behind the last durable byte. */
  get end(): number {
    const last = this.segments.at(-1);
    return last === undefined ? 0 : last.base + last.length;
  }

  /** Bytes on disk. */
  get size(): number {
    return this.segments.reduce((sum, { length }) => sum + length, 0);
  }

  /** Bytes taken, or about to be, that nobody has read yet. */
  get waiting(): number {
    return this.end + this.queued - this.readUpTo;
  }

  /** Where reading goes on: positions go on from there, also when nothing is there any more. What is appended waits for it. */
  async continueAt(position: number): Promise<number> {
    if (position > this.end) {
      for (const segment of this.segments.splice(0)) await rm(segment.path);
      await this.begin(position);
    }
    this.readUpTo = Math.max(position, this.first);
    this.placed = true;
    if (this.queue.length > 0) this.working ??= this.work();
    return this.readUpTo;
  }

  /** Called whenever there is more to read. */
  onNews(listener: () => void): void {
    this.listeners.push(listener);
  }

  /**
   * Adds whole lines, each closed by a newline; resolves when they are durable.
   * @throws InletFull when there is no room, WeirError `disk` for everything else: the inlet takes nothing then any more
   */
  append(bytes: Uint8Array): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (bytes.length === 0) return Promise.resolve();
    return new Promise((done, failed) => {
      this.queue.push({ bytes, done, failed });
      this.queued += bytes.length;
      if (this.placed) this.working ??= this.work();
    });
  }

  /** Durable bytes from a position on. */
  from(position: number): ByteSource {
    return new SegmentSource(
      () => this.segments,
      position,
      (at) => {
        this.readUpTo = Math.max(this.readUpTo, at);
      },
    );
  }

  /** Nothing before this position will be read again: segments that lie before it are removed. Throws `disk`. */
  async forget(position: number): Promise<void> {
    try {
      while (this.segments.length > 1 && this.segments[1].base <= position) {
        const [{ path }] = this.segments.splice(0, 1);
        await rm(path, { force: true });
      }
    } catch (cause) {
      throw diskError(this.folder, cause);
    }
  }

  /** Writes what waits, then closes. */
  async close(): Promise<void> {
    if (!this.placed) for (const one of this.queue.splice(0)) one.failed(new Error('closed before it was opened'));
    await this.working;
    await this.file?.close();
    this.file = undefined;
  }

  private async work(): Promise<void> {
    while (this.queue.length > 0) {
      const group = this.take();
      const bytes = group.length === 1 ? group[0].bytes : Buffer.concat(group.map((one) => one.bytes));
      try {
        await this.write(bytes);
        this.queued -= bytes.length;
        for (const one of group) one.done();
        for (const listener of this.listeners) listener();
      } catch (error) {
        this.queued -= bytes.length;
        for (const one of group) one.failed(error);
        if (!(error instanceof InletFull)) this.fail(error as Error);
      }
    }
    this.working = undefined;
  }

  private fail(error: Error): void {
    this.failure = error;
    for (const one of this.queue.splice(0)) one.failed(error);
    this.queued = 0;
    this.onFailure(error);
  }

  private take(): Waiting[] {
    let size = 0;
    const count = this.queue.findIndex((one, i) => {
      size += one.bytes.length;
      return i > 0 && size > GROUP_BYTES;
    });
    return this.queue.splice(0, count < 0 ? this.queue.length : count);
  }

  private async write(bytes: Uint8Array): Promise<void> {
    try {
      let segment = this.segments.at(-1);
      if (segment === undefined || segment.length >= this.segmentBytes) segment = await this.begin(this.end);
      this.file ??= await open(segment.path, 'r+');
      const { file } = this;
      try {
        for (let done = 0; done < bytes.length; )
          done += (await file.write(bytes, done, bytes.length - done, segment.length + done)).bytesWritten;
        await file.datasync();
      } catch (error) {
        // what was written of it must not come before what is written next
        if (NO_ROOM.has(codeOf(error))) await file.truncate(segment.length);
        throw error;
      }
      segment.length += bytes.length;
    } catch (cause) {
      if (NO_ROOM.has(codeOf(cause))) throw new InletFull(`no room in ${this.folder}`, { cause });
      throw diskError(this.folder, cause);
    }
  }

  private async begin(base: number): Promise<Segment> {
    await this.file?.close();
    this.file = undefined;
    const path = join(this.folder, `${String(base).padStart(16, '0')}.ndjson`);
    this.file = await open(path, 'w+', 0o600);
    syncFolder(this.folder);
    const segment = { base, path, length: 0 };
    this.segments.push(segment);
    return segment;
  }
}

/** Cuts half a line off the end of the last segment and syncs it. Returns its length. */
async function settled(segment: Segment): Promise<number> {
  const file = await open(segment.path, 'r+');
  try {
    const buffer = new Uint8Array(64 * 1024);
    let end = segment.length;
    while (end > 0) {
      const from = Math.max(0, end - buffer.length);
      const { bytesRead } = await file.read(buffer, 0, end - from, from);
      const newline = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
      end = newline < 0 ? from : from + newline + 1;
      if (newline >= 0) break;
    }
    if (end < segment.length) await file.truncate(end);
    await file.sync();
    return end;
  } finally {
    await file.close();
  }
}

/** Reads over segments, never beyond what is durable. */
class SegmentSource implements ByteSource {
  private readonly segments: () => readonly Segment[];
  private readonly onRead: (position: number) => void;
  private position: number;
  private open: { base: number; file: FileHandle } | undefined;

  constructor(segments: () => readonly Segment[], position: number, onRead: (position: number) => void) {
    this.segments = segments;
    this.position = position;
    this.onRead = onRead;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    const segment = this.segments().find(({ base, length }) => base <= this.position && this.position < base + length);
    if (segment === undefined) return 0;
    if (this.open?.base !== segment.base) {
      await this.close();
      this.open = { base: segment.base, file: await open(segment.path, 'r') };
    }
    const offset = this.position - segment.base;
    const size = Math.min(into.length - at, segment.length - offset);
    const { bytesRead } = await (this.open as { file: FileHandle }).file.read(into, at, size, offset);
    this.position += bytesRead;
    this.onRead(this.position);
    return bytesRead;
  }

  problem(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    await this.open?.file.close();
    this.open = undefined;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

function diskError(folder: string, cause: unknown): WeirError {
  return new WeirError('disk', `cannot keep what was posted in ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}
