import { FLAG } from '../../services/core/batch.ts';
import type { SparseBaselines } from '../baselines/sparse.ts';
import type { Detector } from '../detector.ts';
import { severityOf } from '../severity.ts';
import { isSharedSource } from '../shared-source.ts';
import { SOURCE_FEATURES } from '../windows.ts';

const REQUESTS = SOURCE_FEATURES.indexOf('requests');
const ANONYMOUS = SOURCE_FEATURES.indexOf('anonymous');
const LOGIN_FAILURES = SOURCE_FEATURES.indexOf('login_failures');
/** Requests of an account below which nobody was let in. */
const LEAST_REQUESTS = 4;
/** A tenant of whose requests more come from outside is no internal system; below it, how rare newcomers are says how odd one is. */
const MOST_OUTSIDE = 0.6;
/** A newcomer from outside that is let in is a matter of its own: nothing else of the hour adds to it. */
const WEIGHT = 2;

/**
 * An internal system reached from outside (scenario 15): known accounts are used from an address outside the tenant's own
 * networks that was never seen, where nearly everyone comes from within or through gateways that many know. How rare that
 * is, the tenant's own sources say; where people work from anywhere it says nothing. Bad at: the first weeks of home
 * work, gateways that get a new address, systems whose logs show a proxy's address for everyone.
 */
export const accessFromOutside: Detector<SparseBaselines> = {
  name: 'access_from_outside',
  view: 'source',
  window: '1h',
  title: 'An internal system is used from outside, by {key}',
  features: ['newcomers_from_outside'],
  needs: ['account', 'address'],
  gate: 3,
  quarantines: false,
  applies: (flags) => (flags & (FLAG.internalSource | FLAG.flow)) === 0,
  terms(window, b) {
    const { values } = window;
    const known = values[REQUESTS] - values[ANONYMOUS] - values[LOGIN_FAILURES];
    // an office's or a carrier's: that one has moved, or is let in, is no one's break-in
    if (isSharedSource(window)) return undefined;
    if (known < LEAST_REQUESTS || b.outsideNewcomer !== true || b.outsideShare > MOST_OUTSIDE) return undefined;
    const newcomers = b.newcomerRate;
    if (newcomers === undefined) return undefined;
    return [
      {
        feature: 'newcomers_from_outside',
        value: 1,
        law: { kind: 'count', mean: newcomers.rate, dispersion: 1 },
        baseline: { scope: 'tenant', size: Math.round(newcomers.hours) },
        group: 'outside',
        weight: WEIGHT,
      },
    ];
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
