import type { ForestModel } from './model.ts';

/** Why a row got its probability: bias + the sum of contributions is the probability. */
export interface ForestExplanation {
  /** the probability of a row of which nothing is known: leaves weighed by their covers */
  bias: number;
  /** one number a feature, in the model's order */
  contributions: Float64Array;
}

/**
 * Explains rows of one forest and one class. Exact Shapley values of the path-dependent game (Lundberg and others 2020,
 * "From local explanations to global understanding with explainable AI for trees", Algorithm 2): a feature that is not
 * known sends the row both ways, weighed by cover; missing values follow `missingLeft`. A `majority` model is explained by
 * its share of votes. Cost: trees x leaves x depth² a row; for single rows (an alert), not for batches.
 */
export class ForestExplainer {
  readonly bias: number;
  private readonly model: ForestModel;
  /** what a leaf gives towards the probability, already divided by the number of trees; 0 at splits */
  private readonly value: Float64Array;
  /** share of a node's parent's cover; 1 at roots */
  private readonly part: Float64Array;
  /** the path of the node at depth d begins at d * stride */
  private readonly stride: number;
  private readonly pathFeature: Int32Array;
  /** share of rows that pass this feature's splits when it is not known */
  private readonly pathZero: Float64Array;
  /** 1 where the row itself passes them, else 0 */
  private readonly pathOne: Float64Array;
  private readonly pathWeight: Float64Array;

  /** @param classIndex the class, as an index into `model.classes` */
  constructor(model: ForestModel, classIndex: number) {
    if (!(classIndex in model.classes)) throw new RangeError(`class ${classIndex} is not one of 0 to ${model.classes.length - 1}`);
    this.model = model;
    const { value, part, reach, depth } = prepare(model, classIndex);
    this.value = value;
    this.part = part;
    this.bias = value.reduce((sum, of, node) => sum + of * reach[node], 0);
    this.stride = depth + 2;
    const size = this.stride * this.stride;
    this.pathFeature = new Int32Array(size);
    this.pathZero = new Float64Array(size);
    this.pathOne = new Float64Array(size);
    this.pathWeight = new Float64Array(size);
  }

  /** @param row one number a feature, NaN where missing */
  explain(row: ArrayLike<number>): ForestExplanation {
    const contributions = new Float64Array(this.model.features.length);
    for (let tree = 0; tree + 1 < this.model.roots.length; tree++) this.walk(this.model.roots[tree], row, contributions, 0, 0, 1, 1, -1);
    return { bias: this.bias, contributions };
  }

  /**
   * RECURSE of Algorithm 2. The path of the parent lies one stride before this one's and is copied, so that siblings do
   * not see each other's changes.
   * @param length features on the parent's path, the empty one at its start included
   */
  private walk(
    node: number,
    row: ArrayLike<number>,
    out: Float64Array,
    depth: number,
    length: number,
    zero: number,
    one: number,
    feature: number,
  ): void {
    const { pathFeature, pathZero, pathOne, pathWeight } = this;
    const at = depth * this.stride;
    if (depth > 0) {
      const before = at - this.stride;
      for (let i = 0; i < length; i++) {
        pathFeature[at + i] = pathFeature[before + i];
        pathZero[at + i] = pathZero[before + i];
        pathOne[at + i] = pathOne[before + i];
        pathWeight[at + i] = pathWeight[before + i];
      }
    }
    this.extend(at, length, zero, one, feature);
    let last = length; // index of the path's last element
    const split = this.model.feature[node];
    if (split < 0) {
      const value = this.value[node];
      if (value === 0) return;
      for (let i = 1; i <= last; i++) {
        const weight = this.unwoundSum(at, last, i);
        out[pathFeature[at + i]] += weight * (pathOne[at + i] - pathZero[at + i]) * value;
      }
      return;
    }
    const x = row[split];
    const goesLeft = Number.isNaN(x) ? this.model.missingLeft[node] === 1 : x <= this.model.threshold[node];
    const hot = goesLeft ? this.model.left[node] : this.model.right[node];
    const cold = goesLeft ? this.model.right[node] : this.model.left[node];
    let zeroBefore = 1;
    let oneBefore = 1;
    let seen = 1;
    while (seen <= last && pathFeature[at + seen] !== split) seen++;
    if (seen <= last) {
      zeroBefore = pathZero[at + seen];
      oneBefore = pathOne[at + seen];
      this.unwind(at, last, seen);
      last--;
    }
    this.walk(hot, row, out, depth + 1, last + 1, zeroBefore * this.part[hot], oneBefore, split);
    this.walk(cold, row, out, depth + 1, last + 1, zeroBefore * this.part[cold], 0, split);
  }

  /** EXTEND: puts a feature at the end of the path that begins at `at`; `length` is its index there. */
  private extend(at: number, length: number, zero: number, one: number, feature: number): void {
    const { pathWeight } = this;
    this.pathFeature[at + length] = feature;
    this.pathZero[at + length] = zero;
    this.pathOne[at + length] = one;
    pathWeight[at + length] = length === 0 ? 1 : 0;
    const share = 1 / (length + 1);
    for (let i = length - 1; i >= 0; i--) {
      pathWeight[at + i + 1] += one * pathWeight[at + i] * (i + 1) * share;
      pathWeight[at + i] *= zero * (length - i) * share;
    }
  }

  /** UNWIND: takes the feature at `which` out of the path; undoes `extend`, which does not depend on the order. */
  private unwind(at: number, last: number, which: number): void {
    const { pathFeature, pathZero, pathOne, pathWeight } = this;
    const one = pathOne[at + which];
    const zero = pathZero[at + which];
    let next = pathWeight[at + last];
    for (let i = last - 1; i >= 0; i--) {
      if (one !== 0) {
        const kept = pathWeight[at + i];
        pathWeight[at + i] = (next * (last + 1)) / ((i + 1) * one);
        next = kept - (pathWeight[at + i] * zero * (last - i)) / (last + 1);
      } else pathWeight[at + i] = (pathWeight[at + i] * (last + 1)) / (zero * (last - i));
    }
    for (let i = which; i < last; i++) {
      pathFeature[at + i] = pathFeature[at + i + 1];
      pathZero[at + i] = pathZero[at + i + 1];
      pathOne[at + i] = pathOne[at + i + 1];
    }
  }

  /** Sum of the weights that `unwind` would leave, without changing the path. */
  private unwoundSum(at: number, last: number, which: number): number {
    const { pathWeight } = this;
    const one = this.pathOne[at + which];
    const zero = this.pathZero[at + which];
    let total = 0;
    if (one !== 0) {
      let next = pathWeight[at + last];
      for (let i = last - 1; i >= 0; i--) {
        const kept = next / ((i + 1) * one);
        total += kept;
        next = pathWeight[at + i] - kept * zero * (last - i);
      }
    } else for (let i = last - 1; i >= 0; i--) total += pathWeight[at + i] / (zero * (last - i));
    return total * (last + 1);
  }
}

/** Explains one row; for several rows of one class make a `ForestExplainer` once. */
export function explainRow(model: ForestModel, row: ArrayLike<number>, classIndex: number): ForestExplanation {
  return new ForestExplainer(model, classIndex).explain(row);
}

function prepare(model: ForestModel, classIndex: number): { value: Float64Array; part: Float64Array; reach: Float64Array; depth: number } {
  const { feature, left, right, cover } = model;
  const trees = model.roots.length - 1;
  const value = new Float64Array(feature.length);
  const part = new Float64Array(feature.length).fill(1);
  /** share of the tree's rows that reach a node */
  const reach = new Float64Array(feature.length).fill(1);
  const level = new Int32Array(feature.length);
  let depth = 0;
  for (let node = 0; node < feature.length; node++) {
    if (level[node] > depth) depth = level[node];
    if (feature[node] < 0) {
      value[node] = leafValue(model, node, classIndex) / trees;
      continue;
    }
    const both = cover[left[node]] + cover[right[node]];
    for (const child of [left[node], right[node]]) {
      part[child] = cover[child] / both;
      reach[child] = reach[node] * part[child];
      level[child] = level[node] + 1;
    }
  }
  return { value, part, reach, depth };
}

/** A leaf's share of the class, or its vote for it: the class with the largest share, the first of equals. */
function leafValue(model: ForestModel, node: number, classIndex: number): number {
  const classes = model.classes.length;
  const shares = model.share.subarray(node * classes, (node + 1) * classes);
  if (model.vote === 'mean') return shares[classIndex];
  return shares.indexOf(Math.max(...shares)) === classIndex ? 1 : 0;
}
