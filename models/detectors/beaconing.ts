import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { A, LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { countTerm, strongest } from '../terms.ts';
import { addPersistence } from './machine-behaviour.ts';
import { regularTerm } from './scraping.ts';

const LEAST_REQUESTS = 10;
/** Share of the hour's connections that go to one service. */
const LEAST_SHARE = 0.7;

/**
 * Small regular calls out (scenario 22): an hour in which a host does little else than talk to one service at even
 * intervals, which its hours are not, at times when it is otherwise quiet. Whoever always polls is known to.
 */
export const beaconing: Detector<AccountBaselines> = {
  name: 'beaconing',
  view: 'account',
  window: '1h',
  title: 'Host {key} calls out at regular intervals',
  features: ['gap_unevenness', 'active_minutes', 'active_hours_1d', 'requests_at_this_hour'],
  needs: ['flow'],
  gate: 4,
  applies: (flags) => (flags & FLAG.flow) !== 0,
  terms(window, b) {
    const { values, calendar } = window;
    const requests = values[A.requests];
    if (requests < LEAST_REQUESTS || b.lifeDays < 3) return undefined;
    // attempts that nobody answers are a scan or a dead service
    if (values[A.top_interface] < LEAST_SHARE * requests || values[A.unanswered] > 0.5 * requests) return undefined;
    const terms: Term[] = [];
    const regular = regularTerm(values[A.gap_regularity], requests, b, 1, LEAST_REQUESTS);
    if (regular === undefined) return undefined;
    terms.push(regular);
    if (strongest(terms, 'regular') < 1) return undefined;
    addPersistence(terms, values[A.active_minutes], b);
    if (b.lifeDays >= 5) {
      const usual = b.offHours(calendar.hour, calendar.working);
      if (usual !== undefined) terms.push(countTerm('requests_at_this_hour', b.amount('1h', LEVEL.requests), usual, 'when'));
    }
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
