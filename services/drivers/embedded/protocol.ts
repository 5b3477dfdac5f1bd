import type { MessagePort } from 'node:worker_threads';
import type { PackedBatch } from '../../core/batch.ts';
import type { ControlRecord } from '../../core/control.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { RawChunk } from '../../core/raw.ts';
import type { Emit } from '../../core/stage.ts';
import type { InputPartition } from '../../core/topology-contract.ts';
import type { SnapshotFile } from '../../state/manifest.ts';

/**
 * Messages between the threads of the embedded driver. Every port is FIFO; a control record is sent on each channel
 * behind all that it covers. Work that is done on a chunk's behalf is acknowledged to the main thread, which holds the
 * credits; barriers go through every channel and count what moved since the last one.
 */

/** What a worker is started with. */
export interface WorkerStart {
  worker: number;
  workers: number;
  topologyModule: string;
  topologyConfig: unknown;
  /** folder of the run's snapshots */
  folder: string;
  /** files of the manifest that the run starts from */
  restore: readonly SnapshotFile[];
  /** ports to the other workers, by number; undefined for its own */
  peers: (MessagePort | undefined)[];
}

/** Main thread to worker. */
export type ToWorker =
  | { type: 'open'; input: number; spec: InputPartition }
  | { type: 'chunk'; id: number; input: number; chunk: RawChunk }
  /** an input that was followed is over: what its normalise stage holds back is settled, and the stage goes */
  | { type: 'close'; input: number }
  /** for the normalise stage of an input: idle, end */
  | { type: 'input-control'; input: number; record: ControlRecord }
  /** for the identify, account and merge tasks: shared knowledge, silence */
  | { type: 'control'; record: ControlRecord }
  | { type: 'barrier'; round: number }
  | { type: 'snapshot'; sequence: number };

/** Worker to worker. */
export type ToPeer =
  /** `id`: the chunk whose part it is; undefined: an identify task has let it go */
  | { type: 'events'; to: 'identify' | 'account'; id: number | undefined; batch: PackedBatch }
  | { type: 'partials'; value: Uint8Array }
  | { type: 'control'; to: 'identify' | 'account' | 'merge'; record: ControlRecord }
  | { type: 'barrier'; round: number };

/** Worker to main thread. */
export type ToMain =
  | { type: 'ready' }
  | { type: 'opened'; input: number }
  | { type: 'out'; emit: Emit }
  /** the chunk has been parsed; `parts` batches of it went to peers. `reached`: the input's watermark, if it has one; `buffer`: the chunk's, to be read into again */
  | { type: 'chunk-done'; id: number; input: number; events: number; parts: number; reached: number | undefined; buffer: ArrayBuffer }
  | { type: 'part-done'; id: number }
  /** all channels of this round are drained; `moved`: messages other than barriers taken since the last round */
  | { type: 'barrier-done'; round: number; moved: number; counters: Record<string, number> }
  | { type: 'snapshot-done'; files: SnapshotFile[] }
  /** `chunk`: the one on whose behalf it was working */
  | { type: 'failed'; code: ErrorCode | undefined; message: string; stack: string; chunk: number | undefined };
