import type { ForestModel } from './model.ts';

/** Shares of a node add up to 1 within this. */
const SUM = 1e-6;

/** What keeps a model from being a forest, with the place and the value; undefined when it is one. */
export function modelProblem(model: ForestModel): string | undefined {
  const { roots, feature, threshold, left, right, missingLeft, share, cover, classes, features } = model;
  if (classes.length < 1) return 'it has no classes';
  if (roots.length < 2) return 'it has no trees';
  if (roots[0] !== 0) return `its first tree begins at node ${roots[0]}, not at 0`;
  const nodes = roots[roots.length - 1];
  for (const [name, array] of Object.entries({ feature, threshold, left, right, missingLeft, cover })) {
    if (array.length !== nodes) return `${name} has ${array.length} values for ${nodes} nodes`;
  }
  if (share.length !== nodes * classes.length) return `share has ${share.length} values for ${nodes} nodes x ${classes.length} classes`;
  const parents = new Uint8Array(nodes);
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    const first = roots[tree];
    const end = roots[tree + 1];
    if (end <= first) return `tree ${tree} has ${end - first} nodes`;
    for (let node = first; node < end; node++) {
      const here = `node ${node} of tree ${tree}`;
      if (node > first && parents[node] !== 1) return `${here} is the child of ${parents[node]} nodes before it, not of one`;
      if (!(cover[node] > 0 && Number.isFinite(cover[node]))) return `${here} has cover ${cover[node]}; it should be above 0`;
      let sum = 0;
      for (let k = 0; k < classes.length; k++) {
        const part = share[node * classes.length + k];
        if (!(part >= 0)) return `${here} has share ${part} of class ${classes[k]}`;
        sum += part;
      }
      if (!(Math.abs(sum - 1) <= SUM)) return `${here} has shares that add up to ${sum}, not 1`;
      if (feature[node] === -1) continue;
      if (!(feature[node] >= 0 && feature[node] < features.length)) {
        return `${here} tests feature ${feature[node]}; there are ${features.length}`;
      }
      if (Number.isNaN(threshold[node])) return `${here} has a threshold that is not a number`;
      if (missingLeft[node] > 1) return `${here} has missingLeft ${missingLeft[node]}; it should be 0 or 1`;
      for (const child of [left[node], right[node]]) {
        if (!(child > node && child < end)) return `${here} has child ${child}; children are from ${node + 1} to ${end - 1}`;
        parents[child] = Math.min(255, parents[child] + 1);
      }
    }
  }
  return undefined;
}
