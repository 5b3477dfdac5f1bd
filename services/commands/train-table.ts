import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { giniImportance } from '../../models/evaluation/importance.ts';
import type { Judgement } from '../../models/evaluation/judgement.ts';
import { judge } from '../../models/evaluation/judgement.ts';
import { splitRows, takeRows } from '../../models/evaluation/split-rows.ts';
import { compileForest } from '../../models/forest/compile.ts';
import { encodeForestFile, type ForestFacts, type ForestFormat } from '../../models/forest/forest-file.ts';
import type { ForestModel } from '../../models/forest/model.ts';
import { scoreColumns } from '../../models/forest/score-columns.ts';
import type { Table } from '../../models/forest/table.ts';
import { renderFields } from '../console/fields.ts';
import { type Terminal, terminalOf, writeOut } from '../console/output.ts';
import { createStepLine } from '../console/step-line.ts';
import { formatNumber, renderTable } from '../console/table.ts';
import { WeirError } from '../core/errors.ts';
import { writeDurably } from '../state/durable-file.ts';
import { makeFolder } from '../state/make-folder.ts';
import { growForest } from './grow-forest.ts';
import { classTable, confusionTable, figure, rateRemarks, shareText } from './judgement-report.ts';
import { readTable } from './read-table.ts';

/** What `weir train --table` is asked for, checked. */
export interface TrainTableRequest {
  table: string;
  label: string;
  group?: string;
  out?: string;
  format: ForestFormat;
  delimiter?: string;
  ignore: readonly string[];
  categorical: readonly string[];
  options: ForestFacts['options'];
  seed: number;
  threads?: number;
  holdout: number;
  json: boolean;
  quiet: boolean;
}

/** What was learned; `--json` prints it. */
export interface TrainTableReport {
  table: { path: string; sha256: string; rows: number; features: number; missing_cells: number; groups: number | undefined };
  classes: { label: string; rows: number }[];
  forest: { trees: number; nodes: number; deepest: number; options: ForestFacts['options']; seed: number };
  learned: { rows: number; groups: number | undefined };
  set_aside: { rows: number; groups: number | undefined };
  /** rows judged by the trees that did not learn from them; rows of one group may be on both sides */
  out_of_bag: Judgement | undefined;
  /** rows (whole groups) that no tree has seen */
  held_out: Judgement | undefined;
  /** Gini importance, the largest first */
  importance: { feature: string; gini: number }[];
  remarks: string[];
  model: { path: string; format: ForestFormat; bytes: number };
}

/** Features whose importance is printed. */
const TOP = 15;

/** `weir train --table`: learns a forest from a CSV file, judges it on rows set aside, writes it. */
export async function trainTable(request: TrainTableRequest): Promise<void> {
  const line = createStepLine({ quiet: request.quiet });
  let report: TrainTableReport;
  try {
    report = await learn(request, line.show);
  } finally {
    line.clear();
  }
  if (!request.quiet) for (const remark of report.remarks) process.stderr.write(`weir: ${remark}\n`);
  await writeOut(request.json ? `${JSON.stringify(report, null, 2)}\n` : render(report, request, terminalOf(process.stdout)));
}

async function learn(request: TrainTableRequest, show: (text: string) => void): Promise<TrainTableReport> {
  const { label, group, seed, holdout, options } = request;
  if (label === group)
    throw new WeirError('usage', `--label and --group both name ${label}: the label is what to learn, groups are what must not be split`);
  const path = outPath(request);
  const read = await readTable(request.table, {
    ...request,
    progress: (rows, share) => show(`reading ${formatNumber(rows)} rows${share === undefined ? '' : `, ${Math.floor(100 * share)} %`}`),
  });
  const { table } = read;
  if (table.classes.length < 2)
    throw new WeirError(
      'input_format',
      `${request.table}: every label in column ${JSON.stringify(label)} is ${JSON.stringify(table.classes[0])}: there is nothing to tell apart`,
    );
  const remarks = [...read.remarks, ...copiesOfLabel(table, label)];
  const split = splitRows(table, holdout, seed);
  const groups = countGroups(table);
  if (holdout > 0 && split.judge.length === 0)
    throw new WeirError(
      'input_format',
      groups === undefined
        ? `${request.table}: too few rows to set any aside; --holdout 0 learns from all of them`
        : `${request.table}: column ${JSON.stringify(group)} holds one group, and groups are never split; --holdout 0 learns from all rows`,
    );
  const learning = takeRows(table, split.learn);
  const held = takeRows(table, split.judge);
  const absent = (part: Table) => table.classes.filter((_, c) => !part.labels.includes(c));
  if (table.classes.length - absent(learning).length < 2)
    throw new WeirError(
      'input_format',
      `${request.table}: the rows left to learn from are of one class; the others were set aside with their groups. Another --seed or --holdout 0 helps`,
    );
  if (absent(learning).length > 0) remarks.push(`no row to learn from is of class ${absent(learning).join(', ')}: all were set aside`);
  if (held.rows > 0 && absent(held).length > 0) remarks.push(`none of the rows set aside is of class ${absent(held).join(', ')}`);

  show('growing trees');
  const { model, outOfBag } = await growForest(learning, options, seed, {
    threads: request.threads,
    progress: (trees, of) => show(`growing trees: ${formatNumber(trees)} of ${formatNumber(of)}`),
  });
  show('judging');
  const positive = table.classes.length === 2 ? 1 : undefined;
  const held_out =
    held.rows === 0 ? undefined : judge(scoreColumns(compileForest(model), held.columns, held.rows), held.labels, table.classes, positive);
  const out_of_bag = outOfBag && judgeOutOfBag(outOfBag.probabilities, learning, positive);
  const facts: ForestFacts = {
    label,
    group,
    columns: read.columns,
    options,
    seed,
    holdout,
    learned: {
      sha256: read.sha256,
      rows: table.rows,
      byClass: table.classes.map((_, c) => learning.labels.filter((one) => one === c).length),
      missing: read.missing,
    },
    figures: { outOfBag: out_of_bag && summary(out_of_bag), heldOut: held_out && summary(held_out) },
  };
  if (request.format === 'ml-random-forest') remarks.push(...exchangeRemarks(model, read.missing));
  const bytes = encodeForestFile({ model, facts }, request.format);
  writeDurably(path, bytes);
  const gini = giniImportance(model);
  return {
    table: {
      path: request.table,
      sha256: read.sha256,
      rows: table.rows,
      features: table.features.length,
      missing_cells: read.missing,
      groups,
    },
    classes: table.classes.map((one, c) => ({ label: one, rows: table.labels.filter((of) => of === c).length })),
    forest: { trees: model.roots.length - 1, nodes: model.feature.length, deepest: deepest(model), options, seed },
    learned: { rows: learning.rows, groups: countGroups(learning) },
    set_aside: { rows: held.rows, groups: countGroups(held) },
    out_of_bag,
    held_out,
    importance: table.features.map((feature, f) => ({ feature, gini: gini[f] })).sort((a, b) => b.gini - a.gini),
    remarks,
    model: { path, format: request.format, bytes: bytes.length },
  };
}

/** Judges the rows that were out of bag for some tree. */
function judgeOutOfBag(probabilities: Float64Array, table: Table, positive: number | undefined): Judgement | undefined {
  const classes = table.classes.length;
  const seen = Int32Array.from({ length: table.rows }, (_, row) => row).filter((row) => !Number.isNaN(probabilities[row * classes]));
  if (seen.length === 0) return undefined;
  const some = Float64Array.from(
    { length: seen.length * classes },
    (_, i) => probabilities[seen[Math.floor(i / classes)] * classes + (i % classes)],
  );
  return judge(some, takeRows(table, seen).labels, table.classes, positive);
}

/** The figures that go into the file. */
function summary(of: Judgement): Record<string, unknown> {
  return {
    rows: of.rows,
    rocAuc: of.rocAuc,
    accuracy: of.confusion.accuracy.share,
    logLoss: of.logLoss,
    classes: of.classes.map(({ label, rows, rocAuc, averagePrecision }) => ({ label, rows, rocAuc, averagePrecision })),
  };
}

/** Columns with one value for each class and another for every other: most likely the label once more. */
function copiesOfLabel(table: Table, label: string): string[] {
  return table.features
    .filter((_, f) => {
      const column = table.columns[f];
      const value = new Float64Array(table.classes.length).fill(Number.NaN);
      for (let row = 0; row < table.rows; row++) {
        const at = table.labels[row];
        if (Number.isNaN(value[at])) value[at] = column[row];
        if (value[at] !== column[row]) return false;
      }
      return new Set(value).size === table.classes.length;
    })
    .map(
      (name) =>
        `column ${JSON.stringify(name)} says the same as the label ${JSON.stringify(label)}: --ignore it if it is not known beforehand`,
    );
}

function exchangeRemarks(model: ForestModel, missing: number): string[] {
  const remarks = ['ml-random-forest counts votes: its predictions can differ from the mean probabilities judged here'];
  if (missing > 0 && model.missingLeft.includes(1))
    remarks.push('ml-random-forest sends every missing value right: rows with missing values are predicted differently there');
  return remarks;
}

/** How a file begins that this command may have written before. */
const MODEL_START = /^(WEIRFST|\{"name":"RFClassifier")/;

/**
 * Where the model goes, checked before anything is learned: an earlier model may be replaced, any other file may not.
 * @throws WeirError usage, or disk when the folder cannot be made
 */
function outPath(request: TrainTableRequest): string {
  const path = request.out ?? defaultOut(request);
  if (path === '' || path === '-') throw new WeirError('usage', `--out ${JSON.stringify(path)}: a model goes into a file; name one`);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory())
    throw new WeirError('usage', `--out ${path} is a folder; name a file in it, for example ${join(path, defaultOut(request))}`);
  if (there?.isFile() && there.size > 0 && !MODEL_START.test(beginning(path)))
    throw new WeirError('usage', `${path} exists and is no model: it is not written over; name another file with --out`);
  try {
    makeFolder(dirname(path));
    accessSync(dirname(path), constants.W_OK);
  } catch (cause) {
    throw new WeirError('disk', `cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
  return path;
}

function beginning(path: string): string {
  const start = Buffer.alloc(32);
  try {
    const file = openSync(path, 'r');
    try {
      return start.toString('latin1', 0, readSync(file, start));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new WeirError('input_unreadable', `cannot see what ${path} holds, which would be written over: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Named after the table, in the current folder. */
function defaultOut(request: TrainTableRequest): string {
  const name =
    request.table === '-'
      ? 'table'
      : basename(request.table)
          .replace(/\.gz$/, '')
          .replace(/\.[^.]*$/, '');
  return `${name}${request.format === 'weir' ? '.forest' : '.json'}`;
}

function countGroups(table: Table): number | undefined {
  return table.groups && new Set(table.groups).size;
}

function deepest(model: ForestModel): number {
  const depth = new Int32Array(model.feature.length);
  let most = 0;
  for (let node = 0; node < depth.length; node++) {
    if (depth[node] > most) most = depth[node];
    if (model.feature[node] >= 0) depth[model.left[node]] = depth[model.right[node]] = depth[node] + 1;
  }
  return most;
}

function render(report: TrainTableReport, request: TrainTableRequest, terminal: Terminal): string {
  const { style, width } = terminal;
  const groupText = (groups: number | undefined): string => (groups === undefined ? '' : `, ${formatNumber(groups)} groups`);
  const { table, forest, learned, set_aside } = report;
  let out = renderFields(
    [
      ['table', `${table.path}: ${formatNumber(table.rows)} rows, ${formatNumber(table.features)} features${groupText(table.groups)}`],
      ['classes', report.classes.map(({ label, rows }) => `${label}: ${formatNumber(rows)}`).join(', ')],
      ['learned from', `${formatNumber(learned.rows)} rows${groupText(learned.groups)}`],
      ['set aside', set_aside.rows === 0 ? 'none' : `${formatNumber(set_aside.rows)} rows${groupText(set_aside.groups)}`],
      ['forest', `${formatNumber(forest.trees)} trees, ${formatNumber(forest.nodes)} nodes, ${forest.deepest} deep, seed ${forest.seed}`],
    ],
    style,
    '',
  );
  const judged = [
    ['out of bag', report.out_of_bag],
    ['set aside', report.held_out],
  ] as const;
  const rows = judged.flatMap(([name, of]) =>
    of === undefined
      ? []
      : [[name, of.rows, figure(of.rocAuc), shareText(of.confusion.accuracy), figure(of.confusion.commonest), figure(of.logLoss)]],
  );
  out += `\n${renderTable(
    [{ title: '' }, ...['rows', 'ROC AUC', 'accuracy', 'commonest class', 'log loss'].map((title) => ({ title, align: 'right' as const }))],
    rows,
    { style, width },
  )}`;
  if (table.groups !== undefined && report.out_of_bag !== undefined)
    out += style.dim('  out of bag, rows of one group are on both sides: go by the rows set aside\n');
  const shown = report.held_out ?? report.out_of_bag;
  if (shown !== undefined) {
    out += `\n${style.bold(report.held_out === undefined ? 'Out of bag, by class' : 'Set aside, by class')}\n${classTable(shown, terminal)}`;
    for (const remark of rateRemarks(shown)) out += style.dim(`  ${remark}\n`);
    out += `\n${confusionTable(
      shown.confusion,
      report.classes.map(({ label }) => label),
      terminal,
    )}`;
  }
  out += `\n${style.bold('Importance')} (share of the impurity that splits on the feature took away)\n${renderTable(
    [
      { title: 'feature', shrinkTo: 12 },
      { title: 'Gini', align: 'right' },
    ],
    report.importance.slice(0, TOP).map(({ feature, gini }) => [feature, figure(gini)]),
    { style, width, indent: '  ' },
  )}`;
  if (report.importance.length > TOP) out += style.dim(`  and ${report.importance.length - TOP} more\n`);
  const { path, bytes } = report.model;
  return `${out}\n${path}  ${formatNumber(Math.ceil(bytes / 1000))} kB  weir evaluate --table ${request.table} --model ${path}\n`;
}
