import { giniImportance, permutationImportance, unusedFeatures } from '../../models/evaluation/importance.ts';
import { type Judgement, judge, rankingMeasure } from '../../models/evaluation/judgement.ts';
import { type LearningCurve, learningCurve } from '../../models/evaluation/learning-curve.ts';
import { growingParts, splitRows, takeRows } from '../../models/evaluation/split-rows.ts';
import { compileForest } from '../../models/forest/compile.ts';
import { decodeForestFile, type ForestFile } from '../../models/forest/forest-file.ts';
import { decideColumns, scoreColumns } from '../../models/forest/score-columns.ts';
import type { Table } from '../../models/forest/table.ts';
import { renderFields } from '../console/fields.ts';
import { type Terminal, terminalOf, writeOut } from '../console/output.ts';
import { createStepLine } from '../console/step-line.ts';
import { formatNumber, renderTable } from '../console/table.ts';
import { WeirError } from '../core/errors.ts';
import { growForest } from './grow-forest.ts';
import { calibrationTable, classTable, confusionTable, figure, rateRemarks, shareText } from './judgement-report.ts';
import { nearest } from './nearest.ts';
import { readFileBytes } from './read-file-bytes.ts';
import { readTable } from './read-table.ts';

/** What `weir evaluate --table` is asked for, checked. */
export interface EvaluateTableRequest {
  table: string;
  model: string;
  label?: string;
  group?: string;
  positive?: string;
  delimiter?: string;
  allRows: boolean;
  learningCurve: boolean;
  permutations: number;
  threads?: number;
  json: boolean;
  quiet: boolean;
}

/** What was found; `--json` prints it. */
export interface EvaluateTableReport {
  model: { path: string; trees: number; nodes: number; features: number; vote: 'mean' | 'majority'; seed: number | undefined };
  table: { path: string; sha256: string; rows: number; missing_cells: number; label: string };
  /** rows that were judged: all, or those that the model did not learn from */
  judged: { rows: number; of: 'all rows' | 'rows set aside at training' };
  judgement: Judgement;
  importance: { feature: string; gini: number; permuted: number | undefined; deviation: number | undefined }[];
  /** rows that importance was measured on, and what was lost */
  permutation: { rows: number; repeats: number; measure: 'ROC AUC' | 'accuracy' } | undefined;
  learning_curve: LearningCurve | undefined;
  remarks: string[];
}

/** Rows that permutation importance is measured on: its error is small there already. */
const PERMUTED_ROWS = 5000;
const TOP = 15;

/** `weir evaluate --table`: judges a model on a labelled CSV file. */
export async function evaluateTable(request: EvaluateTableRequest): Promise<void> {
  const line = createStepLine({ quiet: request.quiet });
  let report: EvaluateTableReport;
  try {
    report = await evaluate(request, line.show);
  } finally {
    line.clear();
  }
  if (!request.quiet) for (const remark of report.remarks) process.stderr.write(`weir: ${remark}\n`);
  await writeOut(request.json ? `${JSON.stringify(report, null, 2)}\n` : render(report, terminalOf(process.stdout)));
}

async function evaluate(request: EvaluateTableRequest, show: (text: string) => void): Promise<EvaluateTableReport> {
  const file = openModel(request.model);
  const { model, facts } = file;
  const label = request.label ?? facts?.label;
  if (label === undefined)
    throw new WeirError('usage', `--label COLUMN is missing: ${request.model} does not say which column holds the class`);
  const read = await readTable(request.table, {
    label,
    ...groupOf(request, file),
    delimiter: request.delimiter,
    classes: model.classes,
    ...(facts === undefined ? { unnamed: model.features } : { columns: facts.columns }),
    progress: (rows, share) => show(`reading ${formatNumber(rows)} rows${share === undefined ? '' : `, ${Math.floor(100 * share)} %`}`),
  });
  const remarks = [...read.remarks];
  if (facts === undefined)
    remarks.push(`the model names no columns: the first ${model.features.length} beside the label are taken, in the table's order`);
  const positive = positiveOf(request.positive, model.classes);
  const { judged, of } = judgedPart(read.table, read.sha256, request, file, remarks);
  const compiled = compileForest(model);
  show('judging');
  const score = (columns: readonly Float64Array[], rows: number) => scoreColumns(compiled, columns, rows);
  const judgement = judge(
    score(judged.columns, judged.rows),
    judged.labels,
    model.classes,
    positive,
    decideColumns(compiled, judged.columns, judged.rows),
  );
  const absent = judgement.classes.filter((one) => one.rows === 0).map((one) => one.label);
  if (absent.length > 0) remarks.push(`no row is of class ${absent.join(', ')}: it is not part of the means`);
  const sample = sampleOf(judged, facts?.seed ?? 0);
  const gini = giniImportance(model);
  let tried = 0;
  const permuted =
    request.permutations === 0
      ? undefined
      : permutationImportance({
          columns: sample.columns,
          rows: sample.rows,
          measure: (columns) => {
            show(`shuffling columns: ${++tried}`);
            return rankingMeasure(score(columns, sample.rows), sample.labels, model.classes.length);
          },
          repeats: request.permutations,
          seed: facts?.seed ?? 0,
          unused: unusedFeatures(model),
        });
  const curve = request.learningCurve ? await curveOf(read.table, file, request, show, remarks) : undefined;
  return {
    model: {
      path: request.model,
      trees: model.roots.length - 1,
      nodes: model.feature.length,
      features: model.features.length,
      vote: model.vote,
      seed: facts?.seed,
    },
    table: { path: request.table, sha256: read.sha256, rows: read.table.rows, missing_cells: read.missing, label },
    judged: { rows: judged.rows, of },
    judgement,
    importance: model.features
      .map((feature, f) => ({ feature, gini: gini[f], permuted: permuted?.[f].mean, deviation: permuted?.[f].deviation }))
      .sort((a, b) => (b.permuted ?? b.gini) - (a.permuted ?? a.gini) || b.gini - a.gini),
    permutation: permuted && {
      rows: sample.rows,
      repeats: request.permutations,
      measure: new Set(sample.labels).size < 2 ? 'accuracy' : 'ROC AUC',
    },
    learning_curve: curve,
    remarks,
  };
}

function openModel(path: string): ForestFile {
  try {
    return decodeForestFile(readFileBytes(path, 'model file'));
  } catch (error) {
    if (error instanceof WeirError && !error.message.includes(path))
      throw new WeirError(error.code, `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** The group column asked for; the model's own only where the table has it is not known before reading, so it is asked for by name. */
function groupOf(request: EvaluateTableRequest, { facts }: ForestFile): { group?: string; groupIfThere?: string } {
  if (request.group !== undefined) return { group: request.group };
  return facts?.group === undefined ? {} : { groupIfThere: facts.group };
}

function positiveOf(asked: string | undefined, classes: readonly string[]): number | undefined {
  if (asked === undefined) return classes.length === 2 ? 1 : undefined;
  const at = classes.indexOf(asked);
  if (at >= 0) return at;
  const near = nearest(asked, classes);
  throw new WeirError(
    'usage',
    `--positive ${asked}: the model's classes are ${classes.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}

/** The rows to judge by: of the table that the model learned from, those set aside then. */
function judgedPart(
  table: Table,
  sha256: string,
  request: EvaluateTableRequest,
  { facts }: ForestFile,
  remarks: string[],
): { judged: Table; of: EvaluateTableReport['judged']['of'] } {
  const whole = { judged: table, of: 'all rows' } as const;
  if (facts === undefined || facts.learned.sha256 !== sha256 || table.rows !== facts.learned.rows) return whole;
  const sameQuestion = (request.label ?? facts.label) === facts.label && (request.group ?? facts.group) === facts.group;
  if (facts.holdout === 0 || request.allRows || !sameQuestion) {
    remarks.push('the model learned from these rows, so its figures flatter it: judge it by others');
    return whole;
  }
  remarks.push('the model learned from this table: it is judged on the rows that were set aside then (--all-rows judges all)');
  return { judged: takeRows(table, splitRows(table, facts.holdout, facts.seed).judge), of: 'rows set aside at training' };
}

/** At most so many rows, with the mix of classes that the table has. */
function sampleOf(table: Table, seed: number): Table {
  if (table.rows <= PERMUTED_ROWS) return table;
  const all = Int32Array.from({ length: table.rows }, (_, row) => row);
  const [some] = growingParts({ ...table, groups: undefined }, all, [PERMUTED_ROWS / table.rows], seed);
  return takeRows(table, some);
}

async function curveOf(
  table: Table,
  { model, facts }: ForestFile,
  request: EvaluateTableRequest,
  show: (text: string) => void,
  remarks: string[],
): Promise<LearningCurve | undefined> {
  if (facts === undefined) {
    remarks.push('no learning curve: the model does not say with which options it was grown');
    return undefined;
  }
  if (new Set(table.labels).size < 2) {
    remarks.push('no learning curve: all rows are of one class');
    return undefined;
  }
  const held = facts.holdout > 0 ? facts.holdout : undefined;
  return learningCurve(table, {
    seed: facts.seed,
    judge: held,
    train: async (part) => {
      const grown = await growForest(part, facts.options, facts.seed, {
        threads: request.threads,
        progress: (trees, of) => show(`learning curve, ${formatNumber(part.rows)} rows: ${trees} of ${of} trees`),
      });
      const compiled = compileForest({ ...grown.model, vote: model.vote });
      return (columns, rows) => scoreColumns(compiled, columns, rows);
    },
  });
}

function render(report: EvaluateTableReport, terminal: Terminal): string {
  const { style, width } = terminal;
  const { judgement, model, table, judged } = report;
  const classes = judgement.classes.map(({ label }) => label);
  const right = (title: string) => ({ title, align: 'right' as const });
  const options = { style, width, indent: '  ' };
  const of = judged.of === 'all rows' ? '' : ` of ${formatNumber(table.rows)}: those that it did not learn from`;
  let out = renderFields(
    [
      ['model', `${model.path}: ${formatNumber(model.trees)} trees, ${model.vote === 'mean' ? 'mean probabilities' : 'majority votes'}`],
      ['table', `${table.path}: ${formatNumber(judged.rows)} rows${of}`],
      ...(classes.length > 2
        ? ([
            ['ROC AUC', `${figure(judgement.rocAuc)}, mean over classes, each against the rest`],
            ['average precision', `${figure(judgement.averagePrecision)}, mean over classes`],
          ] as const)
        : []),
      ['accuracy', `${shareText(judgement.confusion.accuracy)}; always the commonest class: ${figure(judgement.confusion.commonest)}`],
      ['log loss', figure(judgement.logLoss)],
    ],
    style,
    '',
  );
  out += `\n${style.bold('By class, each against the rest')}\n${classTable(judgement, terminal)}`;
  for (const remark of rateRemarks(judgement)) out += style.dim(`  ${remark}\n`);
  const { calibration } = judgement;
  out += `\n${style.bold('Calibration')} of ${calibration.of === undefined ? 'the predicted class' : `class ${calibration.of}`}: Brier score ${figure(calibration.brier)}, expected calibration error ${figure(calibration.error)}\n`;
  out += calibrationTable(calibration, terminal);
  out += `\n${style.bold('Confusion')}\n${confusionTable(judgement.confusion, classes, terminal)}`;
  const { permutation } = report;
  out += `\n${style.bold('Importance')}${permutation === undefined ? '' : ` (loss of ${permutation.measure} when shuffled: ${permutation.repeats} times ${formatNumber(permutation.rows)} rows)`}\n`;
  out += renderTable(
    [{ title: 'feature', shrinkTo: 12 }, ...(permutation === undefined ? [] : [right('loss'), right('deviation')]), right('Gini')],
    report.importance
      .slice(0, TOP)
      .map(({ feature, gini, permuted, deviation }) => [
        feature,
        ...(permuted === undefined || deviation === undefined ? [] : [figure(permuted), figure(deviation)]),
        figure(gini),
      ]),
    options,
  );
  if (report.importance.length > TOP) out += style.dim(`  and ${report.importance.length - TOP} more\n`);
  const curve = report.learning_curve;
  if (curve !== undefined) {
    const grouped = curve.points.some(({ groups }) => groups !== undefined);
    out += `\n${style.bold('Learning curve')}, judged on ${formatNumber(curve.judged)} rows\n${renderTable(
      [right('rows'), ...(grouped ? [right('groups')] : []), right('ROC AUC'), right('accuracy'), right('log loss')],
      curve.points.map(({ rows, groups, rocAuc, accuracy, logLoss }) => [
        rows,
        ...(grouped ? [groups ?? 0] : []),
        figure(rocAuc),
        figure(accuracy),
        figure(logLoss),
      ]),
      options,
    )}`;
    for (const { share, why } of curve.skipped) out += style.dim(`  ${figure(share)} of the rows: left out, ${why}\n`);
  }
  return out;
}
