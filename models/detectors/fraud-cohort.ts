import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { addShares } from '../interface-terms.ts';
import { I, interfaceValue } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { strongest } from '../terms.ts';

const LEAST_CALLERS = 8;

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
    return strongest(terms, 'young') + strongest(terms, 'plan') >= 1.5 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
