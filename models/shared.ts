import type { ScoreReport } from './candidate.ts';

/**
 * Shared knowledge of a tenant: learned in one place (the alert stage) from the reports of all tasks, versioned by
 * epoch (an hour of event time), sent back to every task. Version e is a pure function of the reports of epochs
 * <= e - 2. A learner is one kind of it.
 */
export interface SharedLearner {
  readonly name: string;
  /** takes a report of one task; must be commutative */
  absorb(report: ScoreReport): void;
  /** all reports of the tenant's hour that starts at `hour` have been absorbed; returns what holds from epoch hour + 2 on (plain JSON) */
  close(tenant: string, hour: number): unknown;
  /** plain JSON of the state, and back */
  save(): unknown;
  load(state: unknown): void;
}

/** What a task holds for one tenant: learner name -> its version's plain JSON. */
export type SharedKnowledge = Record<string, unknown>;
