import { WeirError } from '../../core/errors.ts';
import { KEY_GROUPS, partitionOf } from '../../core/key-groups.ts';
import type { Stage } from '../../core/stage.ts';
import type { SnapshotFile } from '../../state/manifest.ts';
import type { SnapshotStore } from '../../state/snapshot-store.ts';

/** What a run starts from: the files of a manifest and the number of tasks that wrote them. */
export interface RestorePoint {
  partitions: number;
  files: SnapshotFile[];
}

/**
 * Restores a task from the files of its stage: from every old task that owned a key group which is now its own, so that
 * the number of tasks may change between runs.
 */
export function restoreTask(store: SnapshotStore, point: RestorePoint, stage: Stage<never>, mine: (group: number) => boolean): void {
  for (const file of point.files) {
    if (file.stage !== stage.name || !owned(Number(file.task), point.partitions, mine)) continue;
    restoreFile(store, file, stage, mine);
  }
}

/** Restores a stage from one file. */
export function restoreFile(store: SnapshotStore, file: SnapshotFile, stage: Stage<never>, mine: (group: number) => boolean): void {
  const snapshot = store.read(file, mine);
  if (snapshot.stage !== stage.name) throw new WeirError('snapshot_corrupt', `${file.path} holds ${snapshot.stage}, the manifest says ${stage.name}`);
  stage.restore(snapshot);
}

function owned(task: number, partitions: number, mine: (group: number) => boolean): boolean {
  for (let group = 0; group < KEY_GROUPS; group++) if (partitionOf(group, partitions) === task && mine(group)) return true;
  return false;
}
