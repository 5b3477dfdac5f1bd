import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { WeirError } from '../../core/errors.ts';

/** Uncompressed bytes of an input, from some offset on. */
export interface ByteSource {
  /** Reads up to `into.length - at` bytes into `into` from `at` on; 0 means nothing more for now. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** what cut the input short (a compressed stream that is damaged or ends early); undefined when it was sound so far */
  problem(): string | undefined;
  close(): Promise<void>;
}

/** `inlet`: bytes that this process has taken itself, and keeps until they are read */
export type InputKind = 'plain' | 'gzip' | 'stdin' | 'inlet';

/** Bytes of stdin that were read ahead are kept, so that it can be looked at before it is read. */
export interface OpenedInput {
  kind: InputKind;
  /** first bytes, uncompressed: at most the size asked for */
  head: Uint8Array;
  /** size on disk, bytes; 0 for stdin */
  size: number;
  /** of plain files: the bytes before an offset, fewer when the file ends before it */
  before?(offset: number, bytes: number): Promise<Uint8Array>;
  /** of inlets: position behind the last byte that can be read */
  end?(): number;
  /** of inlets: tells when there is more to read */
  onNews?(listener: () => void): void;
  /** a source that starts at an uncompressed offset (stdin: 0 only, once) */
  from(offset: number): Promise<ByteSource>;
}

/** Looks at an input: what it is, its first bytes. Throws `input_missing`, `input_unreadable` naming the path. */
export async function openInput(path: string, headBytes: number, stdin: Readable = process.stdin): Promise<OpenedInput> {
  if (path === '-') return openStdin(headBytes, stdin);
  const size = await sizeOf(path);
  const raw = await readStart(path, headBytes);
  if (raw.length >= 2 && raw[0] === 0x1f && raw[1] === 0x8b) {
    const source = gzipSource(path, 0);
    const head = await fill(source, headBytes);
    await source.close();
    return { kind: 'gzip', head, size, from: async (offset) => gzipSource(path, offset) };
  }
  return {
    kind: 'plain',
    head: raw,
    size,
    before: async (offset, bytes) => {
      const source = new PlainSource(await openFile(path), Math.max(0, offset - bytes));
      try {
        return await fill(source, Math.min(bytes, offset));
      } finally {
        await source.close();
      }
    },
    from: async (offset) => new PlainSource(await openFile(path), offset),
  };
}

/** Size of a regular file or pipe on disk. Throws `input_missing` for none, `input_unreadable` for a folder. */
export async function sizeOf(path: string): Promise<number> {
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (found.isDirectory())
    throw new WeirError('input_unreadable', `${path} is a folder: name the files in it, for example ${path.replace(/\/$/, '')}/*.log`);
  return found.size;
}

export async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

export function unreadable(path: string, cause: unknown): WeirError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new WeirError('input_missing', `there is no file ${path}`, { cause });
  if (code === 'EACCES' || code === 'EPERM')
    return new WeirError('input_unreadable', `${path} cannot be read: permission denied`, { cause });
  return new WeirError('input_unreadable', `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

async function readStart(path: string, size: number): Promise<Uint8Array> {
  const source = new PlainSource(await openFile(path), 0);
  try {
    return await fill(source, size);
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    await source.close();
  }
}

/** Reads until `size` bytes are there or the source has no more. */
export async function fill(source: ByteSource, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let done = 0;
  while (done < size) {
    const n = await source.read(bytes, done);
    if (n === 0) break;
    done += n;
  }
  return bytes.slice(0, done);
}

class PlainSource implements ByteSource {
  private readonly file: FileHandle;
  private position: number;

  constructor(file: FileHandle, offset: number) {
    this.file = file;
    this.position = offset;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    const { bytesRead } = await this.file.read(into, at, into.length - at, this.position);
    this.position += bytesRead;
    return bytesRead;
  }

  problem(): undefined {
    return undefined;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

class StreamSource implements ByteSource {
  private readonly stream: Readable;
  private readonly chunks: AsyncIterator<Uint8Array>;
  private rest: Uint8Array;
  private skip: number;
  private trouble: string | undefined;
  private readonly describe: (error: unknown) => string;

  constructor(stream: Readable, skip: number, rest: Uint8Array, describe: (error: unknown) => string) {
    this.stream = stream;
    this.chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    this.skip = skip;
    this.rest = rest;
    this.describe = describe;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    while (this.rest.length === 0) {
      if (this.trouble !== undefined) return 0;
      let next: IteratorResult<Uint8Array>;
      try {
        next = await this.chunks.next();
      } catch (error) {
        this.trouble = this.describe(error);
        return 0;
      }
      if (next.done) return 0;
      const skipped = Math.min(this.skip, next.value.length);
      this.skip -= skipped;
      this.rest = next.value.subarray(skipped);
    }
    const n = Math.min(this.rest.length, into.length - at);
    into.set(this.rest.subarray(0, n), at);
    this.rest = this.rest.subarray(n);
    return n;
  }

  problem(): string | undefined {
    return this.trouble;
  }

  async close(): Promise<void> {
    this.stream.destroy();
  }
}

/** Bytes that gunzip hands over at once: large, because each piece costs a turn of the event loop. */
const GUNZIP_CHUNK = 256 * 1024;

/** @param handle of the open file, which stays open; left out: it is opened by its path */
export function gzipSource(path: string, offset: number, handle?: FileHandle): ByteSource {
  const file: Readable = handle === undefined ? createReadStream(path, { highWaterMark: GUNZIP_CHUNK }) : Readable.from(contentsOf(handle));
  const gunzip = createGunzip({ chunkSize: GUNZIP_CHUNK });
  file.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => file.destroy());
  file.pipe(gunzip);
  return new StreamSource(gunzip, offset, new Uint8Array(0), (error) => gzipProblem(path, error));
}

/** The file from its beginning, by positions of its own. A stream of the handle would close it when it is given up. */
async function* contentsOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(GUNZIP_CHUNK), 0, GUNZIP_CHUNK, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function gzipProblem(name: string, error: unknown): string {
  if ((error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR') return `${name} is cut short: the compressed data ends before its end mark`;
  return `${name} cannot be decompressed further: ${error instanceof Error ? error.message : String(error)}`;
}

async function openStdin(headBytes: number, stdin: Readable): Promise<OpenedInput> {
  const describe = (error: unknown): string =>
    `standard input cannot be read further: ${error instanceof Error ? error.message : String(error)}`;
  const raw = new StreamSource(stdin, 0, new Uint8Array(0), describe);
  const start = new Uint8Array(headBytes);
  const n = await raw.read(start, 0);
  let head = start.slice(0, n);
  let source: ByteSource = new PrefixedSource(head, raw);
  if (n >= 2 && head[0] === 0x1f && head[1] === 0x8b) {
    const unpacked = Readable.from(bytesOf(source)).pipe(createGunzip({ chunkSize: GUNZIP_CHUNK }));
    const rest = new StreamSource(unpacked, 0, new Uint8Array(0), (error) => gzipProblem('standard input', error));
    head = start.slice(0, await rest.read(start, 0));
    source = new PrefixedSource(head, rest);
  }
  let taken = false;
  return {
    kind: 'stdin',
    head,
    size: 0,
    from: async () => {
      if (taken) throw new WeirError('input_unreadable', 'standard input can be read once only');
      taken = true;
      return source;
    },
  };
}

async function* bytesOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (;;) {
    const buffer = Buffer.allocUnsafeSlow(GUNZIP_CHUNK);
    const n = await source.read(buffer, 0);
    if (n === 0) return;
    yield buffer.subarray(0, n);
  }
}

class PrefixedSource implements ByteSource {
  private prefix: Uint8Array;
  private readonly rest: ByteSource;

  constructor(prefix: Uint8Array, rest: ByteSource) {
    this.prefix = prefix;
    this.rest = rest;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    if (this.prefix.length === 0) return this.rest.read(into, at);
    const n = Math.min(this.prefix.length, into.length - at);
    into.set(this.prefix.subarray(0, n), at);
    this.prefix = this.prefix.subarray(n);
    return n;
  }

  problem(): string | undefined {
    return this.rest.problem();
  }

  close(): Promise<void> {
    return this.rest.close();
  }
}
