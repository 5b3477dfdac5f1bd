import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InterfaceBaselines } from '../../models/baselines/interface.ts';
import { shippedPrior } from '../../models/prior.ts';
import { SHARE } from '../../models/shares.ts';
import type { ClosedWindow } from '../../models/windows.ts';
import { type CalendarHour, daysAround } from '../../services/core/calendar-hour.ts';
import { MONDAY, WindowFeed } from '../support/synthetic-windows.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MONDAY_DAY = MONDAY / DAY;

/** The calendar of a tenant that has weekends and holidays (days counted from the Monday). */
function calendarWith(holidays: ReadonlySet<number>): (time: number) => CalendarHour {
  const working = (day: number): boolean => (day - MONDAY_DAY + 700) % 7 < 5 && !holidays.has(day - MONDAY_DAY);
  return (time) => {
    const hours = Math.floor(time / HOUR);
    const day = Math.floor(hours / 24);
    return { hour: hours % 24, weekday: (day - MONDAY_DAY) % 7, working: working(day), day, around: daysAround(day, working) };
  };
}

/** Baselines that have learned an interface's hours; hours of `requests` 0 are windows too where `told`, and none else. */
function learned(requests: readonly number[], calendar: (time: number) => CalendarHour, told: boolean): InterfaceBaselines {
  const feed = new WindowFeed('interface');
  const baselines = new InterfaceBaselines();
  const prior = shippedPrior();
  let window: ClosedWindow | undefined;
  requests.forEach((count, hour) => {
    if (count === 0 && !told) return;
    const start = MONDAY + hour * HOUR;
    window = { ...feed.window('GET /a', start, { requests: count }), calendar: calendar(start) };
    baselines.look(window, prior);
    baselines.learn(1, false);
  });
  return baselines;
}

describe('baselines of interfaces', () => {
  it('learn from hours left out what they learn from empty windows, on holidays too', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { maxLength: 5 }),
        fc.array(fc.nat(12), { minLength: 24, maxLength: 24 * 21 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { maxLength: 6 }),
        (holidays, counts, shut) => {
          // whole days without a request, the first and the last hour have some
          const hours = counts.map((count, hour) => (shut.includes(Math.floor(hour / 24)) ? 0 : count));
          hours[0] = 3;
          hours[hours.length - 1] = 2;
          const calendar = calendarWith(new Set(holidays));
          const left = learned(hours, calendar, false);
          const told = learned(hours, calendar, true);
          for (let hour = 0; hour < 24 * 7; hour++) {
            const at = calendar(MONDAY + 28 * DAY + hour * HOUR);
            const expected = { ...told.requests(at) };
            expect(left.requests(at)).toEqual(expected);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('do not take a shut holiday for a working day of nothing', () => {
    // 20 requests an hour of every working day; the second Wednesday is a holiday without any
    const holiday = 9;
    const hours = Array.from({ length: 24 * 14 }, (_, hour) => {
      const day = Math.floor(hour / 24);
      return day % 7 < 5 && day !== holiday ? 20 : 0;
    });
    const known = calendarWith(new Set([holiday]));
    const unknown = calendarWith(new Set());
    const noon = MONDAY + 16 * DAY + 12 * HOUR;
    const knowing = learned(hours, known, false).requests(known(noon)).mean;
    const guessing = learned(hours, unknown, false).requests(unknown(noon)).mean;
    expect(knowing).toBeGreaterThan(18);
    expect(guessing).toBeLessThan(15);
  });

  it('expect of a day that begins on a holiday what the calendar says of both', () => {
    const holiday = 16;
    const calendar = calendarWith(new Set([holiday]));
    const hours = Array.from({ length: 24 * 14 }, (_, hour) => (Math.floor(hour / 24) % 7 < 5 ? 20 : 1));
    const baselines = learned(hours, calendar, true);
    // Thursday 07:00 after the holiday: seven hours of a working day and seventeen of a free one, and so it steadies no rate either
    const thursday = calendar(MONDAY + 17 * DAY + 6 * HOUR);
    expect(baselines.day(thursday).mean).toBeGreaterThan(7 * 18);
    expect(baselines.day(thursday).mean).toBeLessThan(7 * 22 + 17 * 6);
    expect(baselines.steadyRate(calendar(MONDAY + 17 * DAY), 0)).toBeLessThan(6);
    expect(baselines.steadyRate(calendar(MONDAY + 15 * DAY + 23 * HOUR), 0)).toBeLessThan(6);
    expect(baselines.steadyRate(calendar(MONDAY + 17 * DAY + HOUR), 0)).toBeGreaterThan(15);
  });

  it('remember the whole of a silence that single requests end bit by bit', () => {
    // 60 requests an hour; each day's silence of 15 minutes is followed by one request a minute for ten minutes
    const silences = (endsAtOnce: boolean): number => {
      const baselines = learned(
        Array.from({ length: 24 * 10 }, () => 60),
        calendarWith(new Set()),
        true,
      );
      for (let day = 0; day < 6; day++) {
        for (let minute = 0; minute < 15; minute++) baselines.minute(0, 1);
        if (endsAtOnce) baselines.minute(60, 1);
        else for (let minute = 0; minute < 10; minute++) baselines.minute(1, 1);
      }
      expect(baselines.silentExpected).toBe(0);
      return baselines.silentScale(30);
    };
    expect(silences(false)).toBeCloseTo(silences(true), 9);
    // 15 in the place of the 4 that are granted, among some thousands of silences
    expect(silences(true)).toBeGreaterThan(1.5);
    expect(silences(true)).toBeLessThan(2.5);
  });

  it('measure a stream by its own hour, a batch by what comes beside it', () => {
    const calendar = calendarWith(new Set());
    const of = (at: (hour: number) => number): InterfaceBaselines =>
      learned(
        Array.from({ length: 24 * 14 }, (_, hour) => at(hour % 24)),
        calendar,
        true,
      );
    const nine = calendar(MONDAY + 14 * DAY + 9 * HOUR);
    const stream = of((hour) => (hour === 9 ? 100 : 70));
    expect(stream.streamRate(nine, 6)).toBeCloseTo(stream.requests(nine).mean, 9);
    const batch = of((hour) => (hour === 9 ? 100 : 20));
    expect(batch.streamRate(nine, 6)).toBeLessThan(25);
    expect(batch.streamRate(nine, 60)).toBe(0);
  });

  it('forget old shares of an hour and of a day alike, within weeks', () => {
    const calendar = calendarWith(new Set());
    const feed = new WindowFeed('interface');
    const baselines = new InterfaceBaselines();
    const prior = shippedPrior();
    // a tenth of 100 requests an hour fails for 60 days, then four tenths do for 42
    for (let hour = 0; hour < 24 * 102; hour++) {
      const start = MONDAY + hour * HOUR;
      const failures = hour < 24 * 60 ? 10 : 40;
      baselines.look({ ...feed.window('POST /a', start, { requests: 100, failures }), calendar: calendar(start) }, prior);
      baselines.learn(1, false);
    }
    // what is left of the first level after three times 14 days: a twentieth
    for (const long of [false, true]) {
      expect(baselines.usual(SHARE.failures, long)).toBeGreaterThan(0.37);
      expect(baselines.usual(SHARE.failures, long)).toBeLessThan(0.41);
    }
  });
});
