import { describe, expect, test } from 'vitest';
import { hash32, hashString, mix32, sipHash } from '../../services/core/hash.ts';
import { KEY_GROUPS, keyGroup, keyGroupOf, partitionOf } from '../../services/core/key-groups.ts';

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

describe('hash32 is murmur3_x86_32', () => {
  test.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['ffffffff', 0, 0x76293b50],
    ['21436587', 0, 0xf55b516b],
    ['21436587', 0x5082edee, 0x2362f9de],
    ['214365', 0, 0x7e4a8634],
    ['2143', 0, 0xa0f7b07a],
    ['21', 0, 0x72661cf4],
    ['00000000', 0, 0x2362f9de],
    ['000000', 0, 0x85f0b427],
    ['0000', 0, 0x30f4c306],
    ['00', 0, 0x514e28b7],
  ])('of the published vector %s with seed %i', (hex, seed, expected) => {
    const bytes = bytesOf(hex);
    expect(hash32(bytes, 0, bytes.length, seed)).toBe(expected);
  });

  test.each([
    ['aaaa', 0x5a97808a],
    ['Hello, world!', 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0x2fa826cd],
  ])('of the published text "%s"', (text, expected) => {
    expect(hashString(text, 0x9747b28c)).toBe(expected);
  });

  test('looks at nothing outside its range', () => {
    const bytes = bytesOf('aa21436587bb');
    expect(hash32(bytes, 1, 5)).toBe(0xf55b516b);
  });

  test('mix32 of distinct words are distinct', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 20_000; i++) seen.add(mix32(i * 7919));
    expect(seen.size).toBe(20_000);
  });
});

describe('sipHash is SipHash-2-4', () => {
  const key = Uint32Array.of(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
  // output bytes for the inputs 00 01 … n-1 under the key 00 01 … 0f, from the reference implementation's vectors
  test.each([
    [0, '310e0edd47db6f72'],
    [1, 'fd67dc93c539f874'],
    [2, '5a4fa9d909806c0d'],
    [3, '2d7efbd796666785'],
    [4, 'b7877127e09427cf'],
    [5, '8da699cd64557618'],
    [6, 'cee3fe586e46c9cb'],
    [7, '37d1018bf50002ab'],
    [8, '6224939a79f5f593'],
    [15, 'e545be4961ca29a1'],
  ])('of the published vector of %i bytes', (length, expected) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i);
    const out = new Uint32Array(2);
    sipHash(key, bytes, 0, length, out);
    const said = Buffer.alloc(8);
    said.writeUInt32LE(out[0], 0);
    said.writeUInt32LE(out[1], 4);
    expect(said.toString('hex')).toBe(expected);
  });
});

describe('key groups', () => {
  test('a key has one group, whether given as text or as bytes', () => {
    const bytes = new TextEncoder().encode('xx顾客-17xx');
    expect(keyGroup(bytes, 2, bytes.length - 2)).toBe(keyGroupOf('顾客-17'));
  });

  test('keys spread evenly over groups', () => {
    const counts = new Uint32Array(KEY_GROUPS);
    for (let i = 0; i < 256 * 200; i++) counts[keyGroupOf(`account-${i}`)]++;
    // binomial with mean 200: six standard deviations are 85
    expect(Math.min(...counts)).toBeGreaterThan(115);
    expect(Math.max(...counts)).toBeLessThan(285);
  });

  test.each([1, 2, 3, 7, 12, 256])('%i partitions own contiguous runs of groups that differ by at most one', (partitions) => {
    const sizes = new Uint32Array(partitions);
    let before = 0;
    for (let group = 0; group < KEY_GROUPS; group++) {
      const partition = partitionOf(group, partitions);
      expect(partition === before || partition === before + 1).toBe(true);
      before = partition;
      sizes[partition]++;
    }
    expect(before).toBe(partitions - 1);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });
});
