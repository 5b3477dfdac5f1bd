import { parseArgs } from 'node:util';
import { SensitiveScanner } from '../../services/ingest/sensitive/scanner.ts';
import { SENSITIVE_TYPES } from '../../services/ingest/sensitive/types.ts';
import type { SensitiveRecord } from './sensitive-records.ts';
import { sensitiveRecords } from './sensitive-records.ts';
import { Chance } from './sensitive-values.ts';

/**
 * How well sensitive data is told from what looks like it, and how fast: `npm run bench:sensitive`. Records are made by
 * code of its own, which computes its check digits another way (sensitive-values.ts). `--records N`, `--seed N`,
 * `--wrong N` prints so many records that were taken wrongly. Ends with 1 where a type with check digits is below 0.99.
 */
const { values: flags } = parseArgs({
  options: {
    records: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    wrong: { type: 'string', default: '0' },
  },
});
const CHECKED = new Set(['resident_id', 'bank_card', 'credit_code', 'iban', 'mrz']);
const DEMANDED = 0.99;
const NOTHING = 'nothing';
/** 97.5 % point of the normal distribution. */
const Z = 1.959964;
const print = (line = ''): void => void process.stdout.write(`${line}\n`);

const scanner = new SensitiveScanner([1, 2, 3, 4]);
const records = sensitiveRecords(Number(flags.records), Number(flags.seed));
const matrix = new Map<string, Map<string, number>>();
const nearMisses = new Map<string, { count: number; found: number }>();
const tally = new Map(SENSITIVE_TYPES.map(({ name }) => [name as string, { right: 0, missed: 0, wrong: 0 }]));
const wrong: string[] = [];

for (const record of records) judge(record);
printMatrix();
printNearMisses();
const good = printTypes();
printSpeed();
for (const line of wrong.slice(0, Number(flags.wrong))) print(line);
process.exitCode = good ? 0 : 1;

function judge(record: SensitiveRecord): void {
  const bytes = Buffer.from(record.text);
  const found: { name: string; shape: string }[] = [];
  scanner.scan(record.kind, bytes, 0, bytes.length, (type, _masked, shape) => found.push({ name: SENSITIVE_TYPES[type].name, shape }));
  const { expected } = record;
  const right = expected === undefined ? -1 : found.findIndex(({ name, shape }) => name === expected.type && shape === expected.shape);
  const row = expected === undefined ? NOTHING : expected.type;
  if (expected !== undefined) {
    const one = tally.get(expected.type);
    if (one !== undefined) right >= 0 ? one.right++ : one.missed++;
    if (right >= 0) count(row, row);
    else if (found.length === 0) count(row, NOTHING);
  } else if (found.length === 0) count(row, NOTHING);
  for (const [i, { name }] of found.entries()) {
    if (i === right) continue;
    count(row, name);
    const one = tally.get(name);
    if (one !== undefined) one.wrong++;
  }
  if (record.near !== undefined) {
    const miss = nearMisses.get(record.near) ?? { count: 0, found: 0 };
    nearMisses.set(record.near, { count: miss.count + 1, found: miss.found + (found.length > 0 ? 1 : 0) });
  }
  if (expected === undefined ? found.length > 0 : right < 0 || found.length > 1) {
    wrong.push(
      `${record.kind} ${JSON.stringify(record.text)} expected ${JSON.stringify(expected ?? record.near)} found ${JSON.stringify(found)}`,
    );
  }
}

function count(row: string, column: string): void {
  const line = matrix.get(row) ?? new Map<string, number>();
  line.set(column, (line.get(column) ?? 0) + 1);
  matrix.set(row, line);
}

function printMatrix(): void {
  const names = [...SENSITIVE_TYPES.map(({ name }) => name as string), NOTHING];
  print(`${records.length} records, seed ${flags.seed}; rows: what is there, columns: what was found`);
  print(`${''.padEnd(12)}${names.map((name) => name.slice(0, 6).padStart(7)).join('')}`);
  for (const row of names) {
    print(`${row.padEnd(12)}${names.map((column) => String(matrix.get(row)?.get(column) ?? '.').padStart(7)).join('')}`);
  }
}

function printNearMisses(): void {
  print('\nnear misses                                             records   found');
  for (const [near, { count: all, found }] of nearMisses) print(`${near.padEnd(56)}${String(all).padStart(7)}${String(found).padStart(8)}`);
}

function printTypes(): boolean {
  print('\ntype          recall (95 % interval)          precision (95 % interval)      there  found');
  let fine = true;
  for (const [name, { right, missed, wrong: false_ }] of tally) {
    print(
      `${name.padEnd(13)} ${share(right, right + missed)}   ${share(right, right + false_)} ${String(right + missed).padStart(7)}${String(right + false_).padStart(7)}${CHECKED.has(name) ? '  check digits' : ''}`,
    );
    if (CHECKED.has(name) && (right < DEMANDED * (right + missed) || right < DEMANDED * (right + false_))) fine = false;
  }
  print(fine ? `all types with check digits are at ${DEMANDED} or above` : `a type with check digits is below ${DEMANDED}`);
  return fine;
}

/** A share with its Wilson interval (E. B. Wilson, 1927). */
function share(part: number, whole: number): string {
  if (whole === 0) return 'none'.padEnd(28);
  const p = part / whole;
  const middle = (p + (Z * Z) / (2 * whole)) / (1 + (Z * Z) / whole);
  const half = (Z * Math.sqrt((p * (1 - p)) / whole + (Z * Z) / (4 * whole * whole))) / (1 + (Z * Z) / whole);
  return `${p.toFixed(4)} (${Math.max(0, middle - half).toFixed(4)} to ${Math.min(1, middle + half).toFixed(4)})`.padEnd(28);
}

/** Spans as most are, and these records, beside one regular expression on the same text as strings. */
function printSpeed(): void {
  const chance = new Chance(7);
  const plain = Array.from({ length: 20_000 }, (_, i): SensitiveRecord => {
    if (i % 2 === 0)
      return {
        kind: 'path',
        text: `/api/v2/${chance.pick(['orders', 'users', 'goods'])}/${chance.digits(5)}/${chance.pick(['items', 'detail', 'reviews'])}`,
      };
    return { kind: 'query', text: `page=${chance.int(50)}&size=20&sort=created_desc&category=${chance.of('abcdefghij', 7)}&lang=en` };
  });
  const expression =
    /(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9}|\d{13,19})(?!\d)|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:phone|mobile|name|card|password|token)=/g;
  print('\nspeed, one thread                       MB/s   spans/s');
  for (const [title, spans] of [
    ['paths and queries without any', plain],
    ['the records above', records],
  ] as const) {
    const parts = spans.map(({ kind, text }) => ({ kind, bytes: Buffer.from(text), text }));
    const size = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    let found = 0;
    const told = (): void => void found++;
    report(`scanner, ${title}`, size, parts.length, () => {
      for (const { kind, bytes } of parts) scanner.scan(kind, bytes, 0, bytes.length, told);
    });
    report(`expression, ${title}`, size, parts.length, () => {
      for (const { text } of parts) found += text.match(expression)?.length ?? 0;
    });
    if (found < 0) print();
  }
}

function report(title: string, size: number, spans: number, run: () => void): void {
  run();
  run();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 7; i++) {
    const begun = performance.now();
    run();
    best = Math.min(best, performance.now() - begun);
  }
  print(
    `${title.padEnd(44)}${(size / 1000 / best).toFixed(1).padStart(6)}${Math.round((spans / best) * 1000)
      .toLocaleString('en')
      .padStart(12)}`,
  );
}
