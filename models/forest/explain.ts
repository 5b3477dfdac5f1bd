import type { ForestModel } from './model.ts';

/** Why a row got its probability: bias + the sum of contributions is the probability. */
export interface ForestExplanation {
  /** the probability of a row of which nothing is known: leaves weighed by their covers */
  bias: number;
  /** one number a feature, in the model's order */
  contributions: Float64Array;
}

/** Whether the row passes the splits on a feature so far: it was not asked for, it does, it does not. */
const UNSEEN = 0;
const HOT = 1;
const COLD = 2;

/**
 * Explains rows of one forest and one class. Exact Shapley values of the path-dependent game (Lundberg and others 2020,
 * "From local explanations to global understanding with explainable AI for trees", Algorithm 2): a feature that is not
 * known sends the row both ways, weighed by cover; missing values follow `missingLeft`. A `majority` model is explained by
 * its share of votes.
 *
 * Of a leaf's d features, the hot ones (the row passes their splits) with shares of rows z make the polynomial of all
 * (z + y), whose coefficient of y^k is the weight of subsets that know k of them; subsets that know a cold one are worth 0.
 * So a hot feature gets (1 - z) x the sum of (polynomial without it) x k! (d-k-1)! / d!, and every cold one the same minus
 * the sum with the whole polynomial (Yu and others 2022, "Linear TreeShap", keep such polynomials too). Cold ones are
 * settled once for all leaves below the split where they became cold, so what costs is hot features alone, squared, a leaf.
 * For single rows (an alert), not for batches.
 */
export class ForestExplainer {
  readonly bias: number;
  private readonly model: ForestModel;
  /** what a leaf gives towards the probability, already divided by the number of trees; 0 at splits */
  private readonly value: Float64Array;
  /** share of a node's parent's cover; 1 at roots */
  private readonly part: Float64Array;
  /** places of one polynomial and its hot features */
  private readonly stride: number;
  /** coefficients from y^0 up; a stack of polynomials */
  private readonly polynomial: Float64Array;
  private readonly hotFeature: Int32Array;
  private readonly hotShare: Float64Array;
  /** k! (d-k-1)! / d! at d * stride + k */
  private readonly weight: Float64Array;
  /** by feature: UNSEEN, HOT or COLD on the path */
  private readonly state: Uint8Array;
  /** by hot feature: its share of rows */
  private readonly share: Float64Array;
  private row: ArrayLike<number> = [];
  private out = new Float64Array(0);

  /**
   * @param classIndex the class, as an index into `model.classes`
   * @param background by class, what its training rows weigh among the rows that stand for "not known"; all the same when
   *   left out. With one class alone a row is explained by how it differs from rows of that class
   */
  constructor(model: ForestModel, classIndex: number, background?: readonly number[]) {
    if (!(classIndex in model.classes)) throw new RangeError(`class ${classIndex} is not one of 0 to ${model.classes.length - 1}`);
    this.model = model;
    const { value, part, reach, depth } = prepare(model, classIndex, background);
    this.value = value;
    this.part = part;
    this.bias = value.reduce((sum, of, node) => sum + of * reach[node], 0);
    const most = Math.min(depth, model.features.length);
    this.stride = most + 1;
    const size = (depth + 1) * this.stride;
    this.polynomial = new Float64Array(size);
    this.hotFeature = new Int32Array(size);
    this.hotShare = new Float64Array(size);
    this.weight = subsetWeights(most, this.stride);
    this.state = new Uint8Array(model.features.length);
    this.share = new Float64Array(model.features.length);
  }

  /** @param row one number a feature, NaN where missing */
  explain(row: ArrayLike<number>): ForestExplanation {
    this.row = row;
    this.out = new Float64Array(this.model.features.length);
    this.polynomial[0] = 1;
    for (let tree = 0; tree + 1 < this.model.roots.length; tree++) this.walk(this.model.roots[tree], 0, 0, 0, 1);
    return { bias: this.bias, contributions: this.out };
  }

  /**
   * Walks the tree below a node and settles what it can.
   * @param at where the polynomial of the path begins; what lies a stride beyond is free
   * @param hot number of hot features on the path
   * @param known number of features on the path
   * @param cold product of the cold features' shares of rows
   * @returns what every cold feature of the path loses by the leaves below
   */
  private walk(node: number, at: number, hot: number, known: number, cold: number): number {
    const { state, share, part, model } = this;
    const feature = model.feature[node];
    if (feature < 0) return this.leaf(this.value[node] * cold, at, hot, known);
    const x = this.row[feature];
    const goesLeft = Number.isNaN(x) ? model.missingLeft[node] === 1 : x <= model.threshold[node];
    const own = goesLeft ? model.left[node] : model.right[node];
    const other = goesLeft ? model.right[node] : model.left[node];
    const before = state[feature];
    if (before === COLD) return this.walk(own, at, hot, known, cold * part[own]) + this.walk(other, at, hot, known, cold * part[other]);

    const next = at + this.stride;
    let lost: number;
    state[feature] = COLD;
    if (before === UNSEEN) {
      lost = this.walk(other, at, hot, known + 1, cold * part[other]);
      this.out[feature] -= lost;
      this.multiply(at, hot, next, feature, part[own]);
      state[feature] = HOT;
      share[feature] = part[own];
      lost += this.walk(own, next, hot + 1, known + 1, cold);
      state[feature] = UNSEEN;
      return lost;
    }
    const passing = share[feature];
    this.divide(at, hot, next, feature, passing);
    lost = this.walk(other, next, hot - 1, known, cold * passing * part[other]);
    this.out[feature] -= lost;
    this.multiply(next, hot - 1, next, feature, passing * part[own]);
    state[feature] = HOT;
    share[feature] = passing * part[own];
    lost += this.walk(own, next, hot, known, cold);
    share[feature] = passing;
    return lost;
  }

  /** Gives a leaf's hot features what it owes them; returns what each cold one loses. */
  private leaf(value: number, at: number, hot: number, known: number): number {
    if (value === 0) return 0;
    const { polynomial, hotShare, weight } = this;
    const row = known * this.stride;
    for (let i = 0; i < hot; i++) {
      const share = hotShare[at + i];
      let quotient = polynomial[at + hot];
      let sum = quotient * weight[row + hot - 1];
      for (let k = hot - 1; k > 0; k--) {
        quotient = polynomial[at + k] - share * quotient;
        sum += quotient * weight[row + k - 1];
      }
      this.out[this.hotFeature[at + i]] += value * (1 - share) * sum;
    }
    if (hot === known) return 0; // no cold feature
    let sum = 0;
    for (let k = 0; k <= hot; k++) sum += polynomial[at + k] * weight[row + k];
    return value * sum;
  }

  /** The polynomial at `from` times (share + y), with its feature, to `to` (which may be `from`). */
  private multiply(from: number, hot: number, to: number, feature: number, share: number): void {
    const { polynomial, hotFeature, hotShare } = this;
    polynomial[to + hot + 1] = polynomial[from + hot];
    for (let k = hot; k > 0; k--) polynomial[to + k] = share * polynomial[from + k] + polynomial[from + k - 1];
    polynomial[to] = share * polynomial[from];
    for (let i = 0; i < hot; i++) {
      hotFeature[to + i] = hotFeature[from + i];
      hotShare[to + i] = hotShare[from + i];
    }
    hotFeature[to + hot] = feature;
    hotShare[to + hot] = share;
  }

  /** The polynomial at `from` without (share + y) and its feature, to `to`. */
  private divide(from: number, hot: number, to: number, feature: number, share: number): void {
    const { polynomial, hotFeature, hotShare } = this;
    let quotient = polynomial[from + hot];
    for (let k = hot - 1; k >= 0; k--) {
      polynomial[to + k] = quotient;
      quotient = polynomial[from + k] - share * quotient;
    }
    for (let i = 0, j = 0; i < hot; i++) {
      if (hotFeature[from + i] === feature) continue;
      hotFeature[to + j] = hotFeature[from + i];
      hotShare[to + j++] = hotShare[from + i];
    }
  }
}

/** k! (d-k-1)! / d! = 1 / (d x binomial of d-1 and k), for d up to `most` and k below d. */
function subsetWeights(most: number, stride: number): Float64Array {
  const weight = new Float64Array((most + 1) * stride);
  for (let d = 1; d <= most; d++) {
    let binomial = 1;
    for (let k = 0; 2 * k < d; k++) {
      weight[d * stride + k] = 1 / (d * binomial);
      weight[d * stride + d - 1 - k] = weight[d * stride + k];
      binomial = (binomial * (d - 1 - k)) / (k + 1);
    }
  }
  return weight;
}

/** Explains one row; for several rows of one class make a `ForestExplainer` once. */
export function explainRow(model: ForestModel, row: ArrayLike<number>, classIndex: number): ForestExplanation {
  return new ForestExplainer(model, classIndex).explain(row);
}

function prepare(
  model: ForestModel,
  classIndex: number,
  background?: readonly number[],
): { value: Float64Array; part: Float64Array; reach: Float64Array; depth: number } {
  const { feature, left, right } = model;
  const cover = background === undefined ? model.cover : coverOf(model, background);
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

/** Rows of a class that do not count still count this much, so that no split is without rows. */
const LEAST_BACKGROUND = 1e-6;

/** Cover of the nodes when the rows of each class weigh as the background says. */
function coverOf({ share, cover, classes }: ForestModel, background: readonly number[]): Float64Array {
  if (background.length !== classes.length)
    throw new RangeError(`the background has ${background.length} weights, the forest ${classes.length} classes`);
  return cover.map((whole, node) => {
    let sum = 0;
    for (let k = 0; k < classes.length; k++) sum += share[node * classes.length + k] * Math.max(LEAST_BACKGROUND, background[k]);
    return whole * sum;
  });
}

/** A leaf's share of the class, or its vote for it: the class with the largest share, the first of equals. */
function leafValue(model: ForestModel, node: number, classIndex: number): number {
  const classes = model.classes.length;
  const shares = model.share.subarray(node * classes, (node + 1) * classes);
  if (model.vote === 'mean') return shares[classIndex];
  return shares.indexOf(Math.max(...shares)) === classIndex ? 1 : 0;
}
