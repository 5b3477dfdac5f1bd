import { type ForestModel, nodesOf } from '../forest/model.ts';
import { TreeRandom } from '../forest/random.ts';
import { shuffled } from './split-rows.ts';

/**
 * Gini importance: how much each feature's splits bring impurity down, weighed by cover, each tree's sum made 1, then the
 * mean over trees that have splits (Breiman 2001; scikit-learn's feature_importances_). Sums to 1, or is all 0 for a
 * forest of leaves. Made of training rows only, and kind to features with many values: read it beside the permuted one.
 */
export function giniImportance(model: ForestModel): Float64Array {
  const total = new Float64Array(model.features.length);
  const impurity = impurities(model);
  const { feature, left, right, cover } = model;
  let trees = 0;
  for (let tree = 0; tree + 1 < model.roots.length; tree++) {
    const own = new Float64Array(total.length);
    for (let node = model.roots[tree]; node < model.roots[tree + 1]; node++) {
      if (feature[node] < 0) continue;
      const [a, b] = [left[node], right[node]];
      own[feature[node]] += cover[node] * impurity[node] - cover[a] * impurity[a] - cover[b] * impurity[b];
    }
    const sum = own.reduce((all, value) => all + value, 0);
    if (!(sum > 0)) continue;
    trees++;
    own.forEach((value, f) => (total[f] += value / sum));
  }
  return trees === 0 ? total : total.map((value) => value / trees);
}

function impurities(model: ForestModel): Float64Array {
  const classes = model.classes.length;
  return Float64Array.from({ length: nodesOf(model) }, (_, node) => {
    let squares = 0;
    for (let c = 0; c < classes; c++) squares += model.share[node * classes + c] ** 2;
    return 1 - squares;
  });
}

/** What a measure loses when one column is shuffled. */
export interface PermutedImportance {
  /** mean loss over the repeats; about 0 where the model does not need the column, a little below 0 by chance */
  readonly mean: number;
  /** standard deviation over the repeats */
  readonly deviation: number;
}

export interface PermutationOptions {
  /** columns of the rows to judge by: held out, or it tells what was learned by heart too */
  readonly columns: readonly Float64Array[];
  readonly rows: number;
  /** how good the model is on these columns, higher is better */
  readonly measure: (columns: readonly Float64Array[]) => number;
  readonly repeats: number;
  readonly seed: number;
  /** 1 for columns that the model never looks at: they lose nothing, and are not tried */
  readonly unused?: Uint8Array;
}

/**
 * Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019). Each column is shuffled alone, so of two columns
 * that say the same each seems needless. Cost: columns x repeats x one pass over the rows.
 */
export function permutationImportance(options: PermutationOptions): PermutedImportance[] {
  const { columns, rows, measure, repeats, seed } = options;
  const whole = measure(columns);
  return columns.map((column, f) => {
    if (options.unused?.[f] === 1) return { mean: 0, deviation: 0 };
    const random = new TreeRandom(seed, -3 - f);
    const losses = Array.from({ length: repeats }, () => {
      const order = shuffled(rows, random);
      const mixed = Float64Array.from(order, (row) => column[row]);
      return whole - measure(columns.with(f, mixed));
    });
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / repeats;
    return { mean, deviation: Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / repeats) };
  });
}

/** 1 for features that no split of the forest tests. */
export function unusedFeatures(model: ForestModel): Uint8Array {
  const unused = new Uint8Array(model.features.length).fill(1);
  for (const feature of model.feature) if (feature >= 0) unused[feature] = 0;
  return unused;
}
