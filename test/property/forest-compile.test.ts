import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileForest } from '../../models/forest/compile.ts';
import { leafOf, rowClass, rowProbabilities } from '../../models/forest/predict.ts';
import { TreeRandom } from '../../models/forest/random.ts';
import { shapedForest } from '../support/shaped-forest.ts';

/** Thresholds where rounding and comparison are at their worst. */
const EDGES = [
  0,
  -0,
  5e-324,
  -5e-324,
  1,
  1 + Number.EPSILON,
  1 - Number.EPSILON / 2,
  1e12 + 0.001,
  1e12 + 0.002,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  1e308,
  1e300,
  1e-300,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

const forests = fc.record({
  seed: fc.integer(),
  trees: fc.integer({ min: 1, max: 12 }),
  features: fc.integer({ min: 1, max: 6 }),
  classes: fc.integer({ min: 1, max: 4 }),
  nodes: fc.integer({ min: 1, max: 60 }),
  vote: fc.constantFrom('mean' as const, 'majority' as const),
  numbers: fc.oneof(
    fc.constant(EDGES),
    fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 40 }),
    fc.array(fc.double({ noNaN: true, min: -2, max: 2 }), { minLength: 1, maxLength: 400 }),
    fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 6 }),
  ),
});

/** Values near thresholds: the thresholds, others, what lies between, missing ones. */
function valuesNear(numbers: readonly number[], count: number, seed: number): Float64Array {
  const random = new TreeRandom(seed, 1);
  const pick = (): number => numbers[random.int(numbers.length)];
  return Float64Array.from({ length: count }, () => {
    const kind = random.int(6);
    if (kind === 0) return Number.NaN;
    if (kind === 1) return pick() / 2 + pick() / 2;
    if (kind === 2) return EDGES[random.int(EDGES.length)];
    return kind === 3 ? pick() * (1 + Number.EPSILON) : pick();
  });
}

describe('a compiled forest', () => {
  it('says bit for bit what the plain walk says, in batches and row by row', () => {
    let split = 0;
    fc.assert(
      fc.property(forests, fc.integer({ min: 0, max: 40 }), (asked, rows) => {
        const model = shapedForest(asked);
        const compiled = compileForest(model);
        const width = model.features.length;
        const classes = model.classes.length;
        const values = valuesNear(asked.numbers, rows * width, asked.seed);
        // what stood in `out` before must not matter, what lies behind it must stay
        const all = new Float64Array(rows * classes + 3).fill(7);
        const last = new Float64Array(rows + 3).fill(7);
        const chosen = new Int32Array(rows + 3).fill(7);
        compiled.probabilities(values, rows, all);
        compiled.positive(values, rows, last);
        compiled.decide(values, rows, chosen);
        for (let row = 0; row < rows; row++) {
          const plain = rowProbabilities(model, values, row * width);
          expect([...all.subarray(row * classes, (row + 1) * classes)]).toEqual([...plain]);
          expect(last[row]).toBe(plain[classes - 1]);
          expect(compiled.row(values, row * width)).toBe(plain[classes - 1]);
          expect(chosen[row]).toBe(rowClass(model, values, row * width));
          if (leafOf(model, 0, values, row * width) !== model.roots[0]) split++;
        }
        expect([...all.subarray(rows * classes), ...last.subarray(rows), ...chosen.subarray(rows)]).toEqual(new Array(9).fill(7));
      }),
      { numRuns: 300 },
    );
    expect(split).toBeGreaterThan(1000);
  });

  it('does so across the blocks that batches are scored in', () => {
    const model = shapedForest({ seed: 3, trees: 5, features: 2, classes: 3, nodes: 41, vote: 'mean', numbers: [-1, -0.5, 0, 0.25, 1] });
    const compiled = compileForest(model);
    for (const rows of [2047, 2048, 2049, 4100]) {
      const values = valuesNear([-1, -0.5, 0, 0.25, 1], rows * 2, rows);
      const all = new Float64Array(rows * 3);
      compiled.probabilities(values, rows, all);
      for (let row = 0; row < rows; row++)
        expect(Array.from(all.subarray(row * 3, row * 3 + 3))).toEqual(Array.from(rowProbabilities(model, values, row * 2)));
    }
  });

  it('does so with more thresholds than its codes have room for, and with more features', () => {
    const numbers = Array.from({ length: 200_000 }, (_, i) => Math.sin(i));
    const many = shapedForest({ seed: 1, trees: 1, features: 1, classes: 2, nodes: 500_001, vote: 'mean', numbers });
    expect(new Set(many.threshold).size).toBeGreaterThan(65_536);
    const wide = shapedForest({ seed: 2, trees: 3, features: 40_000, classes: 2, nodes: 5, vote: 'majority', numbers: [0] });
    for (const model of [many, wide]) {
      const width = model.features.length;
      const values = valuesNear(numbers, 5 * width, 4);
      const out = new Float64Array(10);
      compileForest(model).probabilities(values, 5, out);
      for (let row = 0; row < 5; row++) {
        expect(Array.from(out.subarray(row * 2, row * 2 + 2))).toEqual(Array.from(rowProbabilities(model, values, row * width)));
        expect(compileForest(model).row(values, row * width)).toBe(out[row * 2 + 1]);
      }
    }
  });
});
