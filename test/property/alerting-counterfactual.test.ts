import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterfactual } from '../../models/counterfactual.ts';
import type { Law, Term } from '../../models/evidence.ts';
import { expectedRange, scoreTerms, stepOf } from '../../models/evidence.ts';

const law: fc.Arbitrary<Law> = fc.oneof(
  fc.record({
    kind: fc.constant('count' as const),
    mean: fc.double({ min: 0.05, max: 500, noNaN: true }),
    dispersion: fc.double({ min: 0, max: 2, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant('share' as const),
    trials: fc.integer({ min: 5, max: 300 }),
    a: fc.double({ min: 0.2, max: 5, noNaN: true }),
    b: fc.double({ min: 2, max: 90, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant('measure' as const),
    center: fc.double({ min: 1, max: 1e6, noNaN: true }),
    spread: fc.double({ min: 0.1, max: 1.5, noNaN: true }),
    direction: fc.constantFrom(1 as const, -1 as const),
  }),
  fc.record({
    kind: fc.constant('floor' as const),
    mean: fc.double({ min: 5, max: 500, noNaN: true }),
    dispersion: fc.double({ min: 0, max: 0.3, noNaN: true }),
  }),
);

/** A value that is odd to some degree in the law's own direction. */
function odd(of: Law, degree: number): number {
  const { low, high } = expectedRange(of);
  if (of.kind === 'floor') return Math.floor(low * (1 - degree));
  if (of.kind === 'measure') return of.direction === 1 ? high * (1 + 5 * degree) : low * (1 - 0.9 * degree);
  if (of.kind === 'share') return Math.min(of.trials, Math.ceil(high + degree * (of.trials - high)));
  return Math.ceil(high * (1 + 6 * degree) + degree * 10);
}

const term: fc.Arbitrary<Term> = fc
  .record({
    law,
    degree: fc.double({ min: 0, max: 1, noNaN: true }),
    name: fc.integer({ min: 0, max: 9 }),
    group: fc.integer({ min: 0, max: 3 }),
    weight: fc.constantFrom(1, 1, 0.5),
  })
  .map(({ law: of, degree, name, group, weight }) => ({
    feature: `f${name}`,
    value: odd(of, degree),
    law: of,
    baseline: { scope: 'own' as const, size: 10 },
    group: `g${group}`,
    weight,
  }));

/** Terms with one value a feature, as a window has it; a feature may be compared with two laws of the same direction. */
const terms = fc
  .tuple(fc.uniqueArray(term, { minLength: 1, maxLength: 6, selector: (each) => each.feature }), fc.boolean())
  .map(([list, twice]) => {
    const first = list[0];
    return twice && first.law.kind === 'count'
      ? [...list, { ...first, group: 'again', law: { ...first.law, mean: first.law.mean * 1.5 } }]
      : list;
  });

/** Scores the terms with some features set, by its own means. */
function evidenceWith(list: readonly Term[], values: ReadonlyMap<string, number>): number {
  return scoreTerms(list.map((each) => ({ ...each, value: values.get(each.feature) ?? each.value }))).evidence;
}

describe('counterfactual', () => {
  it('does not alert, and one step less on its last row does', () => {
    let checked = 0;
    fc.assert(
      fc.property(terms, fc.double({ min: 0.1, max: 1, noNaN: true }), (list, part) => {
        const { evidence } = scoreTerms(list);
        fc.pre(evidence > 0.5);
        const threshold = evidence * part;
        const rows = counterfactual(list, threshold);
        expect(rows.length).toBeGreaterThan(0);
        const values = new Map(rows.map((row) => [row.feature, row.to]));
        expect(evidenceWith(list, values)).toBeLessThan(threshold);
        const last = rows[rows.length - 1];
        const back = new Map(values).set(last.feature, last.to < last.from ? last.to + last.step : last.to - last.step);
        expect(evidenceWith(list, back)).toBeGreaterThanOrEqual(threshold - 1e-9);
        expect(new Set(rows.map((row) => row.feature)).size).toBe(rows.length);
        const so_far = new Map<string, number>();
        for (const row of rows) {
          const of = list.find((each) => each.feature === row.feature) as Term;
          expect(row.from).toBe(of.value);
          expect(row.step).toBe(stepOf(of));
          const upwards = of.law.kind === 'floor' || (of.law.kind === 'measure' && of.law.direction === -1);
          if (upwards) expect(row.to).toBeGreaterThan(row.from);
          else expect(row.to).toBeLessThan(row.from);
          so_far.set(row.feature, row.to);
          const rescored = list.map((each) => ({ ...each, value: so_far.get(each.feature) ?? each.value }));
          expect(row.score).toBeCloseTo(scoreTerms(rescored).score, 12);
        }
        checked++;
      }),
      { numRuns: 300 },
    );
    expect(checked).toBeGreaterThan(200);
  });

  it('is empty for what does not alert', () => {
    fc.assert(
      fc.property(terms, (list) => {
        expect(counterfactual(list, scoreTerms(list).evidence + 0.01)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('moves the one feature that matters and no further than needed', () => {
    const list: Term[] = [
      {
        feature: 'login_failures',
        value: 214,
        law: { kind: 'count', mean: 3, dispersion: 0.3 },
        baseline: { scope: 'own', size: 504 },
        group: 'a',
        weight: 1,
      },
      {
        feature: 'requests',
        value: 30,
        law: { kind: 'count', mean: 28, dispersion: 0.1 },
        baseline: { scope: 'own', size: 504 },
        group: 'b',
        weight: 1,
      },
    ];
    const rows = counterfactual(list, 6);
    expect(rows.map((row) => row.feature)).toEqual(['login_failures']);
    expect(rows[0].to).toBeGreaterThan(9);
    expect(rows[0].to).toBeLessThan(60);
    expect(Number.isInteger(rows[0].to)).toBe(true);
  });
});
