import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../services/core/codec.ts';

/** One written value of each kind, with how to read it back. */
const item = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant('uint' as const), value: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant('int' as const), value: fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.nat({ max: 0xffffffff }) }),
  fc.record({ kind: fc.constant('f64' as const), value: fc.double() }),
  fc.record({ kind: fc.constant('string' as const), value: fc.string({ unit: 'grapheme' }) }),
  fc.record({ kind: fc.constant('block' as const), value: fc.uint8Array() }),
);

describe('codec', () => {
  test('what is written is read back, in order and to the end', () => {
    fc.assert(
      fc.property(fc.array(item), fc.integer({ min: 1, max: 64 }), (items, capacity) => {
        const writer = new ByteWriter(capacity);
        for (const { kind, value } of items) (writer[kind] as (v: unknown) => void)(value);
        const reader = new ByteReader(writer.finish());
        for (const { kind, value } of items) expect(reader[kind]()).toEqual(value);
        expect(reader.done).toBe(true);
      }),
    );
  });

  test('what ends early is an error, never a wrong value', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1 }), fc.nat(), (items, cut) => {
        const writer = new ByteWriter();
        for (const { kind, value } of items) (writer[kind] as (v: unknown) => void)(value);
        const whole = writer.finish();
        const reader = new ByteReader(whole.subarray(0, cut % whole.length));
        expect(() => {
          for (const { kind } of items) reader[kind]();
        }).toThrow(/packed data ends/);
      }),
    );
  });

  test('a reader keeps to its view of a larger buffer', () => {
    const writer = new ByteWriter();
    writer.f64(1.5);
    writer.u32(7);
    const framed = new Uint8Array(writer.length + 3);
    framed.set(writer.finish(), 3);
    const reader = new ByteReader(framed.subarray(3));
    expect([reader.f64(), reader.u32(), reader.done]).toEqual([1.5, 7, true]);
  });
});
