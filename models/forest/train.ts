import { type TrainedForest, trainedForest } from './assemble.ts';
import { checkTable } from './check-table.ts';
import type { GrownTree } from './grow.ts';
import { TreeGrower } from './grow.ts';
import { growingTable } from './growing-table.ts';
import type { ForestOptions } from './options.ts';
import { checkSeed, planForest } from './options.ts';
import type { Table } from './table.ts';

export type { TrainedForest } from './assemble.ts';
export type { ForestOptions } from './options.ts';
export type { OutOfBag } from './out-of-bag.ts';

/**
 * Grows a random forest (Breiman, Random Forests, 2001) on this thread. The same table, options and seed give the same
 * bytes, here and in `trainForestInWorkers`.
 *
 * Trees are grown on at most 255 bins a feature (see binning.ts), each from its own bootstrap draw, with a new sample of
 * features at every node. Missing values (NaN) are a bin of their own, and go to the side that parts the classes better;
 * where a node saw none, to the heavier child. Weights (of rows times of classes) are rounded to a millionth of their
 * mean, which makes their sums exact.
 *
 * @param table rows with labels of two classes at least; values finite or NaN
 * @param options what the forest is grown by; each has a default
 * @param seed any finite number
 * @throws WeirError `input_format` for a table that nothing can be learned from, `config` for an option or seed out of range
 */
export function trainForest(table: Table, options: ForestOptions = {}, seed = 0): TrainedForest {
  checkTable(table);
  checkSeed(seed);
  const plan = planForest(table, options);
  const growing = growingTable(table, plan.bins, plan.classWeights);
  const grower = new TreeGrower(growing, plan, seed);
  const trees: GrownTree[] = [];
  for (let tree = 0; tree < plan.trees; tree++) trees.push(grower.grow(tree));
  return trainedForest(table, trees, grower.oobSums, grower.oobTrees);
}
