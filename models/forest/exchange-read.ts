import { WeirError } from '../../services/core/errors.ts';
import type { MlForestNames } from './exchange-format.ts';
import { nextDown } from './float-neighbour.ts';
import type { ForestModel } from './model.ts';

type Json = Record<string, unknown>;

/** A leaf's shares add up to 1 within this. */
const SUM = 1e-6;

/**
 * Reads ml-random-forest's model JSON (parsed, not a live RandomForestClassifier): the forest that comes out predicts by
 * majority vote what the library predicts, missing values included (they go right). Names are taken from `names`, else
 * from what `toMlRandomForest` left beside the model, else columns are `0` .. and classes `0` .., as many as the trees use.
 * Covers come from `numberSamples`; the library leaves it out of small leaves, there they are worked out from the node
 * above and the leaves' shares.
 * @throws WeirError input_format that names the JSON path, what is there and what should be
 */
export function fromMlRandomForest(json: unknown, names: Partial<MlForestNames> = {}): ForestModel {
  const root = objectAt(json, '$');
  if (root.name !== 'RFClassifier') fail('name', root.name, '"RFClassifier"; a RandomForestRegression cannot be read');
  const base = objectAt(root.baseModel, 'baseModel');
  if (base.isClassifier !== true) fail('baseModel.isClassifier', base.isClassifier, 'true');
  const estimators = arrayAt(base.estimators, 'baseModel.estimators');
  if (estimators.length === 0) fail('baseModel.estimators', '[]', 'one tree or more');
  if (base.nEstimators !== estimators.length)
    fail('baseModel.nEstimators', base.nEstimators, `the number of estimators, ${estimators.length}`);
  const indexes = arrayAt(base.indexes, 'baseModel.indexes');
  if (indexes.length !== estimators.length)
    fail('baseModel.indexes', `${indexes.length} lists`, `one for each of ${estimators.length} trees`);

  const nodes = new NodeLists();
  const roots = [0];
  let columns = 0;
  estimators.forEach((estimator, tree) => {
    const place = `baseModel.estimators[${tree}]`;
    const subset = arrayAt(indexes[tree], `baseModel.indexes[${tree}]`).map((index, i) => {
      if (typeof index !== 'number' || !Number.isInteger(index) || index < 0)
        fail(`baseModel.indexes[${tree}][${i}]`, index, 'the number of a column, 0 or more');
      return index as number;
    });
    for (const index of subset) columns = Math.max(columns, index + 1);
    const { name, root: top } = objectAt(estimator, place);
    if (name !== 'DTClassifier') fail(`${place}.name`, name, '"DTClassifier"');
    nodes.readTree(top, `${place}.root`, subset);
    roots.push(nodes.feature.length);
  });

  const beside = namesBeside(root.weir);
  const features = namesFor('columns', columns, names.features ?? beside.features);
  const classes = namesFor('classes', nodes.classes, names.classes ?? beside.classes);
  return { classes, features, roots: Int32Array.from(roots), ...nodes.finish(classes.length), vote: 'majority' };
}

/** Nodes of all trees as lists that grow; a node is read before its children. */
class NodeLists {
  readonly feature: number[] = [];
  readonly threshold: number[] = [];
  readonly left: number[] = [];
  readonly right: number[] = [];
  /** length of the longest distribution */
  classes = 0;
  private readonly parent: number[] = [];
  /** undefined for a split */
  private readonly leaf: (number[] | undefined)[] = [];
  /** `numberSamples`; NaN where it is not given */
  private readonly samples: number[] = [];
  /** the library's `gain`; NaN where it is not given */
  private readonly gain: number[] = [];

  readTree(json: unknown, place: string, subset: readonly number[]): void {
    const first = this.feature.length;
    const open: { json: unknown; parent: number; side: 'left' | 'right' | '' }[] = [{ json, parent: -1, side: '' }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { parent, side } = next;
      const here = () => (parent < 0 ? place : `${place}${this.pathTo(parent, first)}.${side}`);
      const id = this.feature.length;
      const node = objectAt(next.json, here);
      this.parent.push(parent);
      if (side !== '') this[side][parent] = id;
      this.samples.push(positive(node.numberSamples));
      this.gain.push(typeof node.gain === 'number' ? node.gain : Number.NaN);
      this.left.push(-1);
      this.right.push(-1);
      if (node.distribution !== undefined) {
        this.leaf.push(this.readLeaf(node.distribution, () => `${here()}.distribution`));
        this.feature.push(-1);
        this.threshold.push(0);
        continue;
      }
      const { splitColumn, splitValue } = node;
      if (typeof splitColumn !== 'number' || !(splitColumn in subset))
        fail(`${here()}.splitColumn`, splitColumn, `a place in the tree's list of columns, 0 to ${subset.length - 1}`);
      if (typeof splitValue !== 'number' || !Number.isFinite(splitValue)) fail(`${here()}.splitValue`, splitValue, 'a finite number');
      this.leaf.push(undefined);
      this.feature.push(subset[splitColumn as number]);
      this.threshold.push(nextDown(splitValue as number));
      open.push({ json: node.right, parent: id, side: 'right' }, { json: node.left, parent: id, side: 'left' });
    }
  }

  private readLeaf(json: unknown, place: () => string): number[] {
    const rows = arrayAt(json, place);
    if (rows.length !== 1) fail(place(), `${rows.length} rows`, 'one row of class shares');
    const shares = arrayAt(rows[0], () => `${place()}[0]`);
    if (shares.length === 0) fail(`${place()}[0]`, '[]', 'the share of one class or more');
    shares.forEach((share, i) => {
      if (typeof share !== 'number' || !(share >= 0)) fail(`${place()}[0][${i}]`, share, 'a share, 0 to 1');
    });
    const sum = (shares as number[]).reduce((total, share) => total + share, 0);
    if (!(Math.abs(sum - 1) < SUM)) fail(`${place()}[0]`, `${sum} in all`, '1 in all');
    this.classes = Math.max(this.classes, shares.length);
    return shares as number[];
  }

  /** `.left.right` from the root of the tree (its first node) to a node. */
  private pathTo(node: number, first: number): string {
    let path = '';
    for (let at = node; at !== first; at = this.parent[at]) path = `.${this.left[this.parent[at]] === at ? 'left' : 'right'}${path}`;
    return path;
  }

  /** The arrays of a ForestModel with this many classes. */
  finish(classes: number): Pick<ForestModel, 'feature' | 'threshold' | 'left' | 'right' | 'missingLeft' | 'share' | 'cover'> {
    const count = this.feature.length;
    const cover = this.covers();
    const share = new Float64Array(count * classes);
    for (let node = count - 1; node >= 0; node--) {
      const shares = this.leaf[node];
      if (shares !== undefined) {
        share.set(shares, node * classes);
        continue;
      }
      const [a, b] = [this.left[node], this.right[node]];
      for (let c = 0; c < classes; c++)
        share[node * classes + c] = (cover[a] * share[a * classes + c] + cover[b] * share[b * classes + c]) / (cover[a] + cover[b]);
    }
    return {
      feature: Int32Array.from(this.feature),
      threshold: Float64Array.from(this.threshold),
      left: Int32Array.from(this.left),
      right: Int32Array.from(this.right),
      missingLeft: new Uint8Array(count),
      share,
      cover,
    };
  }

  private covers(): Float64Array {
    const cover = Float64Array.from(this.samples);
    for (let node = 0; node < cover.length; node++) {
      if (this.leaf[node] !== undefined) continue;
      const [a, b] = [this.left[node], this.right[node]];
      const total = cover[node];
      if (!(total > 0)) continue;
      if (Number.isNaN(cover[a]) && Number.isNaN(cover[b])) cover[a] = this.leftPart(node, total);
      if (Number.isNaN(cover[a]) && cover[b] < total) cover[a] = total - cover[b];
      if (Number.isNaN(cover[b]) && cover[a] < total) cover[b] = total - cover[a];
    }
    for (let node = cover.length - 1; node >= 0; node--) {
      if (!Number.isNaN(cover[node])) continue;
      cover[node] = this.leaf[node] === undefined ? cover[this.left[node]] + cover[this.right[node]] : 1;
    }
    return cover;
  }

  /** How many of a node's rows went left, where neither child says: the number whose Gini gain is nearest to the node's. */
  private leftPart(node: number, total: number): number {
    const [a, b] = [this.leaf[this.left[node]], this.leaf[this.right[node]]];
    if (a === undefined || b === undefined || Number.isNaN(this.gain[node])) return Number.NaN;
    let best = Number.NaN;
    let least = Number.POSITIVE_INFINITY;
    for (let rows = 1; rows < total; rows++) {
      const part = rows / total;
      const both = Array.from({ length: Math.max(a.length, b.length) }, (_, c) => part * (a[c] ?? 0) + (1 - part) * (b[c] ?? 0));
      const off =
        Math.abs(gini(both) - part * gini(a) - (1 - part) * gini(b) - this.gain[node]) + broken(a, rows) + broken(b, total - rows);
      if (off < least) [best, least] = [rows, off];
    }
    return best;
  }
}

function gini(shares: readonly number[]): number {
  return 1 - shares.reduce((sum, share) => sum + share * share, 0);
}

/** How far these shares are from being those of so many whole rows. */
function broken(shares: readonly number[], rows: number): number {
  return shares.reduce((sum, share) => sum + Math.abs(share * rows - Math.round(share * rows)), 0);
}

function positive(value: unknown): number {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : Number.NaN;
}

function namesBeside(json: unknown): Partial<MlForestNames> {
  if (json === undefined) return {};
  const { features, classes } = objectAt(json, 'weir');
  return {
    features: features === undefined ? undefined : textsAt(features, 'weir.features'),
    classes: classes === undefined ? undefined : textsAt(classes, 'weir.classes'),
  };
}

function namesFor(what: string, count: number, given: readonly string[] | undefined): string[] {
  if (given === undefined) return Array.from({ length: count }, (_, i) => String(i));
  if (given.length < count)
    throw new WeirError('input_format', `the model uses ${count} ${what}, but only ${given.length} have names: ${given.join(', ')}`);
  return [...given];
}

type Place = string | (() => string);

function objectAt(json: unknown, place: Place): Json {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) fail(place, json, 'an object');
  return json as Json;
}

function arrayAt(json: unknown, place: Place): unknown[] {
  if (!Array.isArray(json)) fail(place, json, 'a list');
  return json as unknown[];
}

function textsAt(json: unknown, place: string): string[] {
  const list = arrayAt(json, place);
  list.forEach((text, i) => {
    if (typeof text !== 'string') fail(`${place}[${i}]`, text, 'a text');
  });
  return list as string[];
}

function fail(place: Place, found: unknown, wanted: string): never {
  const text = found === undefined ? 'nothing' : typeof found === 'string' ? found : JSON.stringify(found);
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  throw new WeirError(
    'input_format',
    `ml-random-forest model JSON: ${typeof place === 'string' ? place : place()} is ${shown}, should be ${wanted}`,
  );
}
