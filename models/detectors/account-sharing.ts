import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { severityOf } from '../severity.ts';
import { strongest } from '../terms.ts';
import { addNovelty, USUAL_WEIGHT } from './account-takeover.ts';

/** One account at two places at once (scenario 10): hours with two countries and two devices, beyond its own and its peers' days. */
export const accountSharing: Detector<AccountBaselines> = {
  name: 'account_sharing',
  view: 'account',
  window: '1d',
  title: '{key} is used at two places at once',
  features: ['two_places', 'new_environment'],
  needs: ['account', 'country', 'device'],
  gate: 2.4,
  quarantines: false,
  applies: (flags) => (flags & (FLAG.flow | FLAG.anonymous | FLAG.service | FLAG.robot)) === 0,
  terms(_window, b) {
    if (b.lifeDays < 3) return undefined;
    const terms: Term[] = [];
    const usual = b.arrivesWhereOthersDo ? USUAL_WEIGHT : 1;
    addNovelty(terms, b, 'two_places', 'places', usual);
    if (strongest(terms, 'places') < 1.3) return undefined;
    addNovelty(terms, b, 'new_environment', 'where', 0.7 * usual);
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'medium'),
};
