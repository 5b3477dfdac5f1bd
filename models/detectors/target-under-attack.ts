import type { SparseBaselines } from '../baselines/sparse.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { severityOf } from '../severity.ts';
import { countTerm } from '../terms.ts';

const LEAST_FAILURES = 6;

/** Passwords tried for one account from many places (scenario 1). */
export const targetUnderAttack: Detector<SparseBaselines> = {
  name: 'target_under_attack',
  view: 'target',
  window: '1d',
  title: 'Passwords are tried for {key}',
  features: ['login_failures', 'login_failures_1d', 'addresses', 'addresses_1d'],
  needs: ['login', 'target'],
  gate: 6,
  looks: true,
  terms(_window, b) {
    const day = b.amount('1d', 'login_failures');
    if (day < LEAST_FAILURES) return undefined;
    const terms: Term[] = [
      countTerm('login_failures', b.amount('1h', 'login_failures'), b.expected('1h', 'login_failures'), 'failures'),
      countTerm('login_failures_1d', day, b.expected('1d', 'login_failures'), 'failures'),
    ];
    const addresses = b.amount('1d', 'addresses');
    if (addresses >= 3) terms.push(countTerm('addresses_1d', addresses, b.expected('1d', 'addresses'), 'addresses', 0.7));
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
