import { WeirError } from '../../core/errors.ts';
import type { Stage } from '../../core/stage.ts';
import type { SnapshotFile } from '../../state/manifest.ts';
import type { SnapshotStore } from '../../state/snapshot-store.ts';

/**
 * Restores a task from the files of its stage: the key groups that are its own now, whichever old task held them (an
 * account task also holds parts of interfaces of any group). So the number of tasks may change between runs, and
 * the inputs: all upstreams report anew.
 */
export function restoreTask(
  store: SnapshotStore,
  files: readonly SnapshotFile[],
  stage: Stage<never>,
  mine: (group: number) => boolean,
): void {
  for (const file of files) if (file.stage === stage.name) restoreFile(store, file, stage, mine);
  stage.control({ kind: 'restart' });
}

/** Restores a stage from one file. */
export function restoreFile(store: SnapshotStore, file: SnapshotFile, stage: Stage<never>, mine: (group: number) => boolean): void {
  const snapshot = store.read(file, mine);
  if (snapshot.stage !== stage.name)
    throw new WeirError('snapshot_corrupt', `${file.path} holds ${snapshot.stage}, the manifest says ${stage.name}`);
  stage.restore(snapshot);
}
