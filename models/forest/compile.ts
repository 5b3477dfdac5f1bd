import { WeirError } from '../../services/core/errors.ts';
import type { ForestModel } from './model.ts';
import { nodesOf } from './model.ts';
import { classOf, rowClass, rowProbabilities } from './predict.ts';

/**
 * Codes of the rows that go through a tree together: enough rows to make up for fetching the tree (of a forest that does
 * not fit the cache, 2,048 rows of 32 features are scored four times as fast as 128), few enough to stay near themselves.
 */
const BLOCK_CODES = 2 ** 17;

/** Walks that run side by side, so that one does not wait for the other's memory. */
const ABREAST = 8;

/** Batches of fewer rows than this are scored row by row. */
const FEW = 4;

/** Greatest code: a missing value that goes right, and the cut of a leaf. */
const MOST = 0xffff;

/**
 * Cells of a grid over each feature's thresholds that lead to the few thresholds near a value. Finding the cell is
 * monotone in the value, so thresholds in cells before it lie below and those in cells after it above, whatever the rounding.
 */
const CELLS = 512;

/** A forest made ready for scoring. Not for use by several threads at once; every call overwrites its scratch. */
export interface CompiledForest {
  readonly classes: readonly string[];
  readonly features: readonly string[];
  /**
   * Class probabilities of `rows` rows of `features.length` numbers each (NaN: missing), written to `out`, rows x
   * classes: the mean of the trees' class shares, or with majority votes the share of the trees.
   */
  probabilities(values: Float64Array, rows: number, out: Float64Array): void;
  /** As `probabilities`, the last class alone: one number a row. */
  positive(values: Float64Array, rows: number, out: Float64Array): void;
  /** Probability of the last class for one row that begins at `offset`. Allocates nothing. */
  row(values: Float64Array, offset: number): number;
  /**
   * Class of each row: the most probable one, the first of equals; with majority votes, the one that is
   * first to reach the winning number, trees in order.
   */
  decide(values: Float64Array, rows: number, out: Int32Array): void;
}

/**
 * Compiles a forest. Every answer is bit for bit that of the plain walk (predict.ts): a value is replaced by the number
 * of thresholds of its feature that lie below it, and `value <= threshold` by the same question about these numbers,
 * so that a step of a walk is integer arithmetic without a branch.
 *
 * @throws WeirError `input_format` for a model without trees or classes
 */
export function compileForest(model: ForestModel): CompiledForest {
  if (model.roots.length < 2 || model.classes.length < 1) {
    throw new WeirError(
      'input_format',
      `forest has ${model.roots.length - 1} trees and ${model.classes.length} classes; it needs one of each`,
    );
  }
  const cuts = cutsOf(model);
  // a model with more thresholds or features than codes have room for is rare enough to be walked plainly
  return cuts ? new CodedForest(model, cuts) : new PlainForest(model);
}

/** Different thresholds of each feature, ascending. */
interface Cuts {
  readonly values: Float64Array;
  /** where each feature's begin in `values`: features + 1 numbers */
  readonly from: Int32Array;
}

function cutsOf(model: ForestModel): Cuts | undefined {
  const features = model.features.length;
  if (2 * features > MOST) return undefined;
  const nodes = nodesOf(model);
  const sizes = new Int32Array(features + 1);
  for (let node = 0; node < nodes; node++) if (model.feature[node] >= 0) sizes[model.feature[node] + 1]++;
  for (let f = 0; f < features; f++) sizes[f + 1] += sizes[f];
  const all = new Float64Array(sizes[features]);
  const at = sizes.slice();
  for (let node = 0; node < nodes; node++) if (model.feature[node] >= 0) all[at[model.feature[node]]++] = model.threshold[node];
  const from = new Int32Array(features + 1);
  const values = new Float64Array(all.length);
  let count = 0;
  for (let f = 0; f < features; f++) {
    for (const value of all.subarray(sizes[f], sizes[f + 1]).sort()) {
      if (count === from[f] || value !== values[count - 1]) values[count++] = value;
    }
    from[f + 1] = count;
    if (count - from[f] >= MOST) return undefined;
  }
  return { values: values.slice(0, count), from };
}

class CodedForest implements CompiledForest {
  readonly classes: readonly string[];
  readonly features: readonly string[];

  private readonly model: ForestModel;
  private readonly trees: number;
  private readonly cuts: Float64Array;
  /** features that the forest asks for */
  private readonly asked: Int32Array;
  /** where each asked feature's thresholds begin in `cuts` */
  private readonly first: Int32Array;
  /** grid of each asked feature: its begin, cells for a unit, and the number of thresholds before each cell and the end */
  private readonly origin: Float64Array;
  private readonly perCell: Float64Array;
  private readonly cells: Uint16Array;
  /** codes of a row: two for each asked feature, which differ for a missing value alone */
  private readonly width: number;
  /**
   * two words a node, children side by side, each tree breadth first: cut << 16 | place of the code in a row; place of
   * the left child. A leaf is its own left child, and every code goes left.
   */
  private readonly words: Int32Array;
  /** place of each tree's root in `words` */
  private readonly roots: Int32Array;
  /** steps to the deepest leaf of each tree */
  private readonly depths: Int32Array;
  /** what a tree says at a node: nodes x classes */
  private readonly says: Float64Array;
  /** rows that are scored together, a multiple of ABREAST */
  private readonly block: number;
  private readonly codes: Uint16Array;
  private readonly leaves: Int32Array;

  constructor(model: ForestModel, cuts: Cuts) {
    const nodes = nodesOf(model);
    const classes = model.classes.length;
    this.model = model;
    this.classes = model.classes;
    this.features = model.features;
    this.trees = model.roots.length - 1;
    this.cuts = cuts.values;
    this.asked = Int32Array.from(model.features.keys()).filter((f) => cuts.from[f + 1] > cuts.from[f]);
    this.first = this.asked.map((f) => cuts.from[f]);
    this.origin = new Float64Array(this.asked.length);
    this.perCell = new Float64Array(this.asked.length);
    this.cells = new Uint16Array(this.asked.length * (CELLS + 1));
    this.asked.forEach((f, i) => {
      this.layGrid(i, cuts.from[f + 1] - cuts.from[f]);
    });
    this.width = 2 * this.asked.length;
    this.words = new Int32Array(2 * nodes);
    this.roots = new Int32Array(this.trees + ABREAST);
    this.depths = new Int32Array(this.trees + ABREAST);
    this.says = new Float64Array(nodes * classes);
    this.block = ABREAST * Math.max(1, Math.ceil(BLOCK_CODES / ABREAST / Math.max(64, this.width)));
    this.codes = new Uint16Array(this.block * Math.max(1, this.width));
    this.leaves = new Int32Array(Math.max(this.block, this.trees + ABREAST));
    const placeOf = new Int32Array(model.features.length);
    this.asked.forEach((f, i) => {
      placeOf[f] = 2 * i;
    });
    const queue = new Int32Array(nodes);
    for (let tree = 0; tree < this.trees; tree++) this.layOut(tree, queue, placeOf);
  }

  probabilities(values: Float64Array, rows: number, out: Float64Array): void {
    const { says, leaves, trees } = this;
    const classes = this.classes.length;
    out.fill(0, 0, rows * classes);
    if (rows < FEW) {
      for (let row = 0; row < rows; row++) {
        this.encodeRow(values, row * this.features.length);
        this.walkTrees();
        for (let tree = 0; tree < trees; tree++) {
          for (let k = 0; k < classes; k++) out[row * classes + k] += says[leaves[tree] * classes + k];
        }
      }
      for (let i = 0; i < rows * classes; i++) out[i] /= trees;
      return;
    }
    for (let from = 0; from < rows; from += this.block) {
      const block = Math.min(this.block, rows - from);
      this.encode(values, from, block);
      for (let tree = 0; tree < trees; tree++) {
        this.walkRows(tree, block);
        for (let i = 0, at = from * classes; i < block; i++) {
          for (let k = 0, said = leaves[i] * classes; k < classes; k++) out[at++] += says[said++];
        }
      }
    }
    for (let i = 0; i < rows * classes; i++) out[i] /= trees;
  }

  positive(values: Float64Array, rows: number, out: Float64Array): void {
    const { says, leaves, trees } = this;
    const classes = this.classes.length;
    if (rows < FEW) {
      for (let row = 0; row < rows; row++) out[row] = this.row(values, row * this.features.length);
      return;
    }
    out.fill(0, 0, rows);
    for (let from = 0; from < rows; from += this.block) {
      const block = Math.min(this.block, rows - from);
      this.encode(values, from, block);
      for (let tree = 0; tree < trees; tree++) {
        this.walkRows(tree, block);
        for (let i = 0; i < block; i++) out[from + i] += says[leaves[i] * classes + classes - 1];
      }
    }
    for (let i = 0; i < rows; i++) out[i] /= trees;
  }

  row(values: Float64Array, offset: number): number {
    const { says, leaves, trees } = this;
    const classes = this.classes.length;
    this.encodeRow(values, offset);
    this.walkTrees();
    let sum = 0;
    for (let tree = 0; tree < trees; tree++) sum += says[leaves[tree] * classes + classes - 1];
    return sum / trees;
  }

  decide(values: Float64Array, rows: number, out: Int32Array): void {
    const probabilities = new Float64Array(rows * this.classes.length);
    this.probabilities(values, rows, probabilities);
    decideAll(this.model, probabilities, values, rows, out);
  }

  /** Writes the nodes of one tree breadth first; places of nodes are those of the model's, in another order. */
  private layOut(tree: number, queue: Int32Array, placeOf: Int32Array): void {
    const { model, words, says } = this;
    const classes = model.classes.length;
    const first = model.roots[tree];
    queue[first] = first;
    let made = first + 1;
    let level = made;
    let depth = 0;
    for (let at = first; at < made; at++) {
      if (at === level) {
        level = made;
        depth++;
      }
      const node = queue[at];
      const feature = model.feature[node];
      if (feature < 0) {
        words[2 * at] = MOST << 16;
        words[2 * at + 1] = 2 * at;
        if (model.vote === 'majority') says[at * classes + classOf(model, node)] = 1;
        else for (let k = 0; k < classes; k++) says[at * classes + k] = model.share[node * classes + k];
        continue;
      }
      const place = placeOf[feature];
      const cut = this.below(place >> 1, model.threshold[node]);
      words[2 * at] = (cut << 16) | (place + (model.missingLeft[node] === 1 ? 0 : 1));
      words[2 * at + 1] = 2 * made;
      queue[made++] = model.left[node];
      queue[made++] = model.right[node];
    }
    this.roots[tree] = 2 * first;
    this.depths[tree] = depth;
  }

  /** Cell of a value of the i-th asked feature. */
  private cellOf(i: number, value: number): number {
    const cell = (value - this.origin[i]) * this.perCell[i];
    return cell >= CELLS ? CELLS - 1 : cell > 0 ? Math.trunc(cell) : 0;
  }

  /** Number of thresholds of the i-th asked feature below a value. */
  private below(i: number, value: number): number {
    const { cuts, cells } = this;
    const cell = i * (CELLS + 1) + this.cellOf(i, value);
    const first = this.first[i];
    let at = cells[cell];
    let end = cells[cell + 1];
    while (end - at > 4) {
      const middle = (at + end) >> 1;
      if (cuts[first + middle] < value) at = middle + 1;
      else end = middle;
    }
    while (at < end && cuts[first + at] < value) at++;
    return at;
  }

  /** Counts the thresholds of the i-th asked feature in the cells before each cell. */
  private layGrid(i: number, count: number): void {
    const { cuts, cells, first } = this;
    const low = cuts[first[i]];
    // the split of all values from the missing ones lies beyond the grid
    const top = cuts[first[i] + count - 1] === Number.MAX_VALUE && count > 1 ? count - 2 : count - 1;
    const perCell = CELLS / (cuts[first[i] + top] - low);
    this.origin[i] = low;
    // thresholds too near or too far apart for a grid share one cell
    this.perCell[i] = Number.isFinite(low) && Number.isFinite(perCell) ? perCell : 0;
    if (this.perCell[i] === 0) this.origin[i] = 0;
    const base = i * (CELLS + 1);
    for (let k = 0; k < count; k++) {
      const cell = this.cellOf(i, cuts[first[i] + k]);
      for (let after = cell + 1; after <= CELLS; after++) cells[base + after]++;
    }
  }

  private encode(values: Float64Array, from: number, rows: number): void {
    const features = this.features.length;
    const { asked, codes, width } = this;
    for (let i = 0; i < asked.length; i++) {
      let offset = from * features + asked[i];
      let to = 2 * i;
      for (let row = 0; row < rows; row++, offset += features, to += width) {
        const value = values[offset];
        if (Number.isNaN(value)) {
          codes[to] = 0;
          codes[to + 1] = MOST;
        } else {
          const code = this.below(i, value);
          codes[to] = code;
          codes[to + 1] = code;
        }
      }
    }
  }

  private encodeRow(values: Float64Array, offset: number): void {
    const { asked, codes } = this;
    for (let i = 0; i < asked.length; i++) {
      const value = values[offset + asked[i]];
      if (Number.isNaN(value)) {
        codes[2 * i] = 0;
        codes[2 * i + 1] = MOST;
      } else {
        const code = this.below(i, value);
        codes[2 * i] = code;
        codes[2 * i + 1] = code;
      }
    }
  }

  /** Walks the encoded rows through one tree; their leaves end up in `leaves`. Rows beyond the block's end are walked, and mean nothing. */
  private walkRows(tree: number, rows: number): void {
    const { words, codes, leaves, width } = this;
    const root = this.roots[tree];
    const depth = this.depths[tree];
    for (let i = 0; i < rows; i += ABREAST) {
      const r0 = i * width;
      const r1 = r0 + width;
      const r2 = r1 + width;
      const r3 = r2 + width;
      const r4 = r3 + width;
      const r5 = r4 + width;
      const r6 = r5 + width;
      const r7 = r6 + width;
      let n0 = root;
      let n1 = root;
      let n2 = root;
      let n3 = root;
      let n4 = root;
      let n5 = root;
      let n6 = root;
      let n7 = root;
      for (let step = 0; step < depth; step++) {
        const w0 = words[n0];
        const w1 = words[n1];
        const w2 = words[n2];
        const w3 = words[n3];
        const w4 = words[n4];
        const w5 = words[n5];
        const w6 = words[n6];
        const w7 = words[n7];
        // cut - code is negative where the code lies above the cut: 2 words on, the right child
        const m0 = words[n0 + 1] + ((((w0 >>> 16) - codes[r0 + (w0 & MOST)]) >> 31) & 2);
        const m1 = words[n1 + 1] + ((((w1 >>> 16) - codes[r1 + (w1 & MOST)]) >> 31) & 2);
        const m2 = words[n2 + 1] + ((((w2 >>> 16) - codes[r2 + (w2 & MOST)]) >> 31) & 2);
        const m3 = words[n3 + 1] + ((((w3 >>> 16) - codes[r3 + (w3 & MOST)]) >> 31) & 2);
        const m4 = words[n4 + 1] + ((((w4 >>> 16) - codes[r4 + (w4 & MOST)]) >> 31) & 2);
        const m5 = words[n5 + 1] + ((((w5 >>> 16) - codes[r5 + (w5 & MOST)]) >> 31) & 2);
        const m6 = words[n6 + 1] + ((((w6 >>> 16) - codes[r6 + (w6 & MOST)]) >> 31) & 2);
        const m7 = words[n7 + 1] + ((((w7 >>> 16) - codes[r7 + (w7 & MOST)]) >> 31) & 2);
        // a walk that stays has come to its leaf
        const still = (m0 ^ n0) | (m1 ^ n1) | (m2 ^ n2) | (m3 ^ n3) | (m4 ^ n4) | (m5 ^ n5) | (m6 ^ n6) | (m7 ^ n7);
        if (still === 0) break;
        n0 = m0;
        n1 = m1;
        n2 = m2;
        n3 = m3;
        n4 = m4;
        n5 = m5;
        n6 = m6;
        n7 = m7;
      }
      leaves[i] = n0 >> 1;
      leaves[i + 1] = n1 >> 1;
      leaves[i + 2] = n2 >> 1;
      leaves[i + 3] = n3 >> 1;
      leaves[i + 4] = n4 >> 1;
      leaves[i + 5] = n5 >> 1;
      leaves[i + 6] = n6 >> 1;
      leaves[i + 7] = n7 >> 1;
    }
  }

  /** Walks the first encoded row through all trees; the leaves end up in `leaves`. The places beyond the last tree are walked from node 0, and mean nothing. */
  private walkTrees(): void {
    const { words, codes, leaves, roots, depths, trees } = this;
    for (let t = 0; t < trees; t += 4) {
      let n0 = roots[t];
      let n1 = roots[t + 1];
      let n2 = roots[t + 2];
      let n3 = roots[t + 3];
      const depth = Math.max(depths[t], depths[t + 1], depths[t + 2], depths[t + 3]);
      for (let step = 0; step < depth; step++) {
        const w0 = words[n0];
        const w1 = words[n1];
        const w2 = words[n2];
        const w3 = words[n3];
        const m0 = words[n0 + 1] + ((((w0 >>> 16) - codes[w0 & MOST]) >> 31) & 2);
        const m1 = words[n1 + 1] + ((((w1 >>> 16) - codes[w1 & MOST]) >> 31) & 2);
        const m2 = words[n2 + 1] + ((((w2 >>> 16) - codes[w2 & MOST]) >> 31) & 2);
        const m3 = words[n3 + 1] + ((((w3 >>> 16) - codes[w3 & MOST]) >> 31) & 2);
        if (((m0 ^ n0) | (m1 ^ n1) | (m2 ^ n2) | (m3 ^ n3)) === 0) break;
        n0 = m0;
        n1 = m1;
        n2 = m2;
        n3 = m3;
      }
      leaves[t] = n0 >> 1;
      leaves[t + 1] = n1 >> 1;
      leaves[t + 2] = n2 >> 1;
      leaves[t + 3] = n3 >> 1;
    }
  }
}

/** A forest that codes have no room for, walked node by node. */
class PlainForest implements CompiledForest {
  readonly classes: readonly string[];
  readonly features: readonly string[];
  private readonly model: ForestModel;

  constructor(model: ForestModel) {
    this.model = model;
    this.classes = model.classes;
    this.features = model.features;
  }

  probabilities(values: Float64Array, rows: number, out: Float64Array): void {
    for (let row = 0; row < rows; row++)
      out.set(rowProbabilities(this.model, values, row * this.features.length), row * this.classes.length);
  }

  positive(values: Float64Array, rows: number, out: Float64Array): void {
    for (let row = 0; row < rows; row++) out[row] = this.row(values, row * this.features.length);
  }

  row(values: Float64Array, offset: number): number {
    return rowProbabilities(this.model, values, offset)[this.classes.length - 1];
  }

  decide(values: Float64Array, rows: number, out: Int32Array): void {
    for (let row = 0; row < rows; row++) out[row] = rowClass(this.model, values, row * this.features.length);
  }
}

function decideAll(model: ForestModel, probabilities: Float64Array, values: Float64Array, rows: number, out: Int32Array): void {
  const classes = model.classes.length;
  for (let row = 0; row < rows; row++) {
    let top = 0;
    let equal = false;
    for (let k = 1; k < classes; k++) {
      const probability = probabilities[row * classes + k];
      if (probability > probabilities[row * classes + top]) {
        top = k;
        equal = false;
      } else if (probability === probabilities[row * classes + top]) {
        equal = true;
      }
    }
    out[row] = equal && model.vote === 'majority' ? rowClass(model, values, row * model.features.length) : top;
  }
}
