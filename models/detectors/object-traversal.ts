import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { A, LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { countTerm, strongest } from '../terms.ts';

/** New objects within a day below which nobody walks them. */
const LEAST_OBJECTS = 15;

/**
 * One caller walks objects that are not its own (scenario 4): distinct and never-seen objects against its own past and
 * its peers, refusals mixed in, runs of neighbouring numbers.
 */
export const objectTraversal: Detector<AccountBaselines> = {
  name: 'object_traversal',
  view: 'account',
  window: '1d',
  title: '{key} walks through objects that it never used',
  features: ['new_objects', 'new_objects_1d', 'objects', 'objects_1d', 'errors', 'errors_1d', 'neighbours'],
  needs: ['account', 'object'],
  gate: 5.5,
  looks: true,
  applies: (flags) => (flags & (FLAG.flow | FLAG.robot | FLAG.crawler)) === 0,
  terms(window, b) {
    const fresh = b.amount('1d', LEVEL.new_objects);
    if (fresh < LEAST_OBJECTS) return undefined;
    // a batch walks objects by profession: which is known once it has come a few times
    if ((window.flags & FLAG.service) !== 0 && b.lifeDays < 3) return undefined;
    const terms: Term[] = [];
    breadth(terms, b, '1h');
    breadth(terms, b, '1d');
    if (strongest(terms, 'breadth') < 1) return undefined;
    const errors = b.amount('1h', LEVEL.errors);
    if (errors > 2) terms.push(countTerm('errors', errors, b.hour(LEVEL.errors), 'refusals', 0.7));
    const errorsDay = b.amount('1d', LEVEL.errors);
    if (errorsDay > 2) terms.push(countTerm('errors_1d', errorsDay, b.day(LEVEL.errors), 'refusals', 0.7));
    const objects = window.values[A.objects];
    const neighbours = window.values[A.neighbours];
    if (objects >= 10 && neighbours > 0.1 * objects) {
      // lists show neighbours to everyone: a tenth is usual, a half is not rare
      terms.push({
        feature: 'neighbours',
        value: Math.min(neighbours, objects),
        law: { kind: 'share', trials: objects, a: 0.5, b: 3 },
        baseline: { scope: 'fixed', size: 0 },
        group: 'order',
        weight: 0.7,
      });
    }
    return terms;
  },
  severity: (evidence) => severityOf(evidence),
};

function breadth(terms: Term[], b: AccountBaselines, size: '1h' | '1d'): void {
  const suffix = size === '1h' ? '' : '_1d';
  for (const level of ['new_objects', 'objects'] as const) {
    const value = b.amount(size, LEVEL[level]);
    const expected = size === '1h' ? b.hour(LEVEL[level]) : b.day(LEVEL[level]);
    if (value > 1.5 * expected.mean) terms.push(countTerm(level + suffix, value, expected, 'breadth'));
  }
}
