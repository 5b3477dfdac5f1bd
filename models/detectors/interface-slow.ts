import { FLAG } from '../../services/core/batch.ts';
import { amountOf } from '../../services/core/octaves.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { addShares } from '../interface-terms.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { lawTerm, ofFew } from '../terms.ts';

/** Slow answers that are more than chance. */
const LEAST_SLOW = 5;
/** Requests that make a mean, and that show what is typical. */
const LEAST_REQUESTS = 6;
const LEAST_TYPICAL = 4;
/** By how much the time has to rise. */
const SLOWER = 1.7;

/**
 * An interface becomes slow (scenario 19): its typical time, its mean time and the answers slower than a second, against
 * its own hours. The typical time is the geometric mean: one answer of a minute does not move it, a little more of each does.
 */
export const interfaceSlow: Detector<InterfaceBaselines> = {
  name: 'interface_slow',
  view: 'interface',
  window: '1h',
  title: '{key} has become slow',
  features: ['typical_duration', 'mean_duration', 'slow'],
  needs: ['duration'],
  gate: 4,
  applies: (flags) => (flags & FLAG.flow) === 0,
  terms(window, b) {
    const { values } = window;
    const requests = values[I.requests];
    if (requests < LEAST_TYPICAL || values[I.duration_ms] <= 0) return undefined;
    const terms: Term[] = [];
    const typical = amountOf(values[I.duration_octaves] / requests);
    const usual = b.typicalDuration(requests, values[I.callers]);
    if (usual !== undefined && typical > SLOWER * usual.law.center) terms.push(lawTerm('typical_duration', typical, usual, 'slow'));
    if (requests >= LEAST_REQUESTS) {
      if (values[I.slow] >= LEAST_SLOW) addShares(terms, window, b, '1h', 'slow', 1, 'slow');
      const expected = b.duration();
      const mean = values[I.duration_ms] / requests;
      if (expected !== undefined && mean > SLOWER * expected.law.center)
        terms.push(lawTerm('mean_duration', mean, ofFew(expected, requests), 'slow'));
    }
    return terms.length > 0 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
