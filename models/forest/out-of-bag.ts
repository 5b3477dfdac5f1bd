import type { Table } from './table.ts';

/** How a forest does on rows that its trees did not learn from (Breiman, Random Forests, 2001, section 3.1). */
export interface OutOfBag {
  /** class probabilities of each row, the mean over the trees it was out of bag for: rows x classes; NaN for a row that never was */
  readonly probabilities: Float64Array;
  /** number of trees that each row was out of bag for */
  readonly trees: Int32Array;
  /** number of rows that were never out of bag; the figures below leave them out */
  readonly never: number;
  /** weighted share of rows whose most probable class (the first of equals) is theirs; NaN without such rows */
  readonly accuracy: number;
  /** weighted mean of -ln(probability of the row's class), probabilities from 1e-15; NaN without such rows */
  readonly logLoss: number;
}

/** Least probability that the log-loss counts with, so that one sure mistake does not make it infinite. */
const LEAST = 1e-15;

/** The estimate from sums of class shares (rows x classes) over the trees (rows) that did not learn from a row; undefined when there are none. */
export function outOfBag(table: Table, sums: Float64Array, trees: Int32Array): OutOfBag | undefined {
  const classes = table.classes.length;
  const probabilities = new Float64Array(sums.length).fill(Number.NaN);
  let never = 0;
  let weights = 0;
  let right = 0;
  let loss = 0;
  for (let row = 0; row < table.rows; row++) {
    if (trees[row] === 0) {
      never++;
      continue;
    }
    let top = 0;
    for (let k = 0; k < classes; k++) {
      probabilities[row * classes + k] = sums[row * classes + k] / trees[row];
      if (probabilities[row * classes + k] > probabilities[row * classes + top]) top = k;
    }
    const weight = table.weights ? table.weights[row] : 1;
    weights += weight;
    if (top === table.labels[row]) right += weight;
    loss -= weight * Math.log(Math.max(LEAST, probabilities[row * classes + table.labels[row]]));
  }
  if (never === table.rows) return undefined;
  return { probabilities, trees, never, accuracy: right / weights, logLoss: loss / weights };
}
