import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileForest } from '../../models/forest/compile.ts';
import { fromMlRandomForest } from '../../models/forest/exchange-read.ts';
import { toMlRandomForest } from '../../models/forest/exchange-write.ts';
import { explainRow, ForestExplainer } from '../../models/forest/explain.ts';
import type { ForestModel } from '../../models/forest/model.ts';
import { trainForest } from '../../models/forest/train.ts';
import { probabilitiesOf, randomForest, randomRows, sharesOf } from '../support/random-forest.ts';

/** What the forest expects of a row of which only `known` (bits) is known: both ways by cover where it does not know. */
function expectation(model: ForestModel, row: readonly number[], known: number, classIndex: number): number {
  const at = (node: number): number => {
    const feature = model.feature[node];
    if (feature < 0) {
      const shares = sharesOf(model, node);
      return model.vote === 'mean' ? shares[classIndex] : Number(shares.indexOf(Math.max(...shares)) === classIndex);
    }
    const [left, right] = [model.left[node], model.right[node]];
    if ((known >> feature) & 1) {
      const x = row[feature];
      return at((Number.isNaN(x) ? model.missingLeft[node] === 1 : x <= model.threshold[node]) ? left : right);
    }
    return (model.cover[left] * at(left) + model.cover[right] * at(right)) / model.cover[node];
  };
  let sum = 0;
  for (let tree = 0; tree + 1 < model.roots.length; tree++) sum += at(model.roots[tree]);
  return sum / (model.roots.length - 1);
}

/** Shapley's formula over all subsets of features (Shapley 1953). */
function bruteForce(model: ForestModel, row: readonly number[], classIndex: number): number[] {
  const n = model.features.length;
  const value = Array.from({ length: 1 << n }, (_, known) => expectation(model, row, known, classIndex));
  const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1));
  return model.features.map((_, f) => {
    let sum = 0;
    for (let known = 0; known < 1 << n; known++) {
      if ((known >> f) & 1) continue;
      const size = known.toString(2).replaceAll('0', '').length;
      sum += ((factorial(size) * factorial(n - size - 1)) / factorial(n)) * (value[known | (1 << f)] - value[known]);
    }
    return sum;
  });
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

describe('explanation of a row', () => {
  test.each([
    ['two classes', { classes: 2, features: 6, depth: 5, trees: 4 }],
    ['three classes, features again and again on one path', { classes: 3, features: 2, depth: 7, trees: 3 }],
    ['missing values either way', { classes: 2, features: 5, depth: 5, trees: 3, missingLeft: 0.5 }],
    ['votes', { classes: 3, features: 5, depth: 5, trees: 5, vote: 'majority' as const }],
    ['one leaf', { classes: 2, features: 2, depth: 0, trees: 1 }],
  ])('is that of all subsets: %s', (_, shape) => {
    const model = randomForest({ seed: 5, ...shape });
    let largest = 0;
    for (let classIndex = 0; classIndex < shape.classes; classIndex++) {
      const explainer = new ForestExplainer(model, classIndex);
      for (const row of randomRows(6, 12, shape.features, 0.25)) {
        const { bias, contributions } = explainer.explain(row);
        const expected = bruteForce(model, row, classIndex);
        expect(bias).toBeCloseTo(expectation(model, row, 0, classIndex), 13);
        expected.forEach((value, f) => expect(contributions[f]).toBeCloseTo(value, 12));
        largest = Math.max(largest, ...expected.map(Math.abs));
      }
    }
    if (shape.depth > 0) expect(largest).toBeGreaterThan(0.05);
  });

  test('bias and contributions add up to the probability, deep trees and missing values included', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer({ min: 0, max: 1e9 }),
          trees: fc.integer({ min: 1, max: 8 }),
          depth: fc.integer({ min: 0, max: 9 }),
          features: fc.integer({ min: 1, max: 30 }),
          classes: fc.integer({ min: 2, max: 4 }),
          missingLeft: fc.double({ min: 0, max: 1, noNaN: true }),
          vote: fc.constantFrom('mean' as const, 'majority' as const),
        }),
        (shape) => {
          const model = randomForest(shape);
          for (const row of randomRows(shape.seed, 3, shape.features, 0.2)) {
            const probabilities = probabilitiesOf(model, row);
            probabilities.forEach((probability, c) => {
              const { bias, contributions } = explainRow(model, row, c);
              expect(Math.abs(bias + sum(contributions) - probability)).toBeLessThan(1e-12);
            });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('what a forest never asks gets exactly nothing; classes cancel out', () => {
    const model = randomForest({ seed: 9, trees: 10, depth: 6, features: 8, classes: 3 });
    const wider: ForestModel = { ...model, features: [...model.features, 'dummy'] };
    for (const row of randomRows(10, 20, 9)) {
      const each = [0, 1, 2].map((c) => explainRow(wider, row, c).contributions);
      for (const contributions of each) expect(contributions[8]).toBe(0);
      for (let f = 0; f < 8; f++) expect(each[0][f] + each[1][f] + each[2][f]).toBeCloseTo(0, 12);
    }
  });

  test('rows do not see each other', () => {
    const model = randomForest({ seed: 12, trees: 5, depth: 6, features: 6, classes: 2 });
    const [a, b] = randomRows(13, 2, 6);
    const explainer = new ForestExplainer(model, 1);
    const first = explainer.explain(a);
    explainer.explain(b);
    expect(explainer.explain(a)).toEqual(first);
    expect(explainRow(model, a, 1)).toEqual(first);
  });

  test('a forest that came from ml-random-forest is explained by its share of votes', () => {
    const model = fromMlRandomForest(toMlRandomForest(randomForest({ seed: 14, trees: 7, depth: 5, features: 5, classes: 2 })));
    for (const row of randomRows(15, 10, 5)) {
      const { bias, contributions } = explainRow(model, row, 1);
      expect(bias + sum(contributions)).toBeCloseTo(probabilitiesOf(model, row)[1], 12);
    }
  });

  test('a class that is not there is refused', () => {
    const model = randomForest({ seed: 1, trees: 1, depth: 1, features: 1, classes: 2 });
    expect(() => explainRow(model, [0], 2)).toThrow('class 2 is not one of 0 to 1');
  });
});

describe('a background', () => {
  test('explains a row against rows of one class: the bias is what these get on average', () => {
    const rows = 400;
    const columns = [0, 1, 2].map((f) => Float64Array.from({ length: rows }, (_, r) => ((r * (f * 37 + 11)) % 101) / 101));
    const labels = Int32Array.from({ length: rows }, (_, r) => (columns[0][r] + columns[1][r] * columns[2][r] > 1 ? 1 : 0));
    const table = { features: ['a', 'b', 'c'], columns, rows, classes: ['clean', 'attack'], labels };
    const { model } = trainForest(table, { trees: 9, maxDepth: 3, bootstrap: false, featuresPerSplit: 1 }, 2);
    const compiled = compileForest(model);
    const row = (r: number) => Float64Array.from(columns, (column) => column[r]);
    const clean = [...labels.keys()].filter((r) => labels[r] === 0);
    const mean = sum(clean.map((r) => compiled.row(row(r), 0))) / clean.length;
    const against = new ForestExplainer(model, 1, [1, 0]);
    expect(against.bias).toBeCloseTo(mean, 4);
    expect(against.bias).toBeLessThan(new ForestExplainer(model, 1).bias - 0.05);
    for (const r of [3, 77, 240]) {
      const { bias, contributions } = against.explain(row(r));
      expect(bias + sum(contributions)).toBeCloseTo(compiled.row(row(r), 0), 12);
    }
    expect(() => new ForestExplainer(model, 1, [1])).toThrow('the background has 1 weights, the forest 2 classes');
  });
});
