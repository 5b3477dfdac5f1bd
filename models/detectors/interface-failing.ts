import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { addShares } from '../interface-terms.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { SHARE } from '../shares.ts';
import { lawTerm, ofFew } from '../terms.ts';
import { MINUTE_COUNTERS } from '../windows.ts';

const ERRORS = MINUTE_COUNTERS.indexOf('server_errors');
const REQUESTS = MINUTE_COUNTERS.indexOf('requests');
const LEAST_ERRORS = 5;
/** Requests that make a mean. */
const LEAST_REQUESTS = 6;

/** An interface fails or slows down (scenario 19): server errors, slow answers, its mean time against its own hours. */
export const interfaceFailing: Detector<InterfaceBaselines> = {
  name: 'interface_failing',
  view: 'interface',
  window: '1h',
  title: '{key} is failing',
  features: ['server_errors', 'slow', 'mean_duration'],
  needs: ['status'],
  gate: 5,
  applies: (flags) => (flags & FLAG.flow) === 0,
  terms(window, b) {
    const { values } = window;
    const terms: Term[] = [];
    if (values[I.server_errors] >= LEAST_ERRORS) addShares(terms, window, b, '1h', 'errors', 1, 'server_errors');
    if (values[I.requests] >= LEAST_REQUESTS) {
      if (values[I.slow] >= LEAST_ERRORS) addShares(terms, window, b, '1h', 'slow', 1, 'slow');
      const usual = b.duration();
      const mean = values[I.duration_ms] / values[I.requests];
      if (usual !== undefined && mean > 1.7 * usual.law.center)
        terms.push(lawTerm('mean_duration', mean, ofFew(usual, values[I.requests]), 'slow', 1));
    }
    return terms.length > 0 ? terms : undefined;
  },
  minuteTerms(minute, b) {
    const errors = minute.running[ERRORS];
    if (errors < 2 * LEAST_ERRORS || b.activeHours < 6) return undefined;
    const expected = b.share(SHARE.server_errors, '1h', minute.running[REQUESTS]);
    return [lawTerm('server_errors', errors, expected, 'errors', 1)];
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
