import type { ForestModel } from '../../models/forest/model.ts';
import { TreeRandom } from '../../models/forest/random.ts';

/** What a forest of random trees is made by. */
export interface ForestShape {
  seed: number;
  trees: number;
  features: number;
  classes: number;
  /** most nodes of a tree */
  nodes: number;
  vote: 'mean' | 'majority';
  /** thresholds are taken from these */
  numbers: readonly number[];
}

/**
 * A forest that nothing trained: trees of random shape and numbering (children after their parent, in no special order),
 * random tests, shares and covers that are whole counts, inner nodes the sums of their children.
 */
export function shapedForest({ seed, trees, features, classes, nodes: most, vote, numbers }: ForestShape): ForestModel {
  const random = new TreeRandom(seed, 0);
  const roots = [0];
  const feature: number[] = [];
  const threshold: number[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const missingLeft: number[] = [];
  const add = (): number => {
    left.push(-1);
    right.push(-1);
    threshold.push(0);
    missingLeft.push(0);
    return feature.push(-1) - 1;
  };
  for (let tree = 0; tree < trees; tree++) {
    const open = [add()];
    for (let size = 1 + 2 * random.int((most + 1) >> 1); size > 1; size -= 2) {
      const at = random.int(open.length);
      const node = open[at];
      const [first, second] = [add(), add()];
      const swapped = random.int(2) === 0;
      open[at] = first;
      open.push(second);
      feature[node] = random.int(features);
      threshold[node] = numbers[random.int(numbers.length)];
      missingLeft[node] = random.int(2);
      left[node] = swapped ? second : first;
      right[node] = swapped ? first : second;
    }
    roots.push(feature.length);
  }
  const share = new Float64Array(feature.length * classes);
  const cover = new Float64Array(feature.length);
  for (let node = feature.length - 1; node >= 0; node--) {
    for (let k = 0; k < classes; k++) {
      const at = node * classes + k;
      if (feature[node] >= 0) share[at] = share[left[node] * classes + k] + share[right[node] * classes + k];
      else share[at] = random.int(4) + (k === 0 ? 1 : 0);
      cover[node] += share[at];
    }
  }
  return {
    classes: Array.from({ length: classes }, (_, k) => `c${k}`),
    features: Array.from({ length: features }, (_, f) => `f${f}`),
    roots: Int32Array.from(roots),
    feature: Int32Array.from(feature),
    threshold: Float64Array.from(threshold),
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    missingLeft: Uint8Array.from(missingLeft),
    share: share.map((count, at) => count / cover[Math.floor(at / classes)]),
    cover,
    vote,
  };
}
