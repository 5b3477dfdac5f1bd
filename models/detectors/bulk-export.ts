import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Expectation } from '../baselines/credibility.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { A, LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { amountTerm, countTerm, strongest } from '../terms.ts';
import { MINUTE_COUNTERS } from '../windows.ts';

const TAKEN = ['exports', 'records', 'kilobytes', 'sensitive'] as const;
const LEAST = { exports: 2, records: 200, kilobytes: 5_000, sensitive: 15 } as const;
/** An export now and then is what a month's end brings: the count alone does not decide. */
const WEIGHT = { exports: 0.6, records: 1, kilobytes: 1, sensitive: 1 } as const;
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
  features: [...TAKEN, ...TAKEN.map((name) => `${name}_1d`), 'requests_at_this_hour', ...TAKEN.map((name) => `${name}_running`)],
  needs: ['account', 'bytesOut'],
  gate: 5,
  applies: (flags) => (flags & (FLAG.flow | FLAG.anonymous)) === 0,
  terms(window, b) {
    const service = (window.flags & FLAG.service) !== 0;
    if (service && b.lifeDays < 3) return undefined;
    const odd = b.lifeDays >= 5 && b.blockShare(window.calendar.hour, window.calendar.working) < 0.05;
    const share = odd ? 1 : BY_DAY;
    const terms: Term[] = [];
    for (const name of TAKEN) {
      const level = LEVEL[name];
      const day = b.amount('1d', level);
      if (day < LEAST[name]) continue;
      const hour = b.amount('1h', level);
      if (hour > 0) {
        const expected = b.hour(level);
        if (hour > 2 * expected.mean) terms.push(taken(name, '', hour, expected, share));
      }
      const expected = b.day(level);
      if (day > 2 * expected.mean) terms.push(taken(name, '_1d', day, expected, share));
    }
    if (strongest(terms, 'what') + strongest(terms, 'exports') < 1.5) return undefined;
    const { calendar } = window;
    if (b.lifeDays >= 5) {
      const usual = b.offHours(calendar.hour, calendar.working);
      if (usual !== undefined) terms.push(countTerm('requests_at_this_hour', window.values[A.requests], usual, 'when'));
    }
    return terms;
  },
  minuteTerms(minute, b) {
    if (b.days < 3) return undefined;
    const share = b.blockShare(minute.calendar.hour, minute.calendar.working) < 0.05 ? 1 : BY_DAY;
    const terms: Term[] = [];
    const running = [
      ['exports', minute.running[EXPORTS]],
      ['kilobytes', minute.running[BYTES] / 1024],
      ['sensitive', minute.running[SENSITIVE]],
    ] as const;
    for (const [name, value] of running) {
      if (value < 2 * LEAST[name]) continue;
      const expected = b.hour(LEVEL[name]);
      if (value > 3 * expected.mean) terms.push(taken(name, '_running', value, expected, share));
    }
    return terms.length > 0 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence),
};

function taken(name: (typeof TAKEN)[number], window: string, value: number, expected: Expectation, share: number): Term {
  const term = name === 'records' || name === 'kilobytes' ? amountTerm : countTerm;
  return term(name + window, value, expected, name === 'exports' ? 'exports' : 'what', name === 'sensitive' ? 1 : share * WEIGHT[name]);
}
