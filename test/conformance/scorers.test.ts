import { describe, expect, it } from 'vitest';
import type { Scorer } from '../../models/scorer.ts';
import { relationRows } from '../support/relation-rows.ts';
import { type ScorerUnderTest, scorersUnderTest, WIDTH } from '../support/scorers.ts';

/** Rows of every kind that a scorer meets: usual ones, odd ones, ones with nothing in them, and far-out values. */
const COUNT = 300;
const VALUES = new Float64Array(COUNT * WIDTH);
VALUES.set(relationRows(COUNT / 2, WIDTH, 2).values);
VALUES.set(relationRows(COUNT / 2, WIDTH, 3, true).values, (COUNT / 2) * WIDTH);
VALUES.fill(Number.NaN, 0, WIDTH);
VALUES.fill(0, WIDTH, 2 * WIDTH);
VALUES.fill(1e12, 2 * WIDTH, 3 * WIDTH);
VALUES[3 * WIDTH + 5] = Number.POSITIVE_INFINITY;
VALUES[4 * WIDTH + 5] = Number.NEGATIVE_INFINITY;

const CALLS = 2000;

function scoresOf(scorer: Scorer, values: Float64Array = VALUES): Float64Array {
  const out = new Float64Array(values.length / WIDTH);
  scorer.score(values, out.length, out);
  return out;
}

function rowOf(i: number): Float64Array {
  return VALUES.slice(i * WIDTH, (i + 1) * WIDTH);
}

const all = await scorersUnderTest();
const tried = all.filter((one): one is ScorerUnderTest => 'make' in one);

describe.each(tried)('scorer: $name', ({ make, held }) => {
  const scorer = make();
  const scores = scoresOf(scorer);

  it('says what it is, and takes rows of its features', () => {
    expect(scorer.name).not.toBe('');
    expect(scorer.version).not.toBe('');
    expect(scorer.features).toHaveLength(WIDTH);
    expect(scorer.range[0]).toBeLessThan(scorer.range[1]);
  });

  it('gives every row a number of its range, and different rows different ones', () => {
    for (const score of scores) {
      expect(score).toBeGreaterThanOrEqual(scorer.range[0]);
      expect(score).toBeLessThanOrEqual(scorer.range[1]);
      expect(Number.isFinite(score)).toBe(true);
    }
    expect(new Set(scores).size).toBeGreaterThan(COUNT / 4);
  });

  it('finds odd rows odder than usual ones', () => {
    const mean = (from: number): number => scores.slice(from, from + COUNT / 2 - 10).reduce((a, b) => a + b) / (COUNT / 2 - 10);
    expect(mean(COUNT / 2)).toBeGreaterThan(1.5 * mean(10));
  });

  it('scores a batch as it scores its rows one by one, in any order', () => {
    for (let i = 0; i < COUNT; i++) expect(Math.abs(scoresOf(scorer, rowOf(i))[0] - scores[i])).toBeLessThan(1e-6 * Math.max(1, scores[i]));
    const reversed = new Float64Array(VALUES.length);
    for (let i = 0; i < COUNT; i++) reversed.set(rowOf(COUNT - 1 - i), i * WIDTH);
    scoresOf(scorer, reversed).forEach((score, i) => {
      expect(Math.abs(score - scores[COUNT - 1 - i])).toBeLessThan(1e-6 * Math.max(1, score));
    });
  });

  it('takes only the rows it is told of, and writes no others', () => {
    const out = new Float64Array(COUNT).fill(-1);
    scorer.score(VALUES, 3, out);
    expect([...out.subarray(0, 3)]).toEqual([...scores.subarray(0, 3)]);
    expect(out.subarray(3).every((score) => score === -1)).toBe(true);
    scorer.score(VALUES, 0, out);
    expect([...out.subarray(0, 3)]).toEqual([...scores.subarray(0, 3)]);
  });

  it('leaves its inputs as they are', () => {
    const values = VALUES.slice();
    scoresOf(scorer, values);
    scorer.explain(values.subarray(WIDTH * 7, WIDTH * 8));
    scorer.learn(values, COUNT);
    expect(values).toEqual(VALUES);
  });

  it('explains every score: bias and contributions add up to it', () => {
    for (let i = 0; i < COUNT; i++) {
      const { bias, contributions } = scorer.explain(rowOf(i));
      expect(contributions).toHaveLength(WIDTH);
      expect(Math.abs(contributions.reduce((a, b) => a + b, bias) - scoresOf(scorer, rowOf(i))[0])).toBeLessThan(1e-9);
    }
  });

  it('hands out explanations that the next call does not change', () => {
    const { contributions } = scorer.explain(rowOf(20));
    const copy = contributions.slice();
    scorer.explain(rowOf(200));
    scoresOf(scorer);
    expect(contributions).toEqual(copy);
  });

  it('scores the same again, after learning and in another instance', () => {
    expect(scoresOf(scorer)).toEqual(scores);
    scorer.learn(VALUES, COUNT);
    expect(scoresOf(scorer)).toEqual(scores);
    expect(scoresOf(make())).toEqual(scores);
  });

  if (held === undefined) return;

  it(`holds no more after ${CALLS} calls`, () => {
    const before = held();
    for (let i = 0; i < CALLS / 2; i++) {
      scoresOf(scorer, rowOf(i % COUNT));
      scorer.explain(rowOf(i % COUNT));
    }
    expect(held()).toBe(before);
  });
});

for (const one of all) if ('reason' in one) describe.skip(`scorer: ${one.name}`, () => it(`is left out: ${one.reason}`, () => {}));

/** Greatest difference between implementations of one function, relative to the larger of 1 and the score. */
const AGREEMENT = 1e-4;

describe('scorers of one family agree', () => {
  for (const [i, one] of tried.entries()) {
    for (const other of tried.slice(i + 1)) {
      if (one.family === undefined || one.family !== other.family) continue;
      it(`${one.name} with ${other.name}`, () => {
        const a = scoresOf(one.make());
        const b = scoresOf(other.make());
        expect(Math.max(...a)).toBeGreaterThan(1);
        const worst = a.reduce((most, score, k) => Math.max(most, Math.abs(score - b[k]) / Math.max(1, score)), 0);
        console.info(`${one.name} with ${other.name}: greatest difference ${worst.toExponential(1)}`);
        expect(worst).toBeLessThan(AGREEMENT);
      });
    }
  }
});
