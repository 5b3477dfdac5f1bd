import { hashString } from '../core/hash.ts';

/**
 * Splits tenants into folds, so that each fold has its part of every kind: tenants of a kind are put in an order by the
 * hash of their names and dealt out in turn. The result is the fold of each tenant, 0..folds-1.
 */
export function foldsOf(tenants: readonly { tenant: string; kind: string }[], folds: number): number[] {
  const of = new Array<number>(tenants.length).fill(0);
  let dealt = 0;
  for (const kind of [...new Set(tenants.map((one) => one.kind))].sort()) {
    const members = tenants
      .map((one, index) => ({ ...one, index, hash: hashString(one.tenant) >>> 0 }))
      .filter((one) => one.kind === kind)
      .sort((a, b) => a.hash - b.hash || a.index - b.index);
    for (const { index } of members) of[index] = dealt++ % folds;
  }
  return of;
}
