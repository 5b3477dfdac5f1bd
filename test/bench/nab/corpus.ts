import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RowWindow } from './score.ts';

/** A series of the benchmark with its labels. */
export interface NabSeries {
  /** folder and file, as in its label file */
  readonly path: string;
  /** as the file writes them */
  readonly timestamps: readonly string[];
  readonly texts: readonly string[];
  /** ms since 1970; the benchmark has no time zone, UTC is taken */
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly windows: readonly RowWindow[];
}

/** Folders that parameters are tuned on. Everything else is only looked at. */
export const TUNED_ON: readonly string[] = ['artificialNoAnomaly', 'artificialWithAnomaly', 'realTraffic', 'realTweets'];

/** Whether a series belongs to the part that tuning may see. */
export function isTuned(path: string): boolean {
  return TUNED_ON.includes(path.split('/')[0]);
}

/**
 * Reads the series of a copy of the benchmark (its `data` and `labels/combined_windows.json`), sorted by path.
 * @throws Error that names file and line of what is not as expected
 */
export function readCorpus(folder: string, take: (path: string) => boolean = () => true): NabSeries[] {
  const labels = JSON.parse(readFileSync(join(folder, 'labels', 'combined_windows.json'), 'utf8')) as Record<string, [string, string][]>;
  const paths = readdirSync(join(folder, 'data'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.csv'));
  return paths
    .map((path) => path.replaceAll('\\', '/'))
    .filter(take)
    .sort()
    .map((path) => readSeries(folder, path, labels[path]));
}

function readSeries(folder: string, path: string, labels: [string, string][] | undefined): NabSeries {
  if (labels === undefined) throw new Error(`${path}: labels/combined_windows.json does not name it`);
  const lines = readFileSync(join(folder, 'data', path), 'utf8')
    .trimEnd()
    .split(/\r?\n/)
    .slice(1);
  const cells = lines.map((line) => line.split(','));
  const timestamps = cells.map(([timestamp]) => timestamp);
  const times = Float64Array.from(timestamps, (text) => Date.parse(`${text.replace(' ', 'T')}Z`));
  const values = Float64Array.from(cells, ([, value]) => Number(value));
  const wrong = times.findIndex((time, i) => Number.isNaN(time) || Number.isNaN(values[i]));
  if (wrong >= 0) throw new Error(`${path}: line ${wrong + 2}: no timestamp and number: ${lines[wrong]}`);
  const rowOf = (text: string): number => {
    const row = timestamps.indexOf(text.replace(/\.0+$/, ''));
    if (row < 0) throw new Error(`${path}: a window begins or ends at ${text}, which is no row of it`);
    return row;
  };
  const windows = labels.map(([from, to]) => ({ from: rowOf(from), to: rowOf(to) })).sort((a, b) => a.from - b.from);
  return { path, timestamps, texts: cells.map(([, value]) => value), times, values, windows };
}
