import { existsSync, readFileSync } from 'node:fs';
import { WeirError } from '../core/errors.ts';
import type { DeadLetterKey } from '../core/sink.ts';
import { writeDurably } from './durable-file.ts';
import type { Provisional } from './manifest.ts';

/** Stands beside a manifest: what the flush at the end of the inputs raised on top of that cut. */
export interface ProvisionalMark {
  /** the manifest's sequence */
  sequence: number;
  /** the sinks have acknowledged everything of the flush */
  done: boolean;
  /** size on disk of each input at the end, by partition: a file that has still this size holds nothing new */
  sizes: Record<string, number>;
  tenants: Record<string, Provisional>;
  /** dead letters that only the end of the inputs made */
  dead: readonly DeadLetterKey[];
}

/** Reads the mark; undefined when there is none. Throws `snapshot_corrupt`. */
export function readProvisional(path: string): ProvisionalMark | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProvisionalMark;
  } catch (cause) {
    throw new WeirError(
      'snapshot_corrupt',
      `${path} cannot be read: remove it to go on; provisional alerts of the last run may then stay`,
      { cause },
    );
  }
}

/** Writes the mark, atomically and durably. Throws `disk`. */
export function writeProvisional(path: string, mark: ProvisionalMark): void {
  writeDurably(path, `${JSON.stringify(mark)}\n`);
}
