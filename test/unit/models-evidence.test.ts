import { describe, expect, it } from 'vitest';
import { expectedRange, type Law, MAX_SURPRISE, scoreTerms, stepOf, surprise, type Term } from '../../models/evidence.ts';
import { logGamma, logNormalTail } from '../../models/special.ts';

const term = (over: Partial<Term>): Term => ({
  feature: 'x',
  value: 10,
  law: { kind: 'count', mean: 2, dispersion: 0.5 },
  baseline: { scope: 'own', size: 1 },
  group: 'a',
  weight: 1,
  ...over,
});

describe('special functions', () => {
  it('agree with known values', () => {
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
    expect(logGamma(10)).toBeCloseTo(Math.log(362880), 10);
    expect(logGamma(101)).toBeCloseTo(363.73937555556349, 9);
    // Q(1.959964) = 0.025, Q(6) = 9.865876450377e-10, ln Q(40) = -804.608442
    expect(Math.exp(logNormalTail(1.959963984540054))).toBeCloseTo(0.025, 9);
    expect(Math.exp(logNormalTail(6)) / 9.865876450377e-10).toBeCloseTo(1, 8);
    expect(logNormalTail(40)).toBeCloseTo(-804.608442, 5);
    expect(Math.exp(logNormalTail(-1))).toBeCloseTo(0.841344746068543, 9);
  });
});

describe('surprise', () => {
  it('of a Poisson count is that of its tail', () => {
    // P(X >= 3 | 1) = 1 - 2.5/e
    expect(10 ** -surprise({ kind: 'count', mean: 1, dispersion: 0 }, 3)).toBeCloseTo(1 - 2.5 / Math.E, 6);
  });

  it('of a geometric count has a closed form', () => {
    // dispersion 1: P(X >= k) = (m / (1 + m))^k
    expect(surprise({ kind: 'count', mean: 4, dispersion: 1 }, 30)).toBeCloseTo(-30 * Math.log10(0.8), 9);
  });

  it('of silence is P(0)', () => {
    expect(surprise({ kind: 'floor', mean: 20, dispersion: 0.5 }, 0)).toBeCloseTo(2 * Math.log10(11), 9);
  });

  it('of a uniform share has a closed form', () => {
    // a = b = 1: every count from 0 to n alike
    expect(10 ** -surprise({ kind: 'share', trials: 99, a: 1, b: 1 }, 90)).toBeCloseTo(0.1, 9);
  });

  it('of a measure looks its own way only', () => {
    const up: Law = { kind: 'measure', center: 100, spread: 0.5, direction: 1 };
    const down: Law = { ...up, direction: -1 };
    expect(surprise(up, 100 * Math.exp(0.98))).toBeCloseTo(-Math.log10(0.025), 3);
    expect(surprise(down, 100 * Math.exp(-0.98))).toBeCloseTo(-Math.log10(0.025), 3);
    expect(surprise(up, 10)).toBeLessThan(0.01);
    expect(surprise(up, 0)).toBe(0);
    expect(surprise(down, 0)).toBe(MAX_SURPRISE);
  });

  it('never exceeds its cap nor falls below zero', () => {
    expect(surprise({ kind: 'count', mean: 1e-6, dispersion: 0 }, 1e9)).toBe(MAX_SURPRISE);
    expect(surprise({ kind: 'count', mean: 0, dispersion: 1 }, 1)).toBe(MAX_SURPRISE);
    expect(surprise({ kind: 'count', mean: 1e12, dispersion: 0.1 }, 1e11)).toBeLessThan(0.001);
    expect(surprise({ kind: 'count', mean: 5, dispersion: 1 }, 0)).toBe(0);
  });
});

describe('scoring terms', () => {
  it('counts the strongest of a group, adds groups, and adds up', () => {
    const terms = [term({ value: 20 }), term({ value: 30 }), term({ group: 'b', value: 15, weight: 0.5 }), term({ group: 'c', value: 0 })];
    const scored = scoreTerms(terms);
    expect(scored.evidence).toBeCloseTo(surprise(terms[1].law, 30) + 0.5 * surprise(terms[2].law, 15), 12);
    expect(scored.contributions[0]).toBe(0);
    expect(scored.contributions.reduce((sum, c) => sum + c, 0)).toBeCloseTo(scored.score, 12);
    expect(scoreTerms([])).toEqual({ evidence: 0, score: 0, contributions: [] });
  });

  it('counts a tie once, and scores at most 1', () => {
    const strong = { law: { kind: 'count', mean: 0.01, dispersion: 0 } as const, value: 1e6 };
    expect(scoreTerms([term(strong), term(strong)]).evidence).toBe(MAX_SURPRISE);
    const three = scoreTerms(['a', 'b', 'c'].map((group) => term({ ...strong, group })));
    expect(three.score).toBe(1);
    expect(three.contributions.reduce((sum, c) => sum + c, 0)).toBeCloseTo(1, 12);
  });
});

describe('expected range', () => {
  it('is the central 98 % of a count', () => {
    expect(expectedRange({ kind: 'count', mean: 100, dispersion: 0 })).toEqual({ low: 77, high: 124 });
  });

  it('steps by one, or by a hundredth of the range of a measure', () => {
    expect(stepOf(term({}))).toBe(1);
    const law: Law = { kind: 'measure', center: 100, spread: 0.5, direction: 1 };
    const range = expectedRange(law);
    expect(stepOf(term({ law }))).toBeCloseTo((range.high - range.low) / 100, 12);
  });
});
