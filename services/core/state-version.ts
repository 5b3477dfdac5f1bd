import { WeirError } from './errors.ts';
import type { StageSnapshot } from './stage.ts';

/** Refuses state that another version of the stage wrote. Throws `snapshot_newer` naming both versions. */
export function checkVersion(snapshot: StageSnapshot, version: number): void {
  if (snapshot.version === version) return;
  const advice =
    snapshot.version > version ? 'use the program that wrote it' : 'start with another data folder, or read the logs again into a new one';
  throw new WeirError(
    'snapshot_newer',
    `the state of the ${snapshot.stage} stage has version ${snapshot.version}, this program reads ${version}: ${advice}`,
  );
}
