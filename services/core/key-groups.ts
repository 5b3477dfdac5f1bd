import { hash32, hashString } from './hash.ts';

/** Keys hash into this many groups; a partition owns a contiguous run of them, so that state can move between tasks. */
export const KEY_GROUPS = 256;

/** Seed of the placement hash: another one than any other use of the same bytes, so that placement says nothing else. */
const PLACEMENT_SEED = 0x77656972;

/** Key group (0..255) of a key's bytes. The tenant is part of the key only through the state it lives in. */
export function keyGroup(bytes: Uint8Array, start: number, end: number): number {
  return hash32(bytes, start, end, PLACEMENT_SEED) & (KEY_GROUPS - 1);
}

export function keyGroupOf(key: string): number {
  return hashString(key, PLACEMENT_SEED) & (KEY_GROUPS - 1);
}

/** The partition (0..partitions-1) that owns a key group: group x P / 256, rounded down. */
export function partitionOf(group: number, partitions: number): number {
  return Math.floor((group * partitions) / KEY_GROUPS);
}
