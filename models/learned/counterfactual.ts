import type { Change } from '../../schemas/alert.ts';
import type { Term } from '../evidence.ts';
import { expectedRange, stepOf } from '../evidence.ts';
import type { Judge } from './judge.ts';

/** Features that are tried at a time, those that speak most for the verdict first; the others when none of these helps. */
const TRIED = 16;

/** A way to move one feature: so many steps in one direction. */
interface Move {
  feature: string;
  toward: 1 | -1;
  steps: number;
}

/**
 * The smallest change that would not have alerted, for a trained scorer. Unlike a sum of surprises it may hold that
 * too little of something is what attacks look like, and that two things matter only together. So each feature may move
 * to what is usual of it or to the edge of what is expected, whichever way that lies; the move that takes most evidence
 * away is made, and the next is looked for, until the evidence lies below the threshold; the last one goes no further than needed.
 *
 * All rows together score below `threshold`; one step less on the last row scores at or above it.
 * @returns [] when the terms do not fire, or no such moves help (what the window does not have cannot be changed)
 */
export function learnedCounterfactual(terms: readonly Term[], threshold: number, judge: Judge): Change[] {
  if (!(threshold > 0)) return [];
  let current: Term[] = [...terms];
  let evidence = judge.evidence(current);
  if (evidence < threshold) return [];
  const changes: Change[] = [];
  const open = new Map(terms.map((term) => [term.feature, term]));
  while (open.size > 0) {
    const best = bestMove(current, open, evidence, judge);
    if (best === undefined) return [];
    const of = open.get(best.move.feature) as Term;
    const { toward } = best.move;
    let { steps } = best.move;
    const enough = best.evidence < threshold;
    if (enough) steps = fewestSteps(steps, (n) => judge.evidence(moved(current, of, toward, n)) < threshold);
    current = moved(current, of, toward, steps);
    const { evidence: left, score } = judge.judge(current);
    changes.push({ feature: of.feature, from: of.value, to: valueAfter(of, toward, steps), step: stepOf(of), score });
    if (enough) return changes;
    evidence = left;
    open.delete(of.feature);
  }
  return [];
}

/** The move that leaves the least evidence, of the features that speak most for the verdict; undefined when none takes any away. */
function bestMove(
  current: readonly Term[],
  open: ReadonlyMap<string, Term>,
  evidence: number,
  judge: Judge,
): { move: Move; evidence: number } | undefined {
  const { contributions } = judge.judge(current);
  const order = current
    .map((term, i) => ({ term, contribution: contributions[i] }))
    .filter(({ term }) => open.has(term.feature))
    .sort((a, b) => b.contribution - a.contribution || (a.term.feature < b.term.feature ? -1 : 1));
  for (const part of [order.slice(0, TRIED), order.slice(TRIED)]) {
    let best: { move: Move; evidence: number } | undefined;
    for (const { term } of part) {
      for (const move of movesOf(term)) {
        const left = judge.evidence(moved(current, term, move.toward, move.steps));
        if (left < (best?.evidence ?? evidence)) best = { move, evidence: left };
      }
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

/** Ways to move a feature: to what is usual, and to the edges of what is expected. */
function movesOf(term: Term): Move[] {
  const { low, high } = expectedRange(term.law);
  const step = stepOf(term);
  const moves: Move[] = [];
  for (const target of new Set([high, usualOf(term), low])) {
    const steps = Math.round(Math.abs(target - term.value) / step);
    if (steps > 0) moves.push({ feature: term.feature, toward: target > term.value ? 1 : -1, steps });
  }
  return moves;
}

/** The middle of what is expected, in the value's own units. */
function usualOf({ law }: Term): number {
  switch (law.kind) {
    case 'count':
    case 'floor':
      return Math.round(law.mean);
    case 'share':
      return Math.round((law.trials * law.a) / (law.a + law.b));
    case 'measure':
      return law.center;
    case 'plain':
      return law.usual;
  }
}

function valueAfter(term: Term, toward: 1 | -1, steps: number): number {
  return Math.max(0, term.value + toward * steps * stepOf(term));
}

function moved(terms: readonly Term[], of: Term, toward: 1 | -1, steps: number): Term[] {
  const value = valueAfter(of, toward, steps);
  return terms.map((term) => (term.feature === of.feature ? { ...term, value } : term));
}

/** A number of steps up to `most` that holds while one less does not; `most` holds, none does not. */
function fewestSteps(most: number, holds: (n: number) => boolean): number {
  let alerts = 0;
  let silent = most;
  while (silent - alerts > 1) {
    const middle = Math.floor((alerts + silent) / 2);
    if (holds(middle)) silent = middle;
    else alerts = middle;
  }
  return silent;
}
