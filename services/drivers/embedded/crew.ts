import { MessageChannel, type MessagePort, type TransferListItem, Worker } from 'node:worker_threads';
import { endThreads } from '../../core/end-threads.ts';
import { WeirError } from '../../core/errors.ts';
import type { InputPartition } from '../../core/topology-contract.ts';
import type { SnapshotFile } from '../../state/manifest.ts';
import { addCounters } from '../counters.ts';
import { compiled } from './modules.ts';
import type { ToMain, ToWorker, WorkerStart } from './protocol.ts';

/** MiB of JavaScript heap that a worker may take; columns and tables lie outside it. */
const WORKER_HEAP_MIB = 4096;
/**
 * MiB of it for what is young: batches and partials live for a few messages, and with the default of 48 many of them are
 * copied before they die.
 */
const WORKER_YOUNG_MIB = 96;

export interface CrewOptions extends Omit<WorkerStart, 'worker' | 'peers'> {
  /** takes everything that is not an answer to the crew's own questions */
  onMessage(worker: number, message: ToMain): void;
  /** a worker or a stage in it has failed: nothing more will come. `chunk`: on whose behalf it was working, when the error is an unknown one. Returns what the run ends with */
  onFailure(error: Error, chunk: number | undefined): Error;
}

interface Waiting {
  left: number;
  moved: number;
  counters: Record<string, number>;
  files: SnapshotFile[];
  resolve(): void;
}

/** The worker threads and the questions that are put to all of them. */
export class Crew {
  private readonly workers: Worker[] = [];
  private readonly options: CrewOptions;
  private waiting: Waiting | undefined;
  private reject: ((error: Error) => void) | undefined;
  private readonly opening = new Map<number, () => void>();
  private failure: Error | undefined;
  private stopping = false;
  private round = 0;
  private sent = 0;

  private constructor(options: CrewOptions) {
    this.options = options;
  }

  /** Starts the threads; resolves when all have built and restored their tasks. */
  static async start(options: CrewOptions): Promise<Crew> {
    const crew = new Crew(options);
    const count = options.workers;
    const peers: (MessagePort | undefined)[][] = Array.from({ length: count }, () =>
      new Array<MessagePort | undefined>(count).fill(undefined),
    );
    for (let a = 0; a < count; a++) {
      for (let b = a + 1; b < count; b++) {
        const { port1, port2 } = new MessageChannel();
        peers[a][b] = port1;
        peers[b][a] = port2;
      }
    }
    const ready = crew.ask(count);
    const { onMessage: _, onFailure: __, ...plain } = options;
    for (let worker = 0; worker < count; worker++) {
      const start: WorkerStart = { ...plain, worker, peers: peers[worker] };
      const thread = new Worker(compiled('./worker.js', import.meta.url), {
        workerData: start,
        transferList: peers[worker].filter((port): port is MessagePort => port !== undefined),
        resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB, maxYoungGenerationSizeMb: WORKER_YOUNG_MIB },
      });
      thread.on('message', (messages: ToMain[]) => {
        for (const message of messages) crew.take(worker, message);
      });
      thread.on('error', (cause) =>
        crew.fail(
          new WeirError('worker_failed', `worker ${worker} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }),
        ),
      );
      thread.on('exit', (code) => {
        if (!crew.stopping) crew.fail(new WeirError('worker_failed', `worker ${worker} ended with code ${code}`));
      });
      crew.workers.push(thread);
    }
    try {
      await ready;
    } catch (error) {
      await crew.stop();
      throw error;
    }
    return crew;
  }

  send(worker: number, message: ToWorker, transfer: TransferListItem[] = []): void {
    this.sent++;
    this.workers[worker].postMessage(message, transfer);
  }

  broadcast(message: ToWorker): void {
    for (let worker = 0; worker < this.workers.length; worker++) this.send(worker, message);
  }

  /** Makes the normalise stage of an input on a worker. */
  open(worker: number, input: number, spec: InputPartition): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      this.opening.set(input, resolve);
      this.reject = reject;
      this.send(worker, { type: 'open', input, spec });
    });
  }

  /**
   * Empties all channels: barriers go round until a whole round has moved nothing else, so also what the alert stage
   * sends back has been taken, and what came of it. Returns the counters of all tasks at that point.
   */
  async drain(): Promise<Record<string, number>> {
    for (;;) {
      const sent = this.sent;
      const answer = this.ask(this.workers.length);
      this.round++;
      for (const worker of this.workers) worker.postMessage({ type: 'barrier', round: this.round } satisfies ToWorker);
      const { moved, counters } = await answer;
      if (moved === 0 && this.sent === sent) return counters;
    }
  }

  /** All tasks write their state for cut `sequence`; the channels must be drained. */
  async snapshot(sequence: number): Promise<SnapshotFile[]> {
    const answer = this.ask(this.workers.length);
    this.broadcast({ type: 'snapshot', sequence });
    return (await answer).files;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await endThreads(this.workers);
  }

  private ask(left: number): Promise<Waiting> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      this.reject = reject;
      const waiting: Waiting = { left, moved: 0, counters: {}, files: [], resolve: () => resolve(waiting) };
      this.waiting = waiting;
    });
  }

  private take(worker: number, message: ToMain): void {
    switch (message.type) {
      case 'ready':
        return this.answered();
      case 'opened':
        this.opening.get(message.input)?.();
        this.opening.delete(message.input);
        return;
      case 'barrier-done':
        if (this.waiting !== undefined) {
          this.waiting.moved += message.moved;
          addCounters(this.waiting.counters, message.counters);
        }
        return this.answered();
      case 'snapshot-done':
        this.waiting?.files.push(...message.files);
        return this.answered();
      case 'failed':
        return this.fail(failureOf(worker, message), message.code === undefined ? message.chunk : undefined);
      default:
        try {
          this.options.onMessage(worker, message);
        } catch (error) {
          this.fail(error instanceof Error ? error : new Error(String(error)));
        }
    }
  }

  private answered(): void {
    const waiting = this.waiting;
    if (waiting === undefined || --waiting.left > 0) return;
    this.waiting = undefined;
    waiting.resolve();
  }

  private fail(error: Error, chunk?: number): void {
    if (this.failure !== undefined || this.stopping) return;
    this.failure = this.options.onFailure(error, chunk);
    this.reject?.(this.failure);
  }
}

function failureOf(worker: number, message: Extract<ToMain, { type: 'failed' }>): WeirError {
  const cause = new Error(message.message);
  cause.stack = message.stack;
  if (message.code !== undefined) return new WeirError(message.code, message.message, { cause });
  return new WeirError('worker_failed', `worker ${worker} failed: ${message.message}`, { cause });
}
