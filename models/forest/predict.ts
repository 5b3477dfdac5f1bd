import type { ForestModel } from './model.ts';

/** Leaf that a row, `values` from `offset` on, comes to in a tree: the plain walk, which every other one must agree with. */
export function leafOf(model: ForestModel, tree: number, values: ArrayLike<number>, offset = 0): number {
  const { feature, threshold, left, right, missingLeft } = model;
  let node = model.roots[tree];
  while (feature[node] >= 0) {
    const value = values[offset + feature[node]];
    const goesLeft = Number.isNaN(value) ? missingLeft[node] === 1 : value <= threshold[node];
    node = goesLeft ? left[node] : right[node];
  }
  return node;
}

/** Class with the greatest share of a node, the first of equals. */
export function classOf(model: ForestModel, node: number): number {
  const classes = model.classes.length;
  let top = 0;
  for (let k = 1; k < classes; k++) if (model.share[node * classes + k] > model.share[node * classes + top]) top = k;
  return top;
}

/** Class probabilities of one row by plain walks: the mean of the leaves' shares, or the share of the votes. */
export function rowProbabilities(model: ForestModel, values: ArrayLike<number>, offset = 0): Float64Array {
  const classes = model.classes.length;
  const trees = model.roots.length - 1;
  const sums = new Float64Array(classes);
  for (let tree = 0; tree < trees; tree++) {
    const leaf = leafOf(model, tree, values, offset);
    if (model.vote === 'majority') sums[classOf(model, leaf)]++;
    else for (let k = 0; k < classes; k++) sums[k] += model.share[leaf * classes + k];
  }
  for (let k = 0; k < classes; k++) sums[k] /= trees;
  return sums;
}

/** Class of one row by plain walks: the most probable, the first of equals; with majority votes the one that is first to reach the winning number. */
export function rowClass(model: ForestModel, values: ArrayLike<number>, offset = 0): number {
  if (model.vote === 'mean') {
    const probabilities = rowProbabilities(model, values, offset);
    return probabilities.indexOf(probabilities.reduce((a, b) => Math.max(a, b)));
  }
  const votes = new Int32Array(model.classes.length);
  let winner = 0;
  for (let tree = 0; tree + 1 < model.roots.length; tree++) {
    const vote = classOf(model, leafOf(model, tree, values, offset));
    votes[vote]++;
    if (votes[vote] > votes[winner]) winner = vote;
  }
  return winner;
}
