import { WeirError } from '../core/errors.ts';
import { openInput } from '../drivers/embedded/byte-source.ts';
import { seriesTime } from './series-time.ts';

/** A row of a series, as read. */
export interface SeriesRow {
  /** from 1 */
  readonly line: number;
  /** as the file writes it */
  readonly timestamp: string;
  /** ms since 1970 */
  readonly time: number;
  /** NaN where missing */
  readonly values: readonly number[];
}

/** Rows as they come, and the names of their values. */
export interface SeriesInput {
  readonly names: readonly string[];
  /** Some rows at a time, in the order of the input; empty at its end. */
  next(): Promise<readonly SeriesRow[]>;
  close(): Promise<void>;
}

const HEAD = 64 << 10;
const CHUNK = 256 << 10;
/** A line of more characters is no row of numbers. */
const LONGEST_LINE = 1 << 20;
/** Larger numbers are refused: their squares would be none. */
const LARGEST = 1e100;
const MISSING = new Set(['', '?', 'na', 'n/a', 'nan', 'null', 'none', '-']);
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Opens a series: `timestamp,value[,value2...]`, one row a line, a header or none, separated by comma, semicolon or tab;
 * .gz is recognised, - is standard input. Nothing is kept of rows that were given away.
 * @throws WeirError input_missing, input_unreadable; input_format that names line, column and value
 */
export async function openSeries(path: string): Promise<SeriesInput> {
  const shown = path === '-' ? 'standard input' : path;
  const input = await openInput(path, HEAD);
  const source = await input.from(0);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const buffer = new Uint8Array(CHUNK);
  let rest = '';
  let line = 0;
  let ended = false;
  let form: RowForm | undefined;
  const wrong = (text: string): WeirError => new WeirError('input_format', `${shown}: ${text}`);

  const lines = async (): Promise<string[]> => {
    const read = await source.read(buffer, 0);
    if (read === 0) {
      const problem = source.problem();
      if (problem !== undefined) throw new WeirError('input_unreadable', problem.includes(shown) ? problem : `${shown}: ${problem}`);
      ended = true;
    }
    let text: string;
    try {
      text = decoder.decode(buffer.subarray(0, read), { stream: !ended });
    } catch (cause) {
      throw new WeirError('input_format', `${shown} is not UTF-8 text near line ${line + 1}: a series is timestamp,value`, { cause });
    }
    const all = (rest + text).split('\n');
    rest = ended ? '' : (all.pop() as string);
    if (rest.length > LONGEST_LINE) throw wrong(`line ${line + all.length + 1} has more than ${LONGEST_LINE} characters`);
    return all;
  };

  const rowsOf = (texts: readonly string[]): SeriesRow[] => {
    const rows: SeriesRow[] = [];
    for (const text of texts) {
      line++;
      const trimmed = text.trim();
      if (trimmed === '') continue;
      if (form === undefined) {
        form = new RowForm(trimmed, wrong);
        if (form.header) continue;
      }
      rows.push(form.row(trimmed, line));
    }
    return rows;
  };

  /** rows that were read to learn the names */
  let ahead: SeriesRow[] = [];
  while (form === undefined && !ended) ahead = rowsOf(await lines());
  if (form === undefined) {
    await source.close();
    throw wrong('it is empty: a series has rows of timestamp,value');
  }
  return {
    names: form.names,
    next: async () => {
      let rows = ahead;
      ahead = [];
      while (rows.length === 0 && !ended) rows = rowsOf(await lines());
      return rows;
    },
    close: () => source.close(),
  };
}

/** What the first line tells of all: separator, names, number of values. */
class RowForm {
  readonly names: readonly string[];
  readonly header: boolean;
  private readonly separator: string;
  private readonly wrong: (text: string) => WeirError;

  constructor(first: string, wrong: (text: string) => WeirError) {
    this.wrong = wrong;
    this.separator = [',', ';', '\t'].find((mark) => first.includes(mark)) ?? ',';
    const cells = this.cells(first.replace(/^\ufeff/, ''));
    if (cells.length < 2)
      throw wrong(`line 1 is ${JSON.stringify(cut(first))}: a row is timestamp,value[,value2...], separated by comma, semicolon or tab`);
    const values = cells.slice(1);
    this.header = Number.isNaN(seriesTime(cells[0])) && values.every((cell) => !NUMBER.test(cell));
    this.names = this.header ? values : values.length === 1 ? ['value'] : values.map((_, i) => `value${i + 1}`);
  }

  row(text: string, line: number): SeriesRow {
    const cells = this.cells(text);
    if (cells.length !== this.names.length + 1)
      throw this.wrong(`line ${line} has ${cells.length} cells, not ${this.names.length + 1}: ${JSON.stringify(cut(text))}`);
    const [timestamp] = cells;
    const time = seriesTime(timestamp);
    if (Number.isNaN(time))
      throw this.wrong(
        `line ${line}: ${JSON.stringify(cut(timestamp))} is no timestamp (ISO 8601, YYYY-MM-DD HH:MM:SS, or seconds or milliseconds since 1970)`,
      );
    return { line, timestamp, time, values: this.names.map((name, i) => this.number(cells[i + 1], name, line)) };
  }

  private cells(text: string): string[] {
    return text.split(this.separator).map((cell) =>
      cell
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .trim(),
    );
  }

  private number(cell: string, name: string, line: number): number {
    if (NUMBER.test(cell)) {
      const value = Number(cell);
      if (Math.abs(value) <= LARGEST) return value;
    }
    if (MISSING.has(cell.toLowerCase())) return Number.NaN;
    throw this.wrong(
      `line ${line}, column ${JSON.stringify(name)}: ${JSON.stringify(cut(cell))} is no number up to 1e100 (an empty cell, NaN, NA, null, ? or - stand for a missing value)`,
    );
  }
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
