import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { addShares } from '../interface-terms.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';

/** A sensitive interface called from countries that its callers never came from, or an internal one from outside (scenario 15). */
export const foreignCallers: Detector<InterfaceBaselines> = {
  name: 'foreign_callers',
  view: 'interface',
  window: '6h',
  title: '{key} is called from abroad or from outside',
  features: ['new_country_requests', 'new_country_requests_6h', 'external', 'external_6h'],
  needs: ['country'],
  gate: 8,
  applies: (flags) => (flags & FLAG.flow) === 0 && (flags & (FLAG.sensitive | FLAG.export)) !== 0,
  terms(window, b) {
    if (b.activeHours < 24 || window.values[I.new_country_requests] + window.values[I.external] < 3) return undefined;
    const terms: Term[] = [];
    for (const size of ['1h', '6h'] as const) {
      addShares(terms, window, b, size, 'abroad', 1, 'new_country_requests');
      addShares(terms, window, b, size, 'outside', 0.6, 'external');
    }
    return terms.length > 0 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
