import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodeForest } from '../../models/forest/codec.ts';
import { compileForest } from '../../models/forest/compile.ts';
import type { Table } from '../../models/forest/table.ts';
import type { ForestOptions, TrainedForest } from '../../models/forest/train.ts';
import { trainForest } from '../../models/forest/train.ts';
import type { Quality, TableFile } from './forest-tables.ts';
import { awkwardTables, csvTable, qualityOf, readTable, rowMajor, rowsOf, speedTable, writeTable } from './forest-tables.ts';

/**
 * The random forest beside others, one thread each, CPU seconds: `node dist/test/bench/forest.js`.
 * Without more flags: training and scoring speed, and growth with rows, features and trees. `--parity`: quality beside
 * scikit-learn's on its tables, on awkward ones, or on a CSV file given by `--table FILE --label COLUMN`.
 * `--python PATH` (or WEIR_PYTHON) names a Python with scikit-learn, lightgbm and xgboost; without it only our figures are printed.
 */
const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    features: { type: 'string', default: '32' },
    trees: { type: 'string', default: '100' },
    python: { type: 'string', default: process.env.WEIR_PYTHON },
    parity: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '10' },
    table: { type: 'string' },
    label: { type: 'string' },
    'no-growth': { type: 'boolean', default: false },
  },
});
const trees = Number(flags.trees);
const SEED = 1;
const print = (line = ''): void => void process.stdout.write(`${line}\n`);

interface Yardstick extends Quality {
  name: string;
  settings: string;
  cpu: number;
  batch: number;
  single?: number;
}
interface ParityRun extends Quality {
  seed: number;
  depth: number | null;
  held: number[];
}

const folder = mkdtempSync(join(tmpdir(), 'weir-forest-'));
try {
  print(
    `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.versions.node}; ${trees} trees; one thread; CPU seconds`,
  );
  if (!flags.python) print('No --python PATH (or WEIR_PYTHON) with scikit-learn, lightgbm and xgboost: their figures are missing below.');
  if (flags.parity || flags.table) parity();
  else speed();
} finally {
  rmSync(folder, { recursive: true });
}

function speed(): void {
  const rows = Number(flags.rows);
  const features = Number(flags.features);
  const learn = speedTable(rows, features, 1);
  const judge = speedTable(20_000, features, 2);
  const files = flags.python ? { train: writeTable(folder, 'train', learn), test: writeTable(folder, 'test', judge) } : undefined;
  print(`training on ${rows.toLocaleString('en')} x ${features}, judged on 20,000 other rows`);
  for (const depth of [12, undefined]) {
    print();
    print(`| depth ${depth ?? 'unlimited'} | training, CPU s | accuracy | AUC | scoring in batches, rows/s | one row at a time, rows/s |`);
    print('|---|---:|---:|---:|---:|---:|');
    const [cpu, forest] = timed(() => trainForest(learn, { trees, maxDepth: depth }, SEED));
    const { probabilities, batch, single } = scoring(forest, judge);
    const quality = qualityOf(probabilities, judge.labels, 2);
    line({ name: 'Weir', settings: '', cpu, batch, single, ...quality });
    const others = files ? ask<Yardstick[]>({ task: 'train', ...files, trees, depth, seed: SEED, single: 2000 }) : [];
    for (const other of others) line(other);
    print();
    const nodes = forest.model.feature.length;
    print(
      `${nodes.toLocaleString('en')} nodes, ${(encodeForest(forest.model).length / nodes).toFixed(1)} bytes a node encoded; out of bag: accuracy ${forest.outOfBag?.accuracy.toFixed(4)}, log-loss ${forest.outOfBag?.logLoss.toFixed(4)}.`,
    );
    for (const { name, settings } of others) print(`${name}: ${settings}.`);
  }
  if (!flags['no-growth']) growth();
}

function line({ name, cpu, accuracy, auc, batch, single }: Yardstick): void {
  const rate = (value: number | undefined): string => (value === undefined ? '' : Math.round(value).toLocaleString('en'));
  print(`| ${name} | ${cpu.toFixed(2)} | ${accuracy.toFixed(4)} | ${auc.toFixed(4)} | ${rate(batch)} | ${rate(single)} |`);
}

function scoring({ model }: TrainedForest, judge: Table): { probabilities: Float64Array; batch: number; single: number } {
  const compiled = compileForest(model);
  const values = rowMajor(judge);
  const probabilities = new Float64Array(judge.rows * 2);
  const out = new Float64Array(judge.rows);
  const width = judge.features.length;
  compiled.probabilities(values, judge.rows, probabilities);
  compiled.positive(values, judge.rows, out);
  for (let row = 0; row < judge.rows; row++) out[row] = compiled.row(values, row * width);
  const [batch] = timed(() => compiled.positive(values, judge.rows, out));
  const [single] = timed(() => {
    for (let row = 0; row < judge.rows; row++) out[row] = compiled.row(values, row * width);
  });
  return { probabilities, batch: judge.rows / batch, single: judge.rows / single };
}

/** Training time over sizes; time over n log2 n shows whether it grows as that. */
function growth(): void {
  const few = Math.max(1, Math.round(trees / 10));
  print();
  print(`| rows | features | trees | CPU s, depth 12 | ns a tree, row and log2(rows) | CPU s, unlimited | ns a tree, row and log2(rows) |`);
  print('|---:|---:|---:|---:|---:|---:|---:|');
  const sizes = [
    ...[6250, 12_500, 25_000, 50_000, 100_000, 200_000].map((rows) => [rows, 32, few]),
    ...[8, 16, 64, 128].map((features) => [25_000, features, few]),
    ...[2 * few, 4 * few].map((count) => [25_000, 32, count]),
  ];
  for (const [rows, features, count] of sizes) {
    const table = speedTable(rows, features, 1);
    const cells = [12, undefined].map((maxDepth) => {
      const [cpu] = timed(() => trainForest(table, { trees: count, maxDepth }, SEED));
      return `${cpu.toFixed(2)} | ${((cpu * 1e9) / (count * rows * Math.log2(rows))).toFixed(1)}`;
    });
    print(`| ${rows.toLocaleString('en')} | ${features} | ${count} | ${cells.join(' | ')} |`);
  }
}

function parity(): void {
  const tables: [string, Table][] = [];
  if (flags.table) {
    if (!flags.label) throw new Error('--table FILE needs --label COLUMN');
    tables.push([basename(flags.table), csvTable(flags.table, flags.label)]);
  } else {
    if (flags.python) for (const file of ask<TableFile[]>({ task: 'tables' })) tables.push([file.name, readTable(folder, file)]);
    tables.push(...Object.entries(awkwardTables()));
  }
  const seeds = Number(flags.seeds);
  const depths = [null, 8];
  print(
    `mean over ${seeds} stratified splits (30 % held out), the same for both; Weir beside scikit-learn; the difference with its standard error`,
  );
  print();
  print('| table | depth | accuracy, Weir | scikit-learn | difference | AUC, Weir | scikit-learn | difference |');
  print('|---|---|---:|---:|---:|---:|---:|---:|');
  for (const [name, table] of tables) {
    if (!flags.python) {
      const { outOfBag } = trainForest(table, { trees }, SEED);
      const seen = Array.from({ length: table.rows }, (_, row) => row).filter((row) => (outOfBag?.trees[row] ?? 0) > 0);
      const classes = table.classes.length;
      const probabilities = Float64Array.from(
        seen.flatMap((row) => Array.from(outOfBag?.probabilities.subarray(row * classes, (row + 1) * classes) ?? [])),
      );
      const { accuracy, auc } = qualityOf(
        probabilities,
        seen.map((row) => table.labels[row]),
        classes,
      );
      print(`| ${name}, out of bag | unlimited | ${accuracy.toFixed(4)} | | | ${auc.toFixed(4)} | | |`);
      continue;
    }
    const [{ runs }] = ask<{ runs: ParityRun[] }[]>({ task: 'parity', tables: [writeTable(folder, name, table)], seeds, depths, trees });
    for (const depth of depths) {
      const asked = runs.filter((run) => run.depth === depth);
      const own = asked.map(({ seed, held }) => judged(table, held, { trees, maxDepth: depth ?? undefined }, seed));
      print(`| ${name} | ${depth ?? 'unlimited'} | ${compared(own, asked, 'accuracy')} | ${compared(own, asked, 'auc')} |`);
    }
  }
}

/** Quality on held-out rows of a forest that learned from the others. */
function judged(table: Table, held: readonly number[], options: ForestOptions, seed: number): Quality {
  const out = new Set(held);
  const learn = Array.from({ length: table.rows }, (_, row) => row).filter((row) => !out.has(row));
  const compiled = compileForest(trainForest(rowsOf(table, learn), options, seed).model);
  const probabilities = new Float64Array(held.length * table.classes.length);
  compiled.probabilities(rowMajor(table, held), held.length, probabilities);
  return qualityOf(
    probabilities,
    held.map((row) => table.labels[row]),
    table.classes.length,
  );
}

function compared(own: readonly Quality[], other: readonly Quality[], figure: 'accuracy' | 'auc'): string {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const differences = own.map((run, i) => run[figure] - other[i][figure]);
  const middle = mean(differences);
  const error = Math.sqrt(mean(differences.map((value) => (value - middle) ** 2)) / Math.max(1, differences.length - 1));
  const cells = [mean(own.map((run) => run[figure])), mean(other.map((run) => run[figure]))].map((value) => value.toFixed(4));
  return `${cells.join(' | ')} | ${middle >= 0 ? '+' : ''}${middle.toFixed(4)} ± ${error.toFixed(4)}`;
}

/** CPU seconds of this process for some work, and its result. */
function timed<T>(work: () => T): [number, T] {
  const begun = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(begun);
  return [(user + system) / 1e6, result];
}

function ask<T>(request: Record<string, unknown>): T {
  const script = fileURLToPath(new URL('../../../test/bench/forest-yardstick.py', import.meta.url));
  const { status, signal, stdout, error } = spawnSync(flags.python as string, [script], {
    input: JSON.stringify({ folder, ...request }),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: 2 ** 30,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${flags.python} ${script} ended with ${status ?? signal}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) as string) as T;
}
