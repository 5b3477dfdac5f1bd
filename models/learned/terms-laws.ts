import type { BaselineScope } from '../../schemas/alert.ts';
import type { Expectation } from '../baselines/credibility.ts';
import type { Law, Term } from '../evidence.ts';
import { amountTerm, countTerm } from '../terms.ts';
import type { LearnedFeature } from './feature-list.ts';

/** What stands behind a law, as far as shares and measures made of expectations need it. */
export interface Behind {
  scope: BaselineScope;
  size: number;
}

export const FIXED: Behind = { scope: 'fixed', size: 0 };

/** Shares of one account's hours lie about their mean as if so many trials had been seen: a spread of about 0.19 at one half. */
export const ACCOUNT_TRIALS = 6;

/** A feature that enters by its surprise. */
export const surprising = (name: string): LearnedFeature => ({ name, input: 'surprise' });
/** A feature that enters as it is. */
export const plain = (name: string): LearnedFeature => ({ name, input: 'value' });

/** Learned scorers weigh terms themselves: every feature is a group of its own with weight 1. */
export function addCount(terms: Term[], feature: string, value: number, expected: Expectation): void {
  terms.push(countTerm(feature, value, expected, feature));
}

/** An amount of bytes or records: log-normal around its expectation. */
export function addAmount(terms: Term[], feature: string, value: number, expected: Expectation): void {
  terms.push(amountTerm(feature, value, expected, feature));
}

/** Least spread of an amount over several days, in ln units: one great download weighs less in them than in an hour. */
const LEAST_LONG_SPREAD = 0.4;

/** An amount of bytes or records over several days. */
export function addLongAmount(terms: Term[], feature: string, value: number, expected: Expectation): void {
  const mean = Math.max(expected.mean, 1e-3);
  const variance = Math.max(LEAST_LONG_SPREAD ** 2, Math.log1p(expected.dispersion + 1 / mean));
  const law: Law = { kind: 'measure', center: mean * Math.exp(-variance / 2), spread: Math.sqrt(variance), direction: 1 };
  addLaw(terms, feature, value, law, expected);
}

export function addLaw(terms: Term[], feature: string, value: number, law: Law, behind: Behind): void {
  terms.push({ feature, value, law, baseline: { scope: behind.scope, size: behind.size }, group: feature, weight: 1 });
}

/** A count whose usual value is the same everywhere; the reason stands with the caller. */
export function addFixed(terms: Term[], feature: string, value: number, mean: number, dispersion: number): void {
  terms.push({
    feature,
    value,
    law: { kind: 'count', mean, dispersion },
    baseline: { scope: 'fixed', size: 0 },
    group: feature,
    weight: 1,
  });
}

/** A count out of `whole` whose usual share is `usual` (kept off 0 and 1); left out where there is nothing to divide by. */
export function addShare(
  terms: Term[],
  feature: string,
  part: number,
  whole: number,
  usual: number,
  behind: Behind,
  strength = ACCOUNT_TRIALS,
): void {
  if (!(whole >= 1)) return;
  const p = usual > 0.005 ? (usual < 0.98 ? usual : 0.98) : 0.005;
  terms.push({
    feature,
    value: part < whole ? part : whole,
    law: { kind: 'share', trials: whole, a: strength * p, b: strength * (1 - p) },
    baseline: { scope: behind.scope, size: behind.size },
    group: feature,
    weight: 1,
  });
}

export type PlainLaw = Law & { kind: 'plain' };
/** What is usual of plain features, by name; a trained bundle brings its own. */
export type PlainLaws = Readonly<Record<string, PlainLaw>>;

/** 0 or 1. */
export const fact = (usual: 0 | 1): PlainLaw => ({ kind: 'plain', low: 0, usual, high: 1, step: 1 });

export function addPlain(terms: Term[], laws: PlainLaws, feature: string, value: number): void {
  terms.push({ feature, value, law: laws[feature], baseline: { scope: 'fixed', size: 0 }, group: feature, weight: 1 });
}
