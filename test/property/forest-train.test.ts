import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeForest, encodeForest } from '../../models/forest/codec.ts';
import { compileForest } from '../../models/forest/compile.ts';
import { leafOf } from '../../models/forest/predict.ts';
import { trainForest } from '../../models/forest/train.ts';

/** Columns of few or many values, large or small, near one another, missing. */
const value = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -2, max: 2 }) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 5e-324, 1 + Number.EPSILON, 1e12, 1e12 + 0.0002, Number.MAX_VALUE, -Number.MAX_VALUE) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);

const tables = fc
  .record({
    features: fc.integer({ min: 1, max: 4 }),
    classes: fc.integer({ min: 2, max: 4 }),
    seed: fc.integer(),
    bins: fc.constantFrom(2, 3, 7, 255),
  })
  .chain(
    ({ features, ...rest }) =>
      fc.record({
        ...Object.fromEntries(Object.entries(rest).map(([key, constant]) => [key, fc.constant(constant)])),
        rows: fc.array(
          fc.record({
            values: fc.array(value, { minLength: features, maxLength: features }),
            label: fc.nat(),
            weight: fc.double({ min: 0.01, max: 9, noNaN: true }),
          }),
          { minLength: 2, maxLength: 60 },
        ),
      }) as fc.Arbitrary<{ classes: number; seed: number; bins: number; rows: { values: number[]; label: number; weight: number }[] }>,
  );

describe('a trained forest', () => {
  it('sends the rows it learned from where it counted them, whatever the values', () => {
    let splits = 0;
    fc.assert(
      fc.property(tables, fc.boolean(), fc.boolean(), ({ rows, classes, seed, bins }, weighted, bestFirst) => {
        const labels = Int32Array.from(rows, ({ label }, row) => (row < 2 ? row : label % classes));
        const table = {
          features: rows[0].values.map((_, f) => `f${f}`),
          columns: rows[0].values.map((_, f) => Float64Array.from(rows, ({ values }) => values[f])),
          rows: rows.length,
          classes: Array.from({ length: classes }, (_, k) => `c${k}`),
          labels,
          weights: weighted ? Float64Array.from(rows, ({ weight }) => weight) : undefined,
        };
        const options = { trees: 2, bootstrap: false, bins, maxLeaves: bestFirst ? 7 : undefined };
        const { model, importance } = trainForest(table, options, seed);
        const sums = new Float64Array(model.share.length);
        for (let tree = 0; tree < 2; tree++) {
          rows.forEach(({ values, weight }, row) => {
            sums[leafOf(model, tree, values) * classes + labels[row]] += weighted ? weight : 1;
          });
        }
        for (let node = 0; node < model.feature.length; node++) {
          if (model.feature[node] >= 0) {
            splits++;
            expect(model.cover[node]).toBe(model.cover[model.left[node]] + model.cover[model.right[node]]);
            continue;
          }
          for (let k = 0; k < classes; k++) {
            const kept = model.share[node * classes + k] * model.cover[node];
            expect(Math.abs(kept - sums[node * classes + k])).toBeLessThan(1e-3);
          }
        }
        const total = importance.reduce((a, b) => a + b, 0);
        expect(total === 0 || Math.abs(total - 1) < 1e-9).toBe(true);
        expect(decodeForest(encodeForest(model))).toEqual(model);
        const flat = Float64Array.from(rows.flatMap(({ values }) => values));
        const out = new Float64Array(rows.length * classes);
        compileForest(model).probabilities(flat, rows.length, out);
        rows.forEach(({ values }, row) => {
          for (let k = 0; k < classes; k++) {
            const said = (model.share[leafOf(model, 0, values) * classes + k] + model.share[leafOf(model, 1, values) * classes + k]) / 2;
            expect(out[row * classes + k]).toBe(said);
          }
        });
      }),
      { numRuns: 200 },
    );
    expect(splits).toBeGreaterThan(500);
  });
});
