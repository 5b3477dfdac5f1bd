import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { appendWindowRow, TsvWriter } from '../../schemas/window-row.ts';
import { registerAlerts } from '../../services/commands/alerts.ts';
import { parseConfig } from '../../services/commands/config.ts';
import { registerIncidents } from '../../services/commands/incidents.ts';
import { registerReconcile } from '../../services/commands/reconcile.ts';
import { runDetect } from '../../services/commands/run-detect.ts';
import { registerSql } from '../../services/commands/sql.ts';
import { WeirError } from '../../services/core/errors.ts';
import type { DeadLetter, LateEvent } from '../../services/core/stage.ts';
import { StoreConnection } from '../../services/storage/connection.ts';
import { inventorySpans, storedData, storedFacts, storedInterfaces } from '../../services/storage/inventory.ts';
import { createLiveStore, type LiveStore, type LiveStoreOptions, liveVersion } from '../../services/storage/live-store.ts';
import { liveEpoch } from '../../services/storage/live-version.ts';
import { migrate, readMigrations } from '../../services/storage/migrations.ts';
import { openReader } from '../../services/storage/open-reader.ts';
import { reconcile } from '../../services/storage/reconcile.ts';
import { openStore, type Store, type StoreConfig } from '../../services/storage/store.ts';
import { makeCertificates } from '../support/certificates.ts';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';
import { gatewayLog } from '../support/gateway-log.ts';
import { alertOf, idOf, incidentOf } from '../support/records.ts';

/** The store on a real ClickHouse server by URL. */

const HOUR = 3_600_000;
const START = Math.floor(Date.now() / HOUR) * HOUR - HOUR;
const WRITER = { name: 'weir', password: 'p&ss <w>ord' };
/** All that a user needs who does not make the database. */
const GRANTS = [
  'SELECT, INSERT, ALTER, CREATE TABLE, CREATE VIEW, DROP VIEW, DROP TABLE ON given.*',
  'TABLE ENGINE ON ReplacingMergeTree',
  'TABLE ENGINE ON AggregatingMergeTree',
];
const RESTRICTED = { name: 'given', password: 'x', grants: GRANTS.map((grant) => `GRANT ${grant}`) };

/** All that one needs who only reads. */
const READER = { name: 'analyst', password: 'y', grants: ['GRANT SELECT ON given.*'] };

let server: ClickHouse;
let databases = 0;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startClickHouse({ users: [WRITER, RESTRICTED, READER] });
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(() => server?.remove());

/** A store of its own. */
function fresh(changes: Partial<Extract<StoreConfig, { url: string }>> = {}): Extract<StoreConfig, { url: string }> {
  return { url: server.url, username: WRITER.name, password: WRITER.password, database: `weir_${++databases}`, ...changes };
}

async function live(config: StoreConfig, options: LiveStoreOptions = {}): Promise<LiveStore> {
  const store = await createLiveStore(config, options);
  open.push(store);
  return store;
}

async function store(config: StoreConfig, options: Parameters<typeof openStore>[1] = {}): Promise<Store> {
  const opened = await openStore(config, options);
  open.push(opened);
  return opened;
}

/** Runs a statement that only the test needs. */
async function admin(config: { database?: string }, sql: string): Promise<string> {
  const answer = await fetch(`${server.url}/?database=${config.database ?? 'default'}`, {
    method: 'POST',
    body: sql,
    headers: { 'X-ClickHouse-User': WRITER.name, 'X-ClickHouse-Key': WRITER.password },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

function panes(...rows: { key: string; requests: number; view?: 'account' | 'interface' }[]): Uint8Array {
  const out = new TsvWriter();
  for (const { key, requests, view = 'account' } of rows)
    appendWindowRow(out, { tenant: 'shop', view, size: '1h', key, start: START, end: START + HOUR, final: true, values: [requests, 2] });
  return out.take();
}

function letter(offset: number): DeadLetter {
  return { tenant: 'shop', source: 'gateway', partition: 'p', offset, line: 0, reason: 'not_json', detail: 'x', raw: '{' };
}

function lateEvent(offset: number): LateEvent {
  const at = { tenant: 'shop', source: 'gateway', partition: 'p', offset, index: 0, at: START };
  return { ...at, delay: 1000, account: 'u', interface: 'GET a/b' };
}

const entry = (fate: 'read' | 'windowed' | 'late' | 'dead', count: number) => ({
  tenant: 'shop',
  source: 'gateway',
  fate,
  reason: '',
  count,
});

test('the inventory: facts are joined, whoever writes them and however often', async () => {
  const config = fresh();
  const [first, second] = [await live(config), await live(config)];
  const fact = (origins: number, callers: number[], hashes: number[]) => ({
    interface: 'GET a/b',
    hour: START,
    origins,
    classes: 4,
    callers,
    sensitive: [{ type: 'mobile', masked: true, shape: '3*4', hashes }],
  });
  for (const writer of [first, second, first]) {
    writer.inventory('shop', [fact(1, [3, 9], [7])]);
    writer.inventory('shop', [fact(2, [5], [1, 8])]);
    await writer.flush();
  }
  first.windows(panes({ key: 'GET a/b', requests: 12, view: 'interface' }), liveVersion(0));
  await first.flush();
  for (const merged of [false, true]) {
    if (merged) await admin(config, 'OPTIMIZE TABLE inventory_facts_raw FINAL');
    expect(await storedFacts(first, 'shop', { lately: 0 })).toEqual([
      {
        interface: 'GET a/b',
        origins: ['address', 'consumer'],
        origins_before: [],
        answers: ['2xx'],
        answers_before: [],
        callers: [3, 5, 9],
      },
    ]);
    expect(await storedData(first, 'shop')).toMatchObject([{ type: 'mobile', masked: true, mask: '3*4', hashes: [1, 7, 8] }]);
  }
  const span = { since: 0, until: Number.MAX_SAFE_INTEGER, lately: 0 };
  expect(await inventorySpans(first)).toEqual([{ tenant: 'shop', first: START, last: START + HOUR }]);
  expect(await storedInterfaces(first, 'shop', span, false)).toMatchObject([
    { interface: 'GET a/b', requests: 12, hours: 1, late: { requests: 12 }, before: { requests: 0 } },
  ]);
});

test('a run by URL: everything that the embedded store does', async () => {
  const config = fresh();
  const first = await store(config, { retentionDays: { default: 90, tenants: { shop: 400 } } });
  expect(first.number).toBe(1);
  first.alerts([alertOf(1, { final: false }), alertOf(2)]);
  first.incidents([incidentOf(1), incidentOf(1, { revision: 2, severity: 'critical' })]);
  first.windows(panes({ key: 'u1', requests: 12 }, { key: 'a\tb\n中', requests: 2 ** 53 - 1 }));
  first.forRun('backfill-1').windows(panes({ key: 'u1', requests: 3 }));
  first.dead([letter(1), letter(2)]);
  first.late([lateEvent(3)]);
  first.ledger([{ run: 'main', ...entry('read', 5) }]);
  first.setTenant('shop', { time_zone: 'Asia/Shanghai' });
  first.feedback([{ tenant: 'shop', incident_id: idOf(1001), mark: 'attack', until: null, author: 'a', note: '', version: 1 }]);
  await first.flush();
  first.takeBack([{ tenant: 'shop', source: 'gateway', partition: 'p', offset: 2, index: 0 }]);
  first.retract('shop', [idOf(2)], []);
  await first.close();
  const second = await store(config);
  expect(second.number).toBe(2);
  expect(await second.rows('SELECT alert_id, final FROM alerts')).toEqual([{ alert_id: idOf(1), final: false }]);
  expect(await second.rows('SELECT revision, severity FROM incidents')).toEqual([{ revision: 2, severity: 'critical' }]);
  expect(await second.rows("SELECT key, run, values['requests'] AS r FROM windows ORDER BY r")).toEqual([
    { key: 'u1', run: 'backfill-1', r: 3 },
    { key: 'u1', run: 'main', r: 12 },
    { key: 'a\tb\n中', run: 'main', r: 2 ** 53 - 1 },
  ]);
  expect(await second.rows('SELECT offset, redriven_at FROM dead_letters')).toEqual([{ offset: 1, redriven_at: null }]);
  expect(await second.rows('SELECT offset, delay FROM late')).toEqual([{ offset: 3, delay: 1000 }]);
  expect(await second.rows('SELECT run, task, fate, count FROM ledger')).toEqual([{ run: 'main', task: '', fate: 'read', count: 5 }]);
  expect(await second.rows('SELECT tenant, time_zone FROM tenants')).toEqual([{ tenant: 'shop', time_zone: 'Asia/Shanghai' }]);
  expect(await second.rows('SELECT mark FROM feedback')).toEqual([{ mark: 'attack' }]);
  expect(await admin(config, 'SHOW CREATE TABLE alerts_raw')).toContain('toIntervalDay(60)');
});

test('many that open one server at the same moment all succeed, each with a run number of its own', async () => {
  const config = fresh();
  const opened = await Promise.all(Array.from({ length: 6 }, (_, i) => (i % 2 === 0 ? live(config) : store(config))));
  const numbers = opened.flatMap((one) => ('number' in one ? [one.number] : []));
  expect(new Set(numbers).size).toBe(3);
  expect(await opened[0].rows('SELECT version, name FROM migrations FINAL ORDER BY version')).toEqual([
    { version: 1, name: 'tables' },
    { version: 2, name: 'shadow_scores' },
    { version: 3, name: 'live' },
    { version: 4, name: 'inventory' },
  ]);
  for (const one of opened.filter((opener): opener is LiveStore => !('number' in opener))) {
    one.alerts([alertOf(1)], liveVersion(1));
    await one.flush();
  }
  expect(await opened[1].rows('SELECT count() AS n FROM alerts')).toEqual([{ n: 1 }]);
  const more = await Promise.all(Array.from({ length: 5 }, () => store(config)));
  expect(new Set([...numbers, ...more.map(({ number }) => number)]).size).toBe(8);
});

test('a repeat changes no view, a later record of a key holds, in whatever order they come', async () => {
  const config = fresh();
  const [one, other] = [await live(config), await live(config)];
  const write = async (to: LiveStore, offset: number, score: number) => {
    to.alerts([alertOf(1, { score })], liveVersion(offset));
    to.windows(panes({ key: 'u1', requests: score * 10 }), liveVersion(offset));
    to.ledger('account/1', [entry('windowed', score * 10)], liveVersion(offset));
    await to.flush();
  };
  await write(one, 2 ** 40, 0.1);
  await write(one, 2 ** 40 + 1, 0.2);
  await write(other, 2 ** 40, 0.1);
  const expected = [{ score: 0.2, requests: 2, count: 2 }];
  const read = () =>
    one.rows(
      'SELECT (SELECT score FROM alerts) AS score, (SELECT requests FROM account_windows) AS requests, (SELECT sum(count) FROM ledger) AS count',
    );
  expect(await read()).toEqual(expected);
  await admin(config, 'OPTIMIZE TABLE alerts_raw FINAL');
  await admin(config, 'OPTIMIZE TABLE windows_raw FINAL');
  expect(await read()).toEqual(expected);
  await write(other, 2 ** 40 + 1, 0.2);
  expect(await read()).toEqual(expected);
  expect(await one.rows('SELECT max(version) AS v FROM alerts_raw')).toEqual([{ v: liveVersion(2 ** 40 + 1) }]);
});

test("a task's ledger is its last cut, tasks add up, and a cut that comes in while one reads hides nothing", async () => {
  const config = fresh();
  const [writer, reader] = [await live(config), await live(config)];
  let cut = 0;
  const write = () => {
    cut++;
    writer.ledger('account/1', [entry('read', 1000), entry(cut % 2 === 0 ? 'late' : 'windowed', 1000)], liveVersion(cut));
    writer.ledger('account/2', [entry('read', 10), entry('dead', 10)], liveVersion(cut));
    return writer.flush();
  };
  await write();
  let writing = true;
  const written = (async () => {
    while (writing) await write();
  })();
  const seen = new Set<string>();
  for (let i = 0; i < 150; i++) {
    seen.add(
      JSON.stringify(
        await reader.rows("SELECT sumIf(count, fate = 'read') AS read, sumIf(count, fate != 'read') AS fates, count() AS n FROM ledger"),
      ),
    );
  }
  writing = false;
  await written;
  expect([...seen]).toEqual([JSON.stringify([{ read: 1010, fates: 1010, n: 4 }])]);
});

test('dead letters say when they were put back; their record, given again, does not undo it', async () => {
  const config = fresh();
  const sink = await live(config);
  sink.dead([letter(1), letter(2)], liveVersion(7));
  const key = { tenant: 'shop', source: 'gateway', partition: 'p', offset: 1, index: 0 };
  sink.redriven([key], liveVersion(9));
  await sink.flush();
  const rows = () =>
    sink.rows<{ offset: number; redriven_at: string | null }>('SELECT offset, redriven_at FROM dead_letters ORDER BY offset');
  const [first, second] = await rows();
  expect(Date.parse(first.redriven_at as string)).toBeGreaterThan(START);
  expect(second.redriven_at).toBeNull();
  sink.dead([letter(1), letter(2)], liveVersion(7));
  sink.redriven([key], liveVersion(9));
  await sink.flush();
  expect(await rows()).toEqual([first, second]);
});

test('no view shows a duplicate or a hole while rows are repeated and parts are merged', async () => {
  const config = fresh();
  const [writer, reader] = [await live(config), await live(config)];
  const keys = Array.from({ length: 60 }, (_, i) => i + 1);
  const round = (version: number) => {
    writer.alerts(
      keys.map((n) => alertOf(n)),
      version,
    );
    writer.incidents(
      keys.map((n) => incidentOf(n, { revision: version - liveVersion(0) })),
      version,
    );
    writer.windows(panes(...keys.map((n) => ({ key: `u${n}`, requests: n }))), version);
    writer.windows(panes(...keys.map((n) => ({ key: `GET a/${n}`, requests: n, view: 'interface' as const }))), version);
    writer.late(keys.map(lateEvent), version);
    writer.dead(keys.map(letter), version);
    const evidence = { champion: '1', challenger: '2', championEvidence: 1, challengerEvidence: 2 };
    const entity = { kind: 'account' as const, id: 'u' };
    writer.shadow(
      'shop',
      keys.map((n) => ({ ...evidence, detector: `d${n}`, entity, start: START, end: START + HOUR })),
      version,
    );
    writer.setTenant('shop', { time_zone: 'UTC' });
    return writer.flush();
  };
  await round(liveVersion(1));
  let busy = true;
  const written = (async () => {
    for (let offset = 1; busy; offset++) await round(liveVersion(Math.ceil(offset / 2)));
  })();
  const merged = (async () => {
    for (let i = 0; busy; i++) {
      const tables = ['alerts', 'incidents', 'windows', 'late', 'dead_letters', 'shadow_scores'];
      await admin(config, `OPTIMIZE TABLE ${tables[i % tables.length]}_raw FINAL`);
    }
  })();
  const views = ['alerts', 'incidents', 'account_windows', 'interface_windows', 'late', 'dead_letters', 'shadow_scores', 'inventory'];
  const counts = views.map((view) => `(SELECT count() FROM ${view}) AS ${view}`).join(', ');
  const expected = Object.fromEntries(views.map((view) => [view, keys.length]));
  let lastRevision = 0;
  for (let i = 0; i < 40; i++) {
    const [row] = await reader.rows<Record<string, number>>(
      `SELECT ${counts}, (SELECT count() FROM windows) AS windows, (SELECT sum(requests) FROM inventory) AS requests, (SELECT min(revision) FROM incidents) AS revision`,
    );
    const { revision, ...rest } = row;
    expect(rest).toEqual({ ...expected, windows: 2 * keys.length, requests: (keys.length * (keys.length + 1)) / 2 });
    expect(revision).toBeGreaterThanOrEqual(lastRevision);
    lastRevision = revision;
  }
  busy = false;
  await Promise.all([written, merged]);
  expect(lastRevision).toBeGreaterThan(1);
});

test('a server that is killed over and over while rows come in: nothing lost, nothing doubled, and whoever polls sees it all', async () => {
  const own = await startClickHouse();
  try {
    const config = { url: own.url, database: 'weir' };
    const troubles: string[] = [];
    let recoveries = 0;
    const sink = await live(config, { onTrouble: (error) => troubles.push(error.message), onRecovered: () => recoveries++ });
    const reader = await openReader(config);
    open.push(reader);
    const polled = new Set<string>();
    const OVERLAP = 120_000;
    let newest = '1970-01-01T00:00:00.000Z';
    const poll = async () => {
      const since = new Date(Math.max(0, Date.parse(newest) - OVERLAP)).toISOString();
      const rows = await reader.rows<{ alert_id: string; stored_at: string }>(
        "SELECT alert_id, stored_at FROM alerts WHERE stored_at > parseDateTime64BestEffort({since:String}, 3, 'UTC') ORDER BY stored_at, alert_id",
        { since },
      );
      for (const { alert_id, stored_at } of rows) {
        polled.add(alert_id);
        newest = stored_at > newest ? stored_at : newest;
      }
    };
    const ROUNDS = 4;
    const PER_ROUND = 1500;
    let offset = 0;
    const flushes: Promise<void>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const kills = 1 + Math.floor(PER_ROUND / 3);
      for (let i = 0; i < PER_ROUND; i++, offset++) {
        sink.alerts([alertOf(offset)], liveVersion(offset));
        sink.windows(panes({ key: `u${offset}`, requests: 1 }), liveVersion(offset));
        sink.late([lateEvent(offset)], liveVersion(offset));
        if (i % 50 === 0) {
          flushes.push(sink.flush()); // inserts are under way when the server goes
          await new Promise(setImmediate);
        }
        if (i === kills) await own.kill();
      }
      flushes.push(sink.flush());
      await vi.waitFor(() => expect(sink.trouble()?.error.message).toMatch(/cannot be reached|failed/), { timeout: 60_000 });
      expect(sink.pending()).toBeGreaterThan(0);
      await own.restart();
      await Promise.all(flushes.splice(0));
      await poll();
    }
    expect(recoveries).toBe(ROUNDS);
    expect(troubles.length).toBeGreaterThanOrEqual(ROUNDS);
    expect(sink.pending()).toBe(0);
    expect(sink.trouble()).toBeUndefined();
    const total = ROUNDS * PER_ROUND;
    expect(await sink.rows('SELECT count() AS n, uniqExact(alert_id) AS ids FROM alerts')).toEqual([{ n: total, ids: total }]);
    expect(await sink.rows('SELECT count() AS n, sum(requests) AS r FROM account_windows')).toEqual([{ n: total, r: total }]);
    expect(await sink.rows('SELECT count() AS n, sum(offset) AS o FROM late')).toEqual([{ n: total, o: (total * (total - 1)) / 2 }]);
    expect(polled.size).toBe(total);
  } finally {
    for (const one of open.splice(0)) await one.close();
    await own.remove();
  }
});

test('a server that hangs: requests that run out of time are made again, and show once', async () => {
  const own = await startClickHouse();
  try {
    const troubles: string[] = [];
    const sink = await live({ url: own.url, database: 'weir' }, { patience: 400, onTrouble: (error) => troubles.push(error.message) });
    sink.alerts([alertOf(1)], liveVersion(1));
    await sink.flush();
    own.freeze();
    for (let n = 2; n < 500; n++) sink.alerts([alertOf(n)], liveVersion(n));
    const flushed = sink.flush();
    await vi.waitFor(() => expect(sink.trouble()?.attempts).toBeGreaterThan(2), { timeout: 60_000 });
    expect(troubles.length).toBeLessThan(sink.trouble()?.attempts as number); // not told with every failure
    expect(troubles[0]).toMatch(/Timeout/);
    own.thaw();
    await flushed;
    expect(await sink.rows('SELECT count() AS n FROM alerts')).toEqual([{ n: 499 }]);
    const patient = await live({ url: own.url, database: 'weir' });
    own.freeze();
    patient.alerts([alertOf(1)], liveVersion(1));
    const waiting = patient.flush();
    await Promise.all([expect(waiting).rejects.toThrow('closed'), patient.close()]); // not a minute later
  } finally {
    own.thaw();
    for (const one of open.splice(0)) await one.close();
    await own.remove();
  }
});

test('a server that says "too many parts" gets time, and fewer, larger inserts', async () => {
  const config = fresh();
  const troubles: string[] = [];
  const sink = await live(config, { onTrouble: (error) => troubles.push(error.message) });
  await admin(config, 'SYSTEM STOP MERGES alerts_raw');
  await admin(config, 'ALTER TABLE alerts_raw MODIFY SETTING parts_to_delay_insert = 1, parts_to_throw_insert = 2');
  for (let n = 0; n < 3; n++) {
    sink.alerts([alertOf(n)], liveVersion(n));
    const flushed = sink.flush();
    if (n < 2) await flushed;
  }
  await vi.waitFor(() => expect(troubles.join()).toMatch(/TOO_MANY_PARTS/), { timeout: 60_000 });
  for (let n = 3; n < 400; n++) sink.alerts([alertOf(n)], liveVersion(n));
  await admin(config, 'ALTER TABLE alerts_raw RESET SETTING parts_to_delay_insert, parts_to_throw_insert');
  await sink.flush();
  expect(await sink.rows('SELECT count() AS n FROM alerts')).toEqual([{ n: 400 }]);
  const [{ parts }] = await sink.rows<{ parts: number }>(
    "SELECT count() AS parts FROM system.parts WHERE database = currentDatabase() AND table = 'alerts_raw'",
  );
  expect(parts).toBeLessThanOrEqual(4);
});

test('an error that does not pass comes out of flush, and out of every later call', async () => {
  const config = fresh();
  const sink = await live(config, { onTrouble: () => expect.unreachable() });
  await admin(config, 'DROP TABLE late_raw SYNC');
  sink.late([lateEvent(1)], liveVersion(1));
  await expect(sink.flush()).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('late_raw') });
  expect(() => sink.late([lateEvent(2)], liveVersion(2))).toThrow(/late_raw/);
  await expect(sink.flush()).rejects.toThrow(/late_raw/);
});

test('a store that is away is waited for from the start, until one gives up', async () => {
  const own = await startClickHouse();
  const config = { url: own.url, database: 'weir' };
  await own.kill();
  try {
    const patience = new AbortController();
    const given = createLiveStore(config, { signal: patience.signal, onTrouble: () => patience.abort(new Error('enough')) });
    await expect(given).rejects.toThrow('enough');
    let recovered = 0;
    let told = () => {};
    const trouble = new Promise<void>((resolve) => {
      told = resolve;
    });
    const opening = live(config, { onTrouble: () => told(), onRecovered: () => void recovered++ });
    await trouble;
    await own.restart();
    const sink = await opening;
    expect(recovered).toBe(1);
    sink.alerts([alertOf(1)], liveVersion(1));
    await sink.flush();
    await own.kill();
    sink.alerts([alertOf(2)], liveVersion(2));
    const flushed = sink.flush();
    await sink.close();
    await expect(flushed).rejects.toMatchObject({ code: 'store_failed', message: expect.stringContaining('closed') });
    await expect(openStore(config)).rejects.toMatchObject({ code: 'store_failed', message: expect.stringContaining('cannot be reached') });
  } finally {
    await own.remove();
  }
});

test('a wrong password is said, not tried again; a user without the right to make databases can use one that is there', async () => {
  const troubles: unknown[] = [];
  const onTrouble = (error: Error) => void troubles.push(error);
  for (const wrong of [{ password: 'wrong' }, { username: 'nobody' }, { password: undefined }]) {
    await expect(createLiveStore(fresh(wrong), { onTrouble })).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/refuses the login.*password/),
    });
    await expect(openReader(fresh(wrong))).rejects.toMatchObject({ code: 'config' });
  }
  expect(troubles).toEqual([]);
  const restricted = { url: server.url, username: RESTRICTED.name, password: RESTRICTED.password, database: 'given' };
  await expect(openStore({ ...restricted, database: 'another' })).rejects.toMatchObject({
    message: expect.stringMatching(/privileges|grant/i),
  });
  await admin({}, 'CREATE DATABASE given');
  const sink = await live(restricted);
  sink.alerts([alertOf(1)], liveVersion(1));
  sink.ledger('normalise/g/0', [entry('read', 1)], liveVersion(1));
  await sink.flush();
  const reader = await openReader({ ...restricted, username: READER.name, password: READER.password });
  open.push(reader);
  expect(await reader.rows('SELECT count() AS n FROM alerts')).toEqual([{ n: 1 }]);
  expect(await reconcile(reader, Date.now())).toMatchObject({ aged: false, balanced: true, sources: [{ in_flight: 1 }] });
  await expect(reader.query("INSERT INTO tenants_raw (tenant) VALUES ('a')")).rejects.toMatchObject({ code: 'usage' });
});

test('by https: with the right authority only, with a certificate where one is asked for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-tls-'));
  const files = makeCertificates(folder);
  const proxies: { close(): Promise<void> }[] = [];
  /** The server behind TLS, as a proxy in front of it does it. */
  const behindTls = async (options: ServerOptions): Promise<{ url: string; certificates: string[] }> => {
    const certificates: string[] = [];
    const target = new URL(server.url);
    const proxy = createServer({ cert: readFileSync(files.serverCert), key: readFileSync(files.serverKey), ...options }, (from, to) => {
      certificates.push(String(from.headers['x-clickhouse-ssl-certificate-auth']));
      const onward = httpRequest(
        { host: target.hostname, port: target.port, path: from.url, method: from.method, headers: from.headers },
        (answer) => {
          to.writeHead(answer.statusCode as number, answer.headers);
          answer.pipe(to);
        },
      );
      onward.on('error', () => to.destroy());
      from.pipe(onward);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    proxies.push({
      close: () =>
        new Promise((resolve) => {
          proxy.close(() => resolve());
          proxy.closeAllConnections();
        }),
    });
    return { url: `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`, certificates };
  };
  try {
    const plain = await behindTls({});
    const mutual = await behindTls({ ca: readFileSync(files.ca), requestCert: true, rejectUnauthorized: true });
    for (const [at, tls] of [
      [plain, { ca: files.ca }],
      [mutual, { ca: files.ca, cert: files.clientCert, key: files.clientKey }],
    ] as const) {
      const sink = await live(fresh({ url: at.url, tls }));
      sink.alerts([alertOf(1)], liveVersion(1));
      sink.windows(panes({ key: 'u', requests: 1 }), liveVersion(1));
      await sink.flush();
      expect(await sink.rows('SELECT count() AS n FROM alerts')).toEqual([{ n: 1 }]);
      expect(new Set(at.certificates)).toEqual(new Set(['undefined'])); // it is the password that says who we are
      await sink.close();
    }
    await expect(createLiveStore(fresh({ url: plain.url }))).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/no trusted connection.*store\.tls/),
    });
    await expect(openReader(fresh({ url: server.url.replace('http:', 'https:') }))).rejects.toMatchObject({ code: 'config' });
    await expect(openStore(fresh({ url: mutual.url, tls: { ca: files.ca } }))).rejects.toBeInstanceOf(WeirError);
    // by certificate alone: the server gets the user and that the certificate counts, and this one refuses it
    await expect(
      openReader(fresh({ url: mutual.url, password: undefined, tls: { ca: files.ca, cert: files.clientCert, key: files.clientKey } })),
    ).rejects.toBeInstanceOf(WeirError);
    expect(mutual.certificates.at(-1)).toBe('on');
  } finally {
    for (const one of open.splice(0)) await one.close();
    for (const proxy of proxies) await proxy.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('reading commands ask the server that the config names, and change nothing on it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
  const config = fresh();
  const file = join(folder, 'weir.yaml');
  writeFileSync(
    file,
    `sources: [{ name: gateway, tenant: shop, format: kong, kafka: { topic: t } }]
store: { url: "${config.url}", database: ${config.database}, username: ${config.username}, password_env: STORE_PASSWORD }\n`,
  );
  const password = process.env.STORE_PASSWORD;
  process.env.STORE_PASSWORD = config.password;
  const weir = async (...words: string[]) => {
    let stdout = '';
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation(((chunk: string | Uint8Array, done?: () => void) => {
      stdout += Buffer.from(chunk as Uint8Array).toString('utf8');
      done?.();
      return true;
    }) as typeof process.stdout.write);
    process.exitCode = undefined;
    const program = new Command('weir').exitOverride().option('-q, --quiet');
    for (const register of [registerAlerts, registerIncidents, registerSql, registerReconcile]) register(program);
    try {
      await program.parseAsync(['node', 'weir', ...words, '--config', file]);
      return { status: Number(process.exitCode ?? 0), stdout };
    } finally {
      spy.mockRestore();
      process.exitCode = undefined;
    }
  };
  try {
    await expect(weir('alerts')).rejects.toMatchObject({ code: 'input_missing' });
    expect(await admin({}, `SELECT count() FROM system.databases WHERE name = '${config.database}'`)).toBe('0\n');
    const sink = await live(config);
    const same = [entry('windowed', 2), entry('late', 1)];
    sink.alerts([alertOf(1)], liveVersion(1));
    sink.incidents([incidentOf(1)], liveVersion(2));
    sink.windows(panes({ key: 'u', requests: 2 }, { key: 'GET a/b', requests: 2, view: 'interface' }), liveVersion(1));
    sink.late([lateEvent(1)], liveVersion(1));
    sink.ledger('account/0', same, liveVersion(2));
    sink.ledger('normalise/gateway/0', [entry('read', 4)], liveVersion(2));
    await sink.flush();
    expect(JSON.parse((await weir('alerts', '--json')).stdout)).toEqual(alertOf(1));
    expect(JSON.parse((await weir('incidents', 'show', idOf(1001).slice(0, 31), '--json')).stdout)).toEqual(incidentOf(1));
    expect((await weir('sql', 'SELECT count() FROM account_windows')).stdout).toBe('1\n');
    const flying = await weir('reconcile', '--json');
    expect(flying.status).toBe(0);
    expect(JSON.parse(flying.stdout)).toMatchObject({
      live: true,
      settled: false,
      balanced: true,
      sources: [{ in_flight: 1, missing: 0 }],
    });
    expect((await weir('reconcile', '--settled')).status).toBe(1);
    sink.ledger('account/0', [entry('windowed', 2), entry('late', 2)], liveVersion(3));
    sink.late([lateEvent(2)], liveVersion(2));
    await sink.flush();
    const settled = await weir('reconcile', '--settled');
    expect(settled).toMatchObject({ status: 0, stdout: expect.stringContaining('the ledger adds up') });
  } finally {
    if (password === undefined) delete process.env.STORE_PASSWORD;
    else process.env.STORE_PASSWORD = password;
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a cluster that the server does not know is said before anything is made', async () => {
  const config = fresh({ cluster: 'main' });
  await expect(createLiveStore(config)).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('knows no cluster main'),
  });
  expect(await admin({}, `SELECT count() FROM system.databases WHERE name = '${config.database}'`)).toBe('0\n');
});

test('a store of the program before is brought up to date by many at once, and keeps its rows', async () => {
  const config = fresh();
  const before = new StoreConnection(config);
  await migrate(before, readMigrations().slice(0, 2), []);
  const row = { run: 'main', tenant: 'shop', source: 'gateway', fate: 'read', reason: '', count: 3, version: 1 };
  await before.insertText(
    'INSERT INTO ledger_raw (run, tenant, source, fate, reason, count, version) FORMAT JSONEachRow',
    JSON.stringify(row),
  );
  await before.close();
  const own = readMigrations().length;
  await expect(openReader(config)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(`version 2, this weir reads ${own}`),
  });
  const [first] = await Promise.all([live(config), live(config), store(config)]);
  first.ledger('account/0', [entry('read', 4)], liveVersion(0));
  await first.flush();
  expect(await first.rows('SELECT run, task, count FROM ledger ORDER BY run')).toEqual([
    { run: 'live', task: 'account/0', count: 4 },
    { run: 'main', task: '', count: 3 },
  ]);
});

test('an installation with other topics goes on in the same store: what it says holds, though its offsets begin anew', async () => {
  const config = fresh();
  const first = await live(config, { origin: 'weir' });
  const say = async (to: LiveStore, offset: number, score: number, read: number) => {
    to.alerts([alertOf(1, { score })], liveVersion(offset));
    to.windows(panes({ key: 'u', requests: read }, { key: 'GET a/b', requests: read, view: 'interface' }), liveVersion(offset));
    to.late([lateEvent(1)], liveVersion(offset));
    to.ledger('account/0', [entry('windowed', read), entry('late', 1)], liveVersion(offset));
    to.ledger('normalise/g/0', [entry('read', read + 1)], liveVersion(offset));
    await to.flush();
  };
  await say(first, 1_000_000, 0.1, 10);
  const look = async () =>
    (await first.rows('SELECT (SELECT score FROM alerts) AS score, (SELECT requests FROM account_windows) AS requests'))[0];
  expect(await reconcile(first, Date.now(), 0)).toMatchObject({ settled: true, balanced: true });
  const others = await Promise.all(['next', 'next', 'third'].map((origin) => live(config, { origin })));
  const again = await live(config, { origin: 'weir' });
  await say(others[0], 3, 0.2, 20);
  expect(await look()).toEqual({ score: 0.2, requests: 20 });
  await say(again, 1_000_001, 0.3, 30);
  expect(await look()).toEqual({ score: 0.2, requests: 20 });
  await say(others[1], 4, 0.4, 40);
  expect(await look()).toEqual({ score: 0.4, requests: 40 });
  expect(
    await first.rows(
      'SELECT uniqExact(origin) AS origins, uniqExact(epoch) AS epochs FROM (SELECT origin, max(epoch) AS epoch FROM live_origins GROUP BY origin)',
    ),
  ).toEqual([{ origins: 3, epochs: 3 }]);
  const result = await reconcile(first, Date.now(), 0);
  expect(result).toMatchObject({
    live: true,
    settled: true,
    balanced: true,
    sources: [{ read: 41, windowed: 40, in_flight: 0, missing: 0 }],
  });
});

test('processes that begin at once agree on the epoch of their installation, and no two installations share one', async () => {
  for (let round = 0; round < 6; round++) {
    const config = fresh();
    await store(config);
    const connections = Array.from({ length: 12 }, () => new StoreConnection(config));
    const epochs = await Promise.all(connections.map((connection, k) => liveEpoch(connection, `of ${k % 4}'s`)));
    await Promise.all(connections.map((connection) => connection.close()));
    for (let k = 4; k < epochs.length; k++) expect(epochs[k]).toBe(epochs[k % 4]);
    expect(epochs.slice(0, 4).sort()).toEqual([0, 1, 2, 3]);
  }
});

test('an epoch that an older program left to two installations is given up by who begins', async () => {
  const config = fresh();
  await store(config);
  const connection = new StoreConnection(config);
  const claims = ['a', 'b'].map((origin) => JSON.stringify({ origin, epoch: 1 })).join('\n');
  await connection.insertText('INSERT INTO live_origins (origin, epoch) FORMAT JSONEachRow', claims);
  expect(await liveEpoch(connection, 'a')).toBe(2);
  expect(await liveEpoch(connection, 'a')).toBe(2);
  expect(await liveEpoch(connection, 'b')).toBe(1);
  await connection.close();
});

test('weir detect into a server, with a file that grows: the same as into a data folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-detect-server-'));
  const environment = { WEIR_KEY: 'a master key for tests', STORE_PASSWORD: WRITER.password };
  const { database } = fresh();
  const lines = gatewayLog(5, 3000, 20).map((line) => `${line}\n`);
  const configOf = (store: string) =>
    parseConfig(`sources: [{ name: log, tenant: shop, files: [ ./shop.log ] }]\nstore: ${store}\n`, 'weir.yaml', folder, environment);
  const configs = {
    embedded: configOf('{ path: ./embedded }'),
    server: configOf(`{ url: "${server.url}", database: ${database}, username: ${WRITER.name}, password_env: STORE_PASSWORD }`),
  };
  try {
    const canonical: Record<string, string[]> = {};
    for (const [name, config] of Object.entries(configs)) {
      const log = join(folder, 'shop.log');
      for (const part of [lines.slice(0, 2500), lines]) {
        writeFileSync(log, part.join(''));
        await runDetect({
          files: [log],
          tenant: 'shop',
          data: join(folder, name),
          canonical: join(folder, `${name}-out`),
          config,
          environment,
        });
      }
      canonical[name] = ['alerts', 'windows'].map((file) => readFileSync(join(folder, `${name}-out`, `${file}.ndjson`), 'utf8'));
    }
    expect(canonical.server[0].split('\n').length).toBeGreaterThan(2);
    expect(canonical.server[0]).toBe(canonical.embedded[0]);
    expect(canonical.server[1]).toBe(canonical.embedded[1]);
    const reader = await openReader(fresh({ database }));
    open.push(reader);
    expect(await reconcile(reader, Date.now())).toMatchObject({ live: false, settled: true, balanced: true });
    expect(await reader.rows('SELECT count() AS n FROM runs WHERE closed_at IS NOT NULL')).toEqual([{ n: 2 }]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
