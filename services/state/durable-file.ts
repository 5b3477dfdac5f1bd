import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { WeirError } from '../core/errors.ts';

/** Replaces a file by a text or bytes, atomically: written beside it, synced, renamed. Throws `disk`. */
export function writeDurably(path: string, contents: string | Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.part`, contents);
    const descriptor = openSync(`${path}.part`, 'r+');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(`${path}.part`, path);
  } catch (cause) {
    throw new WeirError('disk', `cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
