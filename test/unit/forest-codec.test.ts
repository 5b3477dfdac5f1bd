import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeForest, encodeForest } from '../../models/forest/codec.ts';
import type { ForestModel } from '../../models/forest/model.ts';
import { rowProbabilities } from '../../models/forest/predict.ts';
import { TreeRandom } from '../../models/forest/random.ts';
import type { Table } from '../../models/forest/table.ts';
import { trainForest } from '../../models/forest/train.ts';
import { shapedForest } from '../support/shaped-forest.ts';

const SHAPE = { seed: 1, trees: 4, features: 3, classes: 2, nodes: 15, vote: 'mean' as const, numbers: [0.5, 1, 2.25, -3] };

function table(rows = 300, classes = 3): Table {
  const random = new TreeRandom(1, 1);
  const columns = Array.from({ length: 4 }, () =>
    Float64Array.from({ length: rows }, () => (random.next() < 0.1 ? Number.NaN : random.next())),
  );
  return {
    features: ['errors', 'rank of bytes', 'größe', 'x'],
    columns,
    rows,
    classes: Array.from({ length: classes }, (_, k) => `class ${k}`),
    labels: Int32Array.from({ length: rows }, (_, row) =>
      random.next() < 0.3 ? random.int(classes) : Math.floor((columns[0][row] || 0.9) * classes),
    ),
  };
}

/** The same trees with the nodes of each numbered anew: children still after their parent, breadth first. */
function renumbered(model: ForestModel): ForestModel {
  const order: number[] = [];
  for (let tree = 0; tree + 1 < model.roots.length; tree++) {
    const queue = [model.roots[tree]];
    for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
      order.push(node);
      if (model.feature[node] >= 0) queue.push(model.right[node], model.left[node]);
    }
  }
  const place = new Map(order.map((node, at) => [node, at]));
  const classes = model.classes.length;
  return {
    ...model,
    feature: Int32Array.from(order, (node) => model.feature[node]),
    threshold: Float64Array.from(order, (node) => model.threshold[node]),
    left: Int32Array.from(order, (node) => place.get(model.left[node]) ?? -1),
    right: Int32Array.from(order, (node) => place.get(model.right[node]) ?? -1),
    missingLeft: Uint8Array.from(order, (node) => model.missingLeft[node]),
    share: Float64Array.from(order.flatMap((node) => [...model.share.subarray(node * classes, (node + 1) * classes)])),
    cover: Float64Array.from(order, (node) => model.cover[node]),
  };
}

describe('the bytes of a forest', () => {
  it('give back a trained forest bit for bit, and are few', () => {
    for (const classWeights of [undefined, 'balanced' as const]) {
      const { model } = trainForest(table(), { trees: 10, classWeights }, 1);
      const bytes = encodeForest(model);
      expect(decodeForest(bytes)).toEqual(model);
      expect(encodeForest(decodeForest(bytes))).toEqual(bytes);
      expect(bytes.length / model.feature.length).toBeLessThan(classWeights ? 11 : 8);
    }
    const { model } = trainForest(table(), { trees: 3, maxLeaves: 9 }, 1);
    expect(decodeForest(encodeForest(model))).toEqual(model);
  });

  it('give back shares that are no counts', () => {
    const model = shapedForest(SHAPE);
    const shares = new TreeRandom(5, 5);
    for (let node = 0; node < model.feature.length; node++) {
      model.share[2 * node] = shares.next();
      model.share[2 * node + 1] = 1 - model.share[2 * node];
    }
    const decoded = decodeForest(encodeForest(model));
    expect(encodeForest(decoded)).toEqual(encodeForest(model));
    expect(decoded.share.toSorted()).toEqual(model.share.toSorted());
    expect(rowProbabilities(decoded, [1, 2, 3])).toEqual(rowProbabilities(model, [1, 2, 3]));
  });

  it('are the same for the same forest, however its nodes are numbered', () => {
    const { model } = trainForest(table(), { trees: 5 }, 1);
    const other = renumbered(model);
    expect(other.feature).not.toEqual(model.feature);
    expect(encodeForest(other)).toEqual(encodeForest(model));
    for (let seed = 0; seed < 20; seed++) {
      const random = shapedForest({ ...SHAPE, seed, vote: seed % 2 ? 'mean' : 'majority' });
      const decoded = decodeForest(encodeForest(random));
      expect(encodeForest(decoded)).toEqual(encodeForest(renumbered(random)));
      for (const row of [
        [1, 1, 1],
        [0.5, Number.NaN, -4],
        [2.25, 3, Number.NaN],
      ])
        expect(rowProbabilities(decoded, row)).toEqual(rowProbabilities(random, row));
    }
  });

  it('stay what they were in format 1', () => {
    const stored =
      '0b776569722d666f7265737401000201610162020166016701000000000000e03f010000000000000440020501000400010000010200020100020100000103';
    const model: ForestModel = {
      classes: ['a', 'b'],
      features: ['f', 'g'],
      roots: Int32Array.of(0, 5, 6),
      feature: Int32Array.of(1, 0, -1, -1, -1, -1),
      threshold: Float64Array.of(2.5, 0.5, 0, 0, 0, 0),
      left: Int32Array.of(1, 2, -1, -1, -1, -1),
      right: Int32Array.of(4, 3, -1, -1, -1, -1),
      missingLeft: Uint8Array.of(1, 0, 0, 0, 0, 0),
      share: Float64Array.of(0.5, 0.5, 2 / 3, 1 / 3, 1, 0, 0, 1, 0, 1, 0.25, 0.75),
      cover: Float64Array.of(4, 3, 2, 1, 1, 4),
      vote: 'mean',
    };
    expect(decodeForest(Uint8Array.from(Buffer.from(stored, 'hex')))).toEqual(model);
    expect(Buffer.from(encodeForest(model)).toString('hex')).toBe(stored);
  });

  it('of a trained forest do not change with the program: same seed, same bytes', () => {
    const bytes = encodeForest(trainForest(table(), { trees: 5, classWeights: 'balanced' }, 7).model);
    expect(createHash('sha256').update(bytes).digest('hex').slice(0, 16)).toBe('de5d682ad38901af');
  });
});

describe('bytes that are no forest are refused', () => {
  const model = shapedForest(SHAPE);
  const good = encodeForest(model);
  const refused = (bytes: Uint8Array, message: RegExp): void => {
    expect(() => decodeForest(bytes)).toThrow(expect.objectContaining({ code: 'model_corrupt', message: expect.stringMatching(message) }));
  };
  const changed = (at: number, value: number): Uint8Array => good.with(at, value);

  it('cut off anywhere', () => {
    for (let length = 0; length < good.length; length++) refused(good.slice(0, length), /cut off|empty|does not begin/);
  });
  it('other contents', () => {
    refused(changed(3, 0), /does not begin with weir-forest/);
    refused(new TextEncoder().encode('{"name": "RFClassifier"}'), /does not begin with weir-forest/);
  });
  it('a newer format', () => refused(changed(12, 2), /has format 2, newer than 1/));
  it('more bytes than there are nodes', () => refused(Uint8Array.from([...good, 0]), /1 bytes follow after its end/));
  it('any changed byte decodes to a forest or says what is wrong', () => {
    for (let at = 0; at < good.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        try {
          const decoded = decodeForest(changed(at, value));
          encodeForest(decoded);
        } catch (error) {
          expect(error).toMatchObject({ code: 'model_corrupt' });
        }
      }
    }
  });
  it('and a model that is none is not encoded', () => {
    const node = model.feature.findIndex((feature) => feature >= 0);
    const with1 = <T extends { with(at: number, value: number): T }>(array: T, value: number): T => array.with(node, value);
    const none: [Partial<ForestModel>, RegExp][] = [
      [{ left: with1(model.left, 99_999) }, /child 99999; children are from/],
      [{ right: with1(model.right, node) }, /children are from/],
      [{ right: with1(model.right, model.left[node]) }, /is the child of [02] nodes/],
      [{ feature: with1(model.feature, 3) }, /tests feature 3; there are 3/],
      [{ threshold: with1(model.threshold, Number.NaN) }, /threshold that is not a number/],
      [{ cover: with1(model.cover, 0) }, /cover 0/],
      [{ share: model.share.with(2 * node, 0.999) }, /add up to/],
      [{ roots: Int32Array.of(0) }, /no trees/],
    ];
    for (const [change, message] of none) expect(() => encodeForest({ ...model, ...change })).toThrow(message);
  });
});
