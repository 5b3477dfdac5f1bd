import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedRange, type Law, MAX_SURPRISE, scoreTerms, surprise, type Term } from '../../models/evidence.ts';

const RUNS = { numRuns: 300 };
const mean = fc.double({ min: 1e-3, max: 400, noNaN: true });
const dispersion = fc.double({ min: 0, max: 8, noNaN: true });
const positive = fc.double({ min: 0.05, max: 200, noNaN: true });

const count = fc.record({ kind: fc.constant('count' as const), mean, dispersion });
const floor = fc.record({ kind: fc.constant('floor' as const), mean, dispersion });
const share = fc.record({ kind: fc.constant('share' as const), trials: fc.integer({ min: 1, max: 400 }), a: positive, b: positive });
const measure = fc.record({
  kind: fc.constant('measure' as const),
  center: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
  spread: fc.double({ min: 0.05, max: 3, noNaN: true }),
  direction: fc.constantFrom(1 as const, -1 as const),
});
const law: fc.Arbitrary<Law> = fc.oneof(count, floor, share, measure);

/** P(X >= k) of a negative binomial by its recurrence from 0, a plain sum. */
function naiveCount(m: number, d: number, k: number): number {
  const r = 1 / Math.max(d, 1e-9);
  const p = m / (m + r);
  let mass = Math.exp(-r * Math.log1p(m / r));
  let below = 0;
  for (let j = 0; j < k; j++) {
    below += mass;
    mass *= (p * (r + j)) / (j + 1);
  }
  return 1 - below;
}

/** P(X >= k) of a beta-binomial by its recurrence from 0. */
function naiveShare(n: number, a: number, b: number, k: number): number {
  let log = 0;
  for (let i = 0; i < n; i++) log += Math.log(b + i) - Math.log(a + b + i);
  const masses = [Math.exp(log)];
  for (let j = 0; j < n; j++) masses.push(masses[j] * (((n - j) * (a + j)) / ((j + 1) * (b + n - j - 1))));
  return masses.slice(k).reduce((sum, mass) => sum + mass, 0);
}

describe('surprise', () => {
  it('of counts agrees with a plain sum', () => {
    fc.assert(
      fc.property(mean, dispersion, fc.integer({ min: 0, max: 300 }), (m, d, k) => {
        const naive = naiveCount(m, d, k);
        // one minus a sum keeps its digits only where it is not small; a dispersion of 0 is taken as 1e-9
        fc.pre(naive > 1e-6);
        expect(10 ** -surprise({ kind: 'count', mean: m, dispersion: d }, k)).toBeCloseTo(naive, 6);
        expect(10 ** -surprise({ kind: 'floor', mean: m, dispersion: d }, k - 1)).toBeCloseTo(Math.max(1 - naive, 10 ** -MAX_SURPRISE), 6);
      }),
      RUNS,
    );
  });

  it('of shares agrees with a plain sum, far out too', () => {
    fc.assert(
      fc.property(share, fc.double({ min: 0, max: 1, noNaN: true }), (s, u) => {
        const k = Math.round(u * s.trials);
        const naive = naiveShare(s.trials, s.a, s.b, k);
        fc.pre(naive > 1e-11);
        expect(surprise(s, k)).toBeCloseTo(Math.max(0, -Math.log10(naive)), 6);
      }),
      RUNS,
    );
  });

  it('never falls towards the odd side, and stays within its range', () => {
    fc.assert(
      fc.property(law, fc.double({ min: 0, max: 2000, noNaN: true }), fc.double({ min: 0, max: 500, noNaN: true }), (l, value, more) => {
        const odd = l.kind === 'floor' || (l.kind === 'measure' && l.direction === -1) ? -1 : 1;
        const near = surprise(l, value);
        const far = surprise(l, odd === 1 ? value + more : Math.max(0, value - more));
        expect(near).toBeGreaterThanOrEqual(0);
        expect(far).toBeLessThanOrEqual(MAX_SURPRISE);
        expect(far).toBeGreaterThanOrEqual(near - 1e-7);
      }),
      RUNS,
    );
  });

  it('of counts falls as the mean grows', () => {
    fc.assert(
      fc.property(mean, dispersion, fc.integer({ min: 1, max: 2000 }), fc.double({ min: 1, max: 3, noNaN: true }), (m, d, k, factor) => {
        expect(surprise({ kind: 'count', mean: m * factor, dispersion: d }, k)).toBeLessThanOrEqual(
          surprise({ kind: 'count', mean: m, dispersion: d }, k) + 1e-7,
        );
      }),
      RUNS,
    );
  });

  it('survives huge counts', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e12, noNaN: true }),
        fc.double({ min: 1e-3, max: 10, noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (m, d, factor) => {
          const s = surprise({ kind: 'count', mean: m, dispersion: d }, Math.round(m * factor));
          expect(Number.isFinite(s)).toBe(true);
        },
      ),
      RUNS,
    );
  });
});

describe('expected range', () => {
  it('holds the central 98 %: its ends are not odd, what lies beyond is', () => {
    fc.assert(
      fc.property(fc.oneof(count, share), (l) => {
        const { low, high } = expectedRange(l);
        expect(low).toBeLessThanOrEqual(high);
        // P(X >= high + 1) <= 1 %, P(X >= high) > 1 %
        if (l.kind === 'count' || high < l.trials) expect(surprise(l, high + 1)).toBeGreaterThanOrEqual(2 - 1e-6);
        if (high > low) expect(surprise(l, high)).toBeLessThan(2 + 1e-6);
      }),
      RUNS,
    );
  });
});

describe('scoring terms', () => {
  const terms = fc.array(
    fc.record({
      feature: fc.string(),
      value: fc.nat(500),
      law,
      baseline: fc.constant({ scope: 'own' as const, size: 1 }),
      group: fc.constantFrom('a', 'b', 'c'),
      weight: fc.double({ min: 0.1, max: 2, noNaN: true }),
    }),
    { maxLength: 8 },
  ) as fc.Arbitrary<Term[]>;

  it('adds up: contributions are the score, one term counts per group', () => {
    fc.assert(
      fc.property(terms, (list) => {
        const { evidence, score, contributions } = scoreTerms(list);
        expect(contributions.length).toBe(list.length);
        expect(contributions.reduce((sum, c) => sum + c, 0)).toBeCloseTo(score, 12);
        expect(score).toBeLessThanOrEqual(1);
        for (const group of ['a', 'b', 'c'])
          expect(contributions.filter((c, i) => c > 0 && list[i].group === group).length).toBeLessThanOrEqual(1);
        const best = ['a', 'b', 'c'].map((group) =>
          Math.max(0, ...list.filter((t) => t.group === group).map((t) => t.weight * surprise(t.law, t.value))),
        );
        expect(evidence).toBeCloseTo(
          best.reduce((sum, e) => sum + e, 0),
          9,
        );
      }),
      RUNS,
    );
  });
});
