import type { SparseBaselines } from '../baselines/sparse.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { severityOf } from '../severity.ts';
import { countTerm } from '../terms.ts';
import { SOURCE_FEATURES } from '../windows.ts';

const FAILURES = SOURCE_FEATURES.indexOf('login_failures');
const LOGINS = SOURCE_FEATURES.indexOf('logins');
const LEAST_FAILURES = 8;
const LEAST_SHARE = 0.2;

/** Passwords tried from one source (scenario 1): failed logins, for many accounts, beyond what an address shared by many shows. */
export const sourceLoginFailures: Detector<SparseBaselines> = {
  name: 'source_login_failures',
  view: 'source',
  window: '1h',
  title: '{key} fails to log in again and again',
  features: ['login_failures', 'login_failures_1d', 'failures_of_logins', 'targets'],
  needs: ['login', 'status'],
  gate: 8,
  terms(window, b) {
    const failures = window.values[FAILURES];
    const day = b.amount('1d', 'login_failures');
    // behind a shared address others go about their business; who tries passwords does little else
    if (day < LEAST_FAILURES || day < LEAST_SHARE * b.amount('1d', 'requests')) return undefined;
    const terms: Term[] = [
      countTerm('login_failures', failures, b.expected('1h', 'login_failures'), 'failures'),
      countTerm('login_failures_1d', day, b.expected('1d', 'login_failures'), 'failures'),
    ];
    const trials = failures + window.values[LOGINS];
    if (trials >= 5) {
      // behind a shared address most logins succeed
      terms.push({
        feature: 'failures_of_logins',
        value: failures,
        law: { kind: 'share', trials, a: 0.4, b: 1.6 },
        baseline: { scope: 'fixed', size: 0 },
        group: 'ratio',
        weight: 1,
      });
    }
    const targets = b.amount('1h', 'targets');
    if (targets >= 4) terms.push(countTerm('targets', targets, b.expected('1h', 'targets'), 'targets', 0.7));
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
