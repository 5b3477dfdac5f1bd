import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Table } from '../../models/forest/table.ts';
import { Random } from '../../services/simulation/random.ts';

/** Values a row of a made table and its class. */
type Maker = (random: Random, row: number) => { values: number[]; label: number };

/**
 * The table of the speed figures: 32 standard normal features (or as many as asked for), of which five decide the class
 * with an interaction and noise, so that no forest reaches an AUC of 1 and unlimited trees grow deep. About 27 % are of the last class.
 */
export function speedTable(rows: number, features: number, seed: number): Table {
  return made(rows, 2, seed, (random) => {
    const values = Array.from({ length: features }, () => random.normal());
    const z = values[0] + values[1] * values[2] + 0.5 * values[3] - values[4] + random.normal();
    return { values, label: z > 1 ? 1 : 0 };
  });
}

/** Tables that trip forests up, by name. */
export function awkwardTables(): Record<string, Table> {
  const noisy = (z: number, random: Random): number => (z + 0.5 * random.normal() > 0 ? 1 : 0);
  const normals = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.normal());
  return {
    imbalanced: made(6000, 2, 1, (random) => {
      const label = random.chance(0.02) ? 1 : 0;
      return { values: normals(random, 10).map((x, f) => (f < 4 ? x + 1.2 * label : x)), label };
    }),
    'rare extremes': made(20000, 2, 2, (random) => {
      const values = normals(random, 8);
      return { values, label: (values[0] > 2.6 || values[1] < -2.6) && random.chance(0.9) ? 1 : 0 };
    }),
    duplicates: made(3000, 2, 3, (random) => {
      const values = normals(random, 6).map((x) => Math.round(x));
      return { values, label: noisy(values[0] * values[1] + values[2], random) };
    }),
    constants: made(2000, 2, 4, (random) => {
      const values = normals(random, 12).map((x, f) => (f % 3 === 0 ? x : 7));
      return { values, label: noisy(values[0] - values[3] + values[6] * values[9], random) };
    }),
    missing: made(4000, 2, 5, (random) => {
      const values = normals(random, 8);
      const label = noisy(values[0] + values[1] - values[2], random);
      return { values: values.map((x, f) => (random.chance(f === 0 ? 0.2 + 0.3 * label : 0.2) ? Number.NaN : x)), label };
    }),
    'missing says all': made(2000, 2, 6, (random) => {
      const label = random.chance(0.3) ? 1 : 0;
      return { values: normals(random, 6).map((x, f) => (f === 2 && random.chance(label ? 0.8 : 0.1) ? Number.NaN : x)), label };
    }),
    categories: made(5000, 2, 7, (random) => {
      const values = Array.from({ length: 8 }, (_, f) => random.int(5 + 20 * f));
      return { values, label: noisy(((values[3] * 7919) % 5) - 2 + ((values[5] * 31) % 3) - 1, random) };
    }),
    'ten classes': made(5000, 10, 8, (random, row) => {
      const label = row % 10;
      return { values: normals(random, 16).map((x, f) => x + 1.3 * Math.sin(label * (f + 1))), label };
    }),
    'heavy tails': made(5000, 2, 9, (random) => {
      const values = normals(random, 8).map((x) => Math.sign(x) * Math.exp(8 * Math.abs(x)));
      return { values, label: noisy(Math.log(Math.abs(values[0]) + 1) - Math.log(Math.abs(values[1]) + 1), random) };
    }),
    'large offsets': made(3000, 2, 10, (random) => {
      const values = normals(random, 6);
      return { values: values.map((x, f) => x + (f % 2 === 0 ? 1e12 : 1e6)), label: noisy(values[0] + values[1], random) };
    }),
    'many values': made(50000, 2, 11, (random) => {
      const values = normals(random, 6);
      return { values, label: noisy(Math.sin(40 * values[0]) + values[1], random) };
    }),
    'noise alone': made(2000, 2, 12, (random) => ({ values: normals(random, 8), label: random.int(2) })),
  };
}

function made(rows: number, classes: number, seed: number, maker: Maker): Table {
  const random = new Random('forest bench', seed);
  const labels = new Int32Array(rows);
  let columns: Float64Array[] = [];
  for (let row = 0; row < rows; row++) {
    const { values, label } = maker(random, row);
    if (row === 0) columns = values.map(() => new Float64Array(rows));
    values.forEach((value, f) => {
      columns[f][row] = value;
    });
    labels[row] = label;
  }
  return named(columns, labels, classes);
}

/** A table of columns and labels 0 to classes - 1, with numbers for names. */
export function named(columns: Float64Array[], labels: Int32Array, classes: number): Table {
  return {
    features: columns.map((_, f) => `f${f}`),
    columns,
    rows: labels.length,
    classes: Array.from({ length: classes }, (_, k) => String(k)),
    labels,
  };
}

/** Reads a CSV file of numbers (empty or NaN: missing; other text: the number of its value in alphabetical order) with a column of labels. */
export function csvTable(file: string, label: string): Table {
  const records = parse(readFileSync(file), { columns: true, skip_empty_lines: true, bom: true, trim: true }) as Record<string, string>[];
  if (records.length === 0 || records[0][label] === undefined) throw new Error(`${file} has no rows, or no column ${label}`);
  const classes = [...new Set(records.map((record) => record[label]))].sort();
  const features = Object.keys(records[0]).filter((name) => name !== label);
  const columns = features.map((name) => {
    const texts = records.map((record) => record[name]);
    const missing = (text: string): boolean => text === '' || /^(nan|na|null)$/i.test(text);
    const numbers = texts.map((text) => (missing(text) ? Number.NaN : Number(text)));
    if (texts.every((text, i) => missing(text) || Number.isFinite(numbers[i]))) return Float64Array.from(numbers);
    const known = [...new Set(texts)].sort();
    return Float64Array.from(texts, (text) => (missing(text) ? Number.NaN : known.indexOf(text)));
  });
  return { features, columns, rows: records.length, classes, labels: Int32Array.from(records, (record) => classes.indexOf(record[label])) };
}

/** Values of all rows, or of those asked for, one row after the other. */
export function rowMajor(table: Table, rows?: readonly number[]): Float64Array {
  const features = table.columns.length;
  const count = rows?.length ?? table.rows;
  const values = new Float64Array(count * features);
  for (let f = 0; f < features; f++) for (let i = 0; i < count; i++) values[i * features + f] = table.columns[f][rows ? rows[i] : i];
  return values;
}

/** The rows asked for as a table of their own. */
export function rowsOf(table: Table, rows: readonly number[]): Table {
  return {
    ...table,
    rows: rows.length,
    columns: table.columns.map((column) => Float64Array.from(rows, (row) => column[row])),
    labels: Int32Array.from(rows, (row) => table.labels[row]),
  };
}

/** How a table is told to the yardstick. */
export interface TableFile {
  name: string;
  rows: number;
  features: number;
}

export function writeTable(folder: string, name: string, table: Table): TableFile {
  writeFileSync(join(folder, `${name}.f64`), new Uint8Array(rowMajor(table).buffer));
  writeFileSync(join(folder, `${name}.i32`), new Uint8Array(table.labels.slice().buffer));
  return { name, rows: table.rows, features: table.columns.length };
}

export function readTable(folder: string, { name, rows, features }: TableFile): Table {
  const values = new Float64Array(new Uint8Array(readFileSync(join(folder, `${name}.f64`))).buffer);
  const labels = new Int32Array(new Uint8Array(readFileSync(join(folder, `${name}.i32`))).buffer);
  const columns = Array.from({ length: features }, (_, f) => Float64Array.from({ length: rows }, (_, row) => values[row * features + f]));
  return named(columns, labels, Math.max(...labels) + 1);
}

export interface Quality {
  accuracy: number;
  auc: number;
}

/** Accuracy and area under the ROC curve (for more than two classes the mean of each against the rest) of class probabilities. */
export function qualityOf(probabilities: Float64Array, labels: ArrayLike<number>, classes: number): Quality {
  const rows = labels.length;
  let right = 0;
  for (let row = 0; row < rows; row++) {
    let top = 0;
    for (let k = 1; k < classes; k++) if (probabilities[row * classes + k] > probabilities[row * classes + top]) top = k;
    if (top === labels[row]) right++;
  }
  const asked = classes === 2 ? [1] : Array.from({ length: classes }, (_, k) => k);
  const areas = asked.map((k) => {
    const scores = Float64Array.from({ length: rows }, (_, row) => probabilities[row * classes + k]);
    return areaUnder(scores, (row) => labels[row] === k);
  });
  return { accuracy: right / rows, auc: areas.reduce((sum, area) => sum + area, 0) / areas.length };
}

/** Area under the ROC curve from mean ranks (Mann and Whitney's U). */
function areaUnder(scores: Float64Array, positive: (row: number) => boolean): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b]);
  let ranks = 0;
  let positives = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && scores[order[to]] === scores[order[from]]) to++;
    for (let i = from; i < to; i++) {
      if (!positive(order[i])) continue;
      ranks += (from + 1 + to) / 2;
      positives++;
    }
    from = to;
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (scores.length - positives));
}
