import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { A, LEVEL, NOVELTY, type Novelty } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { amountTerm, countTerm, fixedTerm, strongest } from '../terms.ts';

const WHERE: readonly Novelty[] = ['new_environment', 'new_countries', 'new_networks', 'new_addresses'];
const WHAT = ['sensitive', 'exports', 'new_objects', 'kilobytes', 'targets', 'requests'] as const;

/**
 * A new environment and then another behaviour (scenario 9): network, country and device that the account never had,
 * together, and something done that it does not do. A traveller has the first, a busy day the second.
 */
export const accountTakeover: Detector<AccountBaselines> = {
  name: 'account_takeover',
  view: 'account',
  window: '1h',
  title: '{key} is used from a new environment and behaves differently',
  features: [
    'new_environment',
    'new_addresses',
    'new_networks',
    'new_countries',
    'new_devices',
    'login_success_new',
    'new_interfaces',
    ...WHAT,
  ],
  needs: ['account', 'address', 'asn', 'device'],
  gate: 3.4,
  applies: (flags) => (flags & (FLAG.flow | FLAG.anonymous)) === 0,
  terms(window, b) {
    if (b.lifeDays < 2) return undefined;
    if (b.fresh(NOVELTY.new_networks) + b.fresh(NOVELTY.new_countries) + b.fresh(NOVELTY.new_devices) === 0) return undefined;
    const terms: Term[] = [];
    for (const name of WHERE) addNovelty(terms, b, name, 'where');
    // together they are weighed as one: a traveller's new phone is not twice as odd
    addNovelty(terms, b, 'new_devices', 'device', b.fresh(NOVELTY.new_environment) > 0 ? 0.5 : 1);
    if (strongest(terms, 'where') < 0.5 || strongest(terms, 'where') + strongest(terms, 'device') < 1.5) return undefined;
    for (const level of WHAT) {
      const value = b.amount('1h', LEVEL[level]);
      const expected = b.hour(LEVEL[level]);
      if (value > 1.5 * expected.mean && value >= 2)
        terms.push((level === 'kilobytes' ? amountTerm : countTerm)(level, value, expected, 'what', level === 'requests' ? 0.7 : 1));
    }
    addNovelty(terms, b, 'new_interfaces', 'what');
    const after = window.values[A.login_success_new];
    if (after > 0) terms.push(fixedTerm('login_success_new', after, 0.02, 1, 'after', 1));
    return terms;
  },
  severity: (evidence) => severityOf(evidence),
};

export function addNovelty(terms: Term[], b: AccountBaselines, name: Novelty, group: string, weight = 1): void {
  const value = b.fresh(NOVELTY[name]);
  if (value > 0) terms.push(countTerm(name, value, b.novelty(NOVELTY[name]), group, weight));
}
