import type { HashSets } from '../../services/core/hash-sets.ts';

/** Members of a list in ascending order of hash. */
export function members(sets: HashSets, list: number): { hash: number; value: number }[] {
  const found: { hash: number; value: number }[] = [];
  for (let node = sets.first(list); node >= 0; node = sets.after(node)) found.push({ hash: sets.hashOf(node), value: sets.valueOf(node) });
  return found.sort((a, b) => a.hash - b.hash);
}
