import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { addCount, addShares } from '../interface-terms.ts';
import { I, interfaceValue } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { countTerm, strongest } from '../terms.ts';

const LEAST_TARGETS = 8;

/** Codes sent to many numbers (scenario 7, pumping): runs of neighbouring numbers, senders that do nothing else, more than the season. */
export const smsPumping: Detector<InterfaceBaselines> = {
  name: 'sms_pumping',
  view: 'interface',
  window: '1d',
  title: 'Codes are sent to runs of numbers through {key}',
  features: ['run_targets', 'run_targets_1d', 'single_callers', 'single_callers_1d', 'top_caller', 'shared_prefixes', 'requests'],
  needs: ['send_code', 'target'],
  gate: 6.5,
  looks: true,
  applies: (flags) => (flags & FLAG.sendCode) !== 0,
  terms(window, b) {
    const terms: Term[] = [];
    for (const size of ['1h', '1d'] as const) {
      if (interfaceValue(window, size, I.targets) < LEAST_TARGETS) continue;
      addShares(terms, window, b, size, 'runs', 1, 'run_targets');
      addShares(terms, window, b, size, 'who', 0.7, 'single_callers');
      if (size === '1h') addCount(terms, window, b, 'top_caller', 'who', 0.7);
      if (size === '1h') addShares(terms, window, b, size, 'shared', 0.5, 'shared_prefixes');
    }
    if (strongest(terms, 'runs') + strongest(terms, 'who') < 1) return undefined;
    const expected = b.requests(window.calendar);
    if (window.values[I.requests] > 2 * expected.mean)
      terms.push(countTerm('requests', window.values[I.requests], expected, 'volume', 0.3));
    return terms;
  },
  severity: (evidence) => severityOf(evidence),
};
