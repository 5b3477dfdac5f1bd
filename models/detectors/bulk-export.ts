import { FLAG } from '../../services/core/batch.ts';
import type { CalendarHour } from '../../services/core/calendar-hour.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Expectation } from '../baselines/credibility.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { amountTerm, EXPORT_SPREAD, EXPORTS_WEIGHT, lotsTerm, strongest } from '../terms.ts';
import { MINUTE_COUNTERS } from '../windows.ts';

const TAKEN = ['exports', 'records', 'kilobytes', 'sensitive'] as const;
const LEAST = { exports: 2, records: 200, kilobytes: 5_000, sensitive: 15 } as const;
const WEIGHT = { exports: EXPORTS_WEIGHT, records: 1, kilobytes: 1, sensitive: 1 } as const;
/** At the account's usual hours, amounts weigh half: reports are due by day. */
const BY_DAY = 0.5;
const EXPORTS = MINUTE_COUNTERS.indexOf('exports');
const SENSITIVE = MINUTE_COUNTERS.indexOf('sensitive');
const BYTES = MINUTE_COUNTERS.indexOf('bytes_out');

/** A person or service account takes much, perhaps at an odd hour (scenarios 12, 14): volume against own and peers, and the block of the day. */
export const bulkExport: Detector<AccountBaselines> = {
  name: 'bulk_export',
  view: 'account',
  window: '1h',
  title: '{key} takes an unusual amount of data',
  features: [...TAKEN, ...TAKEN.map((name) => `${name}_1d`), 'active_hours_at_this_hour', ...TAKEN.map((name) => `${name}_running`)],
  needs: ['account', 'bytesOut'],
  gate: 5,
  looks: true,
  applies: (flags) => (flags & (FLAG.flow | FLAG.anonymous)) === 0,
  terms(window, b) {
    const service = (window.flags & FLAG.service) !== 0;
    if (service && b.lifeDays < 3) return undefined;
    const odd = b.lifeDays >= 5 && b.blockShare(window.calendar.hour, window.calendar.working) < 0.05;
    const share = odd ? 1 : BY_DAY;
    const spread = b.amount('1d', LEVEL.exports) > 0 ? EXPORT_SPREAD : undefined;
    const terms: Term[] = [];
    for (const name of TAKEN) {
      const level = LEVEL[name];
      const day = b.amount('1d', level);
      if (day < LEAST[name]) continue;
      const hour = b.amount('1h', level);
      if (hour > 0) {
        const expected = b.hour(level);
        if (hour > 2 * expected.mean) terms.push(taken(name, '', hour, expected, share, spread));
      }
      const expected = b.day(level);
      if (day > 2 * expected.mean) terms.push(taken(name, '_1d', day, expected, share, spread));
    }
    if (strongest(terms, 'what') + strongest(terms, 'exports') < 1.5) return undefined;
    if (odd) terms.push(atThisHour(b, window.calendar));
    return terms;
  },
  minuteTerms(minute, b) {
    if (b.days < 3) return undefined;
    const share = b.blockShare(minute.calendar.hour, minute.calendar.working) < 0.05 ? 1 : BY_DAY;
    const spread = minute.running[EXPORTS] > 0 ? EXPORT_SPREAD : undefined;
    const terms: Term[] = [];
    const running = [
      ['exports', minute.running[EXPORTS]],
      ['kilobytes', minute.running[BYTES] / 1024],
      ['sensitive', minute.running[SENSITIVE]],
    ] as const;
    for (const [name, value] of running) {
      if (value < 2 * LEAST[name]) continue;
      const expected = b.hour(LEVEL[name]);
      if (value > 3 * expected.mean) terms.push(taken(name, '_running', value, expected, share, spread));
    }
    return terms.length > 0 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence),
};

/** That the account works in a block of the day in which it hardly does: the block's rarity alone, as what it took there is said by the rest. */
function atThisHour(b: AccountBaselines, { hour, working }: CalendarHour): Term {
  return {
    feature: 'active_hours_at_this_hour',
    value: 1,
    law: { kind: 'count', mean: b.blockShare(hour, working), dispersion: 1 },
    baseline: { scope: b.days >= 4 ? 'own' : 'peers', size: Math.round(b.days) },
    group: 'when',
    weight: 1,
  };
}

function taken(
  name: (typeof TAKEN)[number],
  window: string,
  value: number,
  expected: Expectation,
  share: number,
  spread: number | undefined,
): Term {
  // what an export held is said with that there was one, not once more
  const group = name === 'exports' || (name !== 'sensitive' && spread !== undefined) ? 'exports' : 'what';
  const weight = name === 'sensitive' ? 1 : share * WEIGHT[name];
  if (name === 'records' || name === 'kilobytes') return amountTerm(name + window, value, expected, group, weight, spread);
  return lotsTerm(name + window, value, expected, group, weight, name);
}
