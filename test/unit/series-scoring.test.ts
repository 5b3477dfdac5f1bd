import { describe, expect, test } from 'vitest';
import { resultFile } from '../bench/nab/result-file.ts';
import { bestScore, PROFILES, probation, rowWorths, scaledSigmoid, scoreAt } from '../bench/nab/score.ts';

const [standard, lowFalse, lowMissed] = PROFILES;
/** 100 rows, the first 15 not scored; one window of ten rows. */
const WINDOW = { from: 50, to: 59 };
const none = (): number[] => new Array<number>(100).fill(0);
const at = (...rows: [number, number][]): number[] => {
  const scores = none();
  for (const [row, score] of rows) scores[row] = score;
  return scores;
};
const score = (scores: number[], profile = standard, threshold = 0.5): number =>
  scoreAt([{ windows: [WINDOW], scores }], profile, threshold).score;

describe('scoring of the Numenta benchmark', () => {
  test('the sigmoid has the values that the benchmark tells', () => {
    expect(scaledSigmoid(-1)).toBeCloseTo(0.98661, 5);
    expect(scaledSigmoid(-0.5)).toBeCloseTo(0.84828, 5);
    expect(scaledSigmoid(0)).toBe(0);
    expect(scaledSigmoid(1)).toBeCloseTo(-0.98661, 5);
    expect(scaledSigmoid(3)).toBe(-1);
  });

  test('probation is 15 %, at most 750 rows', () => {
    expect([probation(100), probation(4032), probation(22695)]).toEqual([15, 604, 750]);
  });

  test('nothing found is 0, the first row of every window and nothing else is 100', () => {
    for (const profile of PROFILES) {
      expect(score(none(), profile)).toBe(0);
      expect(score(at([50, 1]), profile)).toBeCloseTo(100, 10);
    }
  });

  test('computed by hand: found in the sixth of ten rows, one false before, one after the window', () => {
    // (2 / (1 + e^-2.5) - 1) / 0.98661: rows to the end, this one included, over the width, times five
    const found = 0.848284 / 0.986614;
    const after = 2 / (1 + Math.exp((5 * 3) / 9)) - 1;
    const scores = at([55, 0.9], [20, 0.8], [62, 0.7]);
    expect(score(scores)).toBeCloseTo((100 * (1 + found - 0.11 + 0.11 * after)) / 2, 3);
    expect(score(scores, lowFalse)).toBeCloseTo((100 * (1 + found - 0.22 + 0.22 * after)) / 2, 3);
    expect(score(scores, lowMissed)).toBeCloseTo((100 * (2 + found - 0.11 + 0.11 * after)) / 3, 3);
  });

  test('only the best row of a window counts, rows in probation never', () => {
    expect(score(at([50, 1], [51, 1], [59, 1], [3, 1]))).toBeCloseTo(100, 10);
    expect(scoreAt([{ windows: [{ from: 2, to: 9 }], scores: at([5, 1]) }], standard, 0.5).windows).toBe(0);
  });

  test('rows between two windows are measured from the one before them', () => {
    const worths = rowWorths(100, [WINDOW, { from: 80, to: 84 }]);
    expect(worths[49]).toBe(-1);
    expect(worths[50]).toBe(1);
    expect(worths[61]).toBeCloseTo(scaledSigmoid(2 / 9), 12);
    expect(worths[86]).toBeCloseTo(scaledSigmoid(2 / 4), 12);
  });

  test('the optimiser takes the one threshold that is best for the total', () => {
    const one = { windows: [WINDOW], scores: at([55, 0.9], [20, 0.95]) };
    const other = { windows: [WINDOW], scores: at([50, 0.4], [30, 0.3]) };
    const best = bestScore([one, other], standard);
    expect(best).toMatchObject({ threshold: 0.4, found: 2, false: 1, windows: 2 });
    const each = [0.95, 0.9, 0.4, 0.3, 1.1].map((threshold) => scoreAt([one, other], standard, threshold).score);
    expect(best.score).toBe(Math.max(...each));
    // none is better than what costs more than it finds
    expect(
      bestScore(
        [
          { windows: [], scores: at([20, 1]) },
          { windows: [WINDOW], scores: none() },
        ],
        standard,
      ).threshold,
    ).toBe(1.1);
  });

  test('a result file has the columns of the benchmark', () => {
    const series = {
      path: 'a/b.csv',
      timestamps: ['2014-04-01 00:00:00', '2014-04-01 00:05:00', '2014-04-01 00:10:00'],
      texts: ['1.50', '2', '3'],
      times: new Float64Array(3),
      values: Float64Array.of(1.5, 2, 3),
      windows: [{ from: 1, to: 1 }],
    };
    expect(resultFile(series, [0, 0.25, 0])).toBe(
      'timestamp,value,anomaly_score,label\n2014-04-01 00:00:00,1.50,0,0\n2014-04-01 00:05:00,2,0.25,1\n2014-04-01 00:10:00,3,0,0\n',
    );
  });
});
