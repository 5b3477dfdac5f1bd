import type { Reader } from './reader.ts';

/** A source's events by fate, all runs together. */
export interface SourceBalance {
  tenant: string;
  source: string;
  read: number;
  windowed: number;
  late: number;
  dead: number;
  held: number;
  /** dead letters by reason */
  reasons: Record<string, number>;
  /** read − all fates: 0 where nothing was lost or doubled */
  missing: number;
}

/** Two counts of one thing. */
export interface Comparison {
  tenant: string;
  /** undefined: all sources of the tenant */
  source?: string;
  what: string;
  expected: number;
  found: number;
  /** false: the difference says nothing yet (`settled` is false) or any more (rows have aged out) */
  judged: boolean;
}

export interface Reconciliation {
  sources: SourceBalance[];
  comparisons: Comparison[];
  /** the last run came to its end; while it goes on, or after it was killed, tables may be ahead of the ledger */
  settled: boolean;
  /** rows are old enough to have been removed by retention */
  aged: boolean;
  balanced: boolean;
}

interface LedgerRow {
  tenant: string;
  source: string;
  fate: string;
  reason: string;
  count: number;
}

/**
 * Checks that every event that was read has one fate, and that the tables hold what the ledger counts: late events and
 * dead letters row by row, account panes against events windowed, interface panes against account panes.
 * @param now ms, to know what retention may have removed
 */
export async function reconcile(reader: Reader, now: number): Promise<Reconciliation> {
  const ledger = await reader.rows<LedgerRow>(
    'SELECT tenant, source, fate, reason, sum(count) AS count FROM ledger GROUP BY tenant, source, fate, reason ORDER BY tenant, source, fate, reason',
  );
  const [last] = await reader.rows<{ closed: number; oldest: string }>(
    'SELECT countIf(closed_at IS NOT NULL AND number = (SELECT max(number) FROM runs)) AS closed, min(opened_at) AS oldest FROM runs',
  );
  const settled = last.closed === 1;
  const aged = now - Date.parse(last.oldest) > (await shortestRetention(reader));
  const sources = balances(ledger);
  const comparisons: Comparison[] = [];
  const compare = (comparison: Omit<Comparison, 'judged'>) => {
    const judged = settled && !(aged && (comparison.source === undefined || comparison.found < comparison.expected));
    comparisons.push({ ...comparison, judged });
  };
  const stored = new Map<string, number>();
  for (const [what, table] of [
    ['late', 'late'],
    ['dead', 'dead_letters'],
  ] as const) {
    const rows = await reader.rows<{ tenant: string; source: string; n: number }>(
      `SELECT tenant, source, count() AS n FROM ${table} GROUP BY tenant, source`,
    );
    for (const { tenant, source, n } of rows) stored.set(`${what}\t${tenant}\t${source}`, n);
  }
  for (const balance of sources) {
    const { tenant, source } = balance;
    compare({ tenant, source, what: 'late events stored', expected: balance.late, found: stored.get(`late\t${tenant}\t${source}`) ?? 0 });
    compare({ tenant, source, what: 'dead letters stored', expected: balance.dead, found: stored.get(`dead\t${tenant}\t${source}`) ?? 0 });
  }
  const panes = await reader.rows<{ tenant: string; account: number; interface: number }>(
    `SELECT tenant, sumIf(values[1], view = 'account') AS account, sumIf(values[1], view = 'interface') AS interface
     FROM windows_raw FINAL WHERE size = '1h' GROUP BY tenant ORDER BY tenant SETTINGS do_not_merge_across_partitions_select_final = 1`,
  );
  const windowed = new Map<string, number>();
  for (const balance of sources) windowed.set(balance.tenant, (windowed.get(balance.tenant) ?? 0) + balance.windowed);
  for (const tenant of [...new Set([...windowed.keys(), ...panes.map((pane) => pane.tenant)])].sort()) {
    const pane = panes.find((row) => row.tenant === tenant) ?? { account: 0, interface: 0 };
    compare({ tenant, what: 'requests in account panes', expected: windowed.get(tenant) ?? 0, found: pane.account });
    compare({ tenant, what: 'requests in interface panes', expected: pane.account, found: pane.interface });
  }
  const balanced = sources.every((source) => source.missing === 0) && comparisons.every((row) => !row.judged || row.expected === row.found);
  return { sources, comparisons, settled, aged, balanced };
}

function balances(ledger: readonly LedgerRow[]): SourceBalance[] {
  const sources = new Map<string, SourceBalance>();
  for (const { tenant, source, fate, reason, count } of ledger) {
    const key = `${tenant}\t${source}`;
    const balance = sources.get(key) ?? { tenant, source, read: 0, windowed: 0, late: 0, dead: 0, held: 0, reasons: {}, missing: 0 };
    sources.set(key, balance);
    if (fate === 'read') {
      balance.read += count;
      balance.missing += count;
      continue;
    }
    balance.missing -= count;
    if (fate === 'windowed' || fate === 'late' || fate === 'held') balance[fate] += count;
    else if (fate === 'dead') {
      balance.dead += count;
      balance.reasons[reason] = (balance.reasons[reason] ?? 0) + count;
    }
  }
  return [...sources.values()];
}

/** The shortest retention that a table declares, ms. */
async function shortestRetention(reader: Reader): Promise<number> {
  const [{ days }] = await reader.rows<{ days: number }>(
    String.raw`SELECT min(arrayMin(arrayMap(d -> toUInt32(d), extractAll(create_table_query, 'toIntervalDay\\((\\d+)\\)')))) AS days
    FROM system.tables WHERE database = currentDatabase() AND name IN ('windows_raw', 'late_raw', 'dead_letters_raw') AND create_table_query LIKE '%TTL%'`,
  );
  return days * 86_400_000;
}
