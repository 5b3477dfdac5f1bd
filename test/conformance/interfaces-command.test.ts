import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InterfaceFinding, InterfaceRecord } from '../../schemas/interface.ts';
import { registerInterfaces } from '../../services/commands/interfaces.ts';
import type { Emit } from '../../services/core/stage.ts';
import { DAY } from '../../services/core/watermark.ts';
import { NO_ADDRESS_DATA } from '../../services/ingest/addresses/addresses.ts';
import { createNormaliseStage } from '../../services/ingest/normalise.ts';
import { openDataFolder } from '../../services/storage/open-writer.ts';
import type { Store } from '../../services/storage/store.ts';
import { numbers } from '../support/driver-runs.ts';
import { type Ran, runInProcess } from '../support/in-process.ts';
import { StageNet } from '../support/stage-net.ts';

/** From lines of a log to `weir interfaces`: what it prints is what plain code counts in the same lines. */

const START = Date.UTC(2026, 3, 1);
const DAYS = 12;
const next = numbers(21);
const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)];

interface Request {
  at: number;
  method: string;
  path: string;
  user: string;
  status: number;
}

function requests(): Request[] {
  const all: Request[] = [];
  const add = (at: number, method: string, path: string, user: string, status = 200): number =>
    all.push({ at: START + at, method, path, user, status });
  const users = Array.from({ length: 25 }, (_, i) => `u${i}`);
  for (let hour = 0; hour < DAYS * 24; hour += 3) {
    const at = (): number => (hour + next()) * 3_600_000;
    for (let i = 0; i < 4; i++)
      add(at(), 'GET', `/api/v1/orders/${1000 + Math.floor(next() * 5000)}`, pick(users), pick([200, 200, 200, 404, 500]));
    for (let i = 0; i < 6; i++) add(at(), 'GET', `/api/v2/orders/${1000 + Math.floor(next() * 5000)}`, pick(users));
    add(at(), 'POST', '/api/login', '', pick([200, 401]));
    add(at(), 'GET', `/api/sms?phone=138****${1000 + Math.floor(next() * 30)}`, pick(users));
    add(at(), 'GET', `/api/members?phone=1380000${String(1000 + Math.floor(next() * 9))}`, pick(users));
    if (hour > (DAYS - 3) * 24) add(at(), 'GET', '/api/fresh', pick(users));
  }
  for (let i = 0; i < 800; i++)
    add(
      5 * DAY + i * 100,
      'GET',
      `/${[1, 2]
        .map(() =>
          Math.floor(next() * 1e9)
            .toString(36)
            .replace(/\d/g, 'x'),
        )
        .join('/')}`,
      '',
      i % 10 === 0 ? 200 : 404,
    );
  return all.sort((a, b) => a.at - b.at);
}

const LOG = requests();
const OF = {
  'GET shop.example/api/v1/orders/{id}': /^\/api\/v1\/orders\//,
  'GET shop.example/api/v2/orders/{id}': /^\/api\/v2\/orders\//,
  'POST shop.example/api/login': /^\/api\/login/,
  'GET shop.example/api/sms': /^\/api\/sms/,
  'GET shop.example/api/members': /^\/api\/members/,
  'GET shop.example/api/fresh': /^\/api\/fresh/,
} as const;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-interfaces-'));
  const { store, close } = await openDataFolder(folder);
  store.setTenant('shop', { time_zone: 'UTC' });
  run(store);
  await store.flush();
  await close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** All stages, connected in one thread: what they say goes into the store. */
function run(store: Store): void {
  const normalise = createNormaliseStage(
    { tenant: 'shop', source: 'gateway', format: 'nginx-json', partitions: 1, upstreams: 1, key: [1, 2, 3, 4] },
    { addresses: NO_ADDRESS_DATA },
  );
  const net = new StageNet(1);
  const give = (emits: readonly Emit[]): void => {
    for (const emit of emits) {
      if (emit.output === 'events') net.events(emit.value);
      else if (emit.output === 'control') net.control(emit.value);
      else if (emit.output === 'inventory') store.inventory(emit.tenant, emit.value);
    }
  };
  const encoder = new TextEncoder();
  let offset = 0;
  for (let from = 0; from < LOG.length; from += 500) {
    const lines = LOG.slice(from, from + 500).map(({ at, method, path, user, status }) =>
      JSON.stringify({
        msec: (at / 1000).toFixed(3),
        remote_addr: '198.51.100.7',
        http_x_consumer_id: user === '' ? '-' : user,
        request_method: method,
        host: 'shop.example',
        request_uri: path,
        status,
        body_bytes_sent: 300,
      }),
    );
    const bytes = encoder.encode(`${lines.join('\n')}\n`);
    give(normalise.process({ tenant: 'shop', source: 'gateway', partition: 'p', offset, line: 0, bytes }));
    offset += bytes.length;
  }
  give(normalise.control({ kind: 'end', tenant: 'shop', upstream: 'p', provisional: false }));
  store.windows(encoder.encode(`${net.rows.join('\n')}\n`));
}

/** `weir interfaces`, on the folder of this test unless another place is named. */
const weir = (...words: string[]): Promise<Ran> =>
  runInProcess(
    [registerInterfaces],
    ['interfaces', ...words, ...(words.includes('--config') || words.includes('--data') ? [] : ['--data', folder])],
  );

async function records(...words: string[]): Promise<InterfaceRecord[]> {
  const { stdout, status } = await weir('--json', ...words);
  expect(status).toBe(0);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => InterfaceRecord.parse(JSON.parse(line)));
}

describe('weir interfaces', () => {
  test('lists the interfaces there are, and none that a scanner tried', async () => {
    expect((await records()).map((record) => record.interface).sort()).toEqual(Object.keys(OF).sort());
    const { stdout, stderr } = await weir();
    expect(stdout.split('\n')[0]).toMatch(/^interface +state +requests +callers +ok +accounts +sensitive +last seen \(UTC\)$/);
    expect(stderr).toMatch(/left out that one caller alone asked for/);
    expect((await records('--all', '--state', 'unproven')).length).toBeGreaterThan(0);
  });

  test('counts what plain code counts', async () => {
    for (const record of await records()) {
      const own = LOG.filter(
        ({ path, method }) => record.interface.startsWith(`${method} `) && OF[record.interface as keyof typeof OF].test(path),
      );
      const answered = own.filter(({ status }) => status < 400);
      const hours = own.map(({ at }) => Math.floor(at / 3_600_000) * 3_600_000);
      expect(record).toMatchObject({
        requests: own.length,
        first_seen: new Date(Math.min(...hours)).toISOString(),
        last_seen: new Date(Math.max(...hours) + 3_600_000).toISOString(),
        callers: { about: new Set(answered.map(({ user }) => user)).size },
        authentication: {
          anonymous: Math.round((own.filter(({ user }) => user === '').length / own.length) * 1000) / 1000,
          origins: answered.some(({ user }) => user !== '') ? ['consumer'] : [],
        },
        statuses: {
          missing: own.filter(({ status }) => status === 404).length,
          server_errors: own.filter(({ status }) => status === 500).length,
        },
      });
      const phones = new Set(answered.map(({ path }) => path.split('phone=')[1] ?? ''));
      phones.delete('');
      const distinct = record.sensitive.map((one) => one.distinct);
      if (phones.size < 16) expect(distinct).toEqual(phones.size === 0 ? [] : [phones.size]);
      else expect(distinct[0]).toBeGreaterThan(phones.size / 2);
    }
  });

  test('says what is new, what a newer version has replaced, and only that', async () => {
    const states = Object.fromEntries((await records()).map((record) => [record.interface.replace(' shop.example', ''), record.state]));
    expect(states).toEqual({
      'GET/api/v1/orders/{id}': 'zombie',
      'GET/api/v2/orders/{id}': 'active',
      'POST/api/login': 'active',
      'GET/api/sms': 'active',
      'GET/api/members': 'active',
      'GET/api/fresh': 'new',
    });
    expect((await records('--state', 'new')).map((record) => record.interface)).toEqual(['GET shop.example/api/fresh']);
  });

  test('counts a span only, and leaves out what was not called in it', async () => {
    const until = START + 2 * DAY;
    const found = await records('--until', new Date(until).toISOString());
    expect(found.map((record) => record.interface)).not.toContain('GET shop.example/api/fresh');
    const orders = found.find((record) => record.interface === 'GET shop.example/api/v2/orders/{id}');
    expect(orders?.requests).toBe(LOG.filter(({ at, path }) => at < until && path.startsWith('/api/v2/')).length);
  });

  test('finds the type that is masked here and in clear there', async () => {
    const { stdout } = await weir('--findings', '--json');
    const findings = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => InterfaceFinding.parse(JSON.parse(line)));
    expect(findings).toEqual([
      expect.objectContaining({
        kind: 'masked_differently',
        type: 'mobile',
        interfaces: ['GET shop.example/api/members', 'GET shop.example/api/sms'],
      }),
    ]);
    expect((await weir('--findings')).stdout).toMatch(/masked_differently .* mobile is written as 3\*4 at /);
  });

  test('shows one by a part of its name, and says which there are when several fit', async () => {
    const { stdout } = await weir('show', 'v1/orders');
    expect(stdout).toMatch(/^GET shop\.example\/api\/v1\/orders\/\{id\}\n/);
    expect(stdout).toContain('has taken its place');
    const several = await weir('show', 'orders');
    expect(several).toMatchObject({ status: 2, stderr: expect.stringContaining('GET shop.example/api/v2/orders/{id}') });
    expect(await weir('show', 'nothing-of-that')).toMatchObject({ status: 2 });
    expect(InterfaceRecord.parse(JSON.parse((await weir('show', 'api/sms', '--json')).stdout))).toMatchObject({
      sensitive: [{ type: 'mobile', masked: true, mask: '3*4' }],
      findings: [{ kind: 'masked_differently' }],
    });
  });

  test('holds what was called against the documents of the tenant', async () => {
    writeFileSync(
      join(folder, 'shop.yaml'),
      `openapi: 3.0.3
info: { title: shop, version: '1' }
servers: [{ url: 'https://shop.example/api' }]
components: { securitySchemes: { key: { type: apiKey, in: header, name: x-key } } }
security: [{ key: [] }]
paths:
  /v1/orders/{orderId}: { get: { deprecated: true, responses: {} } }
  /v2/orders/{orderId}: { get: { responses: {} }, delete: { responses: {} } }
  /login: { post: { responses: {} } }
  /members: { get: { security: [], responses: {} } }
`,
    );
    const config = join(folder, 'weir.yaml');
    writeFileSync(
      config,
      `tenants: { shop: { documents: [shop.yaml] } }
sources: [{ name: gateway, tenant: shop, files: [shop.log] }]
store: { path: ${folder} }
`,
    );
    const found = await records('--config', config);
    expect(Object.fromEntries(found.map((record) => [record.interface.replace(' shop.example/api', ''), record.states.join()]))).toEqual({
      'GET/v1/orders/{orderId}': 'zombie',
      'GET/v2/orders/{orderId}': 'active',
      'DELETE/v2/orders/{orderId}': 'orphan',
      'POST/login': 'active',
      'GET/members': 'active',
      'GET/sms': 'shadow',
      'GET/fresh': 'shadow,new',
    });
    expect(found.find((record) => record.interface.endsWith('v1/orders/{orderId}'))?.document).toEqual({
      operation: 'GET shop.example/api/v1/orders/{orderId}',
      deprecated: true,
    });
    const { stdout } = await weir('--findings', '--json', '--config', config);
    expect(stdout).toContain('"kind":"open_despite_document"');
    expect(
      stdout
        .split('\n')
        .filter((line) => line.includes('open_despite_document'))
        .join(),
    ).toContain('POST shop.example/api/login');
    rmSync(join(folder, 'shop.yaml'));
    expect(await weir('--config', config)).toMatchObject({ status: 2, stderr: expect.stringContaining('shop.yaml') });
  });

  test('never stores a value', async () => {
    const { stdout } = await weir('--json', '--all');
    for (const { path } of LOG) if (path.includes('phone=')) expect(stdout.includes(path.split('phone=')[1])).toBe(false);
  });
});
