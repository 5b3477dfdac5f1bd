import type { Table } from '../forest/table.ts';
import { logLoss } from './calibration-curve.ts';
import { confusionOf, predictedClasses } from './confusion.ts';
import { rankingMeasure } from './judgement.ts';
import { growingParts, splitRows, takeRows } from './split-rows.ts';

/** How good a model is that learned from a part of the rows. */
export interface LearningPoint {
  /** share of the learning part */
  readonly share: number;
  readonly rows: number;
  /** groups among them; undefined without groups */
  readonly groups: number | undefined;
  /** on the part set aside, the same for every point */
  readonly rocAuc: number;
  readonly accuracy: number;
  readonly logLoss: number;
}

export interface LearningCurve {
  /** rows set aside */
  readonly judged: number;
  readonly points: readonly LearningPoint[];
  /** shares that could not be learned from, and why */
  readonly skipped: readonly { share: number; why: string }[];
}

export interface LearningCurveOptions {
  readonly seed: number;
  /** share set aside for judging; 0.25 */
  readonly judge?: number;
  /** shares of the rest to learn from, rising; 1/16 to 1, doubling */
  readonly shares?: readonly number[];
  /** learns from a table; what it gives tells probabilities, rows x classes, of columns */
  readonly train: (table: Table) => Promise<(columns: readonly Float64Array[], rows: number) => Float64Array>;
  readonly progress?: (done: number, of: number) => void;
}

const SHARES = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];

/**
 * Learns from growing shares of a table and judges each on the same part set aside (Perlich and others 2003). Where the
 * curve still rises at its end, more rows would help. Groups are never split, neither between learning and judging nor
 * between shares. Shares with one class only are skipped.
 */
export async function learningCurve(table: Table, options: LearningCurveOptions): Promise<LearningCurve> {
  const shares = options.shares ?? SHARES;
  const split = splitRows(table, options.judge ?? 0.25, options.seed);
  const held = takeRows(table, split.judge);
  const parts = growingParts(table, split.learn, shares, options.seed);
  const points: LearningPoint[] = [];
  const skipped: { share: number; why: string }[] = [];
  for (let i = 0; i < parts.length; i++) {
    if (i > 0 && parts[i].length === parts[i - 1].length) continue; // a small table: the same rows again
    const part = takeRows(table, parts[i]);
    if (new Set(part.labels).size < 2) skipped.push({ share: shares[i], why: `its ${part.rows} rows are all of one class` });
    else {
      const predict = await options.train(part);
      const probabilities = predict(held.columns, held.rows);
      const classes = table.classes.length;
      points.push({
        share: shares[i],
        rows: part.rows,
        groups: part.groups && new Set(part.groups).size,
        rocAuc: rankingMeasure(probabilities, held.labels, classes),
        accuracy: confusionOf(predictedClasses(probabilities, classes), held.labels, classes).accuracy.share,
        logLoss: logLoss(probabilities, held.labels, classes),
      });
    }
    options.progress?.(i + 1, parts.length);
  }
  return { judged: held.rows, points, skipped };
}
