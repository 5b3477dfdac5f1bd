import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { shareTerm } from '../interface-terms.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { SHARE } from '../shares.ts';
import { MINUTE_COUNTERS } from '../windows.ts';

const ANONYMOUS_SHARE = SHARE.anonymous_ok;
const ANONYMOUS_OK = MINUTE_COUNTERS.indexOf('anonymous_ok');

/**
 * An interface answers requests without an account where it and its neighbours require one (scenario 16). Blind in a
 * tenant whose log names no accounts: there everyone is anonymous.
 */
export const unauthenticatedInterface: Detector<InterfaceBaselines> = {
  name: 'unauthenticated_interface',
  view: 'interface',
  window: '1h',
  title: '{key} answers without an account',
  features: ['anonymous_ok', 'anonymous_ok_6h'],
  needs: ['account', 'status'],
  gate: 6,
  applies: (flags) => (flags & (FLAG.flow | FLAG.login | FLAG.register | FLAG.sendCode | FLAG.asset)) === 0,
  terms(window, b) {
    if (window.values[I.anonymous_ok] < 3) return undefined;
    const share = b.tenantPrior.anonymousShare;
    if (share < 0 || share > 0.6) return undefined;
    const sensitive = (window.flags & FLAG.sensitive) !== 0;
    // what never required an account is public, unless it is listed as sensitive
    if (!sensitive && b.activeHours < 48) return undefined;
    const terms: Term[] = [];
    const hour = shareTerm(window, b, '1h', 'anonymous_ok', 'anonymous', sensitive ? 1 : 0.8);
    const six = shareTerm(window, b, '6h', 'anonymous_ok', 'anonymous', sensitive ? 1 : 0.8);
    if (hour !== undefined) terms.push(hour);
    if (six !== undefined) terms.push(six);
    return terms.length > 0 ? terms : undefined;
  },
  minuteTerms(minute, b) {
    // what never required an account is public: a minute takes more than a few, unless the interface is listed as sensitive
    const sensitive = (minute.flags & FLAG.sensitive) !== 0;
    if (minute.running[ANONYMOUS_OK] < (sensitive ? 10 : 30) || b.activeHours < (sensitive ? 24 : 48)) return undefined;
    const share = b.tenantPrior.anonymousShare;
    if (share < 0 || share > 0.6) return undefined;
    const expected = b.share(ANONYMOUS_SHARE, '1h', minute.running[0]);
    return [
      {
        feature: 'anonymous_ok',
        value: minute.running[ANONYMOUS_OK],
        law: expected.law,
        baseline: { scope: expected.scope, size: expected.size },
        group: 'anonymous',
        weight: sensitive ? 1 : 0.8,
      },
    ];
  },
  severity: (evidence) => severityOf(evidence),
};
