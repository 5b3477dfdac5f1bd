import { createWriteStream } from 'node:fs';
import { DEFAULT_BUDGET, SeriesDetector, type SeriesJudgement } from '../../models/series/detector.ts';
import { terminalOf, writeOut } from '../console/output.ts';
import { formatNumber, renderTable } from '../console/table.ts';
import { WeirError } from '../core/errors.ts';
import { type OrderNote, SeriesOrder } from './series-order.ts';
import { openSeries, type SeriesRow } from './series-rows.ts';

/** What `weir detect --series` is asked for. */
export interface SeriesRequest {
  /** `-` is standard input */
  readonly path: string;
  /** file for a record of each row, `-` for standard output; undefined: a table of the alerts */
  readonly alerts?: string;
  /** false alerts to be expected in 1,000 rows */
  readonly budget?: number;
  readonly quiet: boolean;
}

/** A line of the output: what is said of a row. Values and ranges are arrays where the series has several values. */
export interface SeriesRecord {
  readonly timestamp: string;
  readonly value: number | null | (number | null)[];
  /** 0..1, higher is more anomalous */
  readonly score: number;
  /** this row begins an alarm */
  readonly alert: boolean;
  readonly expected: Range | Range[];
  readonly reasons: readonly {
    readonly statistic: string;
    readonly column: string;
    readonly direction: 'high' | 'low';
    /** one row in so many deviates as much, by the past of the series */
    readonly one_in: number;
    /** contributions add up to the score */
    readonly contribution: number;
  }[];
  readonly notes?: readonly (OrderNote | 'missing')[];
}

type Range = readonly [number, number] | null;

/** Most alerts in the table. */
const MOST_SHOWN = 200;

/** `weir detect --series`: one series of numbers through the statistics for plain series, row by row. */
export async function detectSeries(request: SeriesRequest): Promise<void> {
  const input = await openSeries(request.path);
  const records = request.alerts === undefined ? undefined : recordsTo(request.alerts);
  const alerts: SeriesRecord[] = [];
  const tally = { rows: 0, alerts: 0, missing: 0, duplicate: 0, out_of_order: 0, gap: 0 };
  try {
    const judge = new SeriesJudge(input.names, request.budget);
    for (let rows = await input.next(), wanted = true; rows.length > 0 && wanted; rows = await input.next()) {
      const text: string[] = [];
      for (const row of rows) {
        const record = judge.next(row);
        tally.rows++;
        if (record.alert) tally.alerts++;
        for (const note of record.notes ?? []) tally[note]++;
        if (records !== undefined) text.push(`${JSON.stringify(record)}\n`);
        else if (record.alert && alerts.length < MOST_SHOWN) alerts.push(record);
      }
      if (records !== undefined) wanted = await records.write(text.join(''));
    }
    if (tally.rows === 0) throw new WeirError('input_format', `${request.path}: it has a header and no row`);
  } finally {
    await input.close();
    await records?.close();
  }
  if (records === undefined) await writeOut(tableOf(alerts, tally.alerts));
  if (!request.quiet) process.stderr.write(`${summary(tally)}\n`);
}

/** Turns rows into records: the detector, and what is unusual about their times. */
export class SeriesJudge {
  private readonly names: readonly string[];
  private readonly detector: SeriesDetector;
  private readonly order = new SeriesOrder();

  constructor(names: readonly string[], budget = DEFAULT_BUDGET.perThousand) {
    this.names = names;
    this.detector = new SeriesDetector(names.length, { perThousand: budget });
  }

  next({ time, timestamp, values }: SeriesRow): SeriesRecord {
    const order = this.order.look(time);
    const notes: (OrderNote | 'missing')[] = order === undefined ? [] : [order];
    if (values.some(Number.isNaN)) notes.push('missing');
    const judgement = this.detector.next(time, values);
    const shown = values.map((value) => (Number.isNaN(value) ? null : value));
    const ranges = judgement.expected.map((range) => (range === undefined ? null : ([rounded(range[0]), rounded(range[1])] as const)));
    return {
      timestamp,
      value: shown.length === 1 ? shown[0] : shown,
      score: judgement.score,
      alert: judgement.alert,
      expected: ranges.length === 1 ? ranges[0] : ranges,
      reasons: this.reasons(judgement),
      ...(notes.length === 0 ? {} : { notes }),
    };
  }

  private reasons({ reasons }: SeriesJudgement): SeriesRecord['reasons'] {
    return reasons.map(({ statistic, value, direction, surprise, contribution }) => ({
      statistic,
      column: this.names[value],
      direction: direction > 0 ? 'high' : 'low',
      one_in: rounded(Math.exp(surprise)),
      contribution,
    }));
  }
}

function recordsTo(path: string): { write(text: string): Promise<boolean>; close(): Promise<void> } {
  if (path === '-') return { write: (text) => writeOut(text), close: async () => undefined };
  const stream = createWriteStream(path);
  return {
    write: async (text) => {
      try {
        return await writeOut(text, stream);
      } catch (cause) {
        throw new WeirError('disk', `${path} cannot be written: ${(cause as Error).message}`, { cause });
      }
    },
    close: () => new Promise((settle) => stream.end(() => settle())),
  };
}

function tableOf(alerts: readonly SeriesRecord[], count: number): string {
  if (count === 0) return 'no alerts\n';
  const range = (one: Range): string => (one === null ? '' : `${one[0]} – ${one[1]}`);
  const each = (value: SeriesRecord['value']): string => [value].flat().join(', ');
  const { style, width } = terminalOf(process.stdout);
  const table = renderTable(
    [
      { title: 'time' },
      { title: 'value', align: 'right' },
      { title: 'expected' },
      { title: 'score', align: 'right' },
      { title: 'why', shrinkTo: 20 },
    ],
    alerts.map(({ timestamp, value, expected, score, reasons }) => [
      timestamp,
      each(value),
      isRange(expected) ? range(expected) : expected.map(range).join(', '),
      score.toFixed(3),
      reasons
        .map(
          (reason) =>
            `${reason.statistic}${Array.isArray(value) ? ` of ${reason.column}` : ''} ${reason.direction} +${reason.contribution.toFixed(3)}`,
        )
        .join(', '),
    ]),
    { style, width },
  );
  return count > alerts.length ? `${table}${formatNumber(count - alerts.length)} more: --alerts FILE has them all\n` : table;
}

function isRange(expected: SeriesRecord['expected']): expected is Range {
  return expected === null || typeof expected[0] === 'number';
}

function summary(tally: { rows: number; alerts: number; missing: number; duplicate: number; out_of_order: number; gap: number }): string {
  const parts = [`${formatNumber(tally.rows)} rows`, `${formatNumber(tally.alerts)} ${tally.alerts === 1 ? 'alert' : 'alerts'}`];
  if (tally.missing > 0) parts.push(`${formatNumber(tally.missing)} with a value missing`);
  if (tally.duplicate > 0) parts.push(`${formatNumber(tally.duplicate)} with the time of the row before`);
  if (tally.out_of_order > 0) parts.push(`${formatNumber(tally.out_of_order)} out of order (judged as they come)`);
  if (tally.gap > 0) parts.push(`${formatNumber(tally.gap)} after a gap`);
  return `weir: ${parts.join(', ')}`;
}

/** Six digits are enough for a range. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
