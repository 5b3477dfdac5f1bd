import type { LedgerEntry } from '../../core/sink.ts';
import { parseLedgerCounter } from '../../core/topology-contract.ts';
import { addCounters } from '../counters.ts';

/** What tasks have counted since their run started, on top of what was counted before. */
export function totalsOf(before: Readonly<Record<string, number>>, counters: Readonly<Record<string, number>>): Record<string, number> {
  const totals = { ...before };
  addCounters(totals, counters);
  return totals;
}

/** Entries of the ledger among the counters, in order. @param run its name */
export function ledgerOf(run: string, totals: Readonly<Record<string, number>>): LedgerEntry[] {
  const entries: LedgerEntry[] = [];
  for (const [name, count] of Object.entries(totals).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const parsed = parseLedgerCounter(name);
    if (parsed !== undefined) entries.push({ run, ...parsed, count });
  }
  return entries;
}
