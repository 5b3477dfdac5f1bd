import { describe, expect, it } from 'vitest';
import type { Term } from '../../models/evidence.ts';
import { namesOddity } from '../../services/alerting/alert-record.ts';
import { candidate, countTerm, START } from '../support/alerting-reports.ts';

/** A trained scorer's candidate of these terms, with the contributions that it is said to make of them. */
function odd(terms: Term[], contributions: number[]): boolean {
  const judged = { score: 0.3, evidence: 5, contributions, bias: 0, rest: 0 };
  return namesOddity({ ...candidate({ detector: 'volume', id: 'a', end: START, terms }), model: '1' }, judged);
}

describe('a reason that is something to look at', () => {
  it('is one that lies outside its range, not one within it', () => {
    // Poisson of about mean 1: P(X >= 4) is near 2 %, P(X >= 6) near 0.06 %
    expect(odd([countTerm('requests', 1), countTerm('new_objects', 4)], [0.1, 0.1])).toBe(false);
    expect(odd([countTerm('requests', 1), countTerm('new_objects', 6)], [0.1, 0.1])).toBe(true);
  });

  it('is one that the alert names: what speaks against it, or is summed with the rest, is none', () => {
    expect(odd([countTerm('requests', 1), countTerm('new_objects', 9)], [0.1, -0.1])).toBe(false);
    expect(odd([countTerm('requests', 1), countTerm('new_objects', 9)], [0.1, 0.005])).toBe(false);
  });

  it('is none that only says what the window belongs to', () => {
    const plain: Term = { ...countTerm('days', 1), law: { kind: 'plain', low: 3, usual: 10, high: 20, step: 1 } };
    expect(odd([plain], [0.2])).toBe(false);
  });
});
