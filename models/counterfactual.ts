import type { Change } from '../schemas/alert.ts';
import type { Term } from './evidence.ts';
import { expectedRange, stepOf, surprise } from './evidence.ts';
import { BASELINE_JUDGE, type Judge } from './learned/judge.ts';

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
 * @param judge how terms become evidence: a trained scorer's verdict is re-scored by that scorer
 * @returns [] when the terms do not fire, or nothing that can be changed would help
 */
export function counterfactual(terms: readonly Term[], threshold: number, judge: Judge = BASELINE_JUDGE): Change[] {
  if (!(threshold > 0) || judge.evidence(terms) < threshold) return [];
  const changes = new Map<string, Change>();
  let current = terms.map((term) => ({ ...term }));
  for (const depth of ['expected', 'least'] as const) {
    const done = new Set<string>();
    for (;;) {
      const strongest = strongestTerm(current, done, judge);
      if (strongest === undefined) break;
      done.add(strongest.feature);
      const original = strongestOf(terms, strongest.feature);
      const from = original.value;
      const step = stepOf(original);
      const steps = stepsTo(original, from, step, depth);
      const before = changes.get(strongest.feature);
      const started = before === undefined ? 0 : Math.round(Math.abs(before.to - from) / step);
      if (steps <= started) continue;
      const toward = movesUp(original) ? 1 : -1;
      const evidenceAfter = (count: number): number =>
        judge.evidence(withValue(current, strongest.feature, valueAfter(from, toward, count, step)));

      let count = steps;
      const enough = evidenceAfter(steps) < threshold;
      if (enough) count = fewestSteps(started, steps, (n) => evidenceAfter(n) < threshold);
      const to = valueAfter(from, toward, count, step);
      current = withValue(current, strongest.feature, to);
      changes.delete(strongest.feature);
      changes.set(strongest.feature, { feature: strongest.feature, from, to, step, score: judge.judge(current).score });
      if (enough) return rescored(terms, [...changes.values()], judge);
    }
  }
  return [];
}

/** The terms with every term of `feature` at `value`. */
export function withValue(terms: readonly Term[], feature: string, value: number): Term[] {
  return terms.map((term) => (term.feature === feature ? { ...term, value } : { ...term }));
}

function movesUp({ law, value }: Term): boolean {
  if (law.kind === 'plain') return value < law.usual;
  return law.kind === 'floor' || (law.kind === 'measure' && law.direction === -1);
}

/** Multiples of the step keep the grid exact for counts; measures land within rounding of it. */
function valueAfter(from: number, toward: number, count: number, step: number): number {
  return Math.max(0, from + toward * count * step);
}

/** Steps from a value to the edge of what is expected (odd upwards: the high edge, downwards: the low one), or to where nothing is odd. */
function stepsTo(term: Term, from: number, step: number, depth: 'expected' | 'least'): number {
  const { law } = term;
  const { low, high } = expectedRange(law);
  if (law.kind === 'plain') {
    const edge = depth === 'least' ? law.usual : movesUp(term) ? low : high;
    return Math.max(0, Math.round((movesUp(term) ? edge - from : from - edge) / step));
  }
  if (movesUp(term)) {
    const edge = depth === 'expected' ? low : Math.max(high, low + 1) * 4;
    return Math.max(0, Math.ceil((edge - from) / step - 1e-9));
  }
  const edge = depth === 'expected' ? high : 0;
  return Math.max(0, Math.ceil((from - edge) / step - 1e-9));
}

/** Smallest n in (low, high] with holds(n), given that holds(high) and not holds(low). */
function fewestSteps(low: number, high: number, holds: (n: number) => boolean): number {
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
function strongestTerm(terms: readonly Term[], done: ReadonlySet<string>, judge: Judge): Term | undefined {
  const { contributions } = judge.judge(terms);
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

/** Of the terms that share a feature name, the one that is the greatest surprise. */
function strongestOf(terms: readonly Term[], feature: string): Term {
  const sharing = terms.filter((term) => term.feature === feature);
  if (sharing.length === 1) return sharing[0];
  const weighed = sharing.map((term) => term.weight * surprise(term.law, term.value));
  return sharing[weighed.indexOf(Math.max(...weighed))];
}

/** Scores of the rows in their final order: each after its own change and those before it. */
function rescored(terms: readonly Term[], changes: Change[], judge: Judge): Change[] {
  let current: Term[] = [...terms];
  return changes.map((change) => {
    current = withValue(current, change.feature, change.to);
    return { ...change, score: judge.judge(current).score };
  });
}
