import { readFileSync } from 'node:fs';
import { WeirError } from '../core/errors.ts';

/** A whole file. Throws `input_missing` or `input_unreadable` that says what kind of file (`model file`) and which. */
export function readFileBytes(path: string, kind: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new WeirError('input_missing', `there is no ${kind} ${path}`, { cause });
    throw new WeirError(
      'input_unreadable',
      `the ${kind} ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
