import type { StageName, StageSnapshot } from '../core/stage.ts';
import type { Manifest, SnapshotFile } from './manifest.ts';

/**
 * Keeps snapshots: state per key group in files, and one manifest that makes a set of them current. A snapshot counts
 * only when its manifest is committed; what a crash leaves half-written is never read. Several threads may write files
 * of one cut, one of them commits.
 */
export interface SnapshotStore {
  /** The newest committed manifest; undefined when there is none. Throws `snapshot_newer`, `snapshot_corrupt`. */
  newest(): Manifest | undefined;
  /** Writes the state of one task for cut `sequence`, durable on return. Throws `disk`. */
  write(sequence: number, task: string, snapshot: StageSnapshot): SnapshotFile;
  /** Reads one file of a manifest, only the key groups that `wanted` says. Throws `snapshot_newer`, `snapshot_corrupt`. */
  read(file: SnapshotFile, wanted: (group: number) => boolean): StageSnapshot;
  /**
   * Makes the manifest the newest, atomically, then deletes the files that neither it nor a kept version names. One that
   * is `kept` under its own sequence is a version from then on, until others take its place. Throws `disk`.
   */
  commit(manifest: Manifest): void;
  /** Cuts that are kept as versions of the baselines, the oldest first. Throws `snapshot_newer`, `snapshot_corrupt`. */
  versions(): Manifest[];
}

/** Names of a manifest's files of one stage. */
export function filesOf(manifest: Manifest, stage: StageName): SnapshotFile[] {
  return manifest.files.filter((file) => file.stage === stage);
}
