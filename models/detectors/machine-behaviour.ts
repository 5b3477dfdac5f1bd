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
  features: ['gap_unevenness', 'active_minutes', 'requests', 'requests_at_this_hour'],
  needs: ['account'],
  gate: 5,
  applies: (flags) => (flags & (FLAG.flow | FLAG.anonymous | FLAG.service | FLAG.robot)) === 0,
  terms(window, b) {
    const { values, calendar } = window;
    if (values[A.requests] < LEAST_REQUESTS) return undefined;
    const terms: Term[] = [];
    const regular = regularTerm(values[A.gap_regularity], values[A.requests], b, 1);
    if (regular !== undefined) terms.push(regular);
    if (values[A.active_minutes] > 30) {
      terms.push({
        feature: 'active_minutes',
        value: Math.min(60, values[A.active_minutes]),
        law: { kind: 'share', trials: 60, a: 1.2, b: 3 },
        baseline: { scope: 'fixed', size: 0 },
        group: 'idle',
        weight: 0.5,
      });
    }
    if (strongest(terms, 'regular') + strongest(terms, 'idle') < 1) return undefined;
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
