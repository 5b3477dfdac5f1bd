/**
 * Chapter 4: views.
 *
 * One stream of requests is keyed in four ways: by account, by interface, by source (client address) and by target (who is
 * probed or hit). Each view has a feature list (models/windows.ts); a window holds one number a feature. Accounts come
 * first: an account lives in one task, so what an interface can say of its callers is the exact sum of what its callers'
 * tasks report when their panes close.
 *
 * This chapter writes a log of one hour by hand, runs the whole product over it, and reads the windows from the store.
 * An hour's features can be checked by counting lines with a finger.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { View } from '../../models/windows.ts';
import { runDetect } from '../../services/commands/run-detect.ts';
import { openReader } from '../../services/storage/open-reader.ts';
import { parseRows } from '../../services/storage/reader.ts';

interface StoredWindow {
  view: View;
  key: string;
  values: Record<string, number>;
}

let windows: StoredWindow[];

const line = (minute: number, account: string, address: string, request: string, status: number): string => {
  const [method, uri] = request.split(' ');
  const at = `2026-03-02T10:${String(minute).padStart(2, '0')}:00+00:00`;
  return JSON.stringify({
    time_iso8601: at,
    remote_addr: address,
    http_x_consumer_id: account,
    request_method: method,
    request_uri: uri,
    host: 'shop.example',
    status,
    body_bytes_sent: 1000,
    request_time: 0.25,
  });
};

const LOG = [
  line(0, '', '198.51.100.1', 'POST /login', 401),
  line(1, '', '198.51.100.1', 'POST /login', 401),
  line(5, 'ann', '203.0.113.1', 'GET /orders/1001', 200),
  line(6, 'ann', '203.0.113.1', 'GET /orders/1002', 200),
  line(7, 'ann', '203.0.113.9', 'GET /orders/1001', 200),
  line(8, 'ann', '203.0.113.9', 'GET /orders/9999', 404),
  line(20, 'bob', '203.0.113.7', 'GET /orders/2001', 200),
];

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-guide-'));
  const log = join(folder, 'shop.log');
  writeFileSync(log, LOG.map((text) => `${text}\n`).join(''));
  const data = join(folder, 'data');
  // a key of one's own, so that the guide leaves nothing in anybody's home
  await runDetect({ files: [log], data, environment: { WEIR_KEY: 'a key that is only for the guide' } });
  const reader = await openReader(data);
  windows = parseRows<StoredWindow>(await reader.query("SELECT view, key, values FROM windows WHERE size = '1h'"));
  await reader.close();
});

/** Features of one window by name. */
function features(view: View, key: string): Record<string, number> {
  const found = windows.find((window) => window.view === view && window.key === key);
  if (found === undefined)
    throw new Error(`no ${view} window of ${key}; there are ${windows.map((window) => `${window.view} ${window.key}`).join(', ')}`);
  return found.values;
}

test('the account view tells what somebody did', () => {
  expect(features('account', 'ann')).toMatchObject({
    requests: 4,
    missing: 1, // 404
    interfaces: 1, // one template, whatever the numbers in it
    objects: 3, // 1001, 1002 and 9999
    addresses: 2,
    active_minutes: 4,
    bytes_out: 4000,
    duration_ms: 1000,
  });
  expect(features('account', 'bob')).toMatchObject({ requests: 1, objects: 1, addresses: 1 });
});

test('the interface view tells who calls: exact sums of what the accounts reported', () => {
  expect(features('interface', 'GET shop.example/orders/{id}')).toMatchObject({
    requests: 5,
    callers: 2,
    missing: 1,
    objects: 4,
    top_caller: 4, // ann's
    anonymous: 0,
  });
});

test('who names no account is known by the address, and marked so', () => {
  expect(features('interface', 'POST shop.example/login')).toMatchObject({ requests: 2, anonymous: 2, failures: 2 });
  expect(features('account', '198.51.100.1')).toMatchObject({ requests: 2, login_failures: 2 });
});

test('sums agree between views: no event is lost on the way from account to interface', () => {
  const requests = (view: 'account' | 'interface') =>
    windows.filter((window) => window.view === view).reduce((sum, { key }) => sum + features(view, key).requests, 0);
  expect(requests('account')).toBe(LOG.length);
  expect(requests('interface')).toBe(LOG.length);
});
