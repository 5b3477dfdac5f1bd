import type { Scored, Term } from '../evidence.ts';
import { scoreTerms } from '../evidence.ts';

/**
 * How the terms of a candidate become evidence and a score: by the laws alone (baselines: surprises of groups add up),
 * or by a model that was trained. Explanations and counterfactuals call it again with other values, so it is pure.
 */
export interface Judge {
  /** decades, >= 0: what gates, calibration and thresholds work on; never falls when `score` rises */
  evidence(terms: readonly Term[]): number;
  /** score 0..1 with bias and one contribution a term */
  judge(terms: readonly Term[]): Judged;
}

/** A trained scorer as judge. Windows that no verdict comes of are many: their row is made once, and asked about without terms. */
export interface LearnedJudge extends Judge {
  /** the evidence of a row as the view's RowMaker makes it of the terms */
  evidenceOfRow(row: Float64Array): number;
}

export interface Judged extends Scored {
  /** the score of a window of which nothing is known */
  bias: number;
  /** what the inputs that the window does not have contribute together: bias + contributions + rest = score */
  rest: number;
}

/** The baselines' judge. */
export const BASELINE_JUDGE: Judge = {
  evidence: (terms) => scoreTerms(terms).evidence,
  judge: (terms) => ({ ...scoreTerms(terms), bias: 0, rest: 0 }),
};

/** Which trained scorer a learned detector asks. */
export type LearnedKind = 'forest' | 'autoencoder';
