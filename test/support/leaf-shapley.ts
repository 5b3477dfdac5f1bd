import type { ForestModel } from '../../models/forest/model.ts';

/**
 * Shapley values of the path-dependent game, leaf by leaf and straight from the formula: slow, and with nothing in common
 * with models/forest/explain.ts but the definition. `background`: weight of each class's rows in the covers.
 */
export function leafShapley(
  model: ForestModel,
  row: ArrayLike<number>,
  classIndex: number,
  background: readonly number[],
): { bias: number; values: Float64Array } {
  const classes = model.classes.length;
  const trees = model.roots.length - 1;
  const values = new Float64Array(model.features.length);
  let bias = 0;
  const weigh = (node: number): number => {
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += model.share[node * classes + k] * model.cover[node] * Math.max(1e-6, background[k]);
    return sum;
  };
  const settle = (leaf: number, path: ReadonlyMap<number, readonly [without: number, own: number]>): void => {
    const value = model.share[leaf * classes + classIndex] / trees;
    const parts = [...path];
    bias += parts.reduce((product, [, [without]]) => product * without, value);
    const d = parts.length;
    parts.forEach(([feature, [without, own]], i) => {
      // how much reaches the leaf when just k of the others are known, summed over which k they are
      let bySize = [1];
      parts.forEach(([, [z, o]], j) => {
        if (j === i) return;
        const next = new Array<number>(bySize.length + 1).fill(0);
        bySize.forEach((amount, k) => {
          next[k] += amount * z;
          next[k + 1] += amount * o;
        });
        bySize = next;
      });
      const expected = bySize.reduce((sum, amount, k) => sum + (amount * factorial(k) * factorial(d - k - 1)) / factorial(d), 0);
      values[feature] += value * (own - without) * expected;
    });
  };
  const walk = (node: number, path: ReadonlyMap<number, readonly [number, number]>): void => {
    const feature = model.feature[node];
    if (feature < 0) return settle(node, path);
    const x = row[feature];
    const goesLeft = Number.isNaN(x) ? model.missingLeft[node] === 1 : x <= model.threshold[node];
    const [left, right] = [model.left[node], model.right[node]];
    const whole = weigh(left) + weigh(right);
    for (const [child, taken] of [
      [left, goesLeft],
      [right, !goesLeft],
    ] as const) {
      const [without, own] = path.get(feature) ?? [1, 1];
      walk(child, new Map(path).set(feature, [without * (weigh(child) / whole), taken ? own : 0]));
    }
  };
  for (let tree = 0; tree < trees; tree++) walk(model.roots[tree], new Map());
  return { bias, values };
}

function factorial(n: number): number {
  let product = 1;
  for (let i = 2; i <= n; i++) product *= i;
  return product;
}
