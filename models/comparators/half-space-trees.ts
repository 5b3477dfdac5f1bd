import { mix32 } from '../../services/core/hash.ts';
import { Sfc32 } from '../../services/core/sfc32.ts';

/** How a forest of half-space trees is made; the defaults are those of the paper. */
export interface HalfSpaceOptions {
  trees: number;
  /** levels below the root, 1 to 20 */
  depth: number;
  /** points of a window: the mass of one window judges the points of the next */
  window: number;
  seed: number;
}

/** Trees, depth and window as the paper has them (section 5). */
export const HALF_SPACE_DEFAULTS = { trees: 25, depth: 15, window: 250, seed: 1 } as const;
/** A node with at most this share of a window is not descended further. */
const SIZE_LIMIT = 0.1;

/**
 * Streaming half-space trees (Tan, Ting, Liu: Fast anomaly detection for streaming data, IJCAI 2011). Each tree halves a
 * random work range along random dimensions and counts how many points of a window fall into each node; the counts of
 * the last whole window judge the points of the running one. A point that ends in a node of small mass is anomalous.
 * Bad at: what is odd in a combination of dimensions that few trees split on, and drift within a window.
 * Assumes values in 0 … 1. Cost: trees x depth a point; memory 2 x trees x 2^(depth + 1) counters, fixed.
 */
export class HalfSpaceTrees {
  private readonly dimensions: number;
  private readonly options: HalfSpaceOptions;
  private readonly nodes: number;
  private readonly split: Uint8Array;
  private readonly at: Float64Array;
  private reference: Uint32Array;
  private latest: Uint32Array;
  private taken = 0;
  private windows = 0;

  constructor(dimensions: number, options: HalfSpaceOptions = HALF_SPACE_DEFAULTS) {
    this.dimensions = dimensions;
    this.options = options;
    this.nodes = 2 ** (options.depth + 1);
    this.split = new Uint8Array(options.trees * this.nodes);
    this.at = new Float64Array(options.trees * this.nodes);
    this.reference = new Uint32Array(options.trees * this.nodes);
    this.latest = new Uint32Array(options.trees * this.nodes);
    for (let tree = 0; tree < options.trees; tree++) this.plant(tree);
  }

  /** Whether a whole window was learned, so that scores say something. */
  get ready(): boolean {
    return this.windows > 0;
  }

  /** Where a node of a tree (the root is 1, below n lie 2n and 2n + 1) is halved: below `at` in this dimension goes to 2n. */
  cut(tree: number, node: number): { dimension: number; at: number } {
    return { dimension: this.split[tree * this.nodes + node], at: this.at[tree * this.nodes + node] };
  }

  /**
   * How odd a point is, 0 … 1; higher is more anomalous. The paper ranks by the sum over trees of the mass of the node
   * where the descent ends, times 2^depth of it: small is odd. That sum spans decades, so here it is the logarithm of
   * its mean over trees, in parts of its range: the order stays the paper's.
   */
  score(point: ArrayLike<number>): number {
    const { trees, depth, window } = this.options;
    const few = SIZE_LIMIT * window;
    let sum = 0;
    for (let tree = 0; tree < trees; tree++) {
      const base = tree * this.nodes;
      let node = 1;
      let level = 0;
      while (level < depth && this.reference[base + node] > few) {
        node = 2 * node + (point[this.split[base + node]] < this.at[base + node] ? 0 : 1);
        level++;
      }
      sum += this.reference[base + node] * 2 ** level;
    }
    return 1 - Math.log1p(sum / trees) / Math.log1p(window * 2 ** depth);
  }

  /** Counts a point in the running window. */
  learn(point: ArrayLike<number>): void {
    const { trees, depth, window } = this.options;
    for (let tree = 0; tree < trees; tree++) {
      const base = tree * this.nodes;
      let node = 1;
      for (let level = 0; ; level++) {
        this.latest[base + node]++;
        if (level === depth) break;
        node = 2 * node + (point[this.split[base + node]] < this.at[base + node] ? 0 : 1);
      }
    }
    if (++this.taken < window) return;
    [this.reference, this.latest] = [this.latest, this.reference];
    this.latest.fill(0);
    this.taken = 0;
    this.windows++;
  }

  private plant(tree: number): void {
    const random = new Sfc32(mix32(this.options.seed), mix32(tree + 1), 0x9e3779b9, 15);
    const low = new Float64Array(this.dimensions);
    const high = new Float64Array(this.dimensions);
    for (let q = 0; q < this.dimensions; q++) {
      const middle = random.next();
      const reach = 2 * Math.max(middle, 1 - middle);
      low[q] = middle - reach;
      high[q] = middle + reach;
    }
    this.halve(tree, 1, 0, low, high, random);
  }

  private halve(tree: number, node: number, level: number, low: Float64Array, high: Float64Array, random: Sfc32): void {
    if (level === this.options.depth) return;
    const q = random.int(this.dimensions);
    const middle = (low[q] + high[q]) / 2;
    this.split[tree * this.nodes + node] = q;
    this.at[tree * this.nodes + node] = middle;
    const keepHigh = high[q];
    high[q] = middle;
    this.halve(tree, 2 * node, level + 1, low, high, random);
    high[q] = keepHigh;
    const keepLow = low[q];
    low[q] = middle;
    this.halve(tree, 2 * node + 1, level + 1, low, high, random);
    low[q] = keepLow;
  }
}
