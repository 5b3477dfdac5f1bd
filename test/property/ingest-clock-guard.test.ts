import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DAY, HOUR } from '../../services/core/watermark.ts';
import { ClockGuard, MAX_HELD } from '../../services/ingest/clock-guard.ts';

interface Outcome {
  /** indexes in the order in which they went on */
  taken: number[];
  refused: number[];
  held: number;
}

function run(times: readonly number[], end = true): Outcome {
  const guard = new ClockGuard<number>();
  const outcome: Outcome = { taken: [], refused: [], held: 0 };
  times.forEach((at, index) => {
    if (guard.passes(at)) {
      outcome.taken.push(index);
      return;
    }
    const step = guard.offer(at, () => index);
    outcome.taken.push(...step.released);
    outcome.refused.push(...step.refused);
    if (step.taken) outcome.taken.push(index);
    expect(guard.held.length).toBeLessThanOrEqual(MAX_HELD);
  });
  if (end) {
    const settled = guard.finish();
    outcome.taken.push(...settled.released);
    outcome.refused.push(...settled.refused);
  }
  outcome.held = guard.held.length;
  return outcome;
}

const BASE = Date.UTC(2026, 0, 1);
const time = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 3 * HOUR }).map((ms) => BASE + ms) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 * DAY }).map((ms) => BASE + ms) },
  { weight: 1, arbitrary: fc.constantFrom(BASE + 900 * DAY, BASE + 900 * DAY + HOUR / 2, BASE - 300 * DAY) },
);

describe('the clock guard', () => {
  test('loses nothing and doubles nothing', () => {
    fc.assert(
      fc.property(fc.array(time, { maxLength: 200 }), (times) => {
        const { taken, refused, held } = run(times);
        expect([...taken, ...refused].sort((a, b) => a - b)).toEqual(times.map((_, index) => index));
        expect(held).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test('never lets the time jump by more than a day on one event’s word, the first aside', () => {
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 100 }), (times) => {
        const guard = new ClockGuard<number>();
        for (const at of times) {
          const before = guard.highest;
          const held = guard.held.map((entry) => entry.at);
          if (!guard.passes(at)) guard.offer(at, () => 0);
          if (guard.highest <= before + DAY) continue;
          const reach = before === Number.NEGATIVE_INFINITY ? DAY : HOUR;
          expect(held.some((other) => Math.abs(other - at) <= reach) || held.length === MAX_HELD).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a steady log passes whole and in order, but for the first event waiting for the second', () => {
    const times = Array.from({ length: 50 }, (_, i) => BASE + i * 60_000);
    expect(run(times, false)).toEqual({ taken: times.map((_, i) => i), refused: [], held: 0 });
  });

  test('one wrong clock among right ones is refused', () => {
    expect(run([BASE, BASE + 1000, BASE + 400 * DAY, BASE + 2000, BASE + 3000])).toMatchObject({ taken: [0, 1, 3, 4], refused: [2] });
  });

  test('a wrong first clock is refused once two events agree', () => {
    expect(run([BASE + 400 * DAY, BASE, BASE + 1000, BASE + 2000])).toMatchObject({ taken: [1, 2, 3], refused: [0] });
  });

  test('a jump that the next event confirms is real: after a weekend', () => {
    expect(run([BASE, BASE + 1000, BASE + 3 * DAY, BASE + 3 * DAY + 1000], false)).toMatchObject({
      taken: [0, 1, 2, 3],
      refused: [],
      held: 0,
    });
  });

  test('the end releases a first event, and refuses one that nothing confirmed', () => {
    expect(run([BASE])).toMatchObject({ taken: [0], refused: [] });
    expect(run([BASE, BASE + 1, BASE + 9 * DAY])).toMatchObject({ taken: [0, 1], refused: [2] });
    expect(run([BASE, BASE + 2 * HOUR])).toMatchObject({ taken: [0, 1], refused: [] });
  });

  test('a clock that runs backwards is no matter of the guard', () => {
    expect(run([BASE, BASE + 1, BASE - 90 * DAY, BASE + 2], false)).toMatchObject({ taken: [0, 1, 2, 3], refused: [] });
  });

  test('at most 64 are held: the oldest gives way', () => {
    const far = Array.from({ length: 80 }, (_, i) => BASE + (i + 2) * 10 * DAY);
    const { refused } = run([BASE, BASE + 1, ...far], false);
    expect(refused).toEqual(Array.from({ length: 16 }, (_, i) => i + 2));
  });
});
