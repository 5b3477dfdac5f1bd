import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeriesDetector, type SeriesJudgement } from '../../models/series/detector.ts';

/** Rows of a series: steps of time of any length, back too, and values with spikes, plateaus and holes. */
const rows = fc.array(
  fc.record({
    step: fc.oneof({ weight: 8, arbitrary: fc.constant(300_000) }, fc.integer({ min: -1_000_000, max: 50_000_000 })),
    value: fc.oneof(
      { weight: 6, arbitrary: fc.double({ min: -3, max: 3, noNaN: true }) },
      { weight: 2, arbitrary: fc.constant(1) },
      fc.double({ min: -1e12, max: 1e12, noNaN: true }),
      fc.constantFrom(1e100, -1e100, 1e-100, 0),
      fc.constant(Number.NaN),
    ),
  }),
  { minLength: 1, maxLength: 400, size: 'max' },
);

function judge(series: readonly { step: number; value: number }[]): SeriesJudgement[] {
  const detector = new SeriesDetector(1);
  let time = 1_400_000_000_000;
  return series.map(({ step, value }) => {
    time += step;
    return detector.next(time, [value]);
  });
}

describe('plain series', () => {
  test('no look-ahead: what is said of a row is the same when the series ends there', () => {
    fc.assert(
      fc.property(rows, fc.nat(), (series, cut) => {
        const length = (cut % series.length) + 1;
        expect(judge(series.slice(0, length))).toEqual(judge(series).slice(0, length));
      }),
      { numRuns: 60 },
    );
  });

  test('scores are 0..1, contributions add up to them, ranges are ranges, whatever the values', () => {
    fc.assert(
      fc.property(rows, (series) => {
        for (const { score, alarmScore, alert, reasons, expected } of judge(series)) {
          expect(score >= 0 && score < 1).toBe(true);
          expect([0, score]).toContain(alarmScore);
          if (alert) expect(alarmScore).toBe(score);
          expect(Math.abs(reasons.reduce((sum, { contribution }) => sum + contribution, 0) - score)).toBeLessThan(1e-9);
          for (const range of expected) if (range !== undefined) expect(range[0] <= range[1]).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});
