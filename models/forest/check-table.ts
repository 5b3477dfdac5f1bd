import { WeirError } from '../../services/core/errors.ts';
import type { Table } from './table.ts';

/**
 * Refuses a table that nothing can be learned from. Raises WeirError `input_format` that names the column or row, the
 * value and what would be right.
 */
export function checkTable(table: Table): void {
  const { rows, features, columns, classes, labels, weights, groups } = table;
  if (rows < 1) throw bad('has no rows');
  if (features.length < 1) throw bad('has no features');
  if (new Set(features).size < features.length) {
    throw bad(`names the feature ${JSON.stringify(features.find((name, f) => features.indexOf(name) < f))} twice`);
  }
  if (columns.length !== features.length) throw bad(`has ${features.length} features but ${columns.length} columns`);
  checkLength('labels', labels.length, rows);
  if (weights) checkLength('weights', weights.length, rows);
  if (groups) checkLength('groups', groups.length, rows);
  columns.forEach((column, f) => {
    checkLength(`column ${JSON.stringify(features[f])}`, column.length, rows);
    for (let row = 0; row < rows; row++) {
      if (column[row] - column[row] !== 0 && !Number.isNaN(column[row])) {
        throw bad(`has ${column[row]} in row ${row} of ${JSON.stringify(features[f])}; values are finite, or NaN where missing`);
      }
    }
  });
  const seen = new Set<number>();
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const label = labels[row];
    if (!(label >= 0 && label < classes.length)) throw bad(`has label ${label} in row ${row}; there are ${classes.length} classes`);
    const weight = weights ? weights[row] : 1;
    if (!(weight >= 0 && Number.isFinite(weight))) throw bad(`has weight ${weight} in row ${row}; weights are finite and at least 0`);
    total += weight;
    if (weight > 0) seen.add(label);
  }
  if (!Number.isFinite(total)) throw bad('has weights that add up to more than a number can hold');
  if (seen.size < 2) {
    const only = [...seen].map((k) => JSON.stringify(classes[k])).join('') || 'none';
    throw bad(`has rows of weight above 0 for one class at most (${only}); a forest needs two or more`);
  }
}

function checkLength(what: string, length: number, rows: number): void {
  if (length !== rows) throw bad(`has ${length} values in ${what} for ${rows} rows`);
}

function bad(what: string): WeirError {
  return new WeirError('input_format', `training table ${what}`);
}
