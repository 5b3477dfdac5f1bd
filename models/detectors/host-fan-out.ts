import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { A, LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { countTerm } from '../terms.ts';
import { addNovelty } from './account-takeover.ts';

const LEAST_SERVICES = 15;
/** Services new to the host in the hour, and attempts in it that nobody answers, that together are a slow search. */
const LEAST_SEARCHED = 4;

/** One host suddenly talks to many (scenario 21): services that it never used, attempts that nobody answers. */
export const hostFanOut: Detector<AccountBaselines> = {
  name: 'host_fan_out',
  view: 'account',
  window: '1h',
  title: 'Host {key} reaches out to many services',
  features: ['interfaces', 'new_interfaces', 'unanswered'],
  needs: ['flow'],
  gate: 4,
  looks: true,
  applies: (flags) => (flags & FLAG.flow) !== 0,
  terms(window, b) {
    const { values } = window;
    const searches = b.lifeDays >= 1 && values[A.new_interfaces] >= LEAST_SEARCHED && values[A.unanswered] >= LEAST_SEARCHED;
    if (!searches && values[A.interfaces] < LEAST_SERVICES && values[A.unanswered] < 2 * LEAST_SERVICES) return undefined;
    const terms: Term[] = [];
    const interfaces = b.hour(LEVEL.interfaces);
    if (values[A.interfaces] > 2 * interfaces.mean) terms.push(countTerm('interfaces', values[A.interfaces], interfaces, 'services'));
    if (b.lifeDays >= 1) addNovelty(terms, b, 'new_interfaces', 'services');
    const unanswered = b.hour(LEVEL.unanswered);
    if (values[A.unanswered] > 2 * unanswered.mean) terms.push(countTerm('unanswered', values[A.unanswered], unanswered, 'unanswered'));
    return terms.length > 0 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence),
};
