import type { GrownTree } from './grow.ts';
import type { ForestModel } from './model.ts';
import type { OutOfBag } from './out-of-bag.ts';
import { outOfBag } from './out-of-bag.ts';
import type { Table } from './table.ts';

/** A forest and what its training says about it. */
export interface TrainedForest {
  readonly model: ForestModel;
  /** share of each feature in the impurity that the trees took away (mean decrease in impurity), adding up to 1; zeros when no tree has a split */
  readonly importance: Float64Array;
  /** estimate from the rows that trees did not learn from; undefined when every tree learned from all rows */
  readonly outOfBag?: OutOfBag;
}

/** Puts trees, in order, and out-of-bag sums together. */
export function trainedForest(table: Table, trees: readonly GrownTree[], oobSums: Float64Array, oobTrees: Int32Array): TrainedForest {
  const classes = table.classes.length;
  const nodes = trees.reduce((sum, tree) => sum + tree.feature.length, 0);
  const model = {
    classes: [...table.classes],
    features: [...table.features],
    roots: new Int32Array(trees.length + 1),
    feature: new Int32Array(nodes),
    threshold: new Float64Array(nodes),
    left: new Int32Array(nodes),
    right: new Int32Array(nodes),
    missingLeft: new Uint8Array(nodes),
    share: new Float64Array(nodes * classes),
    cover: new Float64Array(nodes),
    vote: 'mean' as const,
  } satisfies ForestModel;
  const importance = new Float64Array(table.features.length);
  let at = 0;
  trees.forEach((tree, t) => {
    model.roots[t] = at;
    model.feature.set(tree.feature, at);
    model.threshold.set(tree.threshold, at);
    model.missingLeft.set(tree.missingLeft, at);
    model.share.set(tree.share, at * classes);
    model.cover.set(tree.cover, at);
    for (let node = 0; node < tree.feature.length; node++) {
      model.left[at + node] = tree.left[node] < 0 ? -1 : at + tree.left[node];
      model.right[at + node] = tree.right[node] < 0 ? -1 : at + tree.right[node];
    }
    for (let f = 0; f < importance.length; f++) importance[f] += tree.importance[f];
    at += tree.feature.length;
  });
  model.roots[trees.length] = at;
  const total = importance.reduce((sum, part) => sum + part, 0);
  if (total > 0) for (let f = 0; f < importance.length; f++) importance[f] /= total;
  return { model, importance, outOfBag: outOfBag(table, oobSums, oobTrees) };
}
