import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { InputPosition } from '../../state/manifest.ts';
import { appendLine, readLines } from '../../state/synced-lines.ts';

/**
 * Files that a run has begun to read since its last cut, by the identity that they got: while a file is short its identity
 * depends on when it was first seen, so it is written down before it is used.
 */
const NAME = 'sightings.ndjson';

/** The inputs of a cut and those that were first seen after it. Throws `snapshot_corrupt`. */
export function sightedInputs(folder: string, known: readonly InputPosition[]): InputPosition[] {
  const partitions = new Set(known.map((one) => one.partition));
  return [...known, ...readLines<InputPosition>(join(folder, NAME)).filter((one) => !partitions.has(one.partition))];
}

/** Writes down a file that is about to be read for the first time; durable on return. Throws `disk`. */
export function recordSighting(folder: string, input: InputPosition): void {
  appendLine(join(folder, NAME), input);
}

/** A cut has them all. */
export function forgetSightings(folder: string): void {
  rmSync(join(folder, NAME), { force: true });
}
