import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BatchBuilder,
  COLUMN_NAMES,
  type EventBatch,
  heapString,
  REFERENCE_COLUMNS,
  selectRows,
  splitBatch,
} from '../../services/core/batch.ts';

const encoder = new TextEncoder();

interface Row {
  at: number;
  account: string;
  interface: string;
  bytesOut: number;
  objectNumber: number;
  partition: number;
}

const row: fc.Arbitrary<Row> = fc.record({
  at: fc.integer({ min: 0, max: 2 ** 45 }),
  account: fc.string({ unit: 'grapheme', maxLength: 40 }),
  interface: fc.constantFrom('GET shop/items/{id}', 'POST shop/login', ''),
  bytesOut: fc.maxSafeNat(),
  objectNumber: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  partition: fc.nat({ max: 3 }),
});

function build(rows: Row[]): EventBatch {
  const builder = new BatchBuilder('shop', 'gateway', 'file-1', 1);
  const interned = new Map<string, number>();
  const reference = (text: string): number => {
    if (text === '') return 0;
    const known = interned.get(text);
    if (known !== undefined) return known;
    const bytes = encoder.encode(text);
    const made = builder.addString(bytes, 0, bytes.length);
    interned.set(text, made);
    return made;
  };
  for (const each of rows) {
    const at = builder.addRow();
    builder.columns.at[at] = each.at;
    builder.columns.account[at] = reference(each.account);
    builder.columns.interface[at] = reference(each.interface);
    builder.columns.bytesOut[at] = each.bytesOut;
    builder.columns.objectNumber[at] = each.objectNumber;
  }
  return builder.build();
}

/** Rows as plain data, references resolved. */
function read(batch: EventBatch): Record<string, unknown>[] {
  return Array.from({ length: batch.n }, (_, at) =>
    Object.fromEntries(
      COLUMN_NAMES.map((name) => {
        const value = batch.columns[name][at];
        return [name, (REFERENCE_COLUMNS as readonly string[]).includes(name) ? heapString(batch.heap, value) : value];
      }),
    ),
  );
}

describe('batches', () => {
  test('hold what was put in, however they grew', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 80 }), (rows) => {
        const said = read(build(rows));
        expect(said.map((each) => each.account)).toEqual(rows.map((each) => each.account));
        expect(said.map((each) => each.bytesOut)).toEqual(rows.map((each) => each.bytesOut));
      }),
    );
  });

  test('a split keeps every row once, in order, with its strings', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 80 }), (rows) => {
        const batch = build(rows);
        const whole = read(batch);
        const parts = splitBatch(
          batch,
          Uint8Array.from(rows, (each) => each.partition),
          4,
        );
        for (let p = 0; p < 4; p++) {
          const part = parts[p];
          const mine = whole.filter((_, at) => rows[at].partition === p);
          expect(part === undefined ? [] : read(part)).toEqual(mine);
          if (part !== undefined) expect([part.tenant, part.source, part.partition]).toEqual(['shop', 'gateway', 'file-1']);
        }
      }),
    );
  });

  test('a part carries only the strings that it uses', () => {
    const batch = build([
      { at: 1, account: 'a-very-long-account-name', interface: '', bytesOut: 0, objectNumber: -1, partition: 0 },
      { at: 2, account: 'b', interface: '', bytesOut: 0, objectNumber: -1, partition: 1 },
    ]);
    const [, second] = splitBatch(batch, Uint8Array.of(0, 1), 2);
    expect(second?.heap.count).toBe(1);
    expect(second?.heap.bytes.length).toBe(1);
  });

  test('selected rows are those marked', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(row, fc.boolean()), { minLength: 1, maxLength: 40 }), (marked) => {
        const batch = build(marked.map(([each]) => each));
        const kept = selectRows(
          batch,
          Uint8Array.from(marked, ([, keep]) => (keep ? 1 : 0)),
        );
        expect(read(kept)).toEqual(read(batch).filter((_, at) => marked[at][1]));
      }),
    );
  });
});
