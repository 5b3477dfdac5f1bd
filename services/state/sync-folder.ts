import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Syncs a folder's entries: a file that was made or renamed in it is there after a crash. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
