import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { addCount, addShares } from '../interface-terms.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { countTerm, strongest } from '../terms.ts';

const LEAST_REQUESTS = 12;

/** Accounts made in batches (scenario 6): sign-ups beyond the season, from shared prefixes and devices, that go on to nothing. */
export const registrationBatch: Detector<InterfaceBaselines> = {
  name: 'registration_batch',
  view: 'interface',
  window: '1h',
  title: 'Accounts are registered in batches at {key}',
  features: ['shared_prefixes', 'shared_devices', 'single_callers', 'top_caller', 'run_targets', 'requests'],
  needs: ['register'],
  gate: 5,
  looks: true,
  applies: (flags) => (flags & FLAG.register) !== 0,
  terms(window, b) {
    if (window.values[I.requests] < LEAST_REQUESTS) return undefined;
    const terms: Term[] = [];
    addShares(terms, window, b, '1h', 'cohort', 1, 'shared_prefixes', 'shared_devices');
    addCount(terms, window, b, 'top_caller', 'cohort', 1);
    addShares(terms, window, b, '1h', 'purpose', 0.7, 'single_callers');
    addShares(terms, window, b, '1h', 'runs', 0.7, 'run_targets');
    if (strongest(terms, 'cohort') + strongest(terms, 'purpose') + strongest(terms, 'runs') < 1) return undefined;
    const expected = b.requests(window.calendar);
    if (window.values[I.requests] > 2 * expected.mean)
      terms.push(countTerm('requests', window.values[I.requests], expected, 'volume', 0.5));
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
