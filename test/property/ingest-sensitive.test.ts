import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SpanKind } from '../../services/ingest/sensitive/scanner.ts';
import { SensitiveScanner } from '../../services/ingest/sensitive/scanner.ts';
import type { SensitiveTypeName } from '../../services/ingest/sensitive/types.ts';
import { SENSITIVE_TYPES } from '../../services/ingest/sensitive/types.ts';
import { Chance, MAKERS } from '../bench/sensitive-values.ts';

const scanner = new SensitiveScanner([1, 2, 3, 4]);
const KINDS = ['query', 'path', 'body'] as const;
/** Types that need no name. */
const BARE: readonly SensitiveTypeName[] = [
  'resident_id',
  'bank_card',
  'credit_code',
  'iban',
  'mobile',
  'email',
  'plate',
  'jwt',
  'api_key',
  'ssn',
];
const CHECKED: readonly SensitiveTypeName[] = ['resident_id', 'bank_card', 'credit_code', 'iban', 'mrz'];

function found(kind: SpanKind, text: string | Uint8Array): string[] {
  const bytes = Buffer.from(text);
  const told: string[] = [];
  scanner.scan(kind, bytes, 0, bytes.length, (type, _masked, _shape, hash) => told.push(`${SENSITIVE_TYPES[type].name} ${hash}`));
  return told;
}

const typesIn = (kind: SpanKind, text: string): string[] => found(kind, text).map((one) => one.split(' ')[0]);
const value = (type: SensitiveTypeName): fc.Arbitrary<string> =>
  fc.integer({ min: 0, max: 1 << 30 }).map((seed) => MAKERS[type](new Chance(seed)));
/** Text without what could hang on to a value: letters, digits and signs stand apart from it by a space or a Chinese sign. */
const surrounding = fc.oneof(
  fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[#*%\\0-9@+.-]/g, '')),
  fc.constantFrom('', 'hello world', '您好', 'the customer wrote', '{"a":1,"b":[true]}', '<a><b>', '/x/y/', 'k1=v1&k2=v2'),
);
/** Words before a value that say that it is something else. */
const NO_LABEL = ' ; see ';

/** A card number that opens like an order of the 2020s is only found where a name says card. */
const opensWithDate = (type: SensitiveTypeName, text: string): boolean =>
  type === 'bank_card' && /^2\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])/.test(text);

describe('any valid value is found in any surrounding text', () => {
  test.each(BARE)('%s', (type) => {
    fc.assert(
      fc.property(value(type), surrounding, surrounding, fc.constantFrom(...KINDS), (text, before, after, kind) => {
        fc.pre(!opensWithDate(type, text));
        const spaced = kind === 'query' || kind === 'path' ? encodeURIComponent(text) : text;
        expect(typesIn(kind, `${before}${NO_LABEL}${spaced} ; ${after}`)).toContain(type);
      }),
      { numRuns: 150 },
    );
  });

  test('with Chinese signs on both sides', () => {
    fc.assert(
      fc.property(fc.constantFrom(...BARE.filter((type) => type !== 'plate')), fc.integer({ min: 0, max: 1 << 30 }), (type, seed) => {
        const text = MAKERS[type](new Chance(seed));
        fc.pre(!opensWithDate(type, text));
        expect(typesIn('body', `客户说${text}对吗`)).toContain(type);
      }),
    );
  });
});

describe('one character changed', () => {
  // Luhn, mod 11-2, mod 97, mod 31 and the weights of ICAO 9303 find every change of one digit but those of equal weight there (by ten)
  test.each(CHECKED)('%s is not found', (type) => {
    fc.assert(
      fc.property(value(type), fc.nat(), fc.integer({ min: 1, max: 9 }), (text, place, by) => {
        const line = type === 'mrz' ? text.indexOf('\n') + 1 : 0;
        const digits = [...text].flatMap((c, i) => (i >= line && /\d/.test(c) ? [i] : []));
        const at = digits[place % digits.length];
        const changed = `${text.slice(0, at)}${(Number(text[at]) + by) % 10}${text.slice(at + 1)}`;
        // a country whose IBANs have other lengths, a zone whose filler was 0
        fc.pre(!(type === 'mrz' && at - line === 42));
        expect(typesIn('body', `see ${changed} ;`)).not.toContain(type);
      }),
      { numRuns: 300 },
    );
  });
});

test('percent-encoding any byte changes nothing', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SENSITIVE_TYPES.map(({ name }) => name)),
      fc.integer({ min: 0, max: 1 << 30 }),
      fc.infiniteStream(fc.boolean()),
      (type, seed, coin) => {
        const text = `page=1&${type === 'person_name' ? 'xm' : type}=${MAKERS[type](new Chance(seed))}`;
        const plain = Buffer.from(text).toString('latin1').replaceAll(' ', '%20').replaceAll('+', '%2B');
        const head = plain.indexOf('=', 7) + 1;
        const encoded =
          plain.slice(0, head) +
          plain
            .slice(head)
            .replaceAll(/%..|[^%]/gs, (c) =>
              c.length > 1 || !coin.next().value ? c : `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
            );
        const all = found('query', Buffer.from(encoded, 'latin1'));
        expect(all).toEqual(found('query', Buffer.from(plain, 'latin1')));
        expect(all.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 400 },
  );
});

test('JSON escapes change nothing', () => {
  fc.assert(
    fc.property(fc.constantFrom(...BARE), fc.integer({ min: 0, max: 1 << 30 }), fc.integer({ min: 0, max: 2 }), (type, seed, layers) => {
      const one = MAKERS[type](new Chance(seed));
      fc.pre(!opensWithDate(type, one));
      let text = JSON.stringify({ value: one });
      const once = found('body', text);
      for (let i = 0; i < layers; i++)
        text = JSON.stringify(text)
          .slice(1, -1)
          .replaceAll(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
      expect(found('body', text)).toEqual(once);
      expect(once.length).toBeGreaterThan(0);
    }),
  );
});

describe('random digits are found at the rate of chance', () => {
  /** Digits, and the highest share that prefix and check digit let through, with room for the draw. */
  test.each([
    [9, 0],
    [10, 0],
    [12, 0],
    [13, 0.002],
    [14, 0],
    [15, 0.008],
    [16, 0.03],
    [17, 0.004],
    [18, 0.004],
    [19, 0.004],
    [20, 0],
  ])('%i digits: at most %f', (length, most) => {
    const chance = new Chance(length);
    const runs = 6000;
    let hits = 0;
    for (let i = 0; i < runs; i++) if (found('query', `q=${chance.digits(length)}`).length > 0) hits++;
    expect(hits / runs).toBeLessThanOrEqual(most);
  });
});

test('any bytes: no error, no endless loop, the same twice', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(...KINDS), (bytes, kind) => {
      expect(found(kind, bytes)).toEqual(found(kind, bytes));
    }),
  );
  const pieces = fc.constantFrom(
    '=',
    '&',
    '"',
    ':',
    '<',
    '@',
    '*',
    '%2',
    '\\u',
    '138',
    '1234',
    '京',
    'A',
    'eyJ',
    '.',
    '-',
    'name',
    'code',
    ' ',
    '/',
    'P<',
    'x',
    '{',
    ',',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), fc.constantFrom(...KINDS), (parts, kind) => {
      expect(found(kind, parts.join(''))).toEqual(found(kind, parts.join('')));
    }),
    { numRuns: 400 },
  );
});
