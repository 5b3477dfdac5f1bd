import { closeSync, fsyncSync, openSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { WeirError } from '../core/errors.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Replaces a file by a text or bytes, atomically: written beside it, synced, renamed. A link is followed; what is no
 * ordinary file (a device, a pipe) is written into and never replaced. Throws `disk`.
 */
export function writeDurably(path: string, contents: string | Uint8Array): void {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) {
      writeFileSync(path, contents);
      return;
    }
    if (there === undefined) makeFolder(dirname(path));
    const target = there === undefined ? path : realpathSync(path);
    const part = `${target}.part`;
    writeFileSync(part, contents);
    const descriptor = openSync(part, 'r+');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(part, target);
  } catch (cause) {
    throw new WeirError('disk', `cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
