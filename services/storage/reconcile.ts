import { setTimeout as wait } from 'node:timers/promises';
import { LIVE_RUN } from './live-version.ts';
import type { Reader } from './reader.ts';

/** A source's events by fate, all runs together. */
export interface SourceBalance {
  tenant: string;
  source: string;
  read: number;
  windowed: number;
  /** left out on purpose: duplicates of a shipper */
  dropped: number;
  late: number;
  dead: number;
  held: number;
  /** dead letters by reason */
  reasons: Record<string, number>;
  /** read by live tasks, and on the way to its fate */
  in_flight: number;
  /** read − all fates − in flight: 0 where nothing was lost or doubled */
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
  /** false: the difference says nothing yet (what is found may still be on its way) or any more (rows have aged out) */
  judged: boolean;
}

export interface Reconciliation {
  sources: SourceBalance[];
  comparisons: Comparison[];
  /** live tasks write to this store */
  live: boolean;
  /**
   * Nothing more is to come of what was read: the last run came to its end (while it goes on, or after it was killed, tables
   * may be ahead of the ledger); and of live tasks nothing is in flight, and the tables hold all that was counted.
   */
  settled: boolean;
  /** rows are old enough to have been removed by retention */
  aged: boolean;
  balanced: boolean;
}

const IS_LIVE = `(run = '${LIVE_RUN}' OR startsWith(run, '${LIVE_RUN}-'))`;

/** How long the counts of live tasks, which are stored each at its own time, may need to agree. */
const PATIENCE_MS = 5000;

/**
 * Checks that every event that was read has one fate, and that the tables hold what the ledger counts: late events and
 * dead letters row by row, account panes against events windowed, interface panes against account panes.
 *
 * While live tasks work, what has been read and has no fate yet is in flight, and rows of windows that are open are not
 * stored yet: that says nothing. More fates than reads, or more rows than fates, do; and since the tasks' counts are not
 * stored at one moment, such an excess is judged by a second look: what had a fate, or was stored, at the first must have
 * been read, or counted, by the second.
 * @param now ms, to know what retention may have removed
 * @param patience ms between the two looks
 */
export async function reconcile(reader: Reader, now: number, patience = PATIENCE_MS): Promise<Reconciliation> {
  const [last] = await reader.rows<{ runs: number; closed: number; opened: string; made: string }>(
    `SELECT count() AS runs, countIf(closed_at IS NOT NULL AND number = (SELECT max(number) FROM runs)) AS closed, min(opened_at) AS opened,
      (SELECT min(applied_at) FROM migrations) AS made FROM runs`,
  );
  const aged = now - Date.parse(last.runs > 0 ? last.opened : last.made) > (await shortestRetention(reader));
  const ended = last.runs === 0 || last.closed === 1;
  const first = await lookAt(reader);
  if (!first.live) return judgeEnded(first, ended && last.runs > 0, aged);
  const excessive = first.sources.some(({ missing }) => missing < 0) || first.counts.some(({ expected, found }) => found > expected);
  if (!excessive) return judgeLive(first, first, ended, aged);
  await wait(patience);
  return judgeLive(first, await lookAt(reader), ended, aged);
}

/** What the ledger and the tables say at one moment. */
interface Look {
  live: boolean;
  /** installations before this one have written here: what both have read is counted by both, and stored once */
  former: boolean;
  sources: SourceBalance[];
  counts: Omit<Comparison, 'judged'>[];
}

function judgeEnded({ sources, counts }: Look, settled: boolean, aged: boolean): Reconciliation {
  const comparisons = counts.map((count) => {
    const judged = settled && !(aged && (count.source === undefined || count.found < count.expected));
    return { ...count, judged };
  });
  const balanced = sources.every(({ missing }) => missing === 0) && comparisons.every((row) => !row.judged || row.expected === row.found);
  return { sources, comparisons, live: false, settled, aged, balanced };
}

/** @param later the same as `first` where nothing is in excess */
function judgeLive(first: Look, later: Look, ended: boolean, aged: boolean): Reconciliation {
  const keyOf = (row: { tenant: string; source?: string; what?: string }) => `${row.tenant}\t${row.source ?? ''}\t${row.what ?? ''}`;
  const fatesBefore = new Map(first.sources.map((row) => [keyOf(row), row.read - row.missing - row.in_flight]));
  const sources = later.sources.map((row) => {
    const before = row.read - (fatesBefore.get(keyOf(row)) ?? 0);
    // an excess of now may only be one of counts that are not of one moment
    return row.missing < 0 ? { ...row, missing: Math.min(before, 0) } : row;
  });
  const foundBefore = new Map(first.counts.map((row) => [keyOf(row), row.found]));
  const comparisons = later.counts.map((row) => ({
    ...row,
    judged: row.found > row.expected && (foundBefore.get(keyOf(row)) ?? 0) > row.expected && !(aged && row.source === undefined),
  }));
  const settled =
    ended &&
    sources.every(({ in_flight, missing }) => in_flight === 0 && missing === 0) &&
    later.sources.every(({ missing }) => missing === 0) &&
    comparisons.every(
      ({ expected, found, source }) =>
        expected === found || (later.former && found < expected) || (aged && (source === undefined || found < expected)),
    );
  const balanced = sources.every(({ missing }) => missing === 0) && !comparisons.some(({ judged }) => judged);
  return { sources, comparisons, live: true, settled, aged, balanced };
}

async function lookAt(reader: Reader): Promise<Look> {
  const ledger = await reader.rows<LedgerRow>(
    `SELECT tenant, source, fate, reason, multiIf(${IS_LIVE}, if(run = newest, 'live', 'former'), 'run') AS kind, sum(count) AS count
     FROM (SELECT *, (SELECT argMax(run, version) FROM ledger_raw WHERE ${IS_LIVE}) AS newest FROM ledger)
     GROUP BY tenant, source, fate, reason, kind ORDER BY tenant, source, fate, reason, kind`,
  );
  const sources = balances(ledger.filter(({ kind }) => kind !== 'former'));
  const former = balances(ledger.filter(({ kind }) => kind === 'former'));
  const counts: Look['counts'] = [];
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
  for (const row of sources) {
    const { tenant, source } = row;
    const before = former.find((one) => one.tenant === tenant && one.source === source);
    const [late, dead] = [row.late + (before?.late ?? 0), row.dead + (before?.dead ?? 0)];
    counts.push({ tenant, source, what: 'late events stored', expected: late, found: stored.get(`late\t${tenant}\t${source}`) ?? 0 });
    counts.push({ tenant, source, what: 'dead letters stored', expected: dead, found: stored.get(`dead\t${tenant}\t${source}`) ?? 0 });
  }
  const panes = await reader.rows<{ tenant: string; account: number; interface: number }>(
    `SELECT tenant, sumIf(values[1], view = 'account') AS account, sumIf(values[1], view = 'interface') AS interface
     FROM windows_raw FINAL WHERE size = '1h' GROUP BY tenant ORDER BY tenant SETTINGS do_not_merge_across_partitions_select_final = 1`,
  );
  const windowed = new Map<string, number>();
  for (const balance of [...sources, ...former]) windowed.set(balance.tenant, (windowed.get(balance.tenant) ?? 0) + balance.windowed);
  for (const tenant of [...new Set([...windowed.keys(), ...panes.map((pane) => pane.tenant)])].sort()) {
    const pane = panes.find((row) => row.tenant === tenant) ?? { account: 0, interface: 0 };
    counts.push({ tenant, what: 'requests in account panes', expected: windowed.get(tenant) ?? 0, found: pane.account });
    counts.push({ tenant, what: 'requests in interface panes', expected: pane.account, found: pane.interface });
  }
  return { live: ledger.some(({ kind }) => kind === 'live'), former: former.length > 0, sources, counts };
}

interface LedgerRow {
  tenant: string;
  source: string;
  fate: string;
  reason: string;
  /** of live tasks, of those of installations before, of a run of the program */
  kind: 'live' | 'former' | 'run';
  count: number;
}

function balances(ledger: readonly LedgerRow[]): SourceBalance[] {
  const sources = new Map<string, SourceBalance>();
  const onTheWay = new Map<SourceBalance, number>();
  for (const { tenant, source, fate, reason, kind, count } of ledger) {
    const key = `${tenant}\t${source}`;
    const none = { read: 0, windowed: 0, dropped: 0, late: 0, dead: 0, held: 0, in_flight: 0, missing: 0 };
    const balance = sources.get(key) ?? { tenant, source, ...none, reasons: {} };
    sources.set(key, balance);
    const change = fate === 'read' ? count : -count;
    if (kind === 'live') onTheWay.set(balance, (onTheWay.get(balance) ?? 0) + change);
    else balance.missing += change;
    if (fate === 'read' || fate === 'windowed' || fate === 'dropped' || fate === 'late' || fate === 'held') balance[fate] += count;
    else if (fate === 'dead') {
      balance.dead += count;
      balance.reasons[reason] = (balance.reasons[reason] ?? 0) + count;
    }
  }
  for (const [balance, difference] of onTheWay) {
    if (difference > 0) balance.in_flight = difference;
    else balance.missing += difference;
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
