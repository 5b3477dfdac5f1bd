import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ingest, type PlainEvent } from '../support/ingest-events.ts';
import { JSON_CASES } from '../support/json-records.ts';

/** Unknown things to put among a record's fields. */
const { unknown } = fc.letrec((tie) => ({
  unknown: fc.oneof(
    { maxDepth: 6, depthSize: 'medium' },
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, '}', ']"', '中文'),
    fc.array(tie('unknown'), { maxLength: 3 }),
    fc.dictionary(
      fc.string({ maxLength: 4 }).map((name) => `zz${name}`),
      tie('unknown'),
      { maxKeys: 3 },
    ),
  ),
}));

/** The same JSON, written otherwise: keys in another order, unknown ones among them, escapes, space. Draws its choices from `dice`. */
function written(value: unknown, dice: () => number, extras: readonly unknown[]): string {
  const space = (): string => ['', '', '', ' ', '\t', '  '][Math.floor(dice() * 6)];
  if (Array.isArray(value)) return `[${space()}${value.map((each) => written(each, dice, extras)).join(`${space()},${space()}`)}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, each]) => `${text(key, dice)}${space()}:${space()}${written(each, dice, extras)}`);
    if (dice() < 0.4 && extras.length > 0) {
      const extra = extras[Math.floor(dice() * extras.length)];
      members.push(`${text(`zz${members.length}`, dice)}:${JSON.stringify(extra)}`);
    }
    for (let i = members.length - 1; i > 0; i--) {
      const j = Math.floor(dice() * (i + 1));
      [members[i], members[j]] = [members[j], members[i]];
    }
    return `{${space()}${members.join(`${space()},${space()}`)}${space()}}`;
  }
  return typeof value === 'string' ? text(value, dice) : JSON.stringify(value);
}

/** A string in which some characters are escaped that need not be; `-` and `0`, which stand for none, nobody escapes. */
function text(value: string, dice: () => number): string {
  if (value.length === 1) return JSON.stringify(value);
  return `"${[...JSON.stringify(value).slice(1, -1)]
    .map((c, i, all) => {
      if (c === '/' && dice() < 0.2) return '\\/';
      const isPlain = c !== '\\' && all[i - 1] !== '\\' && c.length === 1;
      return isPlain && dice() < 0.05 ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}` : c;
    })
    .join('')}"`;
}

/** What an event says, without what the bytes of its record decide. */
function meaning({ content: _, ...event }: PlainEvent): Omit<PlainEvent, 'content'> {
  return event;
}

describe('the same record, written otherwise, is the same event', () => {
  test.each(JSON_CASES.map((each) => [`${each.format}: ${each.name}`, each] as const))('%s', (_, { format, record }) => {
    const expected = ingest(`${JSON.stringify(record)}\n`, { format }).events.map(meaning);
    expect(expected).toHaveLength(1);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 7, maxLength: 97 }),
        fc.array(unknown, { maxLength: 4 }),
        (rolls, extras) => {
          let at = 0;
          const line = written(record, () => rolls[at++ % rolls.length], extras);
          expect(JSON.parse(line)).toMatchObject(record);
          const { events, dead } = ingest(`${line}\n`, { format });
          expect(dead).toEqual([]);
          expect(events.map(meaning)).toEqual(expected);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('broken records', () => {
  test('are events or dead letters, every one, and what follows is read', () => {
    const whole = JSON_CASES.map(({ format, record }) => ({ format, line: JSON.stringify(record) }));
    const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...new TextEncoder().encode('{}[]",:\\0-tfn ')));
    const change = fc.record({ at: fc.nat(), byte, kind: fc.constantFrom('set', 'insert', 'delete', 'cut') });
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.array(change, { minLength: 1, maxLength: 4 }), ({ format, line }, changes) => {
        let bytes = [...new TextEncoder().encode(line)];
        for (const { at, byte: value, kind } of changes) {
          const place = at % (bytes.length + 1);
          if (kind === 'set') bytes[place % bytes.length] = value;
          else if (kind === 'insert') bytes.splice(place, 0, value);
          else if (kind === 'delete') bytes.splice(place, 1);
          else bytes = bytes.slice(0, Math.max(1, place));
        }
        const { events, dead, stage } = ingest(Uint8Array.from([...bytes, 10, ...new TextEncoder().encode(line), 10]), { format });
        const read = Object.entries(stage.counters()).find(([name]) => name.startsWith('read'))?.[1];
        expect(events.length + dead.length).toBe(read);
        expect(events.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});
