import { parentPort, workerData } from 'node:worker_threads';
import type { GrowingTable } from './grow.ts';
import { TreeGrower } from './grow.ts';
import type { ForestPlan } from './options.ts';

/** What a training thread is started with. */
export interface TrainWorkerData {
  /** in shared memory */
  readonly table: GrowingTable;
  readonly plan: ForestPlan;
  readonly seed: number;
  /** one number in shared memory: the next tree to grow */
  readonly next: Int32Array;
}

// Takes trees off the counter until all are taken, posts each with its number, and at the end its out-of-bag sums.
const { table, plan, seed, next } = workerData as TrainWorkerData;
const port = parentPort;
if (!port) throw new Error('models/forest/train-worker is the file of a thread; import trainForestInWorkers');
const grower = new TreeGrower(table, plan, seed);
for (let tree = Atomics.add(next, 0, 1); tree < plan.trees; tree = Atomics.add(next, 0, 1)) {
  const grown = grower.grow(tree);
  port.postMessage(
    { tree, grown },
    Object.values(grown).map((array) => array.buffer as ArrayBuffer),
  );
}
const { oobSums, oobTrees } = grower;
port.postMessage({ oobSums, oobTrees }, [oobSums.buffer as ArrayBuffer, oobTrees.buffer as ArrayBuffer]);
