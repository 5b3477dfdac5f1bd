import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CapturePath, JsonScanner, KIND } from '../../services/ingest/records/json-scanner.ts';
import { Workspace } from '../../services/ingest/records/workspace.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });
const KEYS = ['a', 'b', 'request', 'headers', 'x-y', 'é', 'k"q', ''];
const PATHS: string[][] = [
  ...KEYS.map((key) => [key]),
  ['request', 'a'],
  ['request', 'headers'],
  ['request', 'headers', 'b'],
  ['a', 'b'],
  ['headers', 'x-y'],
  ['é', 'k"q'],
  // into arrays: by index, or by the name of an attribute
  ['a', '0'],
  ['headers', '1'],
  ['headers', '1', 'b'],
  ['request', 'x-y'],
];
const WANTED: CapturePath[] = PATHS.map((path, slot) => ({ path, slot, rank: 0 }));

const workspace = new Workspace();

function scan(scanner: JsonScanner, bytes: Uint8Array): boolean {
  workspace.load(bytes);
  workspace.clearScratch();
  scanner.attach(workspace);
  scanner.clear();
  const start = scanner.skipSpace(0);
  const end = scanner.scan(start);
  return end >= 0 && scanner.skipSpace(end) === bytes.length;
}

/** What JSON.parse makes of the bytes; undefined where it refuses them or they are no object. */
function parsed(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  path.forEach((key, depth) => {
    at = Array.isArray(at) ? elementOf(at, key, depth === 1 ? byIndex[path[0]] : undefined) : memberOf(at, key);
  });
  return firstOf(at);
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/** Elements that are wanted by index: these are no attributes. */
const byIndex: Record<string, number> = { a: 0, headers: 1 };

/** What `key` is of an array: its element of that index, else the last of its attributes that is called so. */
function elementOf(list: readonly unknown[], key: string, index: number | undefined): unknown {
  if (/^[01]$/.test(key)) return list[Number(key)];
  const own = list.filter((each, i) => i !== index && memberOf(each, 'key') === key && memberOf(each, 'value') !== undefined);
  return plain(memberOf(own.at(-1), 'value'));
}

function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'stringValue') ? memberOf(value, 'stringValue') : value;
}

/** Of a list the first value counts; one of lists and objects alone has none. */
function firstOf(value: unknown): unknown {
  let at = value;
  while (Array.isArray(at)) at = at[0] as unknown;
  if (at !== value) at = plain(at);
  return Array.isArray(at) ? undefined : at;
}

function captured(scanner: JsonScanner, slot: number): unknown {
  scanner.decode(slot);
  const text = new TextDecoder().decode(workspace.bytes.subarray(scanner.starts[slot], scanner.ends[slot]));
  switch (scanner.kinds[slot]) {
    case KIND.absent:
      return undefined;
    case KIND.text:
      return text;
    default:
      return JSON.parse(text) as unknown;
  }
}

function agrees(scanner: JsonScanner, bytes: Uint8Array): void {
  const expected = parsed(bytes);
  expect(scan(scanner, bytes)).toBe(expected !== undefined);
  if (expected === undefined) return;
  PATHS.forEach((path, slot) => {
    const value = valueAt(expected, path) ?? undefined; // null is taken as absent
    const own = captured(scanner, slot);
    const lone = (each: unknown) => JSON.stringify(each)?.replace(/\\ud[89a-f][0-9a-f]{2}/g, '\ufffd');
    expect(lone(own), path.join('.')).toBe(lone(value));
  });
}

const leaf = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('-', '', '\\', '"', '\u2028', 'plain text of some length', '中文'),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 4, arbitrary: leaf },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(tie('attribute'), { maxLength: 3 }) },
    { weight: 2, arbitrary: tie('object') },
  ),
  attribute: fc.oneof(
    fc.record({ key: fc.constantFrom(...KEYS), value: tie('value') }),
    fc.record({ value: fc.record({ stringValue: leaf }), key: fc.constantFrom(...KEYS) }),
  ),
  object: fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 5 })), tie('value'), { maxKeys: 6 }),
}));
const record = fc.dictionary(
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...KEYS) }, { weight: 1, arbitrary: fc.string({ maxLength: 5 }) }),
  value,
  { maxKeys: 8 },
);
/** Line feeds end a record, so they are no white space here. */
const text = fc
  .tuple(record, fc.constantFrom(0, 0, 1, 2, '\t'))
  .map(([object, indent]) => JSON.stringify(object, null, indent).replaceAll('\n', ' '));

describe('the scanner and JSON.parse', () => {
  test('agree on generated records, one scanner reading them all', () => {
    const scanner = new JsonScanner(WANTED, PATHS.length);
    fc.assert(
      fc.property(text, (line) => agrees(scanner, encoder.encode(line))),
      { numRuns: 2000 },
    );
  });

  test('agree on records with changed bytes', () => {
    const scanner = new JsonScanner(WANTED, PATHS.length);
    const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...encoder.encode('{}[]",:\\ue0123456789.-+tfn ')));
    const change = fc.record({ at: fc.nat(), byte, kind: fc.constantFrom('set', 'insert', 'delete') });
    let accepted = 0;
    fc.assert(
      fc.property(text, fc.array(change, { minLength: 1, maxLength: 3 }), (line, changes) => {
        let bytes = [...encoder.encode(line)];
        for (const { at, byte: put, kind } of changes) {
          const where = at % (bytes.length + 1);
          bytes = [...bytes.slice(0, where), ...(kind === 'delete' ? [] : [put]), ...bytes.slice(kind === 'insert' ? where : where + 1)];
        }
        const mutated = Uint8Array.from(bytes.filter((each) => each !== 0x0a));
        agrees(scanner, mutated);
        if (parsed(mutated) !== undefined) accepted++;
      }),
      { numRuns: 4000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  test('agree on lines that differ in their spaces only', () => {
    const scanner = new JsonScanner(WANTED, PATHS.length);
    for (const line of ['{"a":1,"b":2}', '{"a": 1,"b":  2}', '{ "a" : 1 , "b" : 2 }', '{"":1}', '{"": 1}', '{"a":"x"}', '{"a": "x"}'])
      agrees(scanner, encoder.encode(line));
  });

  test('agree on a key that is given twice', () => {
    const scanner = new JsonScanner(WANTED, PATHS.length);
    for (const line of [
      '{"a":1,"a":2}',
      '{"a":{"b":1},"a":2}',
      '{"a":1,"a":null}',
      '{"request":{"a":1,"headers":{"b":3}},"request":{"headers":{}}}',
      '{"\\u0061":1,"b":2,"a":3}',
    ])
      agrees(scanner, encoder.encode(line));
  });

  test('escapes of all kinds come out as JSON.parse decodes them', () => {
    const scanner = new JsonScanner(WANTED, PATHS.length);
    for (const line of [
      String.raw`{"a":"\"\\\/\b\f\n\r\t\u00e9\u4e2d\ud83d\ude00"}`,
      String.raw`{"a":"\ud83d"}`,
      String.raw`{"a":"\ude00\ud83dx"}`,
      String.raw`{"a":"\u12"}`,
      String.raw`{"a":"\x41"}`,
    ])
      agrees(scanner, encoder.encode(line));
  });

  test('numbers outside the grammar are refused', () => {
    const scanner = new JsonScanner(WANTED, PATHS.length);
    for (const number of ['0', '-0', '01', '1.', '.5', '+1', '1e', '1e+', '1E5', '-', '1.5e-3', 'NaN', 'Infinity', '0x10', '1_000'])
      agrees(scanner, encoder.encode(`{"a":${number}}`));
  });

  test('deep nesting is refused, not a crash', () => {
    const scanner = new JsonScanner(WANTED, PATHS.length);
    expect(scan(scanner, encoder.encode(`{"z":${'['.repeat(100_000)}${']'.repeat(100_000)}}`))).toBe(false);
  });

  test('the lowest rank among present names wins, in any order', () => {
    const scanner = new JsonScanner(
      [
        { path: ['a'], slot: 0, rank: 0 },
        { path: ['b'], slot: 0, rank: 1 },
      ],
      1,
      { dashIsAbsent: true },
    );
    const read = (line: string) => {
      expect(scan(scanner, encoder.encode(line))).toBe(true);
      return captured(scanner, 0);
    };
    expect(read('{"a":"1","b":"2"}')).toBe('1');
    expect(read('{"b":"2","a":"1"}')).toBe('1');
    expect(read('{"a":"-","b":"2"}')).toBe('2');
    expect(read('{"a":"","b":null}')).toBeUndefined();
  });
});
