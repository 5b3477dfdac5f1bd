import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { compiled } from '../../services/core/compiled.ts';
import { endThreads } from '../../services/core/end-threads.ts';
import { WeirError } from '../../services/core/errors.ts';
import { trainedForest } from './assemble.ts';
import { checkTable } from './check-table.ts';
import type { GrownTree } from './grow.ts';
import { growingTable } from './growing-table.ts';
import type { ForestOptions } from './options.ts';
import { checkSeed, planForest } from './options.ts';
import type { Table } from './table.ts';
import type { TrainedForest } from './train.ts';
import type { TrainWorkerData } from './train-worker.ts';

type Message = { readonly tree: number; readonly grown: GrownTree } | { readonly oobSums: Float64Array; readonly oobTrees: Int32Array };

/**
 * `trainForest` on several threads, which read one binned copy of the table in shared memory. The outcome is byte for
 * byte that of `trainForest`, whatever the number of threads.
 *
 * @param threads number of threads, 1 to 256 (more than trees are not started); as many as the machine runs at once
 * @param progress is called with the number of trees that are grown, and of all
 * @throws WeirError as `trainForest`, and `worker_failed` when a thread ends early
 */
export async function trainForestInWorkers(
  table: Table,
  options: ForestOptions = {},
  seed = 0,
  {
    threads = Math.min(256, availableParallelism()),
    progress,
  }: { readonly threads?: number; readonly progress?: (trees: number, of: number) => void } = {},
): Promise<TrainedForest> {
  checkTable(table);
  checkSeed(seed);
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= 256)) {
    throw new WeirError('config', `forest threads is ${threads}; it takes a whole number from 1 to 256`);
  }
  const plan = planForest(table, options);
  const next = new Int32Array(new SharedArrayBuffer(4));
  const data: TrainWorkerData = { table: growingTable(table, plan.bins, plan.classWeights, true), plan, seed, next };
  const trees: GrownTree[] = [];
  const oobSums = new Float64Array(table.rows * table.classes.length);
  const oobTrees = new Int32Array(table.rows);
  let grown = 0;
  const take = (message: Message): void => {
    if ('tree' in message) {
      trees[message.tree] = message.grown;
      progress?.(++grown, plan.trees);
      return;
    }
    // exact in any order: see STEP in grow.ts
    for (let i = 0; i < oobSums.length; i++) oobSums[i] += message.oobSums[i];
    for (let row = 0; row < oobTrees.length; row++) oobTrees[row] += message.oobTrees[row];
  };
  const workers = Array.from(
    { length: Math.min(threads, plan.trees) },
    () => new Worker(compiled('./train-worker.js', import.meta.url), { workerData: data }),
  );
  try {
    await Promise.all(workers.map((worker) => ended(worker, take)));
  } finally {
    await endThreads(workers);
  }
  return trainedForest(table, trees, oobSums, oobTrees);
}

/** Resolves when a thread has ended well. */
function ended(worker: Worker, take: (message: Message) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('message', take);
    worker.once('error', (cause) => reject(new WeirError('worker_failed', 'a thread that grows trees failed', { cause })));
    worker.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new WeirError('worker_failed', `a thread that grows trees ended with exit code ${code}`));
    });
  });
}
