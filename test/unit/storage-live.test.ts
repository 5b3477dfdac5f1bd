import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { appendWindowRow, TsvWriter } from '../../schemas/window-row.ts';
import type { Fate } from '../../services/core/topology-contract.ts';
import { BatchQueue } from '../../services/storage/batch-queue.ts';
import { createLiveStore, type LiveStore, liveVersion } from '../../services/storage/live-store.ts';
import { reconcile } from '../../services/storage/reconcile.ts';
import { openStore } from '../../services/storage/store.ts';
import { isTransient } from '../../services/storage/transient.ts';
import { stampRows } from '../../services/storage/window-loader.ts';
import { alertOf, idOf, incidentOf } from '../support/records.ts';

const HOUR = 3_600_000;
const NOW = Math.floor(Date.now() / HOUR) * HOUR;

function row(key: string, values: number[], view: 'account' | 'interface' = 'account'): Uint8Array {
  const out = new TsvWriter();
  appendWindowRow(out, { tenant: 'shop', view, size: '1h', key, start: NOW - HOUR, end: NOW, final: true, values });
  return out.take();
}

describe('a live store in a data folder', () => {
  let folder: string;
  let store: LiveStore;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-live-'));
    store = await createLiveStore({ path: folder });
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function ledger(task: string, offset: number, figures: Partial<Record<Fate, number>>, source = 'gateway'): void {
    const entries = Object.entries(figures).map(([fate, count]) => ({ tenant: 'shop', source, fate: fate as Fate, reason: '', count }));
    store.ledger(task, entries, liveVersion(offset));
  }

  test('any records in any order and however often: of each key the latest holds', async () => {
    let database = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key: fc.integer({ min: 1, max: 4 }), offset: fc.integer({ min: 0, max: 12 }) }), {
          minLength: 1,
          maxLength: 30,
        }),
        fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
        async (records, flushes) => {
          const base = ++database * 1000; // keys of its own
          for (const [i, { key, offset }] of records.entries()) {
            // what a record says is a function of its offset
            store.incidents([incidentOf(base + key, { revision: offset + 1 })], liveVersion(offset));
            store.windows(row(`u${base + key}`, [offset]), liveVersion(offset));
            if (flushes[i]) await store.flush();
          }
          await store.flush();
          const last = new Map<number, number>();
          for (const { key, offset } of records) last.set(key, Math.max(last.get(key) ?? 0, offset));
          const expected = [...last].sort((a, b) => a[0] - b[0]).map(([key, offset]) => ({ key, revision: offset + 1, requests: offset }));
          const found = await store.rows(
            `SELECT reinterpretAsUInt64(reverse(unhex(i.incident_id))) - ${1000 + base} AS key, i.revision AS revision, w.requests AS requests
             FROM incidents AS i INNER JOIN account_windows AS w ON w.key = concat('u', toString(key + ${base}))
             WHERE i.incident_id > {from:String} AND i.incident_id <= {to:String} ORDER BY key`,
            { from: idOf(1000 + base), to: idOf(1000 + base + 4) },
          );
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 12 },
    );
  });

  test('rows of a run of the program lie below those of live tasks; temporary files are gone', async () => {
    store.alerts([alertOf(1, { score: 0.7 })], liveVersion(0));
    store.windows(row('u1', [3]), liveVersion(0), 'main');
    await store.flush();
    await store.close();
    const run = await openStore({ path: folder });
    run.alerts([alertOf(1, { score: 0.1 }), alertOf(2)]);
    run.windows(row('u1', [1]));
    await run.close();
    store = await createLiveStore({ path: folder });
    expect(await store.rows('SELECT score FROM alerts ORDER BY alert_id')).toEqual([{ score: 0.7 }, { score: 0.83 }]);
    expect(await store.rows('SELECT run, requests FROM account_windows')).toEqual([{ run: 'main', requests: 3 }]);
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  test('a version that is none of a live row is refused', () => {
    expect(() => store.alerts([alertOf(1)], 12)).toThrow('12 is no version');
    expect(() => store.windows(row('u', [1]), 2 ** 53)).toThrow('no version');
  });

  test('after it was closed nothing that waits is called stored', async () => {
    store.alerts([alertOf(1)], liveVersion(1));
    const flushed = store.flush();
    await Promise.all([expect(flushed.then(() => store.rows('SELECT 1'))).rejects.toThrow(), store.close()]);
  });

  describe('reconcile', () => {
    const PATIENCE = 50;

    test('what is on its way is in flight, not missing; settled when nothing is and the tables hold it all', async () => {
      ledger('normalise/g/0', 1, { read: 100, dead: 0 });
      ledger('account/0', 1, { windowed: 60, late: 0, dropped: 4 });
      ledger('account/1', 2, { windowed: 20 });
      store.windows(row('u1', [60]), liveVersion(1));
      await store.flush();
      expect(await reconcile(store, NOW, PATIENCE)).toMatchObject({
        live: true,
        settled: false,
        balanced: true,
        sources: [{ read: 100, windowed: 80, dropped: 4, in_flight: 16, missing: 0 }],
      });
      ledger('account/1', 3, { windowed: 36 });
      store.windows(row('u2', [36]), liveVersion(2));
      await store.flush();
      expect(await reconcile(store, NOW, PATIENCE)).toMatchObject({ settled: false, balanced: true, sources: [{ in_flight: 0 }] });
      store.windows(row('GET a/b', [96], 'interface'), liveVersion(3));
      await store.flush();
      expect(await reconcile(store, NOW, PATIENCE)).toMatchObject({ settled: true, balanced: true });
    });

    test('more fates than reads: doubled, unless the reads are only stored a moment later', async () => {
      ledger('normalise/g/0', 1, { read: 10 });
      ledger('account/0', 1, { windowed: 12 });
      await store.flush();
      expect(await reconcile(store, NOW, PATIENCE)).toMatchObject({
        settled: false,
        balanced: false,
        sources: [{ missing: -2, in_flight: 0 }],
      });
      let looked = () => {};
      const firstLook = new Promise<void>((resolve) => {
        looked = resolve;
      });
      const rows = async <T>(sql: string, params?: Record<string, unknown>): Promise<T[]> => {
        const found = await store.rows<T>(sql, params);
        if (sql.includes('windows_raw')) looked(); // the last that it asks
        return found;
      };
      const later = reconcile({ rows, query: (sql, options) => store.query(sql, options), close: () => store.close() }, NOW, 2000);
      await firstLook;
      ledger('normalise/g/0', 2, { read: 13 });
      ledger('account/0', 2, { windowed: 14 });
      await store.flush();
      expect(await later).toMatchObject({ settled: false, balanced: true, sources: [{ read: 13, missing: 0, in_flight: 0 }] });
    });

    test('more rows than were counted are found; another run beside the live one has to balance by itself', async () => {
      ledger('normalise/g/0', 1, { read: 10 });
      ledger('account/0', 1, { windowed: 9, late: 1 });
      const event = { tenant: 'shop', source: 'gateway', partition: 'p', index: 0, at: NOW, delay: 1, account: 'u', interface: 'i' };
      store.late(
        [1, 2].map((offset) => ({ ...event, offset })),
        liveVersion(1),
      );
      await store.flush();
      const result = await reconcile(store, NOW, PATIENCE);
      expect(result.balanced).toBe(false);
      expect(result.comparisons.filter(({ judged }) => judged)).toMatchObject([{ what: 'late events stored', expected: 1, found: 2 }]);
      await store.close();
      const run = await openStore({ path: folder });
      run.ledger([{ run: 'main', tenant: 'shop', source: 'files', fate: 'read', reason: '', count: 3 }]);
      await run.flush();
      expect(await reconcile(run, NOW, PATIENCE)).toMatchObject({
        live: true,
        sources: [
          { source: 'files', missing: 3 },
          { source: 'gateway', missing: 0 },
        ],
      });
      await run.close();
      store = await createLiveStore({ path: folder });
    });
  });
});

test('stamped rows: run and version behind every row, whatever the keys say', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', minLength: 1 }), { maxLength: 8 }),
      fc.string({ unit: 'binary' }),
      fc.nat(),
      (keys, run, offset) => {
        const out = new TsvWriter();
        for (const key of keys)
          appendWindowRow(out, { tenant: 't', view: 'account', size: '1h', key, start: 0, end: HOUR, final: true, values: [1] });
        const rows = out.take();
        const plain = Buffer.from(rows).toString('utf8').split('\n');
        const stamped = Buffer.from(stampRows(rows, run, liveVersion(offset)))
          .toString('utf8')
          .split('\n');
        expect(stamped).toHaveLength(keys.length + 1);
        stamped.slice(0, -1).forEach((line, i) => {
          expect(line.startsWith(`${plain[i]}\t`)).toBe(true);
          expect(line.endsWith(`\t${liveVersion(offset)}`)).toBe(true);
          expect(line.split('\t')).toHaveLength(10);
        });
      },
    ),
  );
});

describe('a queue of batches', () => {
  test('while a batch is on its way the next one grows, up to its limit; flush waits for what came before it only', async () => {
    const batches: string[][] = [];
    const release: (() => void)[] = [];
    const queue = new BatchQueue<string>(
      (items) => {
        batches.push(items);
        return new Promise((resolve) => release.push(resolve));
      },
      30,
      5,
    );
    const next = async () => {
      await vi.waitFor(() => expect(release.length).toBeGreaterThan(0));
      release.shift()?.();
    };
    queue.add('a', 10);
    let first = false;
    const flushed = queue.flush().then(() => {
      first = true;
    });
    expect(batches).toEqual([['a']]);
    for (const item of 'bcdefgh') queue.add(item, 10);
    expect(queue.pending).toBe(80);
    expect(first).toBe(false);
    await next();
    await flushed;
    expect(batches).toEqual([['a'], ['b', 'c', 'd']]);
    const all = queue.flush();
    for (let i = 0; i < 3; i++) await next();
    await all;
    expect(batches).toEqual([['a'], ['b', 'c', 'd'], ['e', 'f', 'g'], ['h']]);
    expect(queue.pending).toBe(0);
    await queue.flush();
    queue.add('i', 1); // by itself, after a moment
    await next();
    await vi.waitFor(() => expect(queue.pending).toBe(0));
  });

  test('after a failure nothing is taken, and everyone who waits or asks is told', async () => {
    const queue = new BatchQueue<string>(() => Promise.reject(new Error('broken')), 10, 5);
    queue.add('a', 1);
    await expect(queue.flush()).rejects.toThrow('broken');
    expect(() => queue.add('b', 1)).toThrow('broken');
    await expect(queue.flush()).rejects.toThrow('broken');
  });
});

test('only what is known to pass is tried again', () => {
  const failure = (properties: object, message = 'x') => Object.assign(new Error(message), properties);
  const wrapped = (cause: Error) => new Error('the store failed', { cause });
  const passing = [
    failure({ code: 'ECONNREFUSED' }),
    failure({ code: 'ECONNRESET' }),
    failure({ code: '252', type: 'TOO_MANY_PARTS' }),
    failure({ code: '202', type: 'TOO_MANY_SIMULTANEOUS_QUERIES' }),
    failure({ code: '241', type: 'MEMORY_LIMIT_EXCEEDED' }),
    failure({}, 'Timeout error.'),
    failure({}, 'socket hang up'),
    failure({}, '<html><h1>503 Service Unavailable</h1></html>'),
    failure({}, ''),
  ];
  const lasting = [
    failure({ code: '60', type: 'UNKNOWN_TABLE' }),
    failure({ code: '516', type: 'AUTHENTICATION_FAILED' }),
    failure({ code: '27', type: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED' }, 'Timeout error.'),
    failure({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
    new TypeError('socket hang up'),
    failure({}, 'something else'),
  ];
  for (const error of passing) expect([isTransient(error), isTransient(wrapped(error))]).toEqual([true, true]);
  for (const error of lasting) expect([isTransient(error), isTransient(wrapped(error))]).toEqual([false, false]);
  expect(isTransient('Timeout error.')).toBe(false);
});
