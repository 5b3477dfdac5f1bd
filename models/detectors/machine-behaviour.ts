import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { A, LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { countTerm, strongest } from '../terms.ts';
import { regularTerm } from './scraping.ts';

const LEAST_REQUESTS = 25;

/** A script behind a person's account (scenario 18): even gaps, no idle minute, more than hands can do. Services and declared robots are what they say. */
export const machineBehaviour: Detector<AccountBaselines> = {
  name: 'machine_behaviour',
  view: 'account',
  window: '1h',
  title: '{key} behaves like a machine',
  features: ['gap_unevenness', 'active_minutes', 'active_hours_1d', 'requests', 'requests_at_this_hour'],
  needs: ['account'],
  gate: 4,
  applies: (flags) => (flags & (FLAG.flow | FLAG.anonymous | FLAG.service | FLAG.robot | FLAG.crawler)) === 0,
  terms(window, b) {
    const { values, calendar } = window;
    if (values[A.requests] < LEAST_REQUESTS) return undefined;
    const terms: Term[] = [];
    const regular = regularTerm(values[A.gap_regularity], values[A.requests], b, 1);
    if (regular !== undefined) terms.push(regular);
    addPersistence(terms, values[A.active_minutes], b);
    if (strongest(terms, 'regular') + strongest(terms, 'idle') + strongest(terms, 'hours') < 1) return undefined;
    const expected = b.hour(LEVEL.requests);
    if (values[A.requests] > 1.5 * expected.mean) terms.push(countTerm('requests', values[A.requests], expected, 'volume', 0.7));
    if (b.lifeDays >= 5) {
      const usual = b.offHours(calendar.hour, calendar.working);
      if (usual !== undefined) terms.push(countTerm('requests_at_this_hour', values[A.requests], usual, 'when'));
    }
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};

/** Minutes of an hour, and hours of a day, in which a person is there. */
const PERSON_MINUTES = 17;
const PERSON_HOURS = 6;
/** Own hours (days) that weigh as much as that. */
const MINUTES_STRENGTH = 6;
const HOURS_STRENGTH = 2;

/** No idle minute in the hour, no idle hour in the day, against the account's own hours and days. */
export function addPersistence(terms: Term[], minutes: number, b: AccountBaselines): void {
  if (minutes > 20) {
    const own = b.activeMinutes();
    const share = (own.mean * own.hours + PERSON_MINUTES * MINUTES_STRENGTH) / (own.hours + MINUTES_STRENGTH) / 60;
    if (minutes > 90 * share) {
      // hours of one account differ less than those of all
      const s = 4.2 + 4 * Math.min(1, own.hours / 12);
      terms.push({
        feature: 'active_minutes',
        value: Math.min(60, minutes),
        law: { kind: 'share', trials: 60, a: s * share, b: s * (1 - share) },
        baseline: { scope: own.hours >= MINUTES_STRENGTH ? 'own' : 'prior', size: Math.round(own.hours) },
        group: 'idle',
        weight: 0.7,
      });
    }
  }
  const { today, mean, days } = b.activeHours();
  if (today < 8 || days < 3) return;
  const share = Math.min(0.9, (mean * days + PERSON_HOURS * HOURS_STRENGTH) / (days + HOURS_STRENGTH) / 24);
  if (today < 36 * share) return;
  const s = 12;
  terms.push({
    feature: 'active_hours_1d',
    value: Math.min(24, today),
    law: { kind: 'share', trials: 24, a: s * share, b: s * (1 - share) },
    baseline: { scope: 'own', size: Math.round(days) },
    group: 'hours',
    weight: 1,
  });
}
