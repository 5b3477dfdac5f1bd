import { ByteReader, ByteWriter } from '../../services/core/codec.ts';
import { WeirError } from '../../services/core/errors.ts';
import type { ForestModel } from './model.ts';
import { modelProblem } from './model-problem.ts';

const MAGIC = 'weir-forest';
/** Raised with any change of the form; what an older program wrote has to be read for ever. */
const FORMAT = 1;
/** Finest step that class weights are counted in, as a power of 1/2. */
const FINEST = 200;
/** In place of a step: shares and covers are written as they are. */
const AS_THEY_ARE = 255;

/**
 * A forest as bytes: magic, format, vote, class and feature names, the thresholds of each feature in ascending order,
 * the number of nodes of each tree, then all nodes in preorder. A node is 0 for a leaf, else 1 + 2 x feature +
 * missingLeft and the place of its threshold. Where every node's shares are whole multiples of a power of 1/2 over its
 * cover, and inner nodes are the sum of their children (our trainer's forests), leaves carry these counts and inner
 * nodes nothing; else every node carries its cover and shares as 8-byte numbers.
 *
 * The same forest gives the same bytes, whatever the order its nodes are numbered in; decoded, nodes are in preorder.
 * Decisions, shares and covers survive bit for bit (a threshold of -0 becomes 0, which decides alike).
 *
 * @throws RangeError for a model that is no forest
 */
export function encodeForest(model: ForestModel): Uint8Array {
  const problem = modelProblem(model);
  if (problem !== undefined) throw new RangeError(`this is no forest: ${problem}`);
  const order = preorder(model);
  const bits = stepOf(model);
  const writer = new ByteWriter(65_536);
  writer.string(MAGIC);
  writer.uint(FORMAT);
  writer.u8(model.vote === 'mean' ? 0 : 1);
  writer.uint(model.classes.length);
  for (const name of model.classes) writer.string(name);
  writer.uint(model.features.length);
  for (const name of model.features) writer.string(name);
  const places = writeThresholds(writer, model);
  writer.uint(model.roots.length - 1);
  for (let tree = 0; tree + 1 < model.roots.length; tree++) writer.uint(model.roots[tree + 1] - model.roots[tree]);
  writer.u8(bits);
  const scale = 2 ** bits;
  for (const node of order) {
    const feature = model.feature[node];
    writer.uint(feature < 0 ? 0 : 1 + 2 * feature + model.missingLeft[node]);
    if (feature >= 0) writer.uint(places[feature].get(model.threshold[node] + 0) as number);
    if (bits === AS_THEY_ARE) writeShares(writer, model, node);
    else if (feature < 0) writeCounts(writer, model, node, scale);
  }
  return writer.finish();
}

/**
 * Reads what `encodeForest` wrote and checks that it is a forest.
 * @throws WeirError `model_corrupt` that says what is wrong: other contents, a newer format, an end too early or too late, a node that does not fit
 */
export function decodeForest(bytes: Uint8Array): ForestModel {
  try {
    const model = read(bytes, new ByteReader(bytes));
    const problem = modelProblem(model);
    if (problem !== undefined) throw corrupt(problem);
    return model;
  } catch (cause) {
    if (cause instanceof WeirError && cause.code === 'snapshot_corrupt') throw corrupt(`it is cut off: ${cause.message}`, cause);
    throw cause;
  }
}

function read(bytes: Uint8Array, reader: ByteReader): ForestModel {
  if (bytes.length === 0) throw corrupt('it is empty');
  for (let i = 0; i <= MAGIC.length && i < bytes.length; i++) {
    if (bytes[i] !== (i === 0 ? MAGIC.length : MAGIC.charCodeAt(i - 1))) throw corrupt(`it does not begin with ${MAGIC}`);
  }
  reader.string();
  const format = reader.uint();
  if (format > FORMAT) throw corrupt(`it has format ${format}, newer than ${FORMAT}, the newest that this program reads`);
  if (format < 1) throw corrupt(`it has format ${format}; formats begin at 1`);
  const vote = reader.u8();
  if (vote > 1) throw corrupt(`it has vote ${vote}; 0 and 1 are known`);
  /** a count of things that take `size` bytes each at least */
  const count = (what: string, size = 1): number => {
    const claimed = reader.uint();
    if (claimed * size > bytes.length - reader.position) {
      throw corrupt(`it is cut off: it claims ${claimed} ${what}, and ${bytes.length - reader.position} bytes are left`);
    }
    return claimed;
  };
  const classes = Array.from({ length: count('classes') }, () => reader.string());
  const features = Array.from({ length: count('features') }, () => reader.string());
  const thresholds = features.map((name) => readThresholds(reader, count(`thresholds of ${name}`, 8), name));
  const roots = new Int32Array(count('trees') + 1);
  for (let tree = 1; tree < roots.length; tree++) roots[tree] = roots[tree - 1] + count(`nodes in tree ${tree - 1}`);
  const nodes = roots[roots.length - 1];
  const bits = reader.u8();
  if (bits > FINEST && bits !== AS_THEY_ARE) throw corrupt(`it counts in steps of 2^-${bits}; ${FINEST} is the most`);
  if (nodes > bytes.length - reader.position) {
    throw corrupt(`it is cut off: it claims ${nodes} nodes, and ${bytes.length - reader.position} bytes are left`);
  }
  const model = {
    classes,
    features,
    roots,
    feature: new Int32Array(nodes),
    threshold: new Float64Array(nodes),
    left: new Int32Array(nodes).fill(-1),
    right: new Int32Array(nodes).fill(-1),
    missingLeft: new Uint8Array(nodes),
    share: new Float64Array(nodes * classes.length),
    cover: new Float64Array(nodes),
    vote: vote === 0 ? ('mean' as const) : ('majority' as const),
  };
  for (let tree = 0; tree + 1 < roots.length; tree++) readTree(reader, model, tree, thresholds, bits);
  if (!reader.done) throw corrupt(`${bytes.length - reader.position} bytes follow after its end`);
  if (bits !== AS_THEY_ARE) sumUp(model, 2 ** -bits);
  return model;
}

function readTree(reader: ByteReader, model: ForestModel, tree: number, thresholds: readonly Float64Array[], bits: number): void {
  const classes = model.classes.length;
  const end = model.roots[tree + 1];
  /** inner nodes whose right child is still to come */
  const waiting: number[] = [];
  for (let node = model.roots[tree]; node < end; node++) {
    if (node > model.roots[tree] && model.left[node - 1] !== node) {
      const parent = waiting.pop();
      if (parent === undefined) throw corrupt(`tree ${tree} is whole before node ${node}, and has ${end - node} nodes more`);
      model.right[parent] = node;
    }
    const kind = reader.uint();
    if (kind === 0) {
      model.feature[node] = -1;
    } else {
      const feature = Math.floor((kind - 1) / 2);
      if (feature >= thresholds.length) throw corrupt(`node ${node} tests feature ${feature}; there are ${thresholds.length}`);
      const place = reader.uint();
      if (place >= thresholds[feature].length) {
        throw corrupt(
          `node ${node} has threshold ${place} of ${JSON.stringify(model.features[feature])}; there are ${thresholds[feature].length}`,
        );
      }
      if (node + 1 >= end) throw corrupt(`node ${node} has its children out of range: tree ${tree} ends with it`);
      model.feature[node] = feature;
      model.threshold[node] = thresholds[feature][place];
      model.missingLeft[node] = (kind - 1) % 2;
      model.left[node] = node + 1;
      waiting.push(node);
    }
    if (bits === AS_THEY_ARE) {
      model.cover[node] = reader.f64();
      for (let k = 0; k < classes; k++) model.share[node * classes + k] = reader.f64();
    } else if (kind === 0) {
      readCounts(reader, model, node);
    }
  }
  if (waiting.length > 0)
    throw corrupt(`node ${waiting[waiting.length - 1]} has its right child out of range: tree ${tree} ends before it`);
}

/** Turns the leaves' counts, which stand in `share`, into shares and covers of all nodes. */
function sumUp(model: ForestModel, step: number): void {
  const { share, cover, left, right } = model;
  const classes = model.classes.length;
  for (let node = cover.length - 1; node >= 0; node--) {
    if (left[node] < 0) continue;
    for (let k = 0; k < classes; k++) share[node * classes + k] = share[left[node] * classes + k] + share[right[node] * classes + k];
  }
  for (let node = 0; node < cover.length; node++) {
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += share[node * classes + k];
    cover[node] = sum * step;
    for (let k = 0; k < classes; k++) share[node * classes + k] /= sum;
  }
}

/** Writes a leaf's class weights as counts: 1 + the class and its count where there is one class, else 0 and all counts. */
function writeCounts(writer: ByteWriter, model: ForestModel, node: number, scale: number): void {
  const classes = model.classes.length;
  const at = node * classes;
  const only = model.share.indexOf(1, at) - at;
  if (only >= 0 && only < classes) {
    writer.uint(1 + only);
    writer.uint(model.cover[node] * scale);
    return;
  }
  writer.uint(0);
  for (let k = 0; k < classes; k++) writer.uint(Math.round(model.share[at + k] * model.cover[node] * scale));
}

function readCounts(reader: ByteReader, model: ForestModel, node: number): void {
  const classes = model.classes.length;
  const kind = reader.uint();
  if (kind > classes) throw corrupt(`leaf ${node} is of class ${kind - 1}; there are ${classes}`);
  if (kind > 0) model.share[node * classes + kind - 1] = reader.uint();
  else for (let k = 0; k < classes; k++) model.share[node * classes + k] = reader.uint();
}

function writeShares(writer: ByteWriter, model: ForestModel, node: number): void {
  const classes = model.classes.length;
  writer.f64(model.cover[node]);
  for (let k = 0; k < classes; k++) writer.f64(model.share[node * classes + k] + 0);
}

/** Writes the different thresholds of each feature, ascending; returns their places. */
function writeThresholds(writer: ByteWriter, model: ForestModel): Map<number, number>[] {
  const values: Set<number>[] = model.features.map(() => new Set());
  for (let node = 0; node < model.feature.length; node++) {
    if (model.feature[node] >= 0) values[model.feature[node]].add(model.threshold[node] + 0);
  }
  return values.map((set) => {
    const sorted = Float64Array.from(set).sort();
    writer.uint(sorted.length);
    for (const value of sorted) writer.f64(value);
    return new Map(Array.from(sorted, (value, place) => [value, place]));
  });
}

function readThresholds(reader: ByteReader, count: number, name: string): Float64Array {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    values[i] = reader.f64();
    if (!(i === 0 ? !Number.isNaN(values[i]) : values[i] > values[i - 1])) {
      throw corrupt(`threshold ${i} of ${JSON.stringify(name)} is ${values[i]}; thresholds ascend`);
    }
  }
  return values;
}

/** Nodes of all trees in preorder. */
function preorder(model: ForestModel): Int32Array {
  const order = new Int32Array(model.feature.length);
  let made = 0;
  for (let tree = 0; tree + 1 < model.roots.length; tree++) {
    const stack = [model.roots[tree]];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      order[made++] = node;
      if (model.feature[node] >= 0) stack.push(model.right[node], model.left[node]);
    }
  }
  return order;
}

/** Least power of 1/2 that class weights can be counted in without loss, `AS_THEY_ARE` when there is none. */
function stepOf(model: ForestModel): number {
  let least = 0;
  for (const cover of model.cover) while (least <= FINEST && !Number.isSafeInteger(cover * 2 ** least)) least++;
  for (let bits = least; bits <= FINEST; bits++) if (countable(model, 2 ** bits)) return bits;
  return AS_THEY_ARE;
}

function countable(model: ForestModel, scale: number): boolean {
  const { share, cover, left, right, feature } = model;
  const classes = model.classes.length;
  const count = (node: number, k: number): number => Math.round(share[node * classes + k] * cover[node] * scale);
  for (let node = 0; node < cover.length; node++) {
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const own = count(node, k);
      sum += own;
      if (own / (cover[node] * scale) !== share[node * classes + k]) return false;
      if (feature[node] >= 0 && own !== count(left[node], k) + count(right[node], k)) return false;
    }
    if (sum !== cover[node] * scale || !Number.isSafeInteger(sum)) return false;
  }
  return true;
}

function corrupt(what: string, cause?: unknown): WeirError {
  return new WeirError('model_corrupt', `this is no forest that can be read: ${what}`, { cause });
}
