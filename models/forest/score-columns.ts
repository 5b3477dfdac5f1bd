import type { CompiledForest } from './compile.ts';

/** Rows that are laid out at a time. */
const BLOCK = 4096;

/** Class probabilities of all rows of a table's columns: rows x classes. */
export function scoreColumns(forest: CompiledForest, columns: readonly Float64Array[], rows: number): Float64Array {
  const width = forest.features.length;
  const classes = forest.classes.length;
  const out = new Float64Array(rows * classes);
  const values = new Float64Array(Math.min(BLOCK, rows) * width);
  for (let from = 0; from < rows; from += BLOCK) {
    const count = Math.min(BLOCK, rows - from);
    for (let f = 0; f < width; f++) {
      const column = columns[f];
      for (let i = 0, at = f; i < count; i++, at += width) values[at] = column[from + i];
    }
    forest.probabilities(values, count, out.subarray(from * classes));
  }
  return out;
}
