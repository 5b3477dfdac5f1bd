import { WeirError } from '../../services/core/errors.ts';
import type { MlForestJson, MlNodeJson, MlSplitJson } from './exchange-format.ts';
import { nextUp } from './float-neighbour.ts';
import type { ForestModel } from './model.ts';

/** What the JSON says of how the forest was grown; the library shows it and does nothing with it. */
export interface MlForestOptions {
  seed?: number;
  maxDepth?: number;
  minNumSamples?: number;
  /** goes beside the model, under `weir` */
  beside?: Record<string, unknown>;
}

/**
 * The forest as ml-random-forest's model JSON: `RandomForestClassifier.load()` accepts it and predicts, for rows without
 * missing values, what this forest predicts by majority vote. Thresholds are exact (x <= t where x < the next double
 * above t), but for t at infinity or the largest double: there rows of 1.797e308 and more would differ. Missing values
 * all go right on the other side; nodes that send them left cannot be written.
 */
export function toMlRandomForest(model: ForestModel, options: MlForestOptions = {}): MlForestJson {
  const trees = model.roots.length - 1;
  if (trees === 0) throw new WeirError('input_format', 'a forest without trees has no form in ml-random-forest: it needs one tree or more');
  const treeOptions = {
    kind: 'classifier',
    gainFunction: 'gini',
    splitFunction: 'mean',
    minNumSamples: options.minNumSamples ?? 1,
    maxDepth: options.maxDepth ?? deepest(model),
    gainThreshold: 0,
  };
  const width = model.features.length;
  return {
    name: 'RFClassifier',
    baseModel: {
      indexes: Array.from({ length: trees }, () => Array.from({ length: width }, (_, i) => i)),
      n: width,
      replacement: false,
      maxFeatures: width,
      nEstimators: trees,
      treeOptions,
      isClassifier: true,
      seed: options.seed ?? 0,
      estimators: Array.from({ length: trees }, (_, tree) => ({
        name: 'DTClassifier',
        options: treeOptions,
        root: nodesOfTree(model, model.roots[tree], model.roots[tree + 1]),
      })),
      useSampleBagging: true,
    },
    weir: { ...options.beside, features: [...model.features], classes: [...model.classes] },
  };
}

/** The nested form of the nodes from `first` to before `end`; children come after their parent, so it is built from the end. */
function nodesOfTree(model: ForestModel, first: number, end: number): MlNodeJson {
  const classes = model.classes.length;
  const made: MlNodeJson[] = new Array(end - first);
  for (let node = end - 1; node >= first; node--) {
    const numberSamples = model.cover[node];
    made[node - first] =
      model.feature[node] < 0
        ? { distribution: [Array.from(model.share.subarray(node * classes, (node + 1) * classes))], numberSamples }
        : ({
            splitColumn: model.feature[node],
            splitValue: Math.min(nextUp(model.threshold[node]), Number.MAX_VALUE),
            gain: giniGain(model, node),
            numberSamples,
            left: made[model.left[node] - first],
            right: made[model.right[node] - first],
          } satisfies MlSplitJson);
  }
  return made[0];
}

/** Gini impurity of a node less that of its children by weight (Breiman and others 1984, CART). */
function giniGain(model: ForestModel, node: number): number {
  const { cover, left, right } = model;
  const weighed = cover[left[node]] * gini(model, left[node]) + cover[right[node]] * gini(model, right[node]);
  return Math.max(0, gini(model, node) - weighed / (cover[left[node]] + cover[right[node]]));
}

function gini({ share, classes }: ForestModel, node: number): number {
  let squares = 0;
  for (let c = 0; c < classes.length; c++) squares += share[node * classes.length + c] ** 2;
  return 1 - squares;
}

/** Depth of the deepest leaf, the root's being 0. */
function deepest(model: ForestModel): number {
  const depth = new Int32Array(model.feature.length);
  let most = 0;
  for (let node = 0; node < depth.length; node++) {
    if (depth[node] > most) most = depth[node];
    if (model.feature[node] < 0) continue;
    depth[model.left[node]] = depth[node] + 1;
    depth[model.right[node]] = depth[node] + 1;
  }
  return most;
}
