import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it; one that is there is fine. In place of mkdirSync's own `recursive`, which never returns
 * where a folder cannot be made although the one above it is there (as under /proc).
 * @param mode permissions of the folders that are made (default 0o777, less the umask)
 * @throws Error of the file system
 */
export function makeFolder(path: string, mode?: number): void {
  if (isFolder(path)) return;
  try {
    mkdirSync(path, mode);
  } catch (cause) {
    const above = dirname(path);
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST' && isFolder(path)) return; // made by another in between
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || above === path || isFolder(above)) throw cause;
    makeFolder(above, mode);
    makeFolder(path, mode);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
