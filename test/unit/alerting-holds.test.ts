import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../models/candidate.ts';
import { Holds } from '../../services/alerting/holds.ts';
import { DAY, HOUR } from '../../services/core/watermark.ts';
import { candidate, START } from '../support/alerting-reports.ts';

const ENTITY = 'account anna';

/** What becomes of verdicts on one entity, as the alert stage takes them: `new` alerts, those that `go on`, those that are told `quiet`ly. */
function fates(verdicts: { day: number; evidence?: number; size?: Candidate['size']; kind?: 'account' | 'interface' }[]): string[] {
  const holds = new Holds();
  return verdicts.map(({ day, evidence = 6, size = '1h', kind = 'account' }, i) => {
    const end = START + day * DAY + 10 * HOUR;
    const one: Candidate = { ...candidate({ detector: 'volume', id: 'anna', end, size }), entity: { kind, id: 'anna' }, evidence };
    const continued = holds.continues(ENTITY, one);
    if (continued !== undefined) return continued.quiet ? 'quiet' : 'goes on';
    holds.fire(ENTITY, one, `alert ${i}`);
    return 'new';
  });
}

describe('a condition of an account', () => {
  it('that comes back for a second day is its level: told twice at most, then quiet until it is learned', () => {
    expect(fates([0, 1, 2, 3, 4, 7, 8].map((day) => ({ day })))).toEqual(['new', 'new', 'quiet', 'quiet', 'quiet', 'quiet', 'quiet']);
  });

  it('that still fires after eight days is another matter', () => {
    const result = fates([0, 1, 2, 3, 4, 7, 8, 9, 10].map((day) => ({ day })));
    expect(result.slice(-2)).toContain('new');
  });

  it('is told again when it has grown by three decades', () => {
    expect(fates([{ day: 0 }, { day: 1 }, { day: 2, evidence: 8.9 }, { day: 3, evidence: 9 }])).toEqual(['new', 'new', 'quiet', 'new']);
  });

  it('is another one after a pause of more than three days, or on one day alone', () => {
    expect(fates([{ day: 0 }, { day: 1 }, { day: 5 }])).toEqual(['new', 'new', 'new']);
    expect(fates([{ day: 0 }, { day: 2 }])).toEqual(['new', 'new']);
  });

  it('of long windows is quiet at once, as they speak of the same days', () => {
    expect(
      fates([
        { day: 0, size: '7d' },
        { day: 5, size: '7d', evidence: 14 },
        { day: 6, size: '7d', evidence: 18 },
        { day: 15, size: '7d' },
        { day: 30, size: '7d' },
      ]),
    ).toEqual(['new', 'quiet', 'new', 'quiet', 'new']);
  });

  it('outlives its incident without another one, unless it grows', () => {
    const lasting = (evidence: number) => fates([0, 0.9].map((day) => ({ day, size: '1d', evidence: 6 + (day > 0 ? evidence : 0) })));
    expect(lasting(2)).toEqual(['new', 'quiet']);
    expect(lasting(3)).toEqual(['new', 'goes on']);
  });
});

it('an interface is hit by one attack after another: each is told', () => {
  expect(fates([0, 1, 2, 3].map((day) => ({ day, kind: 'interface' })))).toEqual(['new', 'new', 'new', 'new']);
});
