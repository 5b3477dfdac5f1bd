import { availableParallelism } from 'node:os';
import type { Table } from '../../models/forest/table.ts';
import { type ForestOptions, type TrainedForest, trainForest } from '../../models/forest/train.ts';
import { trainForestInWorkers } from '../../models/forest/train-in-workers.ts';

/** Cells below which starting threads costs more than it saves. */
const FEW_CELLS = 100_000;

/** Grows a forest on this thread or on several: the same forest, byte for byte. */
export async function growForest(
  table: Table,
  options: ForestOptions,
  seed: number,
  { threads = Math.min(64, availableParallelism()), progress }: { threads?: number; progress?: (trees: number, of: number) => void } = {},
): Promise<TrainedForest> {
  if (table.rows * table.features.length < FEW_CELLS || threads === 1) return trainForest(table, options, seed);
  return trainForestInWorkers(table, options, seed, { threads, progress });
}
