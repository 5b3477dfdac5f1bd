import type { BaselineScope } from '../schemas/alert.ts';

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
  | { kind: 'floor'; mean: number; dispersion: number };

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
