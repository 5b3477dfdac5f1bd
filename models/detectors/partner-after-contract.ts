import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import { A } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { fixedTerm } from '../terms.ts';

/**
 * An API key is used after the end of its contract, as the tenant's config says it (scenario 14). Nothing is learned
 * here: after the end no request is expected, and a forgotten job that asks once is worth less than a day's work.
 */
export const partnerAfterContract: Detector<AccountBaselines> = {
  name: 'partner_after_contract',
  view: 'account',
  window: '1h',
  title: '{key} is used after the end of its contract',
  features: ['requests_after_contract'],
  needs: ['account'],
  gate: 3,
  quarantines: false,
  terms(window) {
    if (window.contractEnd === undefined || window.start < window.contractEnd) return undefined;
    const answered = window.values[A.requests] - window.values[A.refused] - window.values[A.failures];
    if (answered <= 0) return undefined;
    return [fixedTerm('requests_after_contract', answered, 0.001, 10, 'contract', 2)];
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
