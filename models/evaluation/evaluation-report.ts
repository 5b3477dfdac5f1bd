import type { TrainingFigures } from '../registry/training-figures.ts';
import type { JudgedRun } from './judged-tenant.ts';
import type { PrecisionRecall } from './precision-recall.ts';
import type { Rate } from './rate.ts';
import type { BudgetLine, GoalLine, RunReport } from './report.ts';
import { budgetLine, goalLines, runReport } from './report.ts';
import type { Proportion } from './wilson.ts';

/** One row of the table of comparators. */
export interface ComparatorLine {
  name: string;
  title: string;
  /** where its defaults are published */
  source: string;
  /** `defaults`: as published; `swept`: at a threshold that kept the goal of false incidents on other tenants than these */
  at: 'defaults' | 'swept';
  recall: Proportion;
  /** share of the campaigns that luck would have found */
  chance: number;
  low_and_slow: Proportion;
  false_incidents: Rate;
  /** thresholds that the sweep chose, one for each part of the tenants */
  thresholds?: number[];
}

/** Everything that `weir evaluate` says of a run against labels. Times in ms, shares 0..1. */
export interface EvaluationReport {
  /** what was run, for people: name and value */
  about: [name: string, value: string][];
  /** what has to be known to read the figures */
  remarks: string[];
  /** at the first budget */
  run: RunReport;
  /** each budget that was configured, and what came */
  budgets: BudgetLine[];
  /** sweep over the strength of the incidents of the run with the largest budget */
  generous: { budget: number | undefined; precision_recall: PrecisionRecall };
  goals: GoalLine[];
  comparators: ComparatorLine[];
  /** the trained scorers that judged, with their model card: importance of features, calibration (Markdown) */
  scorers?: Scorers;
}

export interface Scorers {
  version: string;
  card: string;
  /** importance of features and learning curve; left out: nothing is known of its training */
  training?: TrainingFigures;
}

/**
 * The report of one evaluation: runs of the same tenants under each budget, the one that is reported in full first.
 * Throws RangeError without a run.
 */
export function evaluationReport(
  runs: readonly JudgedRun[],
  facts: { about: [name: string, value: string][]; remarks: string[]; comparators?: ComparatorLine[]; scorers?: Scorers },
): EvaluationReport {
  const reports = runs.map(runReport);
  if (reports.length === 0) throw new RangeError('an evaluation takes at least one run');
  const budgets = reports.flatMap((report) => budgetLine(report) ?? []);
  const generous = reports.reduce((most, report) => ((report.budget ?? 0) > (most.budget ?? 0) ? report : most));
  return {
    about: facts.about,
    remarks: facts.remarks,
    run: reports[0],
    budgets,
    generous: { budget: generous.budget, precision_recall: generous.precision_recall },
    goals: goalLines(reports[0], budgets),
    comparators: facts.comparators ?? [],
    ...(facts.scorers === undefined ? {} : { scorers: facts.scorers }),
  };
}
