import { existsSync, readFileSync } from 'node:fs';
import { WeirError } from '../core/errors.ts';
import { writeDurably } from './durable-file.ts';

/** Bytes of an input during which an unknown error stopped the program. */
export interface Stretch {
  partition: string;
  /** uncompressed, [from, to) */
  from: number;
  to: number;
}

/** What is known of records that stop the program. */
export interface Suspects {
  suspect?: Stretch & { crashes: number /** the stretch is one record */; single: boolean };
  /** records that are skipped: they have stopped it often enough */
  skips: { partition: string; offset: number }[];
}

/** A single record that has stopped the program so many times is skipped. */
export const MOST_CRASHES = 3;

/** What is known after a crash during `failed`; a crash inside the suspected stretch narrows it, one elsewhere is a new matter. */
export function afterCrash(before: Suspects, failed: Stretch & { single: boolean }): Suspects {
  const { suspect, skips } = before;
  const inside = suspect !== undefined && suspect.partition === failed.partition && failed.from >= suspect.from && failed.to <= suspect.to;
  const crashes = inside ? suspect.crashes + 1 : 1;
  if (failed.single && crashes >= MOST_CRASHES) return { skips: [...skips, { partition: failed.partition, offset: failed.from }] };
  return { suspect: { ...failed, crashes }, skips };
}

/** What still matters once all bytes before `offset(partition)` lie behind a committed cut. */
export function stillOpen({ suspect, skips }: Suspects, offset: (partition: string) => number | undefined): Suspects {
  const open = (partition: string, at: number): boolean => (offset(partition) ?? 0) <= at;
  return {
    ...(suspect !== undefined && open(suspect.partition, suspect.to - 1) ? { suspect } : {}),
    skips: skips.filter((skip) => open(skip.partition, skip.offset)),
  };
}

/** Reads the file; nothing is suspected when there is none. Throws `snapshot_corrupt`. */
export function readSuspects(path: string): Suspects {
  if (!existsSync(path)) return { skips: [] };
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Suspects;
  } catch (cause) {
    throw new WeirError('snapshot_corrupt', `${path} cannot be read: remove it to go on`, { cause });
  }
}

/** Writes the file, atomically and durably. Throws `disk`. */
export function writeSuspects(path: string, suspects: Suspects): void {
  writeDurably(path, `${JSON.stringify(suspects)}\n`);
}
