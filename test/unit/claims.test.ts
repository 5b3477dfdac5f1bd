import { describe, expect, it } from 'vitest';
import { calendarDays, dayZero, tenMinuteStop, weeklyBatch } from '../bench/claims/claims.ts';

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
    const { holds, text } = await calendarDays(2, { staff: 15, weeks: 3 });
    expect(holds, text).toBe(true);
    expect(text).toContain('on the working Saturday: 0 and 0 (');
  });
});
