import type { BinnedTable } from './binning.ts';
import { MISSING } from './binning.ts';
import type { ForestPlan } from './options.ts';
import type { TreeRandom } from './random.ts';

/** One code for each bin, and one for missing values. */
const CODES = 256;

/** Nodes with fewer rows than this note which bins they touch, instead of looking through all of them. */
const SMALL = 512;

/**
 * Finds the best split of one node: histograms of class weights by bin for a sample of the features, all cuts between
 * neighbouring bins that hold rows, missing values on either side. Works in place; the answer stands in its fields until
 * the next call.
 *
 * Splits are ranked by the sum over both children of `purity`, which is greatest where the weighted impurity is least:
 * for gini the sum of squared class weights over the weight, for entropy the sum of w ln w over classes less w ln w of
 * all. Of equal splits the first found wins.
 */
export class SplitSearch {
  /** feature of the best split; -1 when there is none */
  feature = -1;
  /** last bin that goes left and first bin that goes right, among bins that hold rows of the node; `right` is -1 where all values go left and the missing ones right */
  leftBin = 0;
  rightBin = 0;
  missingLeft = 0;
  /** sum of the children's purity */
  score = 0;

  private readonly codes: Uint8Array;
  private readonly rows: number;
  private readonly classes: number;
  private readonly gini: boolean;
  private readonly minLeaf: number;
  private readonly perSplit: number;
  /** class weights by code: CODES x classes; zero between calls */
  private readonly histogram: Float64Array;
  /** number of rows by code; kept only where leaves have a least size */
  private readonly counts: Int32Array;
  /** bins that hold rows, ascending */
  private readonly held: Int32Array;
  /** bit sets of the codes seen */
  private readonly seen: Int32Array;
  /** features in the order of drawing; any order to begin with gives even odds */
  private readonly drawn: Int32Array;
  private readonly left: Float64Array;
  private readonly random: TreeRandom;

  constructor(binned: BinnedTable, classes: number, plan: ForestPlan, random: TreeRandom) {
    this.codes = binned.codes;
    this.rows = binned.rows;
    this.classes = classes;
    this.gini = plan.criterion === 'gini';
    this.minLeaf = plan.minLeaf;
    this.perSplit = plan.featuresPerSplit;
    this.histogram = new Float64Array(CODES * classes);
    this.counts = new Int32Array(CODES);
    this.held = new Int32Array(CODES);
    this.seen = new Int32Array(CODES / 32);
    this.drawn = Int32Array.from({ length: binned.features }, (_, f) => f);
    this.left = new Float64Array(classes);
    this.random = random;
  }

  /**
   * Looks at features in random order until `featuresPerSplit` are seen and one of them can be split, or all are seen.
   * `index` holds the node's row numbers in [start, end); `label` and `weight` those rows' classes and weights from 0 on;
   * `totals` the node's class weights.
   */
  find(index: Int32Array, start: number, end: number, label: Int32Array, weight: Float64Array, totals: Float64Array): boolean {
    this.feature = -1;
    this.score = Number.NEGATIVE_INFINITY;
    const drawn = this.drawn;
    const features = drawn.length;
    for (let k = 0; k < features && (k < this.perSplit || this.feature < 0); k++) {
      const at = k + this.random.int(features - k);
      const feature = drawn[at];
      drawn[at] = drawn[k];
      drawn[k] = feature;
      const held = this.fill(feature, index, start, end, label, weight);
      const missing = this.seen[7] < 0;
      if (held > 1 || (held === 1 && missing)) {
        if (missing) this.scan(feature, held, totals, end - start, true, true);
        this.scan(feature, held, totals, end - start, missing, false);
      }
      this.clear(held);
    }
    return this.feature >= 0;
  }

  /** Adds the node's rows to the histogram of a feature and lists the bins that hold some; returns their number. */
  private fill(feature: number, index: Int32Array, start: number, end: number, label: Int32Array, weight: Float64Array): number {
    const { codes, histogram, classes, seen, held } = this;
    const base = feature * this.rows;
    const rows = end - start;
    if (this.minLeaf > 1) {
      const { counts } = this;
      for (let i = start; i < end; i++) counts[codes[base + index[i]]]++;
    }
    if (rows < SMALL) {
      for (let i = 0; i < rows; i++) {
        const code = codes[base + index[start + i]];
        histogram[code * classes + label[i]] += weight[i];
        seen[code >> 5] |= 1 << (code & 31);
      }
    } else {
      for (let i = 0; i < rows; i++) histogram[codes[base + index[start + i]] * classes + label[i]] += weight[i];
      for (let code = 0, at = 0; code < CODES; code++) {
        let sum = 0;
        for (let k = 0; k < classes; k++) sum += histogram[at++];
        if (sum > 0) seen[code >> 5] |= 1 << (code & 31);
      }
    }
    let count = 0;
    for (let word = 0; word < 8; word++) {
      let bits = word === 7 ? seen[7] & 0x7fffffff : seen[word];
      while (bits !== 0) {
        const lowest = bits & -bits;
        held[count++] = (word << 5) + 31 - Math.clz32(lowest);
        bits ^= lowest;
      }
    }
    return count;
  }

  private clear(held: number): void {
    const { histogram, classes, seen, counts } = this;
    for (let i = 0; i < held; i++) {
      const at = this.held[i] * classes;
      for (let k = 0; k < classes; k++) histogram[at + k] = 0;
      counts[this.held[i]] = 0;
    }
    if (seen[7] < 0) {
      for (let k = 0; k < classes; k++) histogram[MISSING * classes + k] = 0;
      counts[MISSING] = 0;
    }
    for (let word = 0; word < 8; word++) seen[word] = 0;
  }

  /** Tries every cut of one feature with the missing values, if any, on one side. */
  private scan(feature: number, held: number, totals: Float64Array, rows: number, missing: boolean, missingLeft: boolean): void {
    // with missing values on the right, all others against them is a split too
    const last = missing && !missingLeft ? held : held - 1;
    let best: number;
    if (!this.gini) best = this.scanEntropy(last, totals, rows, missingLeft);
    else if (this.classes === 2) best = this.scanTwo(last, totals, rows, missingLeft);
    else best = this.scanGini(last, totals, rows, missingLeft);
    if (best < 0) return;
    this.feature = feature;
    this.leftBin = this.held[best];
    this.rightBin = best + 1 < held ? this.held[best + 1] : -1;
    this.missingLeft = missingLeft ? 1 : 0;
  }

  /** Two classes, gini. Returns the place in `held` of the last bin on the left of a split that beats the best so far, or -1. */
  private scanTwo(last: number, totals: Float64Array, rows: number, missingLeft: boolean): number {
    const { histogram, held, counts, minLeaf } = this;
    let left0 = missingLeft ? histogram[2 * MISSING] : 0;
    let left1 = missingLeft ? histogram[2 * MISSING + 1] : 0;
    let count = missingLeft ? counts[MISSING] : 0;
    const total0 = totals[0];
    const total1 = totals[1];
    let best = -1;
    let top = this.score;
    for (let i = 0; i < last; i++) {
      const at = held[i] << 1;
      left0 += histogram[at];
      left1 += histogram[at + 1];
      if (minLeaf > 1) {
        count += counts[held[i]];
        if (count < minLeaf || rows - count < minLeaf) continue;
      }
      const right0 = total0 - left0;
      const right1 = total1 - left1;
      const score = (left0 * left0 + left1 * left1) / (left0 + left1) + (right0 * right0 + right1 * right1) / (right0 + right1);
      if (score > top) {
        top = score;
        best = i;
      }
    }
    this.score = top;
    return best;
  }

  /** As scanTwo, for any number of classes. */
  private scanGini(last: number, totals: Float64Array, rows: number, missingLeft: boolean): number {
    const { histogram, held, counts, minLeaf, classes, left } = this;
    let count = missingLeft ? counts[MISSING] : 0;
    let leftWeight = 0;
    let leftSquares = 0;
    let rightWeight = 0;
    let rightSquares = 0;
    for (let k = 0; k < classes; k++) {
      left[k] = missingLeft ? histogram[MISSING * classes + k] : 0;
      leftWeight += left[k];
      leftSquares += left[k] * left[k];
      rightWeight += totals[k] - left[k];
      rightSquares += (totals[k] - left[k]) * (totals[k] - left[k]);
    }
    let best = -1;
    let top = this.score;
    for (let i = 0; i < last; i++) {
      const at = held[i] * classes;
      for (let k = 0; k < classes; k++) {
        const weight = histogram[at + k];
        if (weight === 0) continue;
        const before = left[k];
        const right = totals[k] - before;
        leftSquares += weight * (2 * before + weight);
        rightSquares -= weight * (2 * right - weight);
        leftWeight += weight;
        rightWeight -= weight;
        left[k] = before + weight;
      }
      if (minLeaf > 1) {
        count += counts[held[i]];
        if (count < minLeaf || rows - count < minLeaf) continue;
      }
      const score = leftSquares / leftWeight + rightSquares / rightWeight;
      if (score > top) {
        top = score;
        best = i;
      }
    }
    this.score = top;
    return best;
  }

  /** As scanGini, by entropy. */
  private scanEntropy(last: number, totals: Float64Array, rows: number, missingLeft: boolean): number {
    const { histogram, held, counts, minLeaf, classes, left } = this;
    let count = missingLeft ? counts[MISSING] : 0;
    for (let k = 0; k < classes; k++) left[k] = missingLeft ? histogram[MISSING * classes + k] : 0;
    let best = -1;
    let top = this.score;
    for (let i = 0; i < last; i++) {
      const at = held[i] * classes;
      let score = 0;
      let leftWeight = 0;
      let rightWeight = 0;
      for (let k = 0; k < classes; k++) {
        left[k] += histogram[at + k];
        const right = totals[k] - left[k];
        leftWeight += left[k];
        rightWeight += right;
        score += timesLog(left[k]) + timesLog(right);
      }
      if (minLeaf > 1) {
        count += counts[held[i]];
        if (count < minLeaf || rows - count < minLeaf) continue;
      }
      score -= timesLog(leftWeight) + timesLog(rightWeight);
      if (score > top) {
        top = score;
        best = i;
      }
    }
    this.score = top;
    return best;
  }
}

/** Purity of a node of these class weights: what SplitSearch adds up over the children. */
export function purity(totals: Float64Array, criterion: 'gini' | 'entropy'): number {
  let weight = 0;
  let sum = 0;
  for (let k = 0; k < totals.length; k++) {
    weight += totals[k];
    sum += criterion === 'gini' ? totals[k] * totals[k] : timesLog(totals[k]);
  }
  return criterion === 'gini' ? sum / weight : sum - timesLog(weight);
}

function timesLog(weight: number): number {
  return weight > 0 ? weight * Math.log(weight) : 0;
}
