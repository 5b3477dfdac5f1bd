import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { addShares } from '../interface-terms.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { SHARE } from '../shares.ts';
import { lawTerm } from '../terms.ts';
import { MINUTE_COUNTERS } from '../windows.ts';

const ERRORS = MINUTE_COUNTERS.indexOf('server_errors');
const REQUESTS = MINUTE_COUNTERS.indexOf('requests');
const LEAST_ERRORS = 5;
/** Callers with server errors that are more than one in trouble and another by chance. */
const LEAST_CALLERS = 3;

/**
 * An interface fails (scenario 19): server errors against its own hours, as a part of the requests and of the callers. One
 * caller that tries again and again makes many errors; that many callers meet one says more, be they few.
 */
export const interfaceFailing: Detector<InterfaceBaselines> = {
  name: 'interface_failing',
  view: 'interface',
  window: '1h',
  title: '{key} is failing',
  features: ['server_errors', 'erring_callers'],
  needs: ['status'],
  gate: 5,
  applies: (flags) => (flags & FLAG.flow) === 0,
  terms(window, b) {
    const { values } = window;
    const terms: Term[] = [];
    if (values[I.server_errors] >= LEAST_ERRORS) addShares(terms, window, b, '1h', 'errors', 1, 'server_errors');
    if (values[I.erring_callers] >= LEAST_CALLERS) addShares(terms, window, b, '1h', 'errors', 1, 'erring_callers');
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
