import { FLAG } from '../../services/core/batch.ts';
import { amountOf } from '../../services/core/octaves.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { lawTerm, ofFew } from '../terms.ts';

/** Requests that make a mean. */
const LEAST_REQUESTS = 6;
/** Requests that show what is typical, and by how much it has to rise. */
const LEAST_TYPICAL = 4;
const LARGER = 1.5;

/** Answers become larger (scenario 19): the mean size of a response against the interface's own hours. */
export const interfaceLarger: Detector<InterfaceBaselines> = {
  name: 'interface_larger',
  view: 'interface',
  window: '1h',
  title: '{key} answers with more than usual',
  features: ['mean_size', 'typical_size'],
  needs: ['bytesOut'],
  gate: 4,
  applies: (flags) => (flags & (FLAG.flow | FLAG.asset | FLAG.export)) === 0,
  terms(window, b) {
    const { values } = window;
    const requests = values[I.requests];
    const terms: Term[] = [];
    if (requests >= LEAST_TYPICAL && values[I.size_octaves] > 0) {
      const usual = b.typicalSize(requests, values[I.callers]);
      const typical = amountOf(values[I.size_octaves] / requests);
      if (usual !== undefined && typical > LARGER * usual.law.center) terms.push(lawTerm('typical_size', typical, usual, 'size'));
    }
    if (requests >= LEAST_REQUESTS) {
      const usual = b.size();
      const mean = values[I.bytes_out] / requests;
      if (usual !== undefined && mean >= LARGER * usual.law.center) terms.push(lawTerm('mean_size', mean, ofFew(usual, requests), 'size'));
    }
    return terms.length > 0 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence, 'medium'),
};
