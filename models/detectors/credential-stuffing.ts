import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import { loginTerms } from '../interface-terms.ts';
import { severityOf } from '../severity.ts';
import { fixedTerm } from '../terms.ts';
import { MINUTE_COUNTERS } from '../windows.ts';

const REQUESTS = MINUTE_COUNTERS.indexOf('requests');
const FAILURES = MINUTE_COUNTERS.indexOf('failures');
/** Failures within the running hour from which minutes are looked at. */
const LOUD = 40;

/** Pairs of user and password tried at a login interface, loud enough to show within an hour (scenario 1). */
export const credentialStuffing: Detector<InterfaceBaselines> = {
  name: 'credential_stuffing',
  view: 'interface',
  window: '1h',
  title: 'Passwords are being tried at {key}',
  features: [
    'failures',
    'failing_callers',
    'new_source_failures',
    'newcomer_failures',
    'login_success_new',
    'single_callers',
    'few_callers',
    'failures_running',
  ],
  needs: ['login', 'status'],
  gate: 5,
  looks: true,
  applies: (flags) => (flags & FLAG.login) !== 0,
  terms: (window, b) => loginTerms(window, b, '1h'),
  minuteTerms(minute, b) {
    const failures = minute.running[FAILURES];
    if (failures < LOUD) return undefined;
    const requests = minute.running[REQUESTS];
    const usual = b.usual(0);
    // so many failures as the usual share of these requests, with wide room for a bad hour
    return [fixedTerm('failures_running', failures, Math.max(usual * requests, 4), 0.5, 'failures', 0.7)];
  },
  severity: (evidence) => severityOf(evidence),
};
