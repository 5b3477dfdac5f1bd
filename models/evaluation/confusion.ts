import type { Proportion } from './wilson.ts';
import { wilson } from './wilson.ts';

/** What was predicted of what was there. */
export interface Confusion {
  /** rows by true class (outer) and predicted class (inner) */
  readonly counts: number[][];
  readonly accuracy: Proportion;
  /** accuracy of always naming the commonest class: what there is to beat */
  readonly commonest: number;
  /** by class: right among those predicted so; NaN where none was */
  readonly precision: number[];
  /** by class: found among those that are; NaN where there are none */
  readonly recall: number[];
}

/** Confusion matrix of predicted against true classes. */
export function confusionOf(predicted: Int32Array, labels: Int32Array, classes: number): Confusion {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let row = 0; row < labels.length; row++) counts[labels[row]][predicted[row]]++;
  const rowSums = counts.map((row) => row.reduce((sum, n) => sum + n, 0));
  const columnSums = counts.map((_, c) => counts.reduce((sum, row) => sum + row[c], 0));
  const right = counts.reduce((sum, row, c) => sum + row[c], 0);
  return {
    counts,
    accuracy: wilson(right, labels.length),
    commonest: Math.max(...rowSums) / labels.length,
    precision: counts.map((row, c) => row[c] / columnSums[c]),
    recall: counts.map((row, c) => row[c] / rowSums[c]),
  };
}

/** The class of each row's largest probability, the first of equals. */
export function predictedClasses(probabilities: Float64Array, classes: number): Int32Array {
  const predicted = new Int32Array(probabilities.length / classes);
  for (let row = 0; row < predicted.length; row++) {
    const at = row * classes;
    let best = 0;
    for (let c = 1; c < classes; c++) if (probabilities[at + c] > probabilities[at + best]) best = c;
    predicted[row] = best;
  }
  return predicted;
}
