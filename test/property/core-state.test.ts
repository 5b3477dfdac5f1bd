import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../services/core/codec.ts';
import { HashSets } from '../../services/core/hash-sets.ts';
import { KeyTable } from '../../services/core/key-table.ts';
import { members } from '../support/members.ts';

const encoder = new TextEncoder();
const hashes = fc.array(fc.nat({ max: 0xffffffff }), { maxLength: 60 });

describe('KeyTable', () => {
  test('behaves as a map whose ids are reused', () => {
    const step = fc.record({ key: fc.integer({ min: 0, max: 300 }), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const table = new KeyTable();
        const model = new Map<string, number>();
        for (const { key, remove } of steps) {
          const name = `${'k'.repeat(key % 70)}${key}`;
          const known = model.get(name);
          if (remove && known !== undefined) {
            table.remove(known);
            model.delete(name);
            continue;
          }
          const bytes = encoder.encode(`>${name}<`);
          const id = table.intern(bytes, 1, bytes.length - 1);
          if (known === undefined) expect([...model.values()]).not.toContain(id);
          else expect(id).toBe(known);
          model.set(name, id);
        }
        expect(table.count).toBe(model.size);
        expect([...table.ids()].sort((a, b) => a - b)).toEqual([...model.values()].sort((a, b) => a - b));
        for (const [name, id] of model) expect(new TextDecoder().decode(table.keyBytes(id))).toBe(name);
      }),
      { numRuns: 60 },
    );
  });
});

/** The k smallest distinct hashes. */
function smallest(values: number[], k: number): number[] {
  return [...new Set(values)].sort((a, b) => a - b).slice(0, k);
}

function setOf(values: number[], k: number): HashSets {
  const sets = new HashSets();
  sets.reserve(1);
  for (const value of values) sets.add(0, value, k);
  return sets;
}

describe('HashSets', () => {
  test('a bottom-k set is a function of what was added, not of its order', () => {
    fc.assert(
      fc.property(hashes, fc.integer({ min: 1, max: 12 }), (values, k) => {
        const expected = smallest(values, k);
        expect(members(setOf(values, k), 0).map((member) => member.hash)).toEqual(expected);
        expect(members(setOf([...values].reverse(), k), 0).map((member) => member.hash)).toEqual(expected);
      }),
    );
  });

  test('merging the sets of any split gives the set of the whole', () => {
    fc.assert(
      fc.property(hashes, hashes, fc.integer({ min: 1, max: 12 }), (left, right, k) => {
        const merged = setOf(left, k);
        const writer = new ByteWriter();
        setOf(right, k).write(0, writer, false);
        merged.mergeFrom(0, new ByteReader(writer.finish()), k);
        expect(members(merged, 0)).toEqual(members(setOf([...left, ...right], k), 0));
        expect(merged.distinct(0, k)).toBe(setOf([...left, ...right], k).distinct(0, k));
      }),
    );
  });

  test('a count below k is exact', () => {
    fc.assert(
      fc.property(hashes, (values) => {
        expect(setOf(values, 64).distinct(0, 64)).toBe(new Set(values).size);
      }),
    );
  });

  test('lists of one arena do not disturb each other', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 500 }), fc.boolean()), { maxLength: 200 }), (steps) => {
        const sets = new HashSets();
        sets.reserve(5);
        const model: number[][] = [[], [], [], [], []];
        for (const [list, value, clear] of steps) {
          if (clear && value % 7 === 0) {
            sets.clear(list);
            model[list] = [];
          } else {
            sets.add(list, value, 8);
            model[list].push(value);
          }
        }
        for (let list = 0; list < 5; list++) expect(members(sets, list).map((member) => member.hash)).toEqual(smallest(model[list], 8));
      }),
    );
  });
});
