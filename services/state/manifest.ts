import type { StageName } from '../core/stage.ts';

/** Version of the manifest and of the chunk files. Grows when either changes its meaning; every old version stays readable. */
export const SNAPSHOT_VERSION = 1;

/** How far an input has been read, and how it is recognised when it comes again. */
export interface InputPosition {
  tenant: string;
  source: string;
  /** identity: hash of tenant and head */
  partition: string;
  /** uncompressed bytes that the identity covers: min(4 KiB, size at first read) */
  head: number;
  format: string;
  /** where it was last seen; for messages only */
  path: string;
  /** uncompressed bytes read: whole lines, and what stands behind them in the snapshot */
  offset: number;
  /** lines read */
  lines: number;
  /** the last bytes before `offset`: a file that begins alike and has others there is another one */
  behind?: { bytes: number; hash: string };
  /** when the file was last written to, ms, as far as it was looked at */
  modified?: number;
  /** it was followed, rotated away and read to its end: it is not looked for any more */
  finished?: boolean;
}

/** One file of a snapshot: the state of one task, by key group. */
export interface SnapshotFile {
  stage: StageName;
  /** task number, or for normalise the input partition's identity */
  task: string;
  /** relative to the store's folder */
  path: string;
  bytes: number;
}

/** Alerts and incidents raised by a provisional flush and not yet confirmed by final ones. */
export interface Provisional {
  alerts: string[];
  incidents: string[];
}

/** How a cut is kept as a version of the baselines, beyond the next cut. */
export interface KeptAs {
  /** the version: the sequence of the cut; 0 of one that a rollback began with, which is kept as what it came from */
  number: number;
  /** day of event time that it had reached, UTC days since 1970 */
  day: number;
  /** when it was made, ISO 8601 UTC, by the clock */
  at: string;
  /** the version that the run was last rolled back to; left out: never */
  from?: number;
  /** tells a rollback that was asked for twice from two */
  request?: string;
}

/** A committed cut: all that a run needs to go on from here. */
export interface Manifest {
  version: number;
  /** number of the cut, from 1 */
  sequence: number;
  /** version of the program that wrote it */
  program: string;
  configVersion: string;
  /** tasks of account and of merge */
  partitions: number;
  inputs: InputPosition[];
  /** entries of the run's journal that have been applied */
  journal: number;
  /** length of each output file at the cut, by absolute path */
  outputs: Record<string, number>;
  /** ledger counters (core/topology-contract: ledgerCounter) since the beginning of the run's state */
  ledger: Record<string, number>;
  /** event time that each tenant's tasks have reached, ms */
  reached: Record<string, number>;
  /** per tenant: what an earlier provisional flush raised and nothing has confirmed since */
  provisional: Record<string, Provisional>;
  files: SnapshotFile[];
  /** left out: it is not kept beyond the next one */
  kept?: KeptAs;
}
