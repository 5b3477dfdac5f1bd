import { describe, expect, test } from 'vitest';
import { HOUR } from '../../services/core/watermark.ts';
import { Panes } from '../../services/core/window.ts';

/** Wall clock of a zone by Intl alone, as `2026-03-29 03`. */
function wallClock(timeZone: string, at: number): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
  });
  return parts.format(at);
}

describe('panes', () => {
  test.each(['UTC', 'Asia/Shanghai', 'Asia/Kolkata', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu'])(
    'of %s are hours without gap or overlap',
    (zone) => {
      const panes = new Panes(zone);
      const start = Date.UTC(2026, 2, 28, 20);
      for (let at = start; at < start + 36 * HOUR; at += 7 * 60_000 + 1) {
        const hour = panes.hourOf(at);
        expect(panes.hourStart(hour)).toBeLessThanOrEqual(at);
        expect(panes.hourStart(hour + 1)).toBe(panes.hourStart(hour) + HOUR);
        expect(at).toBeLessThan(panes.hourStart(hour + 1));
      }
    },
  );

  test.each(['Asia/Kolkata', 'Europe/Berlin', 'America/New_York'])(
    'of %s begin at the full hour of its own clock, also when it changes',
    (zone) => {
      const panes = new Panes(zone);
      for (let at = Date.UTC(2026, 2, 28); at < Date.UTC(2026, 2, 31); at += HOUR) {
        const hour = panes.hourOf(at);
        const local = panes.local(hour);
        const shown = wallClock(zone, panes.hourStart(hour));
        const date = new Date(local.day * 24 * HOUR).toISOString().slice(0, 10);
        expect(`${date} ${String(local.hour).padStart(2, '0')}`).toBe(shown);
        expect(local.weekday).toBe((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7);
      }
    },
  );

  test('a local day has 23 or 25 hours when the clock changes', () => {
    const panes = new Panes('Europe/Berlin');
    const hoursOn = (day: string): number => {
      let hours = 0;
      const from = Date.parse(`${day}T00:00:00Z`) - 12 * HOUR;
      for (let at = from; at < from + 60 * HOUR; at += HOUR) {
        const local = panes.local(panes.hourOf(at));
        if (new Date(local.day * 24 * HOUR).toISOString().startsWith(day)) hours++;
      }
      return hours;
    };
    expect([hoursOn('2026-03-28'), hoursOn('2026-03-29'), hoursOn('2026-10-25')]).toEqual([24, 23, 25]);
  });

  test('an unknown zone is an error', () => {
    expect(() => new Panes('Middle/Earth')).toThrow(RangeError);
  });
});
