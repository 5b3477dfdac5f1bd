import type { BinnedTable } from './binning.ts';
import { MAX_BINS, MISSING, midway } from './binning.ts';
import type { ForestPlan } from './options.ts';
import { TreeRandom } from './random.ts';
import { purity, SplitSearch } from './split-search.ts';

/** What trees are grown from; may lie in memory that threads share. */
export interface GrowingTable {
  readonly binned: BinnedTable;
  readonly classes: number;
  readonly labels: Int32Array;
  /** weight by row, class weights included, multiples of one power of 2: sums of them are exact in any order */
  readonly weights: Float64Array;
  readonly groups?: Int32Array;
  /** number of groups; 0 without */
  readonly groupCount: number;
}

/** One tree as arrays, nodes in preorder (a node, its left subtree, its right subtree); children count from the tree's first node. */
export interface GrownTree {
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly missingLeft: Uint8Array;
  readonly share: Float64Array;
  readonly cover: Float64Array;
  /** impurity that the splits on each feature took away, over the impurity that the tree took away; zeros for a tree of one leaf */
  readonly importance: Float64Array;
}

/** Class shares are added up out of bag as multiples of this, so that the order of the trees does not matter (exact up to 2^17 trees). */
const STEP = 2 ** -36;

/**
 * Grows trees on one thread. A tree depends on the seed and its number alone. Out-of-bag sums of all trees grown here
 * stand in `oobSums` (rows x classes) and `oobTrees` (rows).
 */
export class TreeGrower {
  /** sum of the class shares that trees gave to rows they did not learn from: rows x classes */
  readonly oobSums: Float64Array;
  /** number of trees that did not learn from a row */
  readonly oobTrees: Int32Array;

  private readonly table: GrowingTable;
  private readonly plan: ForestPlan;
  private readonly seed: number;

  /** weight of each row in the tree that is growing; 0 when out of bag */
  private readonly weight: Float64Array;
  /** row numbers of the tree, every node a range, ascending within it */
  private readonly index: Int32Array;
  private readonly spare: Int32Array;
  private readonly nodeLabel: Int32Array;
  private readonly nodeWeight: Float64Array;
  private readonly totals: Float64Array;
  private readonly gains: Float64Array;

  // nodes of the tree that is growing
  private nodes = 0;
  private feature = new Int32Array(0);
  private threshold = new Float64Array(0);
  private left = new Int32Array(0);
  private right = new Int32Array(0);
  private missingLeft = new Uint8Array(0);
  private cut = new Uint8Array(0);
  private weights = new Float64Array(0);
  private start = new Int32Array(0);
  private end = new Int32Array(0);
  private depth = new Int32Array(0);

  constructor(table: GrowingTable, plan: ForestPlan, seed: number) {
    const { rows, features } = table.binned;
    this.table = table;
    this.plan = plan;
    this.seed = seed;
    this.oobSums = new Float64Array(rows * table.classes);
    this.oobTrees = new Int32Array(rows);
    this.weight = new Float64Array(rows);
    this.index = new Int32Array(rows);
    this.spare = new Int32Array(rows);
    this.nodeLabel = new Int32Array(rows);
    this.nodeWeight = new Float64Array(rows);
    this.totals = new Float64Array(table.classes);
    this.gains = new Float64Array(features);
    this.reserve(1024);
  }

  grow(tree: number): GrownTree {
    const random = new TreeRandom(this.seed, tree);
    const rows = this.draw(random);
    const search = new SplitSearch(this.table.binned, this.table.classes, this.plan, random);
    this.nodes = 0;
    this.gains.fill(0);
    if (this.plan.maxLeaves === Number.POSITIVE_INFINITY) this.growDepthFirst(search, rows);
    else this.growBestFirst(search, rows);
    this.addOutOfBag();
    return this.finished();
  }

  /** Draws the rows of a tree: fills `weight` and `index`, returns the number of different rows. */
  private draw(random: TreeRandom): number {
    const { table, plan, weight, index } = this;
    const { rows } = table.binned;
    const byGroup = plan.bootstrap === 'groups' && table.groups !== undefined;
    const units = byGroup ? table.groupCount : rows;
    const wanted = Math.max(1, Math.round(plan.sampleShare * units));
    let kept = 0;
    // a draw that only met rows of weight 0 is drawn again
    while (kept === 0) {
      const times = drawTimes(random, units, wanted, plan.bootstrap !== false);
      for (let row = 0; row < rows; row++) {
        const unit = byGroup ? (table.groups as Int32Array)[row] : row;
        weight[row] = times[unit] * table.weights[row];
        if (weight[row] > 0) index[kept++] = row;
      }
    }
    return kept;
  }

  private growDepthFirst(search: SplitSearch, rows: number): void {
    // nodes to do: their range, depth and the parent that waits for their number as its right child
    const stack: number[] = [0, rows, 0, -1];
    while (stack.length > 0) {
      const parent = stack.pop() as number;
      const depth = stack.pop() as number;
      const end = stack.pop() as number;
      const start = stack.pop() as number;
      const node = this.add(start, end, depth);
      if (parent >= 0) this.right[parent] = node;
      if (!this.search(search, node)) continue;
      const gain = search.score - purity(this.totals, this.plan.criterion);
      const middle = this.split(search, node);
      this.gains[this.feature[node]] += Math.max(0, gain);
      this.left[node] = node + 1;
      stack.push(middle, end, depth + 1, node, start, middle, depth + 1, -1);
    }
  }

  /** Splits the leaf that gains most, until there are `maxLeaves`; of equal gains the older node's. */
  private growBestFirst(search: SplitSearch, rows: number): void {
    const open: Candidate[] = [];
    const consider = (start: number, end: number, depth: number): number => {
      const node = this.add(start, end, depth);
      if (this.search(search, node)) {
        const gain = Math.max(0, search.score - purity(this.totals, this.plan.criterion));
        const { feature, leftBin, rightBin, missingLeft } = search;
        push(open, { node, gain, feature, leftBin, rightBin, missingLeft });
      }
      return node;
    };
    consider(0, rows, 0);
    for (let leaves = 1; leaves < this.plan.maxLeaves && open.length > 0; leaves++) {
      const candidate = pop(open);
      const { node } = candidate;
      const middle = this.split(candidate, node);
      this.gains[candidate.feature] += candidate.gain;
      const left = consider(this.start[node], middle, this.depth[node] + 1);
      const right = consider(middle, this.end[node], this.depth[node] + 1);
      this.left[node] = left;
      this.right[node] = right;
    }
  }

  /** A new leaf over a range of `index`, with its class weights. */
  private add(start: number, end: number, depth: number): number {
    const node = this.nodes++;
    if (this.nodes > this.feature.length) this.reserve(2 * this.feature.length);
    this.feature[node] = -1;
    this.threshold[node] = 0;
    this.left[node] = -1;
    this.right[node] = -1;
    this.missingLeft[node] = 0;
    this.cut[node] = 0;
    this.start[node] = start;
    this.end[node] = end;
    this.depth[node] = depth;
    this.gather(node);
    const { classes } = this.table;
    for (let k = 0; k < classes; k++) this.weights[node * classes + k] = this.totals[k];
    return node;
  }

  /** Puts labels, weights and class weights of a node's rows where the search reads them. */
  private gather(node: number): void {
    const { index, nodeLabel, nodeWeight, totals, weight } = this;
    const { labels } = this.table;
    const start = this.start[node];
    const rows = this.end[node] - start;
    totals.fill(0);
    for (let i = 0; i < rows; i++) {
      const row = index[start + i];
      const label = labels[row];
      nodeLabel[i] = label;
      nodeWeight[i] = weight[row];
      totals[label] += weight[row];
    }
  }

  /** Looks for a split of the node gathered last. */
  private search(search: SplitSearch, node: number): boolean {
    const { plan, totals } = this;
    const rows = this.end[node] - this.start[node];
    if (rows < plan.minSplit || rows < 2 * plan.minLeaf || this.depth[node] >= plan.maxDepth) return false;
    let present = 0;
    for (let k = 0; k < totals.length; k++) if (totals[k] > 0) present++;
    return present > 1 && search.find(this.index, this.start[node], this.end[node], this.nodeLabel, this.nodeWeight, totals);
  }

  /**
   * Makes a node an inner node and parts its rows, which were gathered last; returns where the right child's begin.
   * The cut lies midway between the neighbouring values in the node where no other row of the table lies there too, else
   * at the edge of the bin that holds the middle.
   */
  private split(found: Found, node: number): number {
    const { binned } = this.table;
    const { index, spare } = this;
    const { feature } = found;
    const at = feature * MAX_BINS;
    let cut = MISSING - 1;
    let threshold = Number.MAX_VALUE;
    if (found.rightBin >= 0) {
      const middle = midway(binned.highs[at + found.leftBin], binned.lows[at + found.rightBin]);
      cut = found.leftBin;
      while (cut + 1 < found.rightBin && binned.highs[at + cut + 1] <= middle) cut++;
      threshold = middle < binned.lows[at + cut + 1] ? middle : midway(binned.highs[at + cut], binned.lows[at + cut + 1]);
    }
    const base = feature * binned.rows;
    const start = this.start[node];
    const end = this.end[node];
    let kept = start;
    let moved = 0;
    let missing = false;
    for (let i = start; i < end; i++) {
      const row = index[i];
      const code = binned.codes[base + row];
      if (code === MISSING) missing = true;
      if (code === MISSING ? found.missingLeft === 1 : code <= cut) index[kept++] = row;
      else spare[moved++] = row;
    }
    for (let i = 0; i < moved; i++) index[kept + i] = spare[i];
    this.feature[node] = feature;
    this.threshold[node] = threshold;
    this.cut[node] = cut;
    this.missingLeft[node] = missing ? found.missingLeft : this.largerLeft(start, kept, end);
    return kept;
  }

  /** 1 when the left child weighs at least as much as the right one: where missing values go that the node did not see. */
  private largerLeft(start: number, middle: number, end: number): number {
    let balance = 0;
    for (let i = start; i < end; i++) balance += i < middle ? this.weight[this.index[i]] : -this.weight[this.index[i]];
    return balance >= 0 ? 1 : 0;
  }

  /** Adds the tree's answers for the rows it did not learn from. */
  private addOutOfBag(): void {
    if (this.plan.bootstrap === false && this.plan.sampleShare === 1) return;
    const { weight, oobSums, oobTrees, feature, cut, left, right, missingLeft, weights } = this;
    const { binned, classes } = this.table;
    const { codes, rows } = binned;
    const shares = new Float64Array(this.nodes * classes);
    for (let node = 0; node < this.nodes; node++) {
      if (feature[node] >= 0) continue;
      let sum = 0;
      for (let k = 0; k < classes; k++) sum += weights[node * classes + k];
      for (let k = 0; k < classes; k++) shares[node * classes + k] = Math.round(weights[node * classes + k] / sum / STEP) * STEP;
    }
    for (let row = 0; row < rows; row++) {
      if (weight[row] > 0) continue;
      let node = 0;
      while (feature[node] >= 0) {
        const code = codes[feature[node] * rows + row];
        node = (code === MISSING ? missingLeft[node] === 1 : code <= cut[node]) ? left[node] : right[node];
      }
      for (let k = 0; k < classes; k++) oobSums[row * classes + k] += shares[node * classes + k];
      oobTrees[row]++;
    }
  }

  /** The tree in preorder. */
  private finished(): GrownTree {
    const { classes } = this.table;
    const nodes = this.nodes;
    const tree = {
      feature: new Int32Array(nodes),
      threshold: new Float64Array(nodes),
      left: new Int32Array(nodes).fill(-1),
      right: new Int32Array(nodes).fill(-1),
      missingLeft: new Uint8Array(nodes),
      share: new Float64Array(nodes * classes),
      cover: new Float64Array(nodes),
      importance: this.gains.slice(),
    };
    const stack: number[] = [0, -1];
    for (let to = 0; to < nodes; to++) {
      const parent = stack.pop() as number;
      const from = stack.pop() as number;
      if (parent >= 0) tree.right[parent] = to;
      tree.feature[to] = this.feature[from];
      tree.threshold[to] = this.threshold[from];
      tree.missingLeft[to] = this.missingLeft[from];
      for (let k = 0; k < classes; k++) tree.cover[to] += this.weights[from * classes + k];
      for (let k = 0; k < classes; k++) tree.share[to * classes + k] = this.weights[from * classes + k] / tree.cover[to];
      if (this.feature[from] < 0) continue;
      tree.left[to] = to + 1;
      stack.push(this.right[from], to, this.left[from], -1);
    }
    const total = tree.importance.reduce((sum, gain) => sum + gain, 0);
    if (total > 0) for (let f = 0; f < tree.importance.length; f++) tree.importance[f] /= total;
    return tree;
  }

  private reserve(nodes: number): void {
    this.feature = larger(this.feature, new Int32Array(nodes));
    this.threshold = larger(this.threshold, new Float64Array(nodes));
    this.left = larger(this.left, new Int32Array(nodes));
    this.right = larger(this.right, new Int32Array(nodes));
    this.missingLeft = larger(this.missingLeft, new Uint8Array(nodes));
    this.cut = larger(this.cut, new Uint8Array(nodes));
    this.weights = larger(this.weights, new Float64Array(nodes * this.table.classes));
    this.start = larger(this.start, new Int32Array(nodes));
    this.end = larger(this.end, new Int32Array(nodes));
    this.depth = larger(this.depth, new Int32Array(nodes));
  }
}

/** A split as SplitSearch finds it. */
interface Found {
  readonly feature: number;
  readonly leftBin: number;
  readonly rightBin: number;
  readonly missingLeft: number;
}

/** A leaf that may be split. */
interface Candidate extends Found {
  readonly node: number;
  readonly gain: number;
}

function before(a: Candidate, b: Candidate): boolean {
  return a.gain > b.gain || (a.gain === b.gain && a.node < b.node);
}

/** Adds to a binary heap whose first element comes before all others. */
function push(heap: Candidate[], candidate: Candidate): void {
  let at = heap.length;
  heap.push(candidate);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(candidate, heap[parent])) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = candidate;
}

/** Takes the first element of a heap that is not empty. */
function pop(heap: Candidate[]): Candidate {
  const first = heap[0];
  const last = heap.pop() as Candidate;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
    if (!before(heap[child], last)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = last;
  return first;
}

/** How often each of `units` is drawn in `wanted` draws. */
function drawTimes(random: TreeRandom, units: number, wanted: number, replace: boolean): Int32Array {
  const times = new Int32Array(units);
  if (replace) {
    for (let i = 0; i < wanted; i++) times[random.int(units)]++;
    return times;
  }
  if (wanted === units) return times.fill(1);
  // selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S)
  let taken = 0;
  for (let unit = 0; taken < wanted; unit++) {
    if ((units - unit) * random.next() < wanted - taken) {
      times[unit] = 1;
      taken++;
    }
  }
  return times;
}

function larger<T extends Int32Array | Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
