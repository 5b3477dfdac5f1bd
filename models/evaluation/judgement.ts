import type { CalibrationBin } from './calibration-curve.ts';
import { brierScore, calibrationBins, calibrationError, logLoss } from './calibration-curve.ts';
import type { Confusion } from './confusion.ts';
import { confusionOf, predictedClasses } from './confusion.ts';
import type { HitsAtRate } from './ranking.ts';
import { averagePrecision, hitsAtRate, rankingCurve, rocAuc } from './ranking.ts';

/** False positive rates that a classifier is asked at. */
export const RATES = [0.001, 0.01] as const;

/** How well a class is told from all others. */
export interface ClassJudgement {
  readonly label: string;
  readonly rows: number;
  /** NaN where the class has no rows here, or all of them */
  readonly rocAuc: number;
  readonly averagePrecision: number;
  readonly atRate: readonly HitsAtRate[];
  readonly precision: number;
  readonly recall: number;
}

/** What a classifier's probabilities are worth on labelled rows. */
export interface Judgement {
  readonly rows: number;
  /** one a class, in the order of the classes */
  readonly classes: readonly ClassJudgement[];
  /** mean over the classes that have rows here and do not have all (one against the rest); NaN where there is none */
  readonly rocAuc: number;
  readonly averagePrecision: number;
  readonly confusion: Confusion;
  readonly logLoss: number;
  readonly calibration: Calibration;
}

export interface Calibration {
  /** whose probability: the class asked for, or undefined: the predicted class of each row, which is right or wrong */
  readonly of: string | undefined;
  readonly bins: readonly CalibrationBin[];
  readonly brier: number;
  readonly error: number;
}

/**
 * Judges probabilities against labels.
 * @param probabilities rows x classes
 * @param positive index of the class whose calibration is asked for; left out: that of the predicted classes (several classes)
 * @param predicted class of each row; left out: that of the largest probability, the first of equals
 */
export function judge(
  probabilities: Float64Array,
  labels: Int32Array,
  classes: readonly string[],
  positive?: number,
  predicted: Int32Array = predictedClasses(probabilities, classes.length),
): Judgement {
  const confusion = confusionOf(predicted, labels, classes.length);
  const each = classes.map<ClassJudgement>((label, c) => {
    const curve = rankingCurve(columnOf(probabilities, c, classes.length), isClass(labels, c));
    return {
      label,
      rows: curve.positives,
      rocAuc: rocAuc(curve),
      averagePrecision: averagePrecision(curve),
      atRate: RATES.map((rate) => hitsAtRate(curve, rate)),
      precision: confusion.precision[c],
      recall: confusion.recall[c],
    };
  });
  const told = each.filter((one) => !Number.isNaN(one.rocAuc));
  return {
    rows: labels.length,
    classes: each,
    rocAuc: mean(told.map((one) => one.rocAuc)),
    averagePrecision: mean(told.map((one) => one.averagePrecision)),
    confusion,
    logLoss: logLoss(probabilities, labels, classes.length),
    calibration: calibrationOf(probabilities, labels, classes, positive ?? predicted),
  };
}

function calibrationOf(probabilities: Float64Array, labels: Int32Array, classes: readonly string[], of: number | Int32Array): Calibration {
  const asked = (row: number): number => (typeof of === 'number' ? of : of[row]);
  const given = Float64Array.from(labels, (_, row) => probabilities[row * classes.length + asked(row)]);
  const came = Uint8Array.from(labels, (label, row) => (label === asked(row) ? 1 : 0));
  const bins = calibrationBins(given, came);
  return { of: typeof of === 'number' ? classes[of] : undefined, bins, brier: brierScore(given, came), error: calibrationError(bins) };
}

/** One class's probabilities out of rows x classes. */
export function columnOf(probabilities: Float64Array, classIndex: number, classes: number): Float64Array {
  return Float64Array.from({ length: probabilities.length / classes }, (_, row) => probabilities[row * classes + classIndex]);
}

/** 1 where the label is this class. */
export function isClass(labels: Int32Array, classIndex: number): Uint8Array {
  return Uint8Array.from(labels, (label) => (label === classIndex ? 1 : 0));
}

/** ROC AUC, the mean over classes (one against the rest) of those that can be told; accuracy where only one class is there. */
export function rankingMeasure(probabilities: Float64Array, labels: Int32Array, classes: number): number {
  const told: number[] = [];
  const seen = new Set(labels);
  if (seen.size < 2) return confusionOf(predictedClasses(probabilities, classes), labels, classes).accuracy.share;
  // of two classes the second says what the first says
  for (let c = classes === 2 ? 1 : 0; c < classes; c++) {
    if (seen.has(c)) told.push(rocAuc(rankingCurve(columnOf(probabilities, c, classes), isClass(labels, c))));
  }
  return mean(told);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
