import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { INTERFACE_FEATURES } from '../../models/windows.ts';
import { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import { appendWindowRow, TsvWriter } from '../../schemas/window-row.ts';
import { ALERT_COLUMNS, INCIDENT_COLUMNS } from '../../services/storage/columns.ts';
import type { Store } from '../../services/storage/store.ts';
import { openStore as open } from '../../services/storage/store.ts';
import { alertOf, idOf, incidentOf } from '../support/records.ts';

let folder: string;
const stores: Store[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-storage-'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close(); // one folder at a time is open in a process
  rmSync(folder, { recursive: true, force: true });
});

async function openStore(...config: Parameters<typeof open>): Promise<Store> {
  const store = await open(...config);
  stores.push(store);
  return store;
}

const HOUR = 3_600_000;
const START = Date.parse('2026-04-01T08:00:00.000Z');

function windowRows(
  ...rows: { key: string; requests: number; view?: 'account' | 'interface'; size?: '1h' | '1m'; final?: boolean }[]
): Uint8Array {
  const out = new TsvWriter();
  for (const { key, requests, view = 'account', size = '1h', final = true } of rows) {
    appendWindowRow(out, { tenant: 'shop', view, size, key, start: START, end: START + HOUR, final, values: [requests, 2, 0, 0] });
  }
  return out.take();
}

test('alerts and incidents come back as they were written', async () => {
  const store = await openStore({ path: folder });
  const odd = alertOf(2, {
    title: 'tab\t "quotes" \\ newline\n 中文 \u0001 ud800 \\ud800 🚰',
    bias: -0.1,
    score: 0.1 + 0.2,
    reasons: [],
    related: [],
    final: false,
    window: { start: '1990-01-01T00:00:00.001Z', end: '2199-12-31T23:59:59.999Z', size: '7d' },
  });
  store.alerts([alertOf(1), odd]);
  await store.flush();
  store.incidents([incidentOf(1)]);
  await store.flush();
  const alerts = await store.rows(`SELECT ${ALERT_COLUMNS.join(', ')} FROM alerts ORDER BY alert_id`);
  expect(alerts).toEqual([alertOf(1), odd]);
  expect(alerts.map((row) => AlertRecord.parse(row))).toEqual(alerts);
  expect(Object.keys(alerts[0] as object)).toEqual(Object.keys(AlertRecord.shape));
  const incidents = await store.rows(`SELECT ${INCIDENT_COLUMNS.join(', ')} FROM incidents`);
  expect(incidents).toEqual([incidentOf(1)]);
  expect(IncidentRecord.parse(incidents[0])).toEqual(incidentOf(1));
  await store.close();
});

test('a later write wins, a repeated one shows nothing new, a retracted one is not shown until it is written again', async () => {
  let store = await openStore({ path: folder });
  store.alerts([alertOf(1, { final: false }), alertOf(2)]);
  await store.flush();
  store.alerts([alertOf(2)]);
  await store.flush();
  store.incidents([incidentOf(1), incidentOf(1, { revision: 2, severity: 'critical' }), incidentOf(2)]);
  await store.flush();
  await store.close();
  store = await openStore({ path: folder });
  expect(store.number).toBe(2);
  store.alerts([alertOf(1, { score: 0.9 })]);
  store.alerts([alertOf(3, { final: false })]);
  store.retract('shop', [idOf(2), idOf(3)], [idOf(1002)]);
  await store.flush();
  expect(await store.rows('SELECT alert_id, score, final FROM alerts')).toEqual([{ alert_id: idOf(1), score: 0.9, final: true }]);
  expect(await store.rows('SELECT incident_id, revision, severity FROM incidents')).toEqual([
    { incident_id: idOf(1001), revision: 2, severity: 'critical' },
  ]);
  expect(await store.rows('SELECT alert_id, retracted FROM alert_changes ORDER BY alert_id')).toEqual([
    { alert_id: idOf(1), retracted: false },
    { alert_id: idOf(2), retracted: true },
    { alert_id: idOf(3), retracted: true },
  ]);
  expect(await store.rows('SELECT incident_id, retracted FROM incident_changes ORDER BY incident_id')).toEqual([
    { incident_id: idOf(1001), retracted: false },
    { incident_id: idOf(1002), retracted: true },
  ]);
  store.alerts([alertOf(2)]);
  await store.flush();
  expect(await store.rows('SELECT alert_id FROM alerts ORDER BY alert_id')).toEqual([{ alert_id: idOf(1) }, { alert_id: idOf(2) }]);
  await store.close();
});

test('window rows: features by name, one row a key, provisional ones replaced, temporary files gone', async () => {
  const store = await openStore({ path: folder });
  const odd = 'GET a/\tb\n\\c/中/\u0000\r';
  for (const rows of [windowRows({ key: 'u1', requests: 12, final: false }, { key: odd, requests: 123456789012345, view: 'interface' })])
    store.windows(rows);
  await store.flush();
  for (const rows of [windowRows({ key: 'u1', requests: 14 }), windowRows({ key: 'u1', requests: 3, size: '1m' })]) store.windows(rows);
  await store.flush();
  expect(
    await store.rows(
      "SELECT key, start, end, final, values['requests'] AS r, values['failures'] AS f, values['exports'] AS e FROM windows WHERE size = '1h' ORDER BY r",
    ),
  ).toEqual([
    { key: 'u1', start: '2026-04-01T08:00:00.000Z', end: '2026-04-01T09:00:00.000Z', final: true, r: 14, f: 2, e: 0 },
    { key: odd, start: '2026-04-01T08:00:00.000Z', end: '2026-04-01T09:00:00.000Z', final: true, r: 123456789012345, f: 2, e: 0 },
  ]);
  expect(await store.rows('SELECT requests, refused, login_success_new FROM account_windows')).toEqual([
    { requests: 14, refused: 0, login_success_new: 0 },
  ]);
  expect(await store.rows('SELECT requests, anonymous_ok FROM account_minutes')).toEqual([{ requests: 3, anonymous_ok: 0 }]);
  expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  await store.close();
});

test('late events and dead letters are kept once, the ledger is the last cut of each run', async () => {
  const store = await openStore({ path: folder });
  const late = {
    tenant: 'shop',
    source: 's',
    partition: 'p',
    offset: 7,
    index: 0,
    at: START,
    delay: 300_000,
    account: 'u',
    interface: 'GET a/b',
  };
  const dead = {
    tenant: 'shop',
    source: 's',
    partition: 'p',
    offset: 9,
    line: 2,
    reason: 'not_json' as const,
    detail: 'x',
    raw: '{"a": \ud800 \\ud800',
  };
  store.late([late, { ...late, index: 1 }]);
  await store.flush();
  store.late([late]);
  await store.flush();
  store.dead([dead]);
  await store.flush();
  store.dead([dead]);
  await store.flush();
  const entry = { run: 'main', tenant: 'shop', source: 's', fate: 'read' as const, reason: '', count: 5 };
  store.ledger([entry, { ...entry, fate: 'held' as const, count: 2 }]);
  await store.flush();
  store.ledger([{ ...entry, count: 8 }]);
  await store.flush();
  store.ledger([{ ...entry, run: 'backfill-1', count: 3 }]);
  await store.flush();
  expect(await store.rows('SELECT index, at, delay FROM late ORDER BY index')).toEqual([
    { index: 0, at: '2026-04-01T08:00:00.000Z', delay: 300_000 },
    { index: 1, at: '2026-04-01T08:00:00.000Z', delay: 300_000 },
  ]);
  expect(await store.rows('SELECT line, reason, raw FROM dead_letters')).toEqual([
    { line: 2, reason: 'not_json', raw: '{"a": \ufffd \\ud800' },
  ]);
  expect(await store.rows('SELECT run, fate, count FROM ledger ORDER BY run, fate')).toEqual([
    { run: 'backfill-1', fate: 'read', count: 3 },
    { run: 'main', fate: 'read', count: 8 },
  ]);
  await store.close();
});

test('readers cannot change anything, and a query that cannot run is the fault of its author', async () => {
  const store = await openStore({ path: folder });
  await expect(store.query('INSERT INTO tenants_raw (tenant) VALUES (1)')).rejects.toMatchObject({ code: 'usage' });
  await expect(store.query('DROP TABLE alerts_raw')).rejects.toMatchObject({ code: 'usage' });
  await expect(store.query('SELECT nothing FROM alerts')).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('nothing'),
  });
  expect(await store.rows('SELECT {s:String} AS s, {ids:Array(String)} AS ids', { s: "b'\t\\\n", ids: ["'", '\\'] })).toEqual([
    { s: "b'\t\\\n", ids: ["'", '\\'] },
  ]);
  await store.close();
});

test('a store of a newer program is refused with both versions; retention can differ by tenant', async () => {
  let store = await openStore({ path: folder }, { retentionDays: { default: 90, tenants: { shop: 400, "o'hara": 7 } } });
  const [{ ttl }] = await store.rows<{ ttl: string }>("SELECT create_table_query AS ttl FROM system.tables WHERE name = 'alerts_raw'");
  expect(ttl).toMatch(/toIntervalDay\(90\).*toIntervalDay\(400\)|toIntervalDay\(90\).*toIntervalDay\(7\)/s);
  await store.close();
  store = await openStore({ path: folder });
  const mine = store.schemaVersion;
  await store.close();
  const { StoreConnection } = await import('../../services/storage/connection.ts');
  const connection = new StoreConnection({ path: folder });
  await connection.insertText(
    'INSERT INTO migrations (version, name) FORMAT JSONEachRow',
    JSON.stringify({ version: mine + 1, name: 'later' }),
  );
  await connection.close();
  await expect(openStore({ path: folder })).rejects.toMatchObject({
    code: 'store_newer',
    message: expect.stringMatching(new RegExp(`${mine + 1}.*${mine}`)),
  });
});

test('the inventory is what the hour panes of interfaces say, over all their hours', async () => {
  const store = await openStore({ path: folder });
  const out = new TsvWriter();
  const pane = (view: 'account' | 'interface', size: '1h' | '1m', key: string, hour: number, figures: Record<string, number>) => {
    const start = START + hour * HOUR;
    const values = INTERFACE_FEATURES.map((feature) => figures[feature] ?? 0);
    appendWindowRow(out, { tenant: 'shop', view, size, key, start, end: start + HOUR, final: true, values });
  };
  pane('interface', '1h', 'GET a/b', 0, { requests: 10, callers: 4, refused: 1, missing: 2 });
  pane('interface', '1h', 'GET a/b', 5, { requests: 20, callers: 3, server_errors: 2, client_errors: 1, anonymous: 7 });
  pane('interface', '1m', 'GET a/b', 5, { requests: 20 });
  pane('interface', '1h', 'GET a/wp-login.php', 1, { requests: 3, callers: 1, missing: 3, anonymous: 3 });
  pane('account', '1h', 'u1', 0, { requests: 10 });
  store.windows(out.take());
  await store.flush();
  expect(await store.rows('SELECT * FROM inventory ORDER BY interface')).toEqual([
    {
      tenant: 'shop',
      interface: 'GET a/b',
      first_seen: '2026-04-01T08:00:00.000Z',
      last_seen: '2026-04-01T14:00:00.000Z',
      requests: 30,
      ok: 24,
      anonymous: 7,
      most_callers: 4,
    },
    {
      tenant: 'shop',
      interface: 'GET a/wp-login.php',
      first_seen: '2026-04-01T09:00:00.000Z',
      last_seen: '2026-04-01T10:00:00.000Z',
      requests: 3,
      ok: 0,
      anonymous: 3,
      most_callers: 1,
    },
  ]);
});
