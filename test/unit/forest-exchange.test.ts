import { RandomForestClassifier } from 'ml-random-forest';
import { describe, expect, test } from 'vitest';
import { compileForest } from '../../models/forest/compile.ts';
import { fromMlRandomForest } from '../../models/forest/exchange-read.ts';
import { toMlRandomForest } from '../../models/forest/exchange-write.ts';
import { nextDown, nextUp } from '../../models/forest/float-neighbour.ts';
import type { ForestModel } from '../../models/forest/model.ts';
import { trainForest } from '../../models/forest/train.ts';
import { leafOf, majorityOf, randomForest, randomRows, votesOf } from '../support/random-forest.ts';
import { seeded } from '../support/synthetic-windows.ts';

type Library = { predict(rows: number[][]): number[]; predictProbability(rows: number[][], label: number): number[]; toJSON(): unknown };
/** The library's types and its CommonJS form do not agree on where `load` is. */
const Classifier = RandomForestClassifier as unknown as {
  new (options: Record<string, unknown>): Library & { train(rows: number[][], labels: number[]): void };
  load(json: unknown): Library;
};

const throughText = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Trained by the library on tenths; rows to judge by hit its thresholds often. */
function trainedThere(options: Record<string, unknown> = {}, classes = 3): unknown {
  const rows = randomRows(1, 150, 5);
  const next = seeded(2);
  const labels = rows.map((row) =>
    Math.min(classes - 1, Math.floor((row[0] + row[3] > 1 ? 1 : 0) + row[1] * (classes - 1) + next() * 0.4)),
  );
  const forest = new Classifier({
    nEstimators: 15,
    maxFeatures: 3,
    replacement: false,
    seed: 7,
    noOOB: true,
    treeOptions: { maxDepth: 6, minNumSamples: 2 },
    ...options,
  });
  forest.train(rows, labels);
  return throughText(forest.toJSON());
}

/** Rows that lie on a model's thresholds and the doubles beside them. */
function onThresholds(model: ForestModel, count: number, seed: number): number[][] {
  const next = seeded(seed);
  const thresholds = model.features.map((_, f) => Array.from(model.threshold).filter((_, node) => model.feature[node] === f));
  return Array.from({ length: count }, () =>
    thresholds.map((list) => {
      if (list.length === 0) return next();
      const t = list[Math.floor(next() * list.length)];
      return [t, nextUp(t), nextDown(t), nextUp(nextUp(t))][Math.floor(next() * 4)];
    }),
  );
}

/**
 * What `predictProbability` makes of votes: it sums with `reduce` and no start, so the first tree's class number is where
 * the sum (in millionths) begins and the first vote itself is not counted.
 */
function asTheLibraryCounts(votes: readonly number[], label: number): number {
  const rest = votes.slice(1).filter((vote) => vote === label);
  return Math.round(rest.reduce((sum) => sum + 1e6 / votes.length, votes[0])) / 1e6;
}

describe.each([
  ['bagged, subsets of columns', {}],
  ['columns drawn with replacement', { maxFeatures: 4, replacement: true }],
  ['two trees, so that votes tie', { nEstimators: 2 }],
  ['stumps', { treeOptions: { maxDepth: 1 } }],
  ['default options', { nEstimators: 5, maxFeatures: 1, treeOptions: {} }],
])('trained there, read here: %s', (_, options) => {
  const json = trainedThere(options);
  const there = Classifier.load(json);
  const here = fromMlRandomForest(json);

  test.each([
    ['rows of tenths', randomRows(3, 2000, 5)],
    ['rows on thresholds', onThresholds(here, 2000, 4)],
    ['rows with missing values', randomRows(5, 500, 5, 0.3)],
  ])('same predictions and probabilities: %s', (_, rows) => {
    expect(here.vote).toBe('majority');
    const full = rows.map((row) => [...row, 0, 0, 0, 0, 0].slice(0, 5));
    expect(full.map((row) => majorityOf(here, row))).toEqual(there.predict(full));
    const decided = new Int32Array(full.length);
    compileForest(here).decide(Float64Array.from(full.flatMap((row) => row.slice(0, here.features.length))), full.length, decided);
    expect([...decided]).toEqual(there.predict(full));
    for (let label = 0; label < here.classes.length; label++)
      expect(full.map((row) => asTheLibraryCounts(votesOf(here, row), label))).toEqual(there.predictProbability(full, label));
  });

  test('covers are those of the training rows: children add up to their parent', () => {
    for (let node = 0; node < here.feature.length; node++) {
      expect(here.cover[node]).toBeGreaterThan(0);
      if (here.feature[node] >= 0) expect(here.cover[here.left[node]] + here.cover[here.right[node]]).toBe(here.cover[node]);
    }
    for (let tree = 0; tree + 1 < here.roots.length; tree++) expect(here.cover[here.roots[tree]]).toBe(150);
  });
});

describe('written here, loaded there', () => {
  test.each([
    ['two classes', { classes: 2, trees: 9 }],
    ['five classes, few trees: votes tie', { classes: 5, trees: 4 }],
    ['means become votes', { classes: 3, trees: 25, vote: 'mean' as const }],
    ['one leaf a tree', { classes: 3, trees: 3, depth: 0 }],
  ])('same predictions: %s', (_, shape) => {
    const here = randomForest({ seed: 11, depth: 6, features: 4, ...shape });
    const json = throughText(toMlRandomForest(here, { seed: 5 }));
    const there = Classifier.load(json);
    for (const rows of [randomRows(12, 2000, 4), onThresholds(here, 2000, 13)]) {
      const expected = rows.map((row) => majorityOf(here, row));
      expect(there.predict(rows)).toEqual(expected);
      if (here.roots.length > 5) expect(new Set(expected).size).toBeGreaterThan(1);
      for (let label = 0; label < here.classes.length; label++)
        expect(there.predictProbability(rows, label)).toEqual(rows.map((row) => asTheLibraryCounts(votesOf(here, row), label)));
    }
  });

  test.each([2, 4])('trained here, with %d classes: same predictions by majority vote, compiled', (classes) => {
    const next = seeded(61);
    const columns = Array.from({ length: 6 }, () => Float64Array.from({ length: 600 }, () => Math.round(next() * 40) / 40));
    const labels = Int32Array.from({ length: 600 }, (_, row) => Math.floor((columns[0][row] + columns[3][row] * next()) * 0.499 * classes));
    const table = { features: ['a', 'b', 'c', 'd', 'e', 'f'], columns, rows: 600, classes: ['0', '1', '2', '3'].slice(0, classes), labels };
    const { model } = trainForest(table, { trees: 20, minLeaf: 3 }, 5);
    const there = Classifier.load(throughText(toMlRandomForest(model, { seed: 5 })));
    const here = compileForest({ ...model, vote: 'majority' });
    for (const rows of [onThresholds(model, 3000, 62), randomRows(63, 3000, 6)]) {
      const decided = new Int32Array(rows.length);
      here.decide(Float64Array.from(rows.flat()), rows.length, decided);
      expect(there.predict(rows)).toEqual([...decided]);
      expect(new Set(decided).size).toBe(classes);
    }
  });

  test('and read again it is the same forest, bit for bit', () => {
    const here = randomForest({ seed: 21, trees: 6, depth: 5, features: 4, classes: 3, vote: 'majority' });
    const back = fromMlRandomForest(throughText(toMlRandomForest(here)));
    const { share, ...rest } = back;
    const { share: shareHere, ...restHere } = here;
    expect(rest).toEqual(restHere);
    expect(Math.max(...share.map((value, i) => Math.abs(value - shareHere[i])))).toBeLessThan(1e-15);
  });

  test('the loaded forest, saved again and read here, is still the same', () => {
    const here = randomForest({ seed: 22, trees: 6, depth: 5, features: 4, classes: 3 });
    const there = Classifier.load(throughText(toMlRandomForest(here)));
    const back = fromMlRandomForest(throughText(there.toJSON()));
    const rows = randomRows(23, 500, 4);
    expect(rows.map((row) => votesOf(back, row))).toEqual(rows.map((row) => votesOf(here, row)));
  });

  test('a split that sends missing values left cannot be written: there they go right', () => {
    const here = randomForest({ seed: 31, trees: 5, depth: 4, features: 3, classes: 2, missingLeft: 1, stop: 0 });
    const back = fromMlRandomForest(throughText(toMlRandomForest(here)));
    const row = [Number.NaN, Number.NaN, Number.NaN];
    for (let tree = 0; tree < 5; tree++) {
      expect(leafOf(back, tree, row)).toBe(here.roots[tree + 1] - 1);
      expect(leafOf(here, tree, row)).toBeLessThan(here.roots[tree + 1] - 1);
    }
  });
});

describe('neighbours of doubles', () => {
  const values = [
    0,
    -0,
    1,
    -1,
    0.1,
    -0.1,
    Number.MIN_VALUE,
    -Number.MIN_VALUE,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    2 ** -1022,
    3e200,
    -1e-310,
  ];

  test.each(values)('%d: nothing lies between it and its neighbours', (x) => {
    expect(nextUp(x)).toBeGreaterThan(x);
    expect(nextDown(x)).toBeLessThan(x);
    expect(nextDown(nextUp(x)) - x).toBe(0);
    const middle = x / 2 + nextUp(x) / 2;
    if (Number.isFinite(nextUp(x)) && Math.abs(x) > 1e-300) expect([x, nextUp(x)]).toContain(middle);
  });

  test('the ends', () => {
    expect(nextUp(Number.MAX_VALUE)).toBe(Number.POSITIVE_INFINITY);
    expect(nextUp(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(nextUp(Number.NEGATIVE_INFINITY)).toBe(-Number.MAX_VALUE);
    expect(nextUp(Number.NaN)).toBeNaN();
    expect(nextUp(0)).toBe(5e-324);
    expect(nextUp(1) - 1).toBe(Number.EPSILON);
  });
});

describe('what cannot be read is named by its JSON path', () => {
  type Node = Record<string, unknown>;
  const good = () => toMlRandomForest(randomForest({ seed: 51, trees: 2, depth: 3, features: 3, classes: 2, stop: 0 }));
  const rootOf = (json: ReturnType<typeof good>, tree: number) =>
    json.baseModel.estimators[tree].root as unknown as { left: Node; right: Node } & Node;

  test.each<[string, (json: ReturnType<typeof good>) => unknown, RegExp]>([
    ['nothing', () => undefined, /\$ is nothing, should be an object/],
    ['a list', () => [], /\$ is \[\], should be an object/],
    ['a regression', (json) => ({ ...json, name: 'RFRegression' }), /: name is RFRegression, should be "RFClassifier"/],
    ['no base', ({ name }) => ({ name }), /baseModel is nothing, should be an object/],
    [
      'no trees',
      (json) => ({ ...json, baseModel: { ...json.baseModel, estimators: [] } }),
      /baseModel\.estimators is \[\], should be one tree/,
    ],
    ['other count', (json) => ({ ...json, baseModel: { ...json.baseModel, nEstimators: 9 } }), /nEstimators is 9, should be .* 2/],
    [
      'subsets missing',
      (json) => ({ ...json, baseModel: { ...json.baseModel, indexes: [[0]] } }),
      /indexes is 1 lists, should be one for each of 2/,
    ],
    ['subset of no column', (json) => (Object.assign(json.baseModel.indexes[1], [0, -1]), json), /indexes\[1\]\[1\] is -1/],
    [
      'a null threshold',
      (json) => (Object.assign(rootOf(json, 1).left, { splitValue: null }), json),
      /estimators\[1\]\.root\.left\.splitValue is null, should be a finite number/,
    ],
    [
      'a column beyond',
      (json) => (Object.assign(rootOf(json, 0).right, { splitColumn: 3 }), json),
      /estimators\[0\]\.root\.right\.splitColumn is 3, .* 0 to 2/,
    ],
    ['half a column', (json) => (Object.assign(rootOf(json, 0), { splitColumn: 0.5 }), json), /estimators\[0\]\.root\.splitColumn is 0\.5/],
    [
      'a lost child',
      (json) => (Object.assign(rootOf(json, 0).left, { right: undefined }), json),
      /estimators\[0\]\.root\.left\.right is nothing, should be an object/,
    ],
    [
      'a share that is text',
      (json) => (Object.assign(rootOf(json, 0).left.left as Node, { right: { distribution: [[1, 'x']] } }), json),
      /estimators\[0\]\.root\.left\.left\.right\.distribution\[0\]\[1\] is x, should be a share/,
    ],
    [
      'an empty distribution',
      (json) => (Object.assign(rootOf(json, 0).left, { distribution: [[]] }), json),
      /root\.left\.distribution\[0\] is \[\]/,
    ],
    [
      'shares that are counts',
      (json) => (Object.assign(rootOf(json, 0).left, { distribution: [[2, 1]] }), json),
      /root\.left\.distribution\[0\] is 3 in all, should be 1 in all/,
    ],
    ['too few names', (json) => ({ ...json, weir: { classes: ['only'] } }), /uses 2 classes, but only 1 have names: only/],
    ['names of another kind', (json) => ({ ...json, weir: { classes: [1, 2] } }), /weir\.classes\[0\] is 1, should be a text/],
  ])('%s', (_, spoil, message) => {
    expect(() => fromMlRandomForest(throughText({ it: spoil(good()) }).it)).toThrow(message);
    expect(() => fromMlRandomForest(throughText({ it: spoil(good()) }).it)).toThrow(expect.objectContaining({ code: 'input_format' }));
  });

  test('an empty forest is not written', () => {
    const none = { ...randomForest({ seed: 1, trees: 1, depth: 1, features: 1, classes: 2 }), roots: Int32Array.from([0]) };
    expect(() => toMlRandomForest(none)).toThrow(/without trees/);
  });

  test('a deep chain is read without recursion', () => {
    let root: Record<string, unknown> = { distribution: [[1]] };
    for (let i = 0; i < 50_000; i++) root = { splitColumn: 0, splitValue: i, left: root, right: { distribution: [[0, 1]] } };
    const base = { indexes: [[0]], nEstimators: 1, isClassifier: true, estimators: [{ name: 'DTClassifier', root }] };
    expect(fromMlRandomForest({ name: 'RFClassifier', baseModel: base }).feature.length).toBe(100_001);
  });
});
