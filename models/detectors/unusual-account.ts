import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import { ACCOUNT_LIST, accountTerms } from '../learned/account-terms.ts';
import { severityOf } from '../severity.ts';

/**
 * An autoencoder's reconstruction error: a combination of values that clean windows do not show, though no single one may
 * be odd. It knows no attack; what it finds is strange, not known to be bad.
 */
export const unusualAccount: Detector<AccountBaselines> = {
  name: 'unusual_account',
  view: 'account',
  window: '1h',
  title: '{key} does what accounts do not do together',
  features: ACCOUNT_LIST.features.map(({ name }) => name),
  needs: [],
  gate: 3,
  // alone it found nothing that others do not, at the cost of their part of the budget (docs/evaluation.md)
  supporting: true,
  learned: 'autoencoder',
  // on flows it found less than it cost (docs/evaluation.md)
  applies: (flags) => (flags & (FLAG.flow | FLAG.crawler)) === 0,
  // baselines learn the same whichever model is in force
  quarantines: false,
  terms: accountTerms,
  severity: (evidence) => severityOf(evidence),
};
