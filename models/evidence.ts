import type { BaselineScope } from '../schemas/alert.ts';
import { log1mExp, logBeta, logIncompleteBeta, logNormalTail } from './special.ts';

/**
 * Evidence: what a scorer says, in a form that can be re-scored anywhere. A term compares one value with the law that
 * it should follow; its surprise is -log10 P(X at least this extreme). Terms of one group tell the same thing twice:
 * only the strongest counts; groups add up. This module is the whole of scoring: explanations and counterfactuals
 * call it again with other values.
 */

/** The law that a value follows when nothing is wrong. */
export type Law =
  /** counts: negative binomial, variance = mean + dispersion x mean^2; high values are odd */
  | { kind: 'count'; mean: number; dispersion: number }
  /** a count out of `trials`: beta-binomial with parameters a, b; high values are odd */
  | { kind: 'share'; trials: number; a: number; b: number }
  /** a positive measure: log-normal around `center` with `spread` in ln units; odd upwards (1) or downwards (-1) */
  | { kind: 'measure'; center: number; spread: number; direction: 1 | -1 }
  /** a count that should not stop: Poisson-gamma as `count`, but low values are odd */
  | { kind: 'floor'; mean: number; dispersion: number }
  /** no law: a value that only a trained scorer can weigh (a share, a role); low..high holds 98 % of clean windows, `usual` the middle one */
  | { kind: 'plain'; low: number; usual: number; high: number; step: number };

export interface Term {
  /** feature name with its window where it is not the alert's own: `new_objects`, `requests_7d` */
  feature: string;
  value: number;
  law: Law;
  baseline: { scope: BaselineScope; size: number };
  /** terms of one group count once (the strongest) */
  group: string;
  /** multiplies the surprise; 1 unless the detector says otherwise */
  weight: number;
}

/** Surprise of one term is capped here: beyond it a model's tail says nothing. */
export const MAX_SURPRISE = 12;
/** Evidence at which the score reaches 1. */
export const FULL_EVIDENCE = 24;

export interface Scored {
  /** sum over groups of the strongest weighted surprise, >= 0 */
  evidence: number;
  /** min(1, evidence / FULL_EVIDENCE) */
  score: number;
  /** per term, in units of score; bias (0) + sum = score */
  contributions: number[];
}

export interface ExpectedRange {
  low: number;
  high: number;
}

/** Largest number of trials that a share is computed with; more are scaled down to it, which only makes the law wider. */
const MAX_TRIALS = 4096;
/** Below this dispersion a count is Poisson to double precision; the negative binomial is used with it. */
const LEAST_DISPERSION = 1e-9;
/** Quantiles of the central 98 %, and the normal deviate that belongs to them. */
const OUTSIDE = 0.01;
const OUTSIDE_DEVIATE = 2.3263478740408408;

/**
 * −log10 P(X at least as extreme as `value`) under the law, 0..MAX_SURPRISE, never falling as the value moves in the
 * law's odd direction. Values between integers are interpolated. The upper tail of the negative binomial is
 * I_{m/(m+r)}(k, r) with r = 1/dispersion (Abramowitz, Stegun 26.5.26), so nothing is summed and far tails keep their digits.
 */
export function surprise(law: Law, value: number): number {
  const natural = logTail(law, value);
  const decades = -natural / Math.LN10;
  return decades > MAX_SURPRISE ? MAX_SURPRISE : decades > 0 ? decades : 0;
}

/** ln P(X at least as extreme as `value`). */
function logTail(law: Law, value: number): number {
  switch (law.kind) {
    case 'count':
      return logCountAtLeast(law.mean, law.dispersion, value);
    case 'floor':
      return logCountAtMost(law.mean, law.dispersion, value);
    case 'share':
      return logShareAtLeast(law, value);
    case 'measure': {
      if (!(value > 0)) return law.direction === 1 ? 0 : Number.NEGATIVE_INFINITY;
      return logNormalTail((law.direction * Math.log(value / law.center)) / law.spread);
    }
    case 'plain':
      return 0;
  }
}

/** ln P(X >= k) of the negative binomial; k real. */
function logCountAtLeast(mean: number, dispersion: number, k: number): number {
  if (k <= 0) return 0;
  if (mean <= 0) return Number.NEGATIVE_INFINITY;
  const r = 1 / Math.max(dispersion, LEAST_DISPERSION);
  return logIncompleteBeta(k, r, mean / (mean + r), r / (mean + r));
}

/** ln P(X <= k) of the negative binomial; k real. */
function logCountAtMost(mean: number, dispersion: number, k: number): number {
  if (mean <= 0) return 0;
  if (k < 0) return Number.NEGATIVE_INFINITY;
  const r = 1 / Math.max(dispersion, LEAST_DISPERSION);
  return logIncompleteBeta(r, k + 1, r / (mean + r), mean / (mean + r));
}

/** ln P(X >= k) of the beta-binomial, summed from the far side with the ratio of neighbouring terms. */
function logShareAtLeast(law: Law & { kind: 'share' }, value: number): number {
  let n = law.trials;
  let k = Math.min(value, n);
  if (k <= 0 || n <= 0) return 0;
  if (n > MAX_TRIALS) {
    k *= MAX_TRIALS / n;
    n = MAX_TRIALS;
  } else n = Math.round(n);
  const whole = Math.floor(k);
  const low = logShareTail(n, law.a, law.b, whole);
  if (whole === k) return low;
  const high = logShareTail(n, law.a, law.b, whole + 1);
  return low + (k - whole) * (high - low);
}

function logShareTail(n: number, a: number, b: number, k: number): number {
  if (k <= 0) return 0;
  if (k > n) return logShareTail(n, a, b, n);
  const above = k > (n * a) / (a + b);
  let sum = 0;
  let term = 1;
  if (above) {
    for (let j = k; j <= n; j++) {
      sum += term;
      term *= ((n - j) * (a + j)) / ((j + 1) * (b + n - j - 1));
      if (term < sum * 1e-17) break;
    }
    return Math.min(0, logShareTerm(n, a, b, k) + Math.log(sum));
  }
  for (let j = k - 1; j >= 0; j--) {
    sum += term;
    term *= (j * (b + n - j)) / ((n - j + 1) * (a + j - 1));
    if (term < sum * 1e-17) break;
  }
  return log1mExp(Math.min(-1e-300, logShareTerm(n, a, b, k - 1) + Math.log(sum)));
}

/** ln of the beta-binomial mass at k. */
function logShareTerm(n: number, a: number, b: number, k: number): number {
  return -Math.log(n + 1) - logBeta(n - k + 1, k + 1) + logBeta(k + a, n - k + b) - logBeta(a, b);
}

/** What would have been normal: the central 98 % of the law, in the value's own units. */
export function expectedRange(law: Law): ExpectedRange {
  switch (law.kind) {
    case 'count':
    case 'floor': {
      const { mean, dispersion } = law;
      const wide = 10 * Math.sqrt(mean + dispersion * mean * mean) + mean + 10;
      // lowest k with P(X > k) <= 1 %, and lowest k with P(X <= k) > 1 %
      const high = firstWhere(wide, (k) => logCountAtLeast(mean, dispersion, k + 1) <= Math.log(OUTSIDE));
      const low = firstWhere(wide, (k) => logCountAtMost(mean, dispersion, k) > Math.log(OUTSIDE));
      return { low, high };
    }
    case 'share': {
      const scale = law.trials > MAX_TRIALS ? law.trials / MAX_TRIALS : 1;
      const n = Math.min(Math.round(law.trials), MAX_TRIALS);
      const high = firstWhere(n, (k) => k >= n || logShareTail(n, law.a, law.b, k + 1) <= Math.log(OUTSIDE));
      const low = firstWhere(n, (k) => k >= n || logShareTail(n, law.a, law.b, k + 1) < Math.log(1 - OUTSIDE));
      return { low: Math.round(low * scale), high: Math.round(high * scale) };
    }
    case 'measure':
      return {
        low: law.center * Math.exp(-OUTSIDE_DEVIATE * law.spread),
        high: law.center * Math.exp(OUTSIDE_DEVIATE * law.spread),
      };
    case 'plain':
      return { low: law.low, high: law.high };
  }
}

/** Smallest integer k >= 0 for which `holds` (which stays true once it is). `guess` bounds it from above or is doubled. */
function firstWhere(guess: number, holds: (k: number) => boolean): number {
  let high = Math.max(1, Math.ceil(guess));
  while (!holds(high)) high *= 2;
  let low = -1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * Scores a window's terms. Within a group only the strongest term counts (ties: the first); contributions are each
 * counting term's share of the score, the others' are 0, and they add up to the score exactly as floating point allows.
 */
export function scoreTerms(terms: readonly Term[]): Scored {
  const contributions = new Array<number>(terms.length).fill(0);
  const strongest = new Map<string, number>();
  for (let i = 0; i < terms.length; i++) {
    const term = terms[i];
    const weighed = term.weight * surprise(term.law, term.value);
    contributions[i] = weighed;
    const best = strongest.get(term.group);
    if (best === undefined || weighed > contributions[best]) strongest.set(term.group, i);
  }
  let evidence = 0;
  for (let i = 0; i < terms.length; i++) {
    if (strongest.get(terms[i].group) === i) evidence += contributions[i];
    else contributions[i] = 0;
  }
  const score = Math.min(1, evidence / FULL_EVIDENCE);
  if (evidence > 0) for (let i = 0; i < terms.length; i++) contributions[i] *= score / evidence;
  return { evidence, score, contributions };
}

/** The smallest change of a term's value that a person would call one: 1 for counts, 1 % of the expected range for measures. */
export function stepOf(term: Term): number {
  if (term.law.kind === 'plain') return term.law.step;
  if (term.law.kind !== 'measure') return 1;
  const range = expectedRange(term.law);
  return (range.high - range.low) / 100;
}
