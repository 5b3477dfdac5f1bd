import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { lawTerm, ofFew } from '../terms.ts';

/** Requests that make a mean. */
const LEAST_REQUESTS = 6;

/** Answers become larger (scenario 19): the mean size of a response against the interface's own hours. */
export const interfaceLarger: Detector<InterfaceBaselines> = {
  name: 'interface_larger',
  view: 'interface',
  window: '1h',
  title: '{key} answers with more than usual',
  features: ['mean_size'],
  needs: ['bytesOut'],
  gate: 4.5,
  applies: (flags) => (flags & (FLAG.flow | FLAG.asset | FLAG.export)) === 0,
  terms(window, b) {
    const requests = window.values[I.requests];
    if (requests < LEAST_REQUESTS) return undefined;
    const usual = b.size();
    const mean = window.values[I.bytes_out] / requests;
    if (usual === undefined || mean < 1.5 * usual.law.center) return undefined;
    return [lawTerm('mean_size', mean, ofFew(usual, requests), 'size')];
  },
  severity: (evidence) => severityOf(evidence, 'medium'),
};
