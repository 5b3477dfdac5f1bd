import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { WeirError } from '../core/errors.ts';
import { syncFolder } from './sync-folder.ts';

const NEWLINE = 10;

/** A file of records, one JSON a line, that only grows. What was being written when the machine went down was never confirmed: it is not read. */
export function readLines<T>(path: string): T[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop();
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as T;
    } catch (cause) {
      throw new WeirError('snapshot_corrupt', `${path}, line ${i + 1} is not JSON`, { cause });
    }
  });
}

/** Adds a record; durable on return. Half a line that a crash left is cut off first. Throws `disk`. */
export function appendLine(path: string, record: object): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const fresh = !existsSync(path);
    const descriptor = openSync(path, fresh ? 'w' : 'r+');
    try {
      const end = wholeLines(descriptor);
      ftruncateSync(descriptor, end);
      writeSync(descriptor, `${JSON.stringify(record)}\n`, end);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (fresh) syncFolder(dirname(path));
  } catch (cause) {
    throw new WeirError('disk', `cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Bytes up to and with the last newline. */
function wholeLines(descriptor: number): number {
  const byte = new Uint8Array(1);
  let end = fstatSync(descriptor).size;
  while (end > 0) {
    readSync(descriptor, byte, 0, 1, end - 1);
    if (byte[0] === NEWLINE) break;
    end--;
  }
  return end;
}
