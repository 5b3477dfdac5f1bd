import type { LedgerEntry, Sink } from '../../core/sink.ts';
import type { InputPosition, Manifest } from '../../state/manifest.ts';
import type { AlertFile } from './alert-file.ts';
import type { RunInbox } from './inbox.ts';
import type { PlannedInput } from './planned-input.ts';
import type { FollowOptions } from './quiet.ts';
import type { Tails } from './tails.ts';

/** How far a run is, told after every chunk. */
export interface Progress {
  run: string;
  /** events parsed in this run of the program */
  events: number;
  /** uncompressed bytes read in this run of the program */
  bytes: number;
  /** bytes on disk of all inputs */
  size: number;
  /** lowest watermark over the inputs being read, ms; undefined before the first */
  reached: number | undefined;
  alerts: number;
}

/** What a run needs. */
export interface RunOptions {
  /** `main` or the name of a backfill */
  name: string;
  /** folder of this run's snapshots */
  folder: string;
  /** module that exports createTopology, as a URL */
  topologyModule: string;
  topologyConfig: unknown;
  configVersion: string;
  program: string;
  workers: number;
  inputs: PlannedInput[];
  manifest: Manifest | undefined;
  /** asked when the run has something to do */
  sinks(): readonly Sink[] | Promise<readonly Sink[]>;
  alertFile?: AlertFile;
  /** an output file that this run's manifest does not name is begun anew (else continued: another run wrote to it before) */
  startsOutputs: boolean;
  /** ms of work between cuts */
  cutEvery: number;
  /** go on reading at the end of the inputs until the signal says stop */
  follow?: FollowOptions;
  /** with `follow`: the files that are followed */
  tails?: Tails;
  /** known inputs whose file is gone: they are not looked for again */
  lost?: readonly InputPosition[];
  /** what lies before these uncompressed offsets, by partition, will not be read again */
  onCut?(offsets: ReadonlyMap<string, number>): void | Promise<void>;
  /** told at the start how to look at the run */
  onRun?(view: () => RunView): void;
  signal?: AbortSignal;
  /** what other processes ask meanwhile */
  inbox?: RunInbox;
  onProgress?: (progress: Progress) => void;
}

/** What has become of a run. */
export interface RunResult {
  name: string;
  /** stopped by the signal: state is saved, nothing was flushed */
  stopped: boolean;
  /** cut because what its tasks are made from has changed: it is to be begun again from there */
  changed: boolean;
  /** every input held only what an earlier run had already taken */
  nothingNew: boolean;
  events: number;
  bytes: number;
  cuts: number;
  alerts: number;
  incidents: number;
  /** provisional alerts of an earlier run that the grown inputs no longer support */
  retracted: number;
  /** what cut inputs short */
  problems: string[];
  /** events by fate, since the beginning of the run's state */
  ledger: LedgerEntry[];
}

/** An input as it stands. */
export interface InputView {
  tenant: string;
  source: string;
  path: string;
  partition: string;
  /** uncompressed bytes read */
  offset: number;
  /** bytes that are known to be there, uncompressed; undefined where that cannot be known (compressed, standard input) */
  end: number | undefined;
  /** its watermark, ms; undefined before the first */
  reached: number | undefined;
  /** events read by this process */
  events: number;
  /** all that was there at the last look has been read */
  exhausted: boolean;
  /** it does not hold its tenant back */
  idle: boolean;
}

/** What a run says of itself. */
export interface RunView {
  name: string;
  /** worker threads and stages are up */
  started: boolean;
  inputs: InputView[];
  /** followed paths that there is nothing to read of, with the reason */
  waiting: ReadonlyMap<string, string>;
  /** events and uncompressed bytes read by this process */
  events: number;
  bytes: number;
  cuts: number;
  /** ms since the last cut, or since the start */
  sinceCut: number;
  /** bytes that sinks have not written yet */
  pending: number;
  /** event time that each tenant has reached, ms */
  reached: Readonly<Record<string, number>>;
  /** ledger counters of the state that this run began with */
  ledgerAtStart: Readonly<Record<string, number>>;
  /** read by this run, inputs that are over included */
  read: readonly SourceCount[];
}

/** What was read of a source. */
export interface SourceCount {
  tenant: string;
  source: string;
  events: number;
  /** uncompressed */
  bytes: number;
}
