import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { addCount, addShares } from '../interface-terms.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { countTerm, lawTerm, strongest } from '../terms.ts';

const LEAST_REQUESTS = 200;
const KNOWN_HOURS = 72;

/**
 * More, or the same again (scenario 19): far beyond the season, and by few callers or by callers that do nothing else.
 * A sale has the volume only, so volume alone does not reach the gate.
 */
export const interfaceFlood: Detector<InterfaceBaselines> = {
  name: 'interface_flood',
  view: 'interface',
  window: '1h',
  title: '{key} is flooded',
  features: ['requests', 'requests_per_caller', 'top_caller', 'heavy_callers', 'single_callers', 'server_errors', 'slow'],
  needs: [],
  gate: 6,
  applies: (flags) => (flags & FLAG.asset) === 0,
  terms(window, b) {
    const requests = window.values[I.requests];
    if (requests < LEAST_REQUESTS || b.activeHours < 6) return undefined;
    const expected = b.requests(window.calendar);
    if (requests < 3 * expected.mean) return undefined;
    const terms: Term[] = [countTerm('requests', requests, expected, 'volume', 0.3)];
    const each = b.perCaller();
    const callers = window.values[I.callers];
    if (each !== undefined && callers > 0 && requests / callers > 1.5 * each.law.center) {
      terms.push(lawTerm('requests_per_caller', requests / callers, each, 'who', 0.7));
    }
    addCount(terms, window, b, 'top_caller', 'who', 0.7);
    addShares(terms, window, b, '1h', 'who', 0.7, 'heavy_callers', 'single_callers');
    if (strongest(terms, 'who') < 0.7) return undefined;
    // a job that comes once a day is not known before it has come a few times
    const known = Math.min(1, b.hours / KNOWN_HOURS);
    for (const term of terms) term.weight *= known;
    addShares(terms, window, b, '1h', 'effect', 0.5, 'server_errors', 'slow');
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
