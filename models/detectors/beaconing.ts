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
/** Hours in a row with as many calls from which evenness over hours says something. */
const LEAST_EVEN = 5;
/** Hours by which the longest run so far may be short of what the host does, and the length from which on runs hang together (nights, weekends). */
const RECORD_SLACK = 2;
const LONG_RECORD = 12;
/** Share of the hour's connections that go to one service. */
const LEAST_SHARE = 0.7;

/**
 * Small regular calls out (scenario 22): an hour in which a host does little else than talk to one service at even
 * intervals, which its hours are not, or many hours in a row with as many calls abroad in each (so few calls are even only
 * over hours), at times when it is otherwise quiet. Whoever always polls is known to.
 */
export const beaconing: Detector<AccountBaselines> = {
  name: 'beaconing',
  view: 'account',
  window: '1h',
  title: 'Host {key} calls out at regular intervals',
  features: ['gap_unevenness', 'active_minutes', 'active_hours_1d', 'requests_at_this_hour', 'even_hours'],
  needs: ['flow'],
  gate: 4,
  applies: (flags) => (flags & FLAG.flow) !== 0,
  terms(window, b) {
    const { values, calendar } = window;
    const requests = values[A.requests];
    if (b.lifeDays < 3) return undefined;
    // attempts that nobody answers are a scan or a dead service
    if (values[A.unanswered] > 0.5 * requests) return undefined;
    const terms: Term[] = [];
    const even = b.evenHours;
    if (even >= LEAST_EVEN) {
      terms.push({
        feature: 'even_hours',
        value: even,
        // runs that end by chance are geometric
        law: { kind: 'count', mean: meanRun(b.evenRecord, b.lifeDays), dispersion: 1 },
        baseline: { scope: 'own', size: Math.round(b.lifeDays) },
        group: 'regular',
        weight: 1,
      });
    }
    if (requests >= LEAST_REQUESTS && values[A.top_interface] >= LEAST_SHARE * requests) {
      const regular = regularTerm(values[A.gap_regularity], requests, b, 1, LEAST_REQUESTS);
      if (regular !== undefined) terms.push(regular);
    }
    if (terms.length === 0 || strongest(terms, 'regular') < 1) return undefined;
    addPersistence(terms, values[A.active_minutes], b);
    if (b.lifeDays >= 5) {
      const usual = b.offHours(calendar.hour, calendar.working);
      if (usual !== undefined) terms.push(countTerm('requests_at_this_hour', b.amount('1h', LEVEL.requests), usual, 'when'));
    }
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};

/**
 * Mean length of the runs that chance makes: the longest of n geometric ones is about ln n / -ln q for the chance q that an
 * hour goes on with one, which gives q where it is known. A long record is believed to have been no longer by chance only.
 */
function meanRun(record: number, days: number): number {
  const q = Math.exp(-Math.log(24 * days) / (RECORD_SLACK + record * (1 + record / LONG_RECORD)));
  return q / (1 - q);
}
