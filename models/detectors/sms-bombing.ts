import type { SparseBaselines } from '../baselines/sparse.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { severityOf } from '../severity.ts';
import { countTerm } from '../terms.ts';

const LEAST_SENDS = 6;

/** One number made to receive codes from many (scenario 7, bombing). A person who asks again and again does it from one address. */
export const smsBombing: Detector<SparseBaselines> = {
  name: 'sms_bombing',
  view: 'target',
  window: '1d',
  title: 'Codes are sent to {key} again and again',
  features: ['sends', 'sends_1d', 'addresses', 'addresses_1d'],
  needs: ['send_code', 'target'],
  gate: 5,
  looks: true,
  terms(_window, b) {
    const day = b.amount('1d', 'sends');
    if (day < LEAST_SENDS) return undefined;
    const terms: Term[] = [
      countTerm('sends', b.amount('1h', 'sends'), b.expected('1h', 'sends'), 'sends'),
      countTerm('sends_1d', day, b.expected('1d', 'sends'), 'sends'),
    ];
    const addresses = b.amount('1h', 'addresses');
    if (addresses >= 3) terms.push(countTerm('addresses', addresses, b.expected('1h', 'addresses'), 'addresses', 0.7));
    const addressesDay = b.amount('1d', 'addresses');
    if (addressesDay >= 3) terms.push(countTerm('addresses_1d', addressesDay, b.expected('1d', 'addresses'), 'addresses', 0.7));
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
