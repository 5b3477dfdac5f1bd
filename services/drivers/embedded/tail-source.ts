import type { FileHandle } from 'node:fs/promises';
import { type ByteSource, fill, gzipSource, type OpenedInput, openFile, unreadable } from './byte-source.ts';
import { HEAD_BYTES } from './identity.ts';

/** What tells files apart on one machine while they are open, whatever their names. */
export interface FileId {
  device: number;
  inode: number;
}

/** A file that is held open from the first look on: renaming it changes nothing. */
export interface OpenedFile extends OpenedInput {
  kind: 'plain' | 'gzip';
  /** the name under which it was found */
  path: string;
  id: FileId;
  /** when it was last written to, ms */
  modified: number;
  /** a source that closes the file in the end; once */
  from(offset: number): Promise<ByteSource>;
  /** for a file that is not read after all */
  close(): Promise<void>;
}

/** Opens a file to be followed. Throws `input_missing`, `input_unreadable` naming the path. */
export async function openFollowed(path: string, headBytes: number): Promise<OpenedFile> {
  const file = await openFile(path);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw unreadable(path, new Error('it is no ordinary file'));
    const raw = await readAt(file, 0, headBytes);
    const packed = raw.length >= 2 && raw[0] === 0x1f && raw[1] === 0x8b;
    const head = packed ? await fill(gzipSource(path, 0, file), headBytes) : raw;
    return {
      kind: packed ? 'gzip' : 'plain',
      path,
      head,
      size: found.size,
      id: { device: found.dev, inode: found.ino },
      modified: found.mtimeMs,
      before: (offset, bytes) => readAt(file, Math.max(0, offset - bytes), Math.min(bytes, offset)),
      from: async (offset) =>
        packed ? new ClosingSource(gzipSource(path, offset, file), file) : new TailSource(file, offset, head.subarray(0, HEAD_BYTES)),
      close: () => file.close(),
    };
  } catch (cause) {
    await file.close();
    throw cause;
  }
}

export function isSameFile(a: FileId, b: FileId): boolean {
  return a.device === b.device && a.inode === b.inode;
}

/** Bytes of the end of what was read that are compared before more is believed. */
const SEAM_BYTES = 256;

/**
 * Reads a file that grows, and notices when it was truncated and begun anew in place: it got shorter, or begins with other
 * bytes, or has others where reading had stopped. From then on it gives nothing more.
 */
export class TailSource implements ByteSource {
  private readonly file: FileHandle;
  private position: number;
  /** first bytes, as many as are known up to HEAD_BYTES */
  private head: Uint8Array;
  /** the last bytes that were read */
  private seam: Uint8Array = new Uint8Array(0);
  truncated = false;
  /** as of the last look */
  size = 0;
  modified = 0;

  constructor(file: FileHandle, offset: number, head: Uint8Array) {
    this.file = file;
    this.position = offset;
    this.head = head;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    if (this.truncated) return 0;
    const { size, mtimeMs } = await this.file.stat();
    if (size === this.position && mtimeMs === this.modified) return 0;
    const { bytesRead } = await this.file.read(into, at, into.length - at, this.position);
    // looked at after reading: what was begun anew meanwhile would else be taken for more of the same
    if (await this.begunAnew()) {
      this.truncated = true;
      return 0;
    }
    if (bytesRead === 0) return 0;
    const end = this.position + bytesRead;
    const last = into.subarray(Math.max(at, at + bytesRead - SEAM_BYTES), at + bytesRead);
    this.seam = last.slice();
    this.position = end;
    if (this.head.length < HEAD_BYTES && this.head.length < end) this.head = await readAt(this.file, 0, Math.min(HEAD_BYTES, end));
    return bytesRead;
  }

  problem(): undefined {
    return undefined;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async begunAnew(): Promise<boolean> {
    const { size, mtimeMs } = await this.file.stat();
    this.size = size;
    this.modified = mtimeMs;
    if (size < this.position || size < this.head.length) return true;
    if (!same(await readAt(this.file, 0, this.head.length), this.head)) return true;
    return !same(await readAt(this.file, this.position - this.seam.length, this.seam.length), this.seam);
  }
}

class ClosingSource implements ByteSource {
  private readonly source: ByteSource;
  private readonly file: FileHandle;

  constructor(source: ByteSource, file: FileHandle) {
    this.source = source;
    this.file = file;
  }

  read(into: Uint8Array, at: number): Promise<number> {
    return this.source.read(into, at);
  }

  problem(): string | undefined {
    return this.source.problem();
  }

  async close(): Promise<void> {
    await this.source.close();
    await this.file.close();
  }
}

async function readAt(file: FileHandle, from: number, bytes: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(bytes);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await file.read(buffer, done, bytes - done, from + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
