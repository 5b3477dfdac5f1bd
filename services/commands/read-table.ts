import { createHash } from 'node:crypto';
import { type Info, Parser } from 'csv-parse';
import type { InputColumn } from '../../models/forest/forest-file.ts';
import type { Table } from '../../models/forest/table.ts';
import { WeirError } from '../core/errors.ts';
import { openInput } from '../drivers/embedded/byte-source.ts';
import { nearest } from './nearest.ts';

/** What to take from a file. */
export interface TableRequest {
  readonly label: string;
  readonly group?: string;
  /** as `group`, and nothing is wrong when there is no such column */
  readonly groupIfThere?: string;
  readonly delimiter?: string;
  /** columns to take, and how; every other one is passed over. Left out: all but `ignore` */
  readonly columns?: readonly InputColumn[];
  /** as `columns`, for a model that has no names: so many columns, in the file's order, under these names */
  readonly unnamed?: readonly string[];
  /** classes that a label may be; left out: those that are there */
  readonly classes?: readonly string[];
  readonly ignore?: readonly string[];
  /** columns whose numbers are names */
  readonly categorical?: readonly string[];
  readonly progress?: (rows: number, share: number | undefined) => void;
}

/** A file as a table, and what happened on the way. */
export interface FileTable {
  readonly table: Table;
  readonly columns: readonly InputColumn[];
  readonly groupNames: readonly string[];
  /** SHA-256 of the file's uncompressed bytes, hex */
  readonly sha256: string;
  /** cells of the features without a value */
  readonly missing: number;
  /** what a user should know */
  readonly remarks: readonly string[];
}

/** Most different texts of a column that becomes features, and most classes. */
const MOST_VALUES = 64;
const MOST_CLASSES = 100;
/** Bytes of one record; more means a quote that never closes, or no table. */
const MOST_RECORD = 4 << 20;
const HEAD = 64 << 10;
const CHUNK = 256 << 10;
/** What stands for a missing value. */
const MISSING = new Set(['', '?', 'na', 'n/a', 'nan', 'null', 'none']);

/**
 * Reads a CSV file (RFC 4180, UTF-8, a header line; .gz accepted, - for standard input) as a stream: what stays in memory
 * is the table, 8 bytes a cell. A column is text when its first value is, or when it is named in `categorical`; it
 * becomes one feature `column=value` for each of at most 64 values. Rows without a label or group are left out and counted.
 * @throws WeirError input_format, input_missing or input_unreadable that names file, line, column and value
 */
export async function readTable(path: string, request: TableRequest): Promise<FileTable> {
  const shown = path === '-' ? 'standard input' : path;
  const input = await openInput(path, HEAD);
  checkText(input.head, shown);
  const hash = createHash('sha256');
  const delimiter = request.delimiter ?? ',';
  let reader: TableReader | undefined;
  let lastLine = 0;
  const parser = new Parser({
    bom: true,
    delimiter,
    max_record_size: MOST_RECORD,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: delimiter !== '\t',
    on_record: (record: string[], info: Info) => {
      if (reader === undefined) reader = new TableReader(shown, record, request, delimiter);
      else reader.add(record, info.lines);
      lastLine = info.lines;
      return null;
    },
  });
  const ended = new Promise<void>((settle, fail) => {
    parser.on('end', settle);
    parser.on('error', (error) => fail(readable(error, shown, lastLine)));
  });
  ended.catch(() => undefined); // awaited below
  parser.resume();
  const source = await input.from(0);
  const buffer = new Uint8Array(CHUNK);
  let bytes = 0;
  try {
    for (;;) {
      const read = await source.read(buffer, 0);
      if (read === 0 || parser.destroyed) break;
      bytes += read;
      hash.update(buffer.subarray(0, read));
      if (!parser.write(Buffer.from(buffer.subarray(0, read)))) await Promise.race([drained(parser), ended]);
      request.progress?.(reader?.rows ?? 0, input.kind === 'plain' && input.size > 0 ? bytes / input.size : undefined);
    }
    const problem = source.problem();
    if (problem !== undefined) throw new WeirError('input_unreadable', problem.includes(shown) ? problem : `${shown}: ${problem}`);
    parser.end();
    await ended;
  } finally {
    await source.close();
    parser.destroy();
  }
  if (reader === undefined) throw new WeirError('input_format', `${shown} is empty: a table has a header line and rows`);
  return { ...reader.finish(), sha256: hash.digest('hex') };
}

function drained(parser: Parser): Promise<void> {
  return new Promise((settle) => parser.once('drain', settle));
}

/** Refuses what is no UTF-8 text, by its first bytes. */
function checkText(head: Uint8Array, shown: string): void {
  const wide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (wide) throw new WeirError('input_format', `${shown} is UTF-16 text: save it as CSV in UTF-8`);
  const zero = head.indexOf(0);
  if (zero >= 0) throw new WeirError('input_format', `${shown} is no CSV file: byte ${zero} is 0; a table is UTF-8 text`);
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
  } catch (cause) {
    throw new WeirError('input_format', `${shown} is not UTF-8 text: save it as CSV in UTF-8`, { cause });
  }
}

/** @param lastLine line where the last whole row ends */
function readable(error: Error & { code?: string; lines?: number }, shown: string, lastLine: number): Error {
  if (error instanceof WeirError) return error;
  if (error.code === 'CSV_QUOTE_NOT_CLOSED')
    return new WeirError('input_format', `${shown}: line ${lastLine + 1} opens a quote that is never closed`, { cause: error });
  const line = error.lines === undefined ? '' : ` line ${error.lines}`;
  if (error.code === 'CSV_MAX_RECORD_SIZE')
    return new WeirError('input_format', `${shown}:${line} holds a row of more than ${MOST_RECORD >> 20} MB: is a quote left open?`, {
      cause: error,
    });
  return new WeirError('input_format', `${shown} cannot be read as CSV:${line} ${error.message}`, { cause: error });
}

/** Numbers that grow by doubling. */
class NumberList {
  private values = new Float64Array(1024);
  private length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const wider = new Float64Array(2 * this.length);
      wider.set(this.values);
      this.values = wider;
    }
    this.values[this.length++] = value;
  }

  finish(): Float64Array {
    return this.values.slice(0, this.length);
  }
}

/** A column while it is read: `kind` is open until its first value. */
interface ReadColumn {
  readonly name: string;
  readonly place: number;
  kind: 'open' | 'number' | 'text';
  /** a number, or the index of a text; NaN where missing */
  readonly cells: NumberList;
  readonly texts: Map<string, number>;
  /** texts are fixed: others are none of them */
  readonly known: boolean;
  missing: number;
  /** cells whose text is none of those known */
  unknown: number;
}

class TableReader {
  rows = 0;
  private readonly shown: string;
  private readonly request: TableRequest;
  private readonly width: number;
  private readonly labelPlace: number;
  private readonly groupPlace: number;
  private readonly columns: ReadColumn[];
  private readonly remarks: string[] = [];
  private readonly labels = new NumberList();
  private readonly groups = new NumberList();
  private readonly labelTexts = new Map<string, number>();
  private readonly groupTexts = new Map<string, number>();
  private unlabelled = 0;
  private ungrouped = 0;

  constructor(shown: string, header: readonly string[], request: TableRequest, delimiter: string) {
    this.shown = shown;
    this.request = request;
    this.width = header.length;
    const names = header.map((name) => name.trim());
    const twice = names.find((name, i) => name !== '' && names.indexOf(name) < i);
    if (twice !== undefined) throw this.wrong(`its header names the column ${JSON.stringify(twice)} twice`);
    const placeOf = (name: string, what: string): number => {
      const place = names.indexOf(name);
      if (place >= 0) return place;
      throw this.wrong(`it has no column ${JSON.stringify(name)}${what}${this.meant(name, names, delimiter)}`);
    };
    this.labelPlace = placeOf(request.label, ' (the label)');
    this.groupPlace = request.group === undefined ? whereThere(names, request.groupIfThere) : placeOf(request.group, ' (the group)');
    for (const classLabel of request.classes ?? []) this.labelTexts.set(classLabel, this.labelTexts.size);
    const left = new Set([request.label, request.group ?? request.groupIfThere, ...(request.ignore ?? [])]);
    for (const name of [...(request.ignore ?? []), ...(request.categorical ?? [])]) placeOf(name, '');
    const free = names.map((name, place) => ({ name, place })).filter(({ name }) => name !== '' && !left.has(name));
    const taken = this.take(free, placeOf);
    const chosen = request.columns !== undefined || request.unnamed !== undefined;
    this.columns = taken.map(({ name, place, values }) => ({
      name,
      place,
      kind: values !== undefined || request.categorical?.includes(name) ? 'text' : chosen ? 'number' : 'open',
      cells: new NumberList(),
      texts: new Map(values?.map((value, i) => [value, i])),
      known: values !== undefined,
      missing: 0,
      unknown: 0,
    }));
    const nameless = names.filter((name) => name === '').length;
    if (nameless > 0 && request.columns === undefined)
      this.remarks.push(`${nameless === 1 ? 'a column' : `${nameless} columns`} without a name (a row number?) is left out`);
    if (this.columns.length === 0) throw this.wrong(`it has no column beside ${[...left].filter((name) => name !== undefined).join(', ')}`);
  }

  private take(
    free: readonly { name: string; place: number }[],
    placeOf: (name: string, what: string) => number,
  ): { name: string; place: number; values?: readonly string[] }[] {
    const { columns, unnamed, label, group } = this.request;
    if (unnamed !== undefined) {
      if (free.length < unnamed.length)
        throw this.wrong(`the model, whose columns have no names, takes the first ${unnamed.length} columns; there are ${free.length}`);
      return unnamed.map((name, i) => ({ name, place: free[i].place }));
    }
    if (columns === undefined) return [...free];
    for (const { name } of columns)
      if (name === label || name === group)
        throw this.wrong(`the column ${JSON.stringify(name)} is a feature of the model and the label or group`);
    return columns.map(({ name, values }) => ({ name, values, place: placeOf(name, ', a feature of the model') }));
  }

  private meant(name: string, names: readonly string[], delimiter: string): string {
    const other = [';', '\t', '|', ','].find((mark) => mark !== delimiter && names.some((text) => text.includes(mark)));
    if (names.length === 1 && other !== undefined)
      return `; its cells seem to be separated by ${other === '\t' ? 'tabs' : other}: --delimiter ${other === '\t' ? 'tab' : `'${other}'`}`;
    if (names.every((text) => text !== '' && Number.isFinite(Number(text))))
      return '; its first line holds numbers, not names: a header is needed';
    const near = nearest(name, names);
    if (near !== undefined) return `; did you mean ${JSON.stringify(near)}?`;
    const shown = names.slice(0, 12).map((text) => (text.length > 30 ? `${text.slice(0, 27)}...` : text));
    return `; it has ${shown.join(', ')}${names.length > 12 ? ` and ${names.length - 12} more` : ''}`;
  }

  add(record: readonly string[], line: number): void {
    if (record.length !== this.width)
      throw this.wrong(`line ${line} has ${record.length} ${record.length === 1 ? 'cell' : 'cells'}, the header ${this.width}`);
    const label = record[this.labelPlace].trim();
    const group = this.groupPlace < 0 ? '' : record[this.groupPlace].trim();
    if (isMissing(label)) {
      this.unlabelled++;
      return;
    }
    if (this.groupPlace >= 0 && isMissing(group)) {
      this.ungrouped++;
      return;
    }
    this.labels.push(this.classOf(label, line));
    if (this.groupPlace >= 0) this.groups.push(indexIn(this.groupTexts, group));
    for (const column of this.columns) column.cells.push(this.cell(record[column.place], column, line));
    this.rows++;
  }

  private cell(text: string, column: ReadColumn, line: number): number {
    if (column.kind === 'number') {
      const value = Number(text);
      // Number('') is 0, and hexadecimals are numbers to it
      if (value - value === 0 && text !== '' && !(value === 0 && text.trim() === '') && !PREFIXED.test(text)) return value;
    }
    const trimmed = text.trim();
    if (isMissing(trimmed)) {
      column.missing++;
      return Number.NaN;
    }
    if (column.kind === 'open') {
      column.kind = isNumber(trimmed) ? 'number' : isInfinite(trimmed) ? 'number' : 'text';
      return this.cell(text, column, line);
    }
    if (column.kind === 'number') throw this.noNumber(trimmed, column.name, line);
    const known = column.texts.get(trimmed);
    if (known !== undefined) return known;
    if (column.known) {
      column.unknown++;
      return -1;
    }
    if (column.texts.size === MOST_VALUES)
      throw this.wrong(
        `line ${line}: the text column ${JSON.stringify(column.name)} has more than ${MOST_VALUES} different values (${cut(trimmed)}); --ignore ${quoted(column.name)} leaves it out`,
      );
    return indexIn(column.texts, trimmed);
  }

  private noNumber(text: string, name: string, line: number): WeirError {
    const place = `line ${line}, column ${JSON.stringify(name)}: ${cut(text)}`;
    if (isInfinite(text)) return this.wrong(`${place} is not finite; leave the cell empty for a missing value, or cap it`);
    const hint =
      this.request.columns === undefined && this.request.unnamed === undefined
        ? `; --categorical ${quoted(name)} takes its values as names, --ignore ${quoted(name)} leaves it out`
        : '';
    return this.wrong(`${place} is not a number (an empty cell, NaN, NA, null or ? stand for a missing value)${hint}`);
  }

  private classOf(text: string, line: number): number {
    // 1 and 1.0 are one class: a column of whole numbers is written with .0 where values are missing
    const label = isNumber(text) ? String(Number(text)) : text;
    const known = this.labelTexts.get(label) ?? this.labelTexts.get(text);
    if (known !== undefined) return known;
    if (this.request.classes !== undefined)
      throw this.wrong(
        `line ${line}: the label ${cut(text)} in column ${JSON.stringify(this.request.label)} is none of the model's classes: ${this.request.classes.map(cut).join(', ')}`,
      );
    if (this.labelTexts.size === MOST_CLASSES)
      throw this.wrong(
        `line ${line}: the label column ${JSON.stringify(this.request.label)} has more than ${MOST_CLASSES} different values; a forest tells classes apart, it does not predict numbers`,
      );
    return indexIn(this.labelTexts, label);
  }

  finish(): Omit<FileTable, 'sha256'> {
    const { request, remarks } = this;
    if (this.unlabelled > 0) remarks.push(`${rowsText(this.unlabelled)} without a label left out`);
    if (this.ungrouped > 0) remarks.push(`${rowsText(this.ungrouped)} without a group left out`);
    if (this.rows === 0)
      throw this.wrong(this.unlabelled > 0 ? `none of its ${this.unlabelled} rows has a label` : 'it has a header but no rows');
    const classes = request.classes === undefined ? sortedTexts([...this.labelTexts.keys()]) : [...request.classes];
    const labels = this.labels.finish();
    const classIndex = [...this.labelTexts.keys()].map((label) => classes.indexOf(label));
    const chosen = request.columns !== undefined || request.unnamed !== undefined;
    const used = this.columns.filter((column) => {
      if (chosen || column.missing < this.rows) return true;
      remarks.push(`the column ${JSON.stringify(column.name)} has no values and is left out`);
      return false;
    });
    if (used.length === 0) throw this.wrong('none of its columns has values');
    const features: string[] = [];
    const columns: Float64Array[] = [];
    const inputs: InputColumn[] = [];
    for (const column of used) {
      const cells = column.cells.finish();
      if (column.unknown > 0)
        remarks.push(`column ${JSON.stringify(column.name)}: ${rowsText(column.unknown)} with a value that the model has never seen`);
      if (column.kind !== 'text') {
        features.push(column.name);
        columns.push(cells);
        inputs.push({ name: column.name });
        continue;
      }
      const values = column.known ? [...column.texts.keys()] : sortedTexts([...column.texts.keys()]);
      for (const value of values) {
        const code = column.texts.get(value);
        features.push(`${column.name}=${value}`);
        columns.push(cells.map((cell) => (Number.isNaN(cell) ? Number.NaN : cell === code ? 1 : 0)));
      }
      inputs.push({ name: column.name, values });
    }
    const twice = features.find((name, i) => features.indexOf(name) < i);
    if (twice !== undefined) throw this.wrong(`a column ${JSON.stringify(twice)} and the value of a text column have the same name`);
    return {
      table: {
        features,
        columns,
        rows: this.rows,
        classes,
        labels: Int32Array.from(labels, (label) => classIndex[label]),
        groups: this.groupPlace < 0 ? undefined : Int32Array.from(this.groups.finish()),
      },
      columns: inputs,
      groupNames: [...this.groupTexts.keys()],
      missing: used.reduce((sum, column) => sum + column.missing, 0),
      remarks,
    };
  }

  private wrong(what: string): WeirError {
    return new WeirError('input_format', `${this.shown}: ${what}`);
  }
}

/** 0x.., 0b.., 0o..: numbers to JavaScript, not to a table. */
const PREFIXED = /^\s*[+-]?0[xob]/i;

function isMissing(text: string): boolean {
  return text.length < 5 && MISSING.has(text.toLowerCase());
}

function isNumber(text: string): boolean {
  return text !== '' && Number.isFinite(Number(text)) && !PREFIXED.test(text);
}

function isInfinite(text: string): boolean {
  return /^[+-]?inf(inity)?$/i.test(text) || Math.abs(Number(text)) === Number.POSITIVE_INFINITY;
}

function indexIn(texts: Map<string, number>, text: string): number {
  const known = texts.get(text);
  if (known !== undefined) return known;
  texts.set(text, texts.size);
  return texts.size - 1;
}

/** By number where all are numbers, else by code unit: the same order everywhere. */
function sortedTexts(texts: string[]): string[] {
  if (texts.every(isNumber)) return texts.sort((a, b) => Number(a) - Number(b));
  return texts.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function cut(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text);
}

function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name}'`;
}

function rowsText(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`;
}

/** -1 where there is no such column. */
function whereThere(names: readonly string[], name: string | undefined): number {
  return name === undefined ? -1 : names.indexOf(name);
}
