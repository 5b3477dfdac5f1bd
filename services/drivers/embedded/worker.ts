import { parentPort, workerData } from 'node:worker_threads';
import { WeirError } from '../../core/errors.ts';
import type { CreateTopology } from '../../core/topology-contract.ts';
import { FileSnapshotStore } from '../../state/file-snapshot-store.ts';
import type { ToMain, ToPeer, ToWorker, WorkerStart } from './protocol.ts';
import { WorkerHost } from './worker-host.ts';

/** The entry of a worker thread: builds its stages from plain data and connects them to the ports. */
async function startWorker(): Promise<void> {
  const main = parentPort;
  if (main === null) throw new Error('worker.ts runs in a worker thread only');
  const start = workerData as WorkerStart;
  let host: WorkerHost | undefined;
  const fail = (error: unknown): void => main.postMessage([failure(error, host?.working)]);
  try {
    const { createTopology } = (await import(start.topologyModule)) as { createTopology: CreateTopology };
    const topology = await createTopology(start.topologyConfig);
    const started = new WorkerHost(start.worker, start.workers, topology, new FileSnapshotStore(start.folder), start.restore, {
      toMain: (messages, transfer) => main.postMessage(messages, transfer),
      toPeer: (worker, messages, transfer) => start.peers[worker]?.postMessage(messages, transfer),
    });
    host = started;
    await started.start();
    main.on('message', (message: ToWorker) => {
      started.fromMain(message).catch(fail);
    });
    for (const peer of start.peers) {
      peer?.on('message', (messages: ToPeer[]) => {
        try {
          started.fromPeer(messages);
        } catch (error) {
          fail(error);
        }
      });
    }
    main.postMessage([{ type: 'ready' }] satisfies ToMain[]);
  } catch (error) {
    fail(error);
  }
}

function failure(error: unknown, chunk: number | undefined): ToMain {
  const code = error instanceof WeirError ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'failed', code, message, stack: error instanceof Error ? (error.stack ?? message) : message, chunk };
}

await startWorker();
