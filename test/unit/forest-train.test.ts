import { describe, expect, it } from 'vitest';
import { encodeForest } from '../../models/forest/codec.ts';
import type { ForestModel } from '../../models/forest/model.ts';
import { leafOf } from '../../models/forest/predict.ts';
import { TreeRandom } from '../../models/forest/random.ts';
import type { Table } from '../../models/forest/table.ts';
import type { ForestOptions } from '../../models/forest/train.ts';
import { trainForest } from '../../models/forest/train.ts';
import { trainForestInWorkers } from '../../models/forest/train-in-workers.ts';

/** Rows as lists, NaN where missing. */
function tableOf(rows: readonly (readonly number[])[], labels: readonly number[], more: Partial<Table> = {}): Table {
  return {
    features: rows[0].map((_, f) => `f${f}`),
    columns: rows[0].map((_, f) => Float64Array.from(rows, (row) => row[f])),
    rows: rows.length,
    classes: Array.from({ length: Math.max(...labels) + 1 }, (_, k) => `class ${k}`),
    labels: Int32Array.from(labels),
    ...more,
  };
}

/** A table of random numbers whose class depends on the first two columns; some repeat, some are missing. */
function randomTable(seed: number, rows: number, { classes = 2, missing = 0.1, decimals = 1, features = 5 } = {}): Table {
  const random = new TreeRandom(seed, 0);
  const values = Array.from({ length: rows }, () =>
    Array.from({ length: features }, () => (random.next() < missing ? Number.NaN : Number((random.next() * 4 - 2).toFixed(decimals)))),
  );
  const labels = values.map(([a, b]) =>
    random.next() < 0.2 ? random.int(classes) : Math.abs(Math.round((a || 1.4) + (b || 0))) % classes,
  );
  return tableOf(values, labels);
}

const rowOf = (table: Table, row: number): number[] => table.columns.map((column) => column[row]);

/** Every tree learns from all rows and looks at all features. */
const WHOLE: ForestOptions = { trees: 1, bootstrap: false, featuresPerSplit: 'all' };

/** Sum over both sides of weight x impurity, by definition. */
function impurityOf(table: Table, sides: readonly (readonly number[])[], criterion: 'gini' | 'entropy'): number {
  let total = 0;
  for (const side of sides) {
    const weights = table.classes.map((_, k) =>
      side.reduce((sum, row) => sum + (table.labels[row] === k ? (table.weights?.[row] ?? 1) : 0), 0),
    );
    const all = weights.reduce((a, b) => a + b, 0);
    for (const weight of weights) {
      const p = weight / all;
      if (p > 0) total += all * (criterion === 'gini' ? p * (1 - p) : -p * Math.log(p));
    }
  }
  return total;
}

/** Least impurity that any split of these rows leaves, by trying them all; undefined when none is allowed. */
function bestByForce(table: Table, rows: readonly number[], criterion: 'gini' | 'entropy', minLeaf: number): number | undefined {
  let best: number | undefined;
  for (const column of table.columns) {
    const values = [...new Set(rows.map((row) => column[row]).filter((value) => !Number.isNaN(value)))];
    for (const value of values) {
      for (const missingLeft of [true, false]) {
        const left = rows.filter((row) => (Number.isNaN(column[row]) ? missingLeft : column[row] <= value));
        const right = rows.filter((row) => !left.includes(row));
        if (left.length < minLeaf || right.length < minLeaf) continue;
        const impurity = impurityOf(table, [left, right], criterion);
        if (best === undefined || impurity < best) best = impurity;
      }
    }
  }
  return best;
}

/** Rows that reach each node of a tree. */
function rowsByNode(model: ForestModel, tree: number, table: Table, rows: readonly number[]): Map<number, number[]> {
  const reached = new Map<number, number[]>();
  for (const row of rows) {
    const values = rowOf(table, row);
    for (let node = model.roots[tree]; ; ) {
      reached.set(node, [...(reached.get(node) ?? []), row]);
      if (model.feature[node] < 0) break;
      const value = values[model.feature[node]];
      node = (Number.isNaN(value) ? model.missingLeft[node] === 1 : value <= model.threshold[node]) ? model.left[node] : model.right[node];
    }
  }
  return reached;
}

function depthsOf(model: ForestModel): number[] {
  const depths = new Array<number>(model.feature.length).fill(0);
  for (let node = 0; node < depths.length; node++) {
    if (model.feature[node] < 0) continue;
    depths[model.left[node]] = depths[node] + 1;
    depths[model.right[node]] = depths[node] + 1;
  }
  return depths;
}

function auc(scores: readonly number[], positive: readonly boolean[]): number {
  let wins = 0;
  let pairs = 0;
  scores.forEach((a, i) => {
    if (!positive[i]) return;
    scores.forEach((b, j) => {
      if (positive[j]) return;
      pairs++;
      wins += a > b ? 1 : a === b ? 0.5 : 0;
    });
  });
  return wins / pairs;
}

describe('the splits of a tree', () => {
  for (const criterion of ['gini', 'entropy'] as const) {
    for (const minLeaf of [1, 4]) {
      it(`take away as much impurity as any could at every node: ${criterion}, leaves of at least ${minLeaf}`, () => {
        let checked = 0;
        for (let seed = 0; seed < 8; seed++) {
          const plain = randomTable(seed, 70, { classes: 2 + (seed % 3), missing: seed < 4 ? 0.15 : 0 });
          const table =
            seed % 2 === 0 ? plain : { ...plain, weights: Float64Array.from(plain.labels, (_, row) => 1 + ((row * 7) % 5) / 4) };
          const { model } = trainForest(table, { ...WHOLE, criterion, minLeaf, maxDepth: 6 }, seed);
          const reached = rowsByNode(model, 0, table, [...table.labels.keys()]);
          const depths = depthsOf(model);
          for (const [node, rows] of reached) {
            const best = bestByForce(table, rows, criterion, minLeaf);
            if (model.feature[node] < 0) {
              const pure = new Set(rows.map((row) => table.labels[row])).size === 1;
              expect(pure || depths[node] === 6 || best === undefined).toBe(true);
              continue;
            }
            const sides = [reached.get(model.left[node]) as number[], reached.get(model.right[node]) as number[]];
            expect(Math.min(sides[0].length, sides[1].length)).toBeGreaterThanOrEqual(minLeaf);
            expect(impurityOf(table, sides, criterion)).toBeCloseTo(best as number, 9);
            checked++;
          }
        }
        expect(checked).toBeGreaterThan(60);
      });
    }
  }

  it('lie midway between the neighbouring values of the node', () => {
    const { model } = trainForest(tableOf([[0], [1], [5], [100], [101]], [0, 0, 1, 1, 0]), WHOLE, 1);
    expect([...model.threshold.filter((_, node) => model.feature[node] >= 0)].sort((a, b) => a - b)).toEqual([3, 100.5]);
  });

  it('keep what is finer than a float32 apart, and the ends of the range of numbers', () => {
    const close = Array.from({ length: 40 }, (_, i) => [1e12 + i / 1000]);
    const labels = close.map((_, i) => (i < 23 ? 0 : 1));
    expect(trainForest(tableOf(close, labels), WHOLE, 1).model.threshold[0]).toBeCloseTo(1e12 + 0.0225, 4);
    const far = [[-Number.MAX_VALUE], [-1], [Number.MAX_VALUE], [Number.MAX_VALUE / 2]];
    const { model } = trainForest(tableOf(far, [0, 0, 1, 1]), WHOLE, 1);
    expect(model.feature.length).toBe(3);
    expect(Number.isFinite(model.threshold[0])).toBe(true);
    const next = 1 + Number.EPSILON;
    expect(trainForest(tableOf([[1], [next], [1], [next]], [0, 1, 0, 1]), WHOLE, 1).model.threshold[0]).toBe(1);
  });

  it('part the finest of many values, and rare extremes, from the rest', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => [i]);
    const labels = rows.map(([i]) => (i >= 19_997 ? 1 : 0));
    const { model } = trainForest(tableOf(rows, labels), WHOLE, 1);
    expect(model.threshold[0]).toBe(19_996.5);
    expect(model.feature.length).toBe(3);
  });

  it('are looked for until one is found, though the features drawn first are constant', () => {
    const rows = Array.from({ length: 30 }, (_, i) => [...new Array<number>(50).fill(3), i]);
    const { model } = trainForest(
      tableOf(
        rows,
        rows.map((_, i) => (i < 11 ? 0 : 1)),
      ),
      { trees: 20, featuresPerSplit: 1, bootstrap: false },
      1,
    );
    expect(model.feature.length).toBe(60);
    const same = rows.map(() => [1, 2, 3]);
    const leaf = trainForest(
      tableOf(
        same,
        same.map((_, i) => i % 2),
      ),
      { trees: 2 },
      1,
    );
    expect([...leaf.model.feature]).toEqual([-1, -1]);
    expect([...leaf.importance]).toEqual([0, 0, 0]);
  });
});

describe('missing values', () => {
  const missing = Number.NaN;

  it('go to the side that parts the classes better, alone if that is best', () => {
    const alone = trainForest(tableOf([[1], [2], [3], [missing], [missing]], [0, 0, 0, 1, 1]), WHOLE, 1).model;
    expect([alone.feature.length, alone.threshold[0], alone.missingLeft[0]]).toEqual([3, Number.MAX_VALUE, 0]);
    expect(alone.share[2 * leafOf(alone, 0, [1e300])]).toBe(1);
    const low = trainForest(tableOf([[1], [2], [3], [4], [missing]], [0, 0, 1, 1, 0]), WHOLE, 1).model;
    expect([low.feature.length, low.threshold[0], low.missingLeft[0]]).toEqual([3, 2.5, 1]);
    const high = trainForest(tableOf([[1], [2], [3], [4], [missing]], [0, 0, 1, 1, 1]), WHOLE, 1).model;
    expect([high.feature.length, high.threshold[0], high.missingLeft[0]]).toEqual([3, 2.5, 0]);
  });

  it('go to the heavier child where the node saw none', () => {
    const rows = [[1], [2], [3], [4], [5]];
    expect(trainForest(tableOf(rows, [0, 0, 0, 1, 1]), WHOLE, 1).model.missingLeft[0]).toBe(1);
    expect(trainForest(tableOf(rows, [0, 0, 1, 1, 1]), WHOLE, 1).model.missingLeft[0]).toBe(0);
    const weights = Float64Array.of(5, 5, 1, 1, 1);
    expect(trainForest(tableOf(rows, [0, 0, 1, 1, 1], { weights }), WHOLE, 1).model.missingLeft[0]).toBe(1);
  });

  it('may fill a column, which is then never split', () => {
    const table = tableOf(
      [
        [missing, 1],
        [missing, 2],
        [missing, 3],
      ],
      [0, 1, 0],
    );
    const { model } = trainForest(table, { trees: 10 }, 1);
    expect(new Set(model.feature)).toEqual(new Set([-1, 1]));
  });
});

describe('weights', () => {
  it('count as many rows', () => {
    const table = randomTable(5, 120, { classes: 3 });
    const times = Float64Array.from(table.labels, (_, row) => (row * 5) % 4);
    const repeated = [...table.labels.keys()].flatMap((row) => new Array<number>(times[row]).fill(row));
    const doubled = tableOf(
      repeated.map((row) => rowOf(table, row)),
      repeated.map((row) => table.labels[row]),
    );
    for (const criterion of ['gini', 'entropy'] as const) {
      const options: ForestOptions = { trees: 5, bootstrap: false, criterion };
      const weighted = trainForest({ ...table, weights: times }, options, 3).model;
      expect(weighted).toEqual(trainForest(doubled, options, 3).model);
    }
  });

  it('of classes multiply those of rows; balanced makes the classes weigh the same', () => {
    const table = randomTable(6, 200);
    const counts = [0, 1].map((k) => table.labels.filter((label) => label === k).length);
    const byHand = Float64Array.from(table.labels, (label) => 200 / (2 * counts[label]));
    const balanced = trainForest(table, { ...WHOLE, classWeights: 'balanced' }, 1).model;
    expect(balanced).toEqual(trainForest({ ...table, weights: byHand }, WHOLE, 1).model);
    expect(balanced.share[0]).toBeCloseTo(0.5, 5);
    const named = trainForest(table, { ...WHOLE, classWeights: { 'class 1': 3 } }, 1).model;
    expect(named.cover[0]).toBe(counts[0] + 3 * counts[1]);
  });

  it('of 0 leave a row out', () => {
    const table = tableOf([[1], [2], [3], [4]], [0, 1, 0, 1], { weights: Float64Array.of(1, 0, 0, 1) });
    const { model } = trainForest(table, WHOLE, 1);
    expect([model.cover[0], model.threshold[0]]).toEqual([2, 2.5]);
  });
});

describe('limits', () => {
  const table = randomTable(9, 400, { decimals: 6 });

  it('hold for depth, leaves, rows in a leaf and rows in a node that is split', () => {
    const shallow = trainForest(table, { trees: 10, maxDepth: 3 }, 1).model;
    expect(Math.max(...depthsOf(shallow))).toBe(3);
    for (const maxLeaves of [2, 7, 30]) {
      const { model } = trainForest(table, { trees: 4, maxLeaves }, 1);
      for (let tree = 0; tree < 4; tree++) expect(model.roots[tree + 1] - model.roots[tree]).toBe(2 * maxLeaves - 1);
    }
    const { model } = trainForest(table, { ...WHOLE, minLeaf: 5, minSplit: 40 }, 1);
    const reached = rowsByNode(model, 0, table, [...table.labels.keys()]);
    for (const [node, rows] of reached) expect(rows.length).toBeGreaterThanOrEqual(model.feature[node] < 0 ? 5 : 40);
  });

  it('of leaves spend splits where they gain most', () => {
    // the left half gains more from its split than the right half from its own
    const rows = Array.from({ length: 100 }, (_, i) => [i]);
    const labels = rows.map(([i]) => (i < 50 ? (i < 25 ? 0 : 1) : i < 95 ? 2 : 1));
    const { model } = trainForest(tableOf(rows, labels), { ...WHOLE, maxLeaves: 3 }, 1);
    expect([...model.threshold.filter((_, node) => model.feature[node] >= 0)].sort((a, b) => a - b)).toEqual([24.5, 49.5]);
  });

  it('that leave room grow the same splits best first as depth first', () => {
    const one = tableOf(
      Array.from({ length: 60 }, (_, i) => [(i * 37) % 61]),
      Array.from({ length: 60 }, (_, i) => (i * i) % 3),
    );
    expect(trainForest(one, { ...WHOLE, maxLeaves: 1000 }, 1).model).toEqual(trainForest(one, WHOLE, 1).model);
  });
});

describe('a forest', () => {
  it('keeps class shares and covers of every node, children after parents', () => {
    const table = randomTable(2, 150, { classes: 3 });
    const { model } = trainForest(table, WHOLE, 1);
    for (const [node, rows] of rowsByNode(model, 0, table, [...table.labels.keys()])) {
      expect(model.cover[node]).toBe(rows.length);
      for (let k = 0; k < 3; k++) {
        expect(model.share[node * 3 + k]).toBe(rows.filter((row) => table.labels[row] === k).length / rows.length);
      }
      if (model.feature[node] >= 0) expect(Math.min(model.left[node], model.right[node])).toBeGreaterThan(node);
    }
  });

  it('estimates out of bag what plain walks of the trees that did not see a row say', () => {
    const rows = 60;
    const trees = 7;
    const seed = 11;
    const table = { ...randomTable(1, rows, { classes: 3 }), weights: Float64Array.from({ length: rows }, (_, row) => 1 + (row % 3)) };
    const { model, outOfBag } = trainForest(table, { trees }, seed);
    const sums = new Float64Array(rows * 3);
    const counts = new Int32Array(rows);
    for (let tree = 0; tree < trees; tree++) {
      // a tree's stream begins with its draws
      const random = new TreeRandom(seed, tree);
      const drawn = new Set(Array.from({ length: rows }, () => random.int(rows)));
      for (let row = 0; row < rows; row++) {
        if (drawn.has(row)) continue;
        const leaf = leafOf(model, tree, rowOf(table, row));
        for (let k = 0; k < 3; k++) sums[row * 3 + k] += model.share[leaf * 3 + k];
        counts[row]++;
      }
    }
    expect([...(outOfBag?.trees ?? [])]).toEqual([...counts]);
    expect(outOfBag?.never).toBe(counts.filter((count) => count === 0).length);
    expect(outOfBag?.never).toBeGreaterThan(0);
    let right = 0;
    let loss = 0;
    let weight = 0;
    for (let row = 0; row < rows; row++) {
      const own = [0, 1, 2].map((k) => sums[row * 3 + k] / counts[row]);
      const said = outOfBag?.probabilities.subarray(row * 3, row * 3 + 3) ?? [];
      if (counts[row] === 0) {
        expect([...said]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
        continue;
      }
      own.forEach((probability, k) => {
        expect(said[k]).toBeCloseTo(probability, 9);
      });
      weight += table.weights[row];
      if (own.indexOf(Math.max(...own)) === table.labels[row]) right += table.weights[row];
      loss -= table.weights[row] * Math.log(Math.max(1e-15, own[table.labels[row]]));
    }
    expect(outOfBag?.accuracy).toBeCloseTo(right / weight, 12);
    expect(outOfBag?.logLoss).toBeCloseTo(loss / weight, 6);
  });

  it('has no estimate out of bag when every tree saw all rows, and one when a share was drawn', () => {
    const table = randomTable(1, 50);
    expect(trainForest(table, { trees: 2, bootstrap: false }, 1).outOfBag).toBeUndefined();
    const drawn = trainForest(table, { trees: 3, bootstrap: false, sampleShare: 0.6 }, 1);
    expect(drawn.outOfBag?.trees.reduce((a, b) => a + b, 0)).toBe(3 * 20);
    expect([...drawn.model.cover.filter((_, node) => drawn.model.roots.includes(node))]).toEqual([30, 30, 30]);
  });

  it('draws whole groups when asked to', () => {
    const plain = randomTable(1, 120);
    const table = { ...plain, groups: Int32Array.from(plain.labels, (_, row) => 100 + (row % 10)) };
    const { outOfBag } = trainForest(table, { trees: 12, bootstrap: 'groups' }, 1);
    for (let row = 10; row < 120; row++) expect(outOfBag?.trees[row]).toBe(outOfBag?.trees[row - 10]);
    expect(new Set(outOfBag?.trees).size).toBeGreaterThan(1);
  });

  it('learns nothing from labels without meaning: out of bag, AUC is about 0.5', () => {
    const areas = Array.from({ length: 6 }, (_, seed) => {
      const random = new TreeRandom(seed, 99);
      const rows = Array.from({ length: 400 }, () => Array.from({ length: 6 }, () => random.next()));
      const table = tableOf(
        rows,
        rows.map(() => (random.next() < 0.3 ? 1 : 0)),
      );
      const { outOfBag } = trainForest(table, { trees: 60 }, seed);
      return auc(
        [...table.labels.keys()].map((row) => outOfBag?.probabilities[row * 2 + 1] ?? Number.NaN),
        [...table.labels].map((label) => label === 1),
      );
    });
    // the standard error of one area is about 0.032 (Hanley and McNeil 1982), of the mean of six 0.013
    const mean = areas.reduce((a, b) => a + b, 0) / areas.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.04);
  });

  it('says which features took impurity away', () => {
    const plain = randomTable(4, 300, { missing: 0 });
    const table = { ...plain, labels: plain.labels.map((_, row) => (plain.columns[0][row] + plain.columns[1][row] > 0 ? 1 : 0)) };
    const { model, importance } = trainForest(table, { trees: 5 }, 1);
    const sums = new Float64Array(5);
    const impurity = (node: number): number => model.cover[node] * (1 - model.share[2 * node] ** 2 - model.share[2 * node + 1] ** 2);
    for (let tree = 0; tree < 5; tree++) {
      const own = new Float64Array(5);
      for (let node = model.roots[tree]; node < model.roots[tree + 1]; node++) {
        if (model.feature[node] >= 0) own[model.feature[node]] += impurity(node) - impurity(model.left[node]) - impurity(model.right[node]);
      }
      const all = own.reduce((a, b) => a + b, 0);
      own.forEach((gain, f) => {
        sums[f] += gain / all / 5;
      });
    }
    importance.forEach((part, f) => {
      expect(part).toBeCloseTo(sums[f], 9);
    });
    expect(Math.min(importance[0], importance[1])).toBeGreaterThan(Math.max(importance[2], importance[3], importance[4]));
  });

  it('depends on the seed alone, not on who grows its trees', async () => {
    const table = randomTable(8, 500, { classes: 3, decimals: 4 });
    const options: ForestOptions = { trees: 9, classWeights: 'balanced' };
    const one = trainForest(table, options, 5);
    for (const threads of [1, 2, 5]) {
      const many = await trainForestInWorkers(table, options, 5, { threads });
      expect(encodeForest(many.model)).toEqual(encodeForest(one.model));
      expect(many).toEqual(one);
    }
    expect(encodeForest(trainForest(table, options, 6).model)).not.toEqual(encodeForest(one.model));
  });

  it('has trees that do not depend on how many there are', () => {
    const table = randomTable(8, 100);
    const few = trainForest(table, { trees: 3 }, 5).model;
    const many = trainForest(table, { trees: 6 }, 5).model;
    expect(many.threshold.subarray(0, few.threshold.length)).toEqual(few.threshold);
  });
});

describe('what cannot be learned from is refused', () => {
  const good = randomTable(1, 20, { missing: 0 });
  const refused: [string, Partial<Table>, RegExp][] = [
    ['no rows', { rows: 0 }, /has no rows/],
    ['no features', { features: [] }, /has no features/],
    ['the same name twice', { features: ['a', 'b', 'a', 'c', 'd'] }, /feature "a" twice/],
    ['a column too few', { columns: good.columns.slice(1) }, /5 features but 4 columns/],
    ['a short column', { columns: [good.columns[0].slice(1), ...good.columns.slice(1)] }, /19 values in column "f0" for 20 rows/],
    [
      'an infinite value',
      { columns: [good.columns[0].map((x, row) => (row === 3 ? -1 / 0 : x)), ...good.columns.slice(1)] },
      /-Infinity in row 3 of "f0"/,
    ],
    ['one class', { labels: new Int32Array(20) }, /one class at most \("class 0"\)/],
    [
      'a label that is no class',
      { labels: good.labels.map((label, row) => (row === 5 ? 7 : label)) },
      /label 7 in row 5; there are 2 classes/,
    ],
    ['a negative weight', { weights: new Float64Array(20).fill(-1) }, /weight -1 in row 0/],
    ['weights of one class alone', { weights: Float64Array.from(good.labels) }, /one class at most \("class 1"\)/],
  ];
  for (const [name, change, message] of refused) {
    it(name, async () => {
      const error = { code: 'input_format', message: expect.stringMatching(message) };
      expect(() => trainForest({ ...good, ...change })).toThrow(expect.objectContaining(error));
      await expect(trainForestInWorkers({ ...good, ...change })).rejects.toMatchObject(error);
    });
  }
  const options: [ForestOptions, RegExp][] = [
    [{ trees: 0 }, /trees is 0; it takes a whole number from 1/],
    [{ maxDepth: 1.5 }, /maxDepth is 1.5/],
    [{ maxLeaves: 1 }, /maxLeaves is 1/],
    [{ minLeaf: 0 }, /minLeaf is 0/],
    [{ minSplit: 1 }, /minSplit is 1/],
    [{ featuresPerSplit: 0 }, /featuresPerSplit is 0/],
    [{ sampleShare: 0 }, /sampleShare is 0/],
    [{ bins: 256 }, /bins is 256; it takes a whole number from 2 to 255/],
    [{ bootstrap: 'groups' }, /needs a table with groups/],
    [{ classWeights: { nobody: 2 } }, /classWeights.nobody is 2; it takes one of the table's classes: class 0, class 1/],
    [{ classWeights: { 'class 0': -2 } }, /classWeights.class 0 is -2/],
    [{ criterion: 'mse' as 'gini' }, /criterion is "mse"/],
  ];
  for (const [option, message] of options) {
    it(JSON.stringify(option), () => {
      expect(() => trainForest(good, option)).toThrow(expect.objectContaining({ code: 'config', message: expect.stringMatching(message) }));
    });
  }
  it('a seed or a number of threads that is none', async () => {
    expect(() => trainForest(good, {}, Number.NaN)).toThrow(/seed is NaN/);
    await expect(trainForestInWorkers(good, {}, 1, { threads: 0 })).rejects.toThrow(/threads is 0/);
  });
});
