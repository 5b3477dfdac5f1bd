import { describe, expect, it } from 'vitest';
import { calendarDays, daysAlike, dayZero, type Measured, tenMinuteStop, weeklyBatch } from '../bench/claims/claims.ts';

/** Small sizes of what `npm run evaluate:claims` measures. */
describe('claimed of baselines', () => {
  it('a bulk export in the first hour of a new account is caught, and new accounts raise no more than old ones', async () => {
    expect(await dayZero(1, { newcomers: 120, staff: 30, days: 19 })).toMatchObject({
      holds: true,
      text: expect.stringMatching(/^4 of 4 /),
    });
  });

  it('a weekly batch is silent from its second week on', async () => {
    const { holds, text } = await weeklyBatch(2, { staff: 8, weeks: 3 });
    expect(holds, text).toBe(true);
  });

  it('a stop of ten minutes is seen within them, and nothing else is taken for one', async () => {
    for (const perHour of [400, 2000]) {
      const { holds, text } = await tenMinuteStop(3, { perHour, days: 5 });
      expect(holds, text).toBe(true);
    }
  });

  it('a holiday and a working Saturday of the calendar raise nothing', async () => {
    const measured = await calendarDays(2, { staff: 15, weeks: 3 });
    expect(measured.text).toContain('on the working Saturday: 0 and 0 (');
    expect(daysAlike([measured]).holds).toBe(true);
  });

  it('days of which many raise more than the usual ones are told, a single one is not', () => {
    const seed = (incidents: number): Measured => ({
      holds: undefined,
      days: { Saturday: { incidents, days: 1, usualIncidents: 2, usualDays: 19 } },
      text: '',
    });
    expect(daysAlike([seed(1), ...Array.from({ length: 10 }, () => seed(0))]).holds).toBe(true);
    // five of eleven beside one in ten of the usual ones
    const often = daysAlike(Array.from({ length: 11 }, (_, i) => seed(i < 5 ? 1 : 0)));
    expect(often.holds).toBe(false);
    expect(often.text).toBe('Saturday: 5 incidents in 11 days, usual days of the kind 22 in 209 (so many by chance: 1 %)');
  });
});
