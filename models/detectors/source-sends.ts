import type { SparseBaselines } from '../baselines/sparse.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { severityOf } from '../severity.ts';
import { countTerm } from '../terms.ts';

const LEAST_SENDS = 8;
const LEAST_SHARE = 0.2;
/** Numbers of a day from which they are many. */
const LEAST_TARGETS = 4;
/** Codes of a day after which somebody signed up or acted as an account, of those that a crowd asks for: at least. */
const USED_SHARE = 0.3;

/** Codes sent to many numbers from one source (scenario 7, pumping). */
export const sourceSends: Detector<SparseBaselines> = {
  name: 'source_sends',
  view: 'source',
  window: '1d',
  title: '{key} has codes sent to many numbers',
  titleOf: ({ terms }) => (terms.some(({ feature }) => feature === 'targets_1d') ? undefined : '{key} has codes sent again and again'),
  features: ['sends', 'sends_1d', 'targets', 'targets_1d'],
  needs: ['send_code', 'target'],
  gate: 8,
  terms(_window, b) {
    const day = b.amount('1d', 'sends');
    // behind a shared address others go about their business
    if (day < LEAST_SENDS || day < LEAST_SHARE * b.amount('1d', 'requests')) return undefined;
    // a crowd uses the codes that it asks for: who has them sent to strangers' numbers never sees one
    if (b.amount('1d', 'registers') + b.amount('1d', 'accounts') >= USED_SHARE * day) return undefined;
    const terms: Term[] = [
      countTerm('sends', b.amount('1h', 'sends'), b.expected('1h', 'sends'), 'sends'),
      countTerm('sends_1d', day, b.expected('1d', 'sends'), 'sends'),
    ];
    const targets = b.amount('1d', 'targets');
    if (targets >= LEAST_TARGETS) terms.push(countTerm('targets_1d', targets, b.expected('1d', 'targets'), 'targets', 0.7));
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
