import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import { ACCOUNT_LIST, accountTerms } from '../learned/account-terms.ts';
import { A } from '../levels.ts';
import { severityOf } from '../severity.ts';

/** Requests of an hour from which an address that stands in for an account is judged. */
const LEAST_OF_UNKNOWN = 8;

/**
 * A random forest over all that is known of an account's hour, trained on labelled windows (docs/models.md): small oddities that belong together. Bad at
 * kinds of attack that it never saw; the baselines' detectors and the autoencoder are for those.
 */
export const learnedAccount: Detector<AccountBaselines> = {
  name: 'learned_account',
  view: 'account',
  window: '1h',
  title: '{key} behaves like attackers that the model knows',
  features: ACCOUNT_LIST.features.map(({ name }) => name),
  needs: [],
  gate: 3,
  looks: true,
  learned: 'forest',
  // on flows it found less than it cost (docs/evaluation.md)
  applies: (flags) => (flags & (FLAG.flow | FLAG.crawler)) === 0,
  // baselines learn the same whichever model is in force
  quarantines: false,
  terms(window, b) {
    // a handful of requests of somebody unknown is anybody's mistyped password
    if ((window.flags & FLAG.anonymous) !== 0 && window.values[A.requests] < LEAST_OF_UNKNOWN) return undefined;
    // what a service does is known once it has done it a few times
    if ((window.flags & FLAG.service) !== 0 && b.lifeDays < 3) return undefined;
    return accountTerms(window, b);
  },
  severity: (evidence) => severityOf(evidence),
};
