import type { ForestModel } from '../../models/forest/model.ts';
import { seeded } from './synthetic-windows.ts';

export interface RandomForestShape {
  seed: number;
  trees: number;
  depth: number;
  features: number;
  classes: number;
  vote?: ForestModel['vote'];
  /** share of splits that send missing values left */
  missingLeft?: number;
  /** share of nodes above the depth that are leaves all the same */
  stop?: number;
}

/** A forest that nobody trained: thresholds on a grid of tenths (so that rows tie with them), covers and shares that fit together. */
export function randomForest(shape: RandomForestShape): ForestModel {
  const next = seeded(shape.seed);
  const nodes: { feature: number; threshold: number; left: number; right: number; missing: number; cover: number; share: number[] }[] = [];
  const grow = (depth: number): number => {
    const id = nodes.length;
    const node = { feature: -1, threshold: 0, left: -1, right: -1, missing: 0, cover: 0, share: [] as number[] };
    nodes.push(node);
    if (depth === 0 || next() < (shape.stop ?? 0.1)) {
      const counts = Array.from({ length: shape.classes }, () => Math.floor(next() * 4));
      counts[Math.floor(next() * shape.classes)] += 1;
      node.cover = counts.reduce((sum, n) => sum + n, 0);
      node.share = counts.map((n) => n / node.cover);
      return id;
    }
    node.feature = Math.floor(next() * shape.features);
    node.threshold = Math.floor(next() * 11) / 10;
    node.missing = next() < (shape.missingLeft ?? 0) ? 1 : 0;
    node.left = grow(depth - 1);
    node.right = grow(depth - 1);
    const [a, b] = [nodes[node.left], nodes[node.right]];
    node.cover = a.cover + b.cover;
    node.share = a.share.map((share, c) => (share * a.cover + b.share[c] * b.cover) / node.cover);
    return id;
  };
  const roots = [0];
  for (let tree = 0; tree < shape.trees; tree++) {
    grow(shape.depth);
    roots.push(nodes.length);
  }
  return {
    classes: Array.from({ length: shape.classes }, (_, c) => `class ${c}`),
    features: Array.from({ length: shape.features }, (_, f) => `feature ${f}`),
    roots: Int32Array.from(roots),
    feature: Int32Array.from(nodes, (node) => node.feature),
    threshold: Float64Array.from(nodes, (node) => node.threshold),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    missingLeft: Uint8Array.from(nodes, (node) => node.missing),
    share: Float64Array.from(nodes.flatMap((node) => node.share)),
    cover: Float64Array.from(nodes, (node) => node.cover),
    vote: shape.vote ?? 'mean',
  };
}

/** Rows of tenths, so that about one value in eleven ties with a threshold; a share of them missing. */
export function randomRows(seed: number, count: number, width: number, missing = 0): number[][] {
  const next = seeded(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: width }, () => (next() < missing ? Number.NaN : Math.floor(next() * 11) / 10)),
  );
}

/** The leaf that a row reaches: the contract of ForestModel, word for word. */
export function leafOf(model: ForestModel, tree: number, row: readonly number[]): number {
  let node = model.roots[tree];
  while (model.feature[node] >= 0) {
    const x = row[model.feature[node]];
    const left = Number.isNaN(x) ? model.missingLeft[node] === 1 : x <= model.threshold[node];
    node = left ? model.left[node] : model.right[node];
  }
  return node;
}

/** Class shares of a node. */
export function sharesOf(model: ForestModel, node: number): number[] {
  return Array.from(model.share.subarray(node * model.classes.length, (node + 1) * model.classes.length));
}

/** The class that each tree votes for: its leaf's largest share, the first of equals. */
export function votesOf(model: ForestModel, row: readonly number[]): number[] {
  return Array.from({ length: model.roots.length - 1 }, (_, tree) => {
    const shares = sharesOf(model, leafOf(model, tree, row));
    return shares.indexOf(Math.max(...shares));
  });
}

/** The class that is first to reach the winning number of votes. */
export function majorityOf(model: ForestModel, row: readonly number[]): number {
  const counts = new Map<number, number>();
  let winner = -1;
  for (const vote of votesOf(model, row)) {
    counts.set(vote, (counts.get(vote) ?? 0) + 1);
    if (winner < 0 || (counts.get(vote) as number) > (counts.get(winner) as number)) winner = vote;
  }
  return winner;
}

/** Probability by class: means of leaves' shares, or shares of votes. */
export function probabilitiesOf(model: ForestModel, row: readonly number[]): number[] {
  const trees = model.roots.length - 1;
  const sums: number[] = new Array(model.classes.length).fill(0);
  if (model.vote === 'majority') for (const vote of votesOf(model, row)) sums[vote]++;
  else for (let tree = 0; tree < trees; tree++) sharesOf(model, leafOf(model, tree, row)).forEach((share, c) => (sums[c] += share));
  return sums.map((sum) => sum / trees);
}
