import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../services/core/codec.ts';
import { HashSets } from '../../services/core/hash-sets.ts';

/** Hashes from a small range, so that repeats, evictions and index collisions all happen. */
const hashes = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 300 });

function members(sets: HashSets, list: number): number[] {
  const found: number[] = [];
  for (let node = sets.first(list); node >= 0; node = sets.after(node)) found.push(sets.hashOf(node));
  return found.sort((a, b) => a - b);
}

/** What a bottom-k set holds, by its definition. */
function smallest(added: readonly number[], k: number): number[] {
  return [...new Set(added)].sort((a, b) => a - b).slice(0, k);
}

describe('bounded sets of hashes', () => {
  test.each([4, 16, 64])('the %i smallest stay, in any order of adding', (k) => {
    fc.assert(
      fc.property(hashes, hashes, (mine, other) => {
        const sets = new HashSets();
        sets.reserve(3);
        for (let i = 0; i < Math.max(mine.length, other.length); i++) {
          if (i < mine.length) sets.add(1, mine[i], k);
          if (i < other.length) sets.add(2, other[i], k);
        }
        expect(members(sets, 1)).toEqual(smallest(mine, k));
        expect(members(sets, 2)).toEqual(smallest(other, k));
        if (new Set(mine).size < k) expect(sets.distinct(1, k)).toBe(new Set(mine).size);
      }),
    );
  });

  test('a member keeps its value; one that was refused has none', () => {
    fc.assert(
      fc.property(hashes, (added) => {
        const sets = new HashSets();
        for (const hash of added) {
          const node = sets.add(0, hash, 16);
          if (node >= 0) sets.setValue(node, hash + 1);
        }
        for (let node = sets.first(0); node >= 0; node = sets.after(node)) expect(sets.valueOf(node)).toBe(sets.hashOf(node) + 1);
      }),
    );
  });

  test('merging parts is adding all, and a cleared list starts anew', () => {
    fc.assert(
      fc.property(hashes, hashes, hashes, (a, b, before) => {
        const parts = [a, b].map((added) => {
          const sets = new HashSets();
          for (const hash of added) sets.add(0, hash, 32);
          const writer = new ByteWriter();
          sets.write(0, writer, false);
          return writer.finish();
        });
        const merged = new HashSets();
        for (const hash of before) merged.add(0, hash, 32);
        merged.clear(0);
        for (const part of parts) merged.mergeFrom(0, new ByteReader(part), 32);
        expect(members(merged, 0)).toEqual(smallest([...a, ...b], 32));
      }),
    );
  });
});
