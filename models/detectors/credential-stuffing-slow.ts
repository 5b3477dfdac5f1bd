import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import { loginTerms } from '../interface-terms.ts';
import { severityOf } from '../severity.ts';

/**
 * The same, low and slow (scenario 2): one or two tries per address, for days. Hours hide it; six hours and a day of
 * failures from new places do not, against the interface's own days.
 */
export const credentialStuffingSlow: Detector<InterfaceBaselines> = {
  name: 'credential_stuffing_slow',
  view: 'interface',
  window: '1d',
  title: 'Passwords are being tried slowly at {key}',
  features: [
    'failures_6h',
    'failing_callers_6h',
    'new_source_failures_6h',
    'newcomer_failures_6h',
    'login_success_new_6h',
    'single_callers_6h',
    'few_callers_6h',
    'failures_1d',
    'failing_callers_1d',
    'new_source_failures_1d',
    'newcomer_failures_1d',
    'login_success_new_1d',
    'single_callers_1d',
    'few_callers_1d',
  ],
  needs: ['login', 'status'],
  gate: 5.5,
  looks: true,
  applies: (flags) => (flags & FLAG.login) !== 0,
  terms(window, b) {
    // a day has to be known before days can be compared
    if (b.activeHours < 12) return undefined;
    const six = loginTerms(window, b, '6h');
    const day = loginTerms(window, b, '1d');
    if (six === undefined) return day;
    return day === undefined ? six : [...six, ...day];
  },
  severity: (evidence) => severityOf(evidence),
};
