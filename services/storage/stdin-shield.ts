import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { isatty } from 'node:tty';

const NOTHING = '/dev/null';

/**
 * Puts /dev/null in the place of a standard input that is no terminal. The embedded database takes what lies there for
 * rows of its inserts: it would eat the list of a `while read` loop, or fail when something is waiting. Who needs
 * standard input takes it before the store is opened (drivers/embedded/stdin.ts).
 * To be called while no file is being opened elsewhere: the lowest free descriptor has to be 0.
 */
export function shieldStdin(): void {
  if (isatty(0)) return;
  try {
    if (fstatSync(0).rdev === statSync(NOTHING).rdev) return;
    closeSync(0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBADF') throw error; // closed already: the place is free
  }
  openSync(NOTHING, 'r');
}
