/**
 * Chapter 2: the aggregate.
 *
 * Every windowed feature is an aggregate: empty, add, merge, result. Its result is a function of the multiset of what was
 * added, never of the order, and merging the aggregates of any split gives the aggregate of the whole. From these two
 * laws follows all that Weir promises about splits, shuffles and restarts, so an aggregate that breaks them is refused.
 *
 * And it is bounded by its type: whatever an attacker sends, it does not grow beyond a constant.
 */
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../services/core/codec.ts';
import { hashString } from '../../services/core/hash.ts';
import { HashSets } from '../../services/core/hash-sets.ts';
import { members } from '../support/members.ts';

test('sums are over integers (events, bytes, milliseconds): floating point would depend on the order', () => {
  const seconds = [0.1, 0.2, 0.3];
  const add = (sum: number, x: number) => sum + x;
  expect(seconds.reduce(add, 0)).not.toBe([...seconds].reverse().reduce(add, 0));
  const milliseconds = [100, 200, 300];
  expect(milliseconds.reduce(add, 0)).toBe([...milliseconds].reverse().reduce(add, 0));
});

/** Many distinct-value sets share one arena; a set is named by a number. K is how many hashes a set may keep. */
const K = 64;
function objectsOf(names: string[]): HashSets {
  const sets = new HashSets();
  sets.reserve(1);
  for (const name of names) sets.add(0, hashString(name), K);
  return sets;
}

function named(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `order-${from + i}`);
}

test('distinct counts keep the K smallest hashes: exact below K, an estimate above, never more memory', () => {
  expect(objectsOf(named(0, 40)).distinct(0, K)).toBe(40);
  const many = objectsOf(named(0, 20_000));
  expect(many.count(0)).toBe(K);
  // the relative standard error of a bottom-k estimate is about 1/sqrt(k - 2) = 13 %; three of them
  expect(Math.abs(many.distinct(0, K) - 20_000)).toBeLessThan(0.39 * 20_000);
});

test('a value seen again changes nothing', () => {
  expect(members(objectsOf([...named(0, 40), ...named(0, 40)]), 0)).toEqual(members(objectsOf(named(0, 40)), 0));
});

test('two tasks that each saw a part merge to what one task would have seen', () => {
  const whole = objectsOf(named(0, 500));
  const merged = objectsOf(named(0, 300));
  const writer = new ByteWriter();
  objectsOf(named(200, 500)).write(0, writer, false); // a partial on its way; the parts overlap
  merged.mergeFrom(0, new ByteReader(writer.finish()), K);
  expect(members(merged, 0)).toEqual(members(whole, 0));
});

test("an account's history forgets its oldest first, by day and hash, so it too does not depend on order", () => {
  const visits: [address: string, day: number][] = [
    ['home', 1],
    ['work', 2],
    ['train', 3],
    ['hotel', 4],
  ];
  const history = (order: [string, number][]): HashSets => {
    const sets = new HashSets();
    sets.reserve(1);
    for (const [address, day] of order) sets.remember(0, hashString(address), day, 3);
    return sets;
  };
  expect(history(visits).has(0, hashString('home'))).toBe(false);
  expect(members(history([...visits].reverse()), 0)).toEqual(members(history(visits), 0));
});
