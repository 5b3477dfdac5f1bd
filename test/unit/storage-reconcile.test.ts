import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appendWindowRow, TsvWriter } from '../../schemas/window-row.ts';
import type { DeadReason } from '../../services/core/stage.ts';
import type { Fate } from '../../services/core/topology-contract.ts';
import { reconcile } from '../../services/storage/reconcile.ts';
import { openStore, type Store } from '../../services/storage/store.ts';

let folder: string;
let store: Store;
const HOUR = 3_600_000;
/** The database's own clock removes what is too old: so this one has to be the real one. */
const NOW = Math.floor(Date.now() / HOUR) * HOUR;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-reconcile-'));
  store = await openStore({ path: folder }, { now: () => NOW });
});
afterEach(async () => {
  await store.close(false);
  rmSync(folder, { recursive: true, force: true });
});

function ledger(figures: Partial<Record<Fate | `dead ${DeadReason}`, number>>, run = 'main') {
  return Object.entries(figures).map(([name, count]) => {
    const [fate, reason = ''] = name.split(' ');
    return { run, tenant: 'shop', source: 'gateway', fate: fate as Fate, reason, count };
  });
}

function panes(account: number, interfaces: number): Uint8Array {
  const out = new TsvWriter();
  const row = { tenant: 'shop', size: '1h' as const, start: NOW - HOUR, end: NOW, final: true };
  appendWindowRow(out, { ...row, view: 'account', key: 'u1', values: [account] });
  appendWindowRow(out, { ...row, view: 'interface', key: 'GET a/b', values: [interfaces] });
  appendWindowRow(out, { ...row, view: 'account', size: '1m', key: 'u1', values: [1000] });
  return out.take();
}

function dead(n: number) {
  return Array.from({ length: n }, (_, i) => ({
    tenant: 'shop',
    source: 'gateway',
    partition: 'p',
    offset: i * 10,
    line: i + 1,
    reason: 'not_json' as const,
    detail: '',
    raw: 'x',
  }));
}

/** Closes the store as a run that came to its end does, and looks again. */
async function settled(now = NOW) {
  await store.close();
  store = await openStore({ path: folder }, { readOnly: true });
  return reconcile(store, now);
}

const differences = (result: Awaited<ReturnType<typeof reconcile>>) =>
  result.comparisons.filter((row) => row.found !== row.expected).map((row) => [row.what, row.found - row.expected]);

test('what adds up balances, over several runs', async () => {
  store.ledger(ledger({ read: 100, windowed: 80, late: 0, 'dead not_json': 4, 'dead no_time': 0, held: 16 }));
  store.ledger(ledger({ read: 10, windowed: 10 }, 'backfill-1'));
  store.dead(dead(4));
  store.windows(panes(80, 80));
  store.forRun('backfill-1').windows(panes(10, 10));
  const result = await settled();
  expect(result).toMatchObject({ balanced: true, settled: true, aged: false });
  expect(result.sources).toMatchObject([
    { tenant: 'shop', source: 'gateway', read: 110, windowed: 90, dead: 4, held: 16, missing: 0, reasons: { not_json: 4 } },
  ]);
  expect(differences(result)).toEqual([]);
});

test('an event without a fate, or with two, is found', async () => {
  store.ledger(ledger({ read: 100, windowed: 99 }));
  store.windows(panes(99, 99));
  await store.flush();
  expect(await reconcile(store, NOW)).toMatchObject({ balanced: false, settled: false, sources: [{ missing: 1 }] });
  store.ledger(ledger({ read: 100, windowed: 101 }));
  await store.flush();
  expect(await reconcile(store, NOW)).toMatchObject({ balanced: false, sources: [{ missing: -1 }] });
});

test('tables that differ from the ledger are found once the run has come to its end, not while it goes on', async () => {
  store.ledger(ledger({ read: 100, windowed: 95, 'dead not_json': 5 }));
  store.dead(dead(6));
  store.windows(panes(95, 94));
  await store.flush();
  const running = await reconcile(store, NOW);
  expect(running).toMatchObject({ balanced: true, settled: false });
  expect(differences(running)).toEqual([
    ['dead letters stored', 1],
    ['requests in interface panes', -1],
  ]);
  expect(await settled()).toMatchObject({ balanced: false, settled: true });
});

test('rows that retention may have removed are not missed', async () => {
  store.ledger(ledger({ read: 100, windowed: 95, 'dead not_json': 5 }));
  store.dead(dead(3));
  expect(await settled(NOW + 59 * 24 * HOUR)).toMatchObject({ balanced: false, aged: false });
  expect(await reconcile(store, NOW + 61 * 24 * HOUR)).toMatchObject({ balanced: true, aged: true });
});
