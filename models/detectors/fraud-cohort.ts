import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { addShares } from '../interface-terms.ts';
import { I, interfaceValue } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { strongest } from '../terms.ts';
import type { ClosedWindow } from '../windows.ts';

const LEAST_CALLERS = 8;

/** Growth of everybody else from which an offer draws people: sleepers and newcomers among them too. */
const PROMOTION = 1.5;

/** How many times as often as usual callers that are not young come: a promotion brings them, a fraud cohort does not. */
function drawnByOffer(window: ClosedWindow, b: InterfaceBaselines): number {
  const growth = (size: '1h' | '1d', usual: number): number => {
    const callers = interfaceValue(window, size, I.callers);
    const known = callers > 0 ? 1 - interfaceValue(window, size, I.young_callers) / callers : 0;
    // a few requests at a quiet hour are no growth
    return (known * interfaceValue(window, size, I.requests)) / Math.max(usual, 5);
  };
  return Math.max(growth('1h', b.requests(window.calendar).mean), growth('1d', b.day(window.calendar).mean));
}

/** Coupons taken by small accounts in a crowd (scenario 8): young accounts that do nothing else, with shared networks and devices. */
export const fraudCohort: Detector<InterfaceBaselines> = {
  name: 'fraud_cohort',
  view: 'interface',
  window: '1d',
  title: 'A crowd of young accounts takes benefits at {key}',
  features: [
    'young_callers',
    'new_callers',
    'single_callers',
    'few_callers',
    'shared_prefixes',
    'shared_devices',
    'narrow_young_callers',
    'young_callers_6h',
    'new_callers_6h',
    'single_callers_6h',
    'few_callers_6h',
    'narrow_young_callers_6h',
    'narrow_young_callers_1d',
    'young_callers_1d',
    'new_callers_1d',
    'single_callers_1d',
    'few_callers_1d',
    'shared_prefixes_1d',
    'shared_devices_1d',
  ],
  needs: ['benefit', 'account'],
  gate: 4,
  looks: true,
  applies: (flags) => (flags & FLAG.benefit) !== 0,
  terms(window, b) {
    if (b.activeHours < 12) return undefined;
    const terms: Term[] = [];
    for (const size of ['1h', '6h', '1d'] as const) {
      if (interfaceValue(window, size, I.callers) < LEAST_CALLERS) continue;
      addShares(terms, window, b, size, 'young', 1, 'narrow_young_callers', 'young_callers', 'new_callers');
      addShares(terms, window, b, size, 'plan', 1, 'single_callers', 'few_callers');
      if (size === '1h') addShares(terms, window, b, size, 'shared', 0.7, 'shared_prefixes', 'shared_devices');
    }
    if (strongest(terms, 'young') + strongest(terms, 'plan') < 1.5) return undefined;
    const drawn = drawnByOffer(window, b);
    if (drawn > PROMOTION) for (const term of terms) term.weight /= drawn;
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
