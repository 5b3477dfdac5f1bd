import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationOf } from '../../services/ingest/values/time.ts';

const encoder = new TextEncoder();
const ms = (text: string, shift = 0): number => {
  const bytes = encoder.encode(`xx${text}yy`);
  return durationOf(bytes, 2, bytes.length - 2, shift);
};

describe('durations', () => {
  test.each([
    ['1.5ms', 2],
    ['2m3s', 123_000],
    ['1h2m3.5s', 3_723_500],
    ['150µs', 0],
    ['1500us', 2],
    ['2000000ns', 2],
    ['0s', 0],
    ['12 ms', 12],
    ['.5s', 500],
    ['PT1.5S', 1500],
    ['PT2M3S', 123_000],
    ['P1DT1H', 90_000_000],
    ['PT0.0004S', 0],
  ])('%s carries its unit', (text, expected) => {
    for (const shift of [3, 0, -3, -6]) expect(ms(text, shift)).toBe(expected);
  });

  test.each(['', 'ms', '1.5', '1x', '-5ms', '1.5ms2', 'P', 'PT', 'P1D2', 'soon', '1..5s', 'ns5', '5ms ago', `${'9'.repeat(50)}s`])(
    '%j is none',
    (text) => {
      if (text !== '1.5') expect(ms(text)).toBe(-1);
      else expect(ms(text)).toBe(2);
    },
  );

  test('a bare number is in the unit of its field, rounded half up', () => {
    expect([ms('0.0015', 3), ms('125', 3), ms('1e-1', 3)]).toEqual([2, 125_000, 100]);
    expect([ms('125.4'), ms('125.5')]).toEqual([125, 126]);
    expect([ms('1499', -3), ms('1500', -3), ms('1500.9', -3)]).toEqual([1, 2, 2]);
    expect([ms('125000000', -6), ms('1499999.9', -6), ms('1.25e8', -6)]).toEqual([125, 1, 125]);
  });

  test('what Go writes of a duration is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 59_999 }), (h, m, millis) => {
        const seconds = `${millis / 1000}s`;
        const text = h > 0 ? `${h}h${m}m${seconds}` : m > 0 ? `${m}m${seconds}` : seconds;
        expect(ms(text)).toBe(h * 3_600_000 + m * 60_000 + millis);
      }),
    );
  });
});
