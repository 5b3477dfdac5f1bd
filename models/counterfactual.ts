import type { Change } from '../schemas/alert.ts';
import type { Law, Term } from './evidence.ts';
import { expectedRange, scoreTerms, stepOf } from './evidence.ts';

/**
 * The smallest change that would not have alerted, checked by scoring it: the feature that contributes most is set back
 * to the edge of what is expected, then the next one, until the evidence lies below the threshold; the last one is moved
 * by no more steps than needed. Where everything at its expected edge still alerts (many groups, a low threshold), a
 * second round moves features to where they are no surprise at all.
 *
 * All rows together score below `threshold`; one step less on the last row scores at or above it. Terms that share a
 * feature name change together. Counts move on whole numbers, measures by 1 % of their expected range (`stepOf`).
 * @param terms the candidate's terms
 * @param threshold evidence at which the verdict fires (evidence >= threshold)
 * @returns [] when the terms do not fire, or nothing that can be changed would help
 */
export function counterfactual(terms: readonly Term[], threshold: number): Change[] {
  if (!(threshold > 0) || scoreTerms(terms).evidence < threshold) return [];
  const changes = new Map<string, Change>();
  let current = terms.map((term) => ({ ...term }));
  for (const depth of ['expected', 'least'] as const) {
    const done = new Set<string>();
    for (;;) {
      const strongest = strongestTerm(current, done);
      if (strongest === undefined) break;
      done.add(strongest.feature);
      const original = strongestOf(terms, strongest.feature);
      const from = original.value;
      const step = stepOf(original);
      const steps = stepsTo(original.law, from, step, depth);
      const before = changes.get(strongest.feature);
      const started = before === undefined ? 0 : Math.round(Math.abs(before.to - from) / step);
      if (steps <= started) continue;
      const toward = movesUp(original.law) ? 1 : -1;
      const evidenceAfter = (count: number): number =>
        scoreTerms(withValue(current, strongest.feature, valueAfter(from, toward, count, step))).evidence;

      let count = steps;
      const enough = evidenceAfter(steps) < threshold;
      if (enough) count = fewestSteps(started, steps, (n) => evidenceAfter(n) < threshold);
      const to = valueAfter(from, toward, count, step);
      current = withValue(current, strongest.feature, to);
      changes.delete(strongest.feature);
      changes.set(strongest.feature, { feature: strongest.feature, from, to, step, score: scoreTerms(current).score });
      if (enough) return rescored(terms, [...changes.values()]);
    }
  }
  return [];
}

/** The terms with every term of `feature` at `value`. */
export function withValue(terms: readonly Term[], feature: string, value: number): Term[] {
  return terms.map((term) => (term.feature === feature ? { ...term, value } : term));
}

function movesUp(law: Law): boolean {
  return law.kind === 'floor' || (law.kind === 'measure' && law.direction === -1);
}

/** Multiples of the step keep the grid exact for counts; measures land within rounding of it. */
export function valueAfter(from: number, toward: number, count: number, step: number): number {
  return Math.max(0, from + toward * count * step);
}

/** Steps from a value to the edge of what is expected (odd upwards: the high edge, downwards: the low one), or to where nothing is odd. */
function stepsTo(law: Law, from: number, step: number, depth: 'expected' | 'least'): number {
  const { low, high } = expectedRange(law);
  if (movesUp(law)) {
    const edge = depth === 'expected' ? low : Math.max(high, low + 1) * 4;
    return Math.max(0, Math.ceil((edge - from) / step - 1e-9));
  }
  const edge = depth === 'expected' ? high : 0;
  return Math.max(0, Math.ceil((from - edge) / step - 1e-9));
}

/** Smallest n in (low, high] with holds(n), given that holds(high) and not holds(low). */
export function fewestSteps(low: number, high: number, holds: (n: number) => boolean): number {
  let alerts = low;
  let silent = high;
  while (silent - alerts > 1) {
    const middle = Math.floor((alerts + silent) / 2);
    if (holds(middle)) silent = middle;
    else alerts = middle;
  }
  return silent;
}

/** The term that contributes most among the features not done yet; undefined when none contributes. */
function strongestTerm(terms: readonly Term[], done: ReadonlySet<string>): Term | undefined {
  const { contributions } = scoreTerms(terms);
  const byFeature = new Map<string, number>();
  terms.forEach((term, i) => {
    if (!done.has(term.feature)) byFeature.set(term.feature, (byFeature.get(term.feature) ?? 0) + contributions[i]);
  });
  let best: string | undefined;
  let most = 0;
  for (const [feature, sum] of byFeature) {
    if (sum > most) {
      best = feature;
      most = sum;
    }
  }
  return best === undefined ? undefined : strongestOf(terms, best);
}

function strongestOf(terms: readonly Term[], feature: string): Term {
  const { contributions } = scoreTerms(terms);
  let best = -1;
  terms.forEach((term, i) => {
    if (term.feature === feature && (best < 0 || contributions[i] > contributions[best])) best = i;
  });
  return terms[best];
}

/** Scores of the rows in their final order: each after its own change and those before it. */
function rescored(terms: readonly Term[], changes: Change[]): Change[] {
  let current: Term[] = [...terms];
  return changes.map((change) => {
    current = withValue(current, change.feature, change.to);
    return { ...change, score: scoreTerms(current).score };
  });
}
