import type { Change } from '../../schemas/alert.ts';
import { fewestSteps, valueAfter, withValue } from '../counterfactual.ts';
import type { Term } from '../evidence.ts';
import { expectedRange, stepOf } from '../evidence.ts';
import type { Judge } from './judge.ts';

/** Features that are tried at a time, those that speak most for the verdict first; the others when none of these helps. */
const TRIED = 16;

/** A way to move one feature: so many steps in one direction. */
interface Move {
  of: Term;
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
  const open = new Set(terms.map(({ feature }) => feature));
  while (open.size > 0) {
    const best = bestMove(current, open, evidence, judge);
    if (best === undefined) return [];
    const { move } = best;
    const { feature, value } = move.of;
    const enough = best.evidence < threshold;
    if (enough) move.steps = fewestSteps(0, move.steps, (steps) => judge.evidence(moved(current, { ...move, steps })) < threshold);
    current = moved(current, move);
    const { evidence: left, score } = judge.judge(current);
    changes.push({ feature, from: value, to: target(move), step: stepOf(move.of), score });
    if (enough) return changes;
    evidence = left;
    open.delete(feature);
  }
  return [];
}

/** The move that leaves the least evidence, of the features that speak most for the verdict; undefined when none takes any away. */
function bestMove(
  current: readonly Term[],
  open: ReadonlySet<string>,
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
        const left = judge.evidence(moved(current, move));
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
  for (const goal of new Set([high, usualOf(term), low])) {
    const steps = Math.round(Math.abs(goal - term.value) / step);
    if (steps > 0) moves.push({ of: term, toward: goal > term.value ? 1 : -1, steps });
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

/** The value that a move ends at. */
function target({ of, toward, steps }: Move): number {
  return valueAfter(of.value, toward, steps, stepOf(of));
}

function moved(terms: readonly Term[], move: Move): Term[] {
  return withValue(terms, move.of.feature, target(move));
}
