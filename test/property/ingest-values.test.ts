import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { invalidUtf8At } from '../../services/ingest/records/utf8.ts';
import { scaledOf, unsignedOf } from '../../services/ingest/values/numbers.ts';
import { NO_TIME, timeOf } from '../../services/ingest/values/time.ts';

const encoder = new TextEncoder();
const time = (text: string): number => {
  const bytes = encoder.encode(`${text}    `);
  return timeOf(bytes, 0, bytes.length - 4);
};
const scaled = (text: string, shift: number): number => {
  const bytes = encoder.encode(`${text}    `);
  return scaledOf(bytes, 0, bytes.length - 4, shift);
};
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const pad = (value: number, length = 2) => String(value).padStart(length, '0');
const instant = fc.date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2199-12-31T00:00:00Z'), noInvalidDate: true });
const offset = fc.integer({ min: -14 * 60, max: 14 * 60 });

describe('times', () => {
  test('ISO 8601 with any zone and fraction is what Date makes of it', () => {
    fc.assert(
      fc.property(instant, offset, fc.constantFrom('T', ' '), fc.boolean(), (date, minutes, between, colon) => {
        const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, 23).replace('T', between);
        const zone = `${minutes < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}${colon ? ':' : ''}${pad(Math.abs(minutes) % 60)}`;
        expect(time(local + zone)).toBe(date.getTime());
        expect(time(date.toISOString())).toBe(date.getTime());
      }),
    );
  });

  test('the time of access logs, and HTTP dates', () => {
    fc.assert(
      fc.property(instant, offset, (date, minutes) => {
        const local = new Date(date.getTime() + minutes * 60_000);
        const zone = `${minutes < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}${pad(Math.abs(minutes) % 60)}`;
        const clock = `${pad(local.getUTCHours())}:${pad(local.getUTCMinutes())}:${pad(local.getUTCSeconds())}`;
        const text = `${pad(local.getUTCDate())}/${MONTHS[local.getUTCMonth()]}/${local.getUTCFullYear()}:${clock} ${zone}`;
        const second = Math.floor(date.getTime() / 1000) * 1000;
        expect(time(text)).toBe(second);
        expect(time(`[${text}]`)).toBe(second);
        expect(time(date.toUTCString())).toBe(second);
      }),
    );
  });

  test('the epoch in seconds, milli-, micro- and nanoseconds', () => {
    fc.assert(
      fc.property(instant, (date) => {
        const ms = date.getTime();
        expect(time((ms / 1000).toFixed(3))).toBe(ms);
        expect(time(String(Math.floor(ms / 1000)))).toBe(Math.floor(ms / 1000) * 1000);
        if (ms < 1e12) return;
        expect(time(String(ms))).toBe(ms);
        expect(time(`${ms}123`)).toBe(ms);
        expect(time(`${ms}123456`)).toBe(ms);
      }),
    );
  });

  test.each([
    '',
    '-',
    'now',
    '2026-13-01T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:00+25:00',
    '2026-01-01T00:00:00.Z',
    '01/Foo/2026:00:00:00 +0000',
    '01/Jan/2026:00:00:00',
    '1/Jan/2026',
    '2026-01-01',
    '12:00:00',
    '1e400',
    '-5',
    'Mon, 32 Mar 2026 02:15:30 GMT',
    'Mon, 02 Mar 2026 02:15:30 CET',
    '99999999999999999999',
  ])('%j is no time, or one of its own', (text) => {
    if (text === '01/Jan/2026:00:00:00') expect(time(text)).toBe(Date.UTC(2026, 0, 1));
    else expect(time(text)).toBe(NO_TIME);
  });

  test('a leap second is the second before', () => {
    expect(time('2016-12-31T23:59:60Z')).toBe(Date.UTC(2016, 11, 31, 23, 59, 59));
  });
});

describe('numbers', () => {
  test('decimals are scaled in decimal digits, half up', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 99_999_999 }),
        fc.integer({ min: 0, max: 999_999 }),
        fc.integer({ min: 1, max: 6 }),
        (whole, fraction, digits) => {
          const text = `${whole}.${pad(fraction, 6).slice(0, digits)}`;
          const exact = BigInt(whole) * 1_000_000n + BigInt(pad(fraction, 6).slice(0, digits).padEnd(6, '0'));
          expect(scaled(text, 3)).toBe(Number((exact + 500n) / 1000n));
          expect(scaled(String(whole), 3)).toBe(whole * 1000);
        },
      ),
    );
    expect([
      scaled('1.0005', 3),
      scaled('111.99998855591', 0),
      scaled('1e-3', 3),
      scaled('2.5E2', 0),
      scaled('.5', 3),
      scaled('5.', 0),
    ]).toEqual([1001, 112, 1, 250, 500, 5]);
  });

  test.each(['', '-1', 'abc', '1.2.3', '1e999', '0x10', '1,5', 'NaN'])('%j is no number', (text) => {
    expect(scaled(text, 3)).toBe(-1);
  });

  test('integers have digits only', () => {
    const unsigned = (text: string) => unsignedOf(encoder.encode(text), 0, text.length);
    expect([
      unsigned('0'),
      unsigned('007'),
      unsigned('123456789012345'),
      unsigned('1234567890123456'),
      unsigned('1.0'),
      unsigned(''),
    ]).toEqual([0, 7, 123456789012345, -1, -1, -1]);
  });
});

test('UTF-8 is what TextDecoder accepts', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const part = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4 }).map((text) => [...encoder.encode(text)]),
    fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 3 }),
    fc.constantFrom([0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0x80], [0xe0, 0x80, 0x80]),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const bytes = Uint8Array.from(parts.flat());
      let valid = true;
      try {
        decoder.decode(bytes);
      } catch {
        valid = false;
      }
      expect(invalidUtf8At(bytes, 0, bytes.length) < 0).toBe(valid);
    }),
    { numRuns: 3000 },
  );
});
