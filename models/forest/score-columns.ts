import type { CompiledForest } from './compile.ts';

/** Rows that are laid out at a time. */
const BLOCK = 4096;

/** Class probabilities of all rows of a table's columns: rows x classes. */
export function scoreColumns(forest: CompiledForest, columns: readonly Float64Array[], rows: number): Float64Array {
  const classes = forest.classes.length;
  const out = new Float64Array(rows * classes);
  inBlocks(forest, columns, rows, (values, from, count) => forest.probabilities(values, count, out.subarray(from * classes)));
  return out;
}

/** Class of each row of a table's columns; with majority votes ties go as the library's that the model came from. */
export function decideColumns(forest: CompiledForest, columns: readonly Float64Array[], rows: number): Int32Array {
  const out = new Int32Array(rows);
  inBlocks(forest, columns, rows, (values, from, count) => forest.decide(values, count, out.subarray(from)));
  return out;
}

function inBlocks(
  forest: CompiledForest,
  columns: readonly Float64Array[],
  rows: number,
  take: (values: Float64Array, from: number, count: number) => void,
): void {
  const width = forest.features.length;
  const values = new Float64Array(Math.min(BLOCK, rows) * width);
  for (let from = 0; from < rows; from += BLOCK) {
    const count = Math.min(BLOCK, rows - from);
    for (let f = 0; f < width; f++) {
      const column = columns[f];
      for (let i = 0, at = f; i < count; i++, at += width) values[at] = column[from + i];
    }
    take(values, from, count);
  }
}
