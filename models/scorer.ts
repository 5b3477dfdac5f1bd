import type { Term } from './evidence.ts';

/**
 * A scorer looks at batches of windows of one view, as rows of numbers in the order of a feature list, and says how odd
 * each is. Two verbs: `score` never learns, `learn` never scores. Higher is more anomalous; the range is stated. A score
 * is no verdict: calibration makes it one.
 *
 * The baselines of models/baselines are scorers of this kind with state by key (score = evidence in decades, 0 and up);
 * they are called window by window through services/scoring. The forest and the autoencoder implement this interface as
 * it stands; they see only windows that a cheap score lets through (the gate).
 */
export interface Scorer {
  readonly name: string;
  readonly version: string;
  /** hash of the ordered feature list it was made for; a list with another hash is refused */
  readonly features: readonly string[];
  /** least and greatest score that it can say */
  readonly range: readonly [low: number, high: number];
  /** Scores `rows` rows of `features.length` numbers each into `out`. Missing values are NaN. */
  score(values: Float64Array, rows: number, out: Float64Array): void;
  /** Takes rows into what it knows; a no-op for scorers that are trained elsewhere. */
  learn(values: Float64Array, rows: number): void;
  /** What made one row's score: terms whose contributions, with the bias, add up to it. */
  explain(row: Float64Array): { bias: number; contributions: Float64Array };
}

/** What a gate lets through to dearer scorers: windows whose cheap evidence reaches `decades`. */
export interface Gate {
  readonly decades: number;
  passes(terms: readonly Term[], evidence: number): boolean;
}

export function evidenceGate(decades: number): Gate {
  return { decades, passes: (_terms, evidence) => evidence >= decades };
}
