import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../../services/commands/config.ts';
import { RunVersions } from '../../services/commands/run-versions.ts';
import type { EventBatch } from '../../services/core/batch.ts';
import { FLAG, heapString } from '../../services/core/batch.ts';
import type { Topology } from '../../services/core/topology-contract.ts';
import { loadAddressLists, versionWithLists } from '../../services/ingest/addresses/address-list-loader.ts';
import { documentsOf, versionWithDocuments } from '../../services/ingest/interfaces/openapi-loader.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-list-versions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const list = join(folder, 'threats.txt');
const document = join(folder, 'api.yaml');
writeFileSync(list, '');
const { config, version } = parseConfig(
  'tenants: { shop: { lists: [{ name: exchange, kind: threat, file: threats.txt }], documents: [api.yaml] } }\nsources: [{ name: gateway, tenant: shop, format: nginx-json, kafka: { topic: gw } }]\n',
  'weir.yaml',
  folder,
  {},
);

/** Run versions of a process that starts now, and the name of its own. */
async function started(): Promise<{ versions: RunVersions; name: string }> {
  const lists = await loadAddressLists(config.tenants);
  const documents = documentsOf(config.tenants);
  const versions = new RunVersions(join(folder, 'state'), new Uint8Array(32).fill(1), undefined, lists, documents);
  const full = versionWithDocuments(versionWithLists(version, lists), documents);
  return { versions, name: versions.name({ config, version: full, path: undefined }, { shop: 1 }) };
}

/** The event that the stages of a topology make of a request. */
async function eventOf(topology: Topology, address: string, path = '/'): Promise<EventBatch> {
  const stage = await topology.createNormalise(
    { tenant: 'shop', source: 'gateway', partition: 'p', format: 'nginx-json', upstreams: 1 },
    1,
  );
  const line = JSON.stringify({
    time_iso8601: '2026-03-02T00:00:00+00:00',
    remote_addr: address,
    host: 'a.example',
    request: `GET ${path} HTTP/1.1`,
    status: 200,
  });
  const bytes = new TextEncoder().encode(`${line}\n`);
  const emits = [
    ...stage.process({ tenant: 'shop', source: 'gateway', partition: 'p', offset: 0, line: 1, bytes }),
    ...stage.process({ tenant: 'shop', source: 'gateway', partition: 'p', offset: bytes.length, line: 2, bytes }),
  ];
  const events = emits.flatMap((emit) => (emit.output === 'events' ? [emit.value] : []));
  expect(events.length).toBeGreaterThan(0);
  return events[0];
}

async function isThreat(topology: Topology, address: string): Promise<boolean> {
  return ((await eventOf(topology, address)).columns.flags[0] & FLAG.threat) !== 0;
}

async function interfaceOf(topology: Topology, path: string): Promise<string> {
  const { columns, heap } = await eventOf(topology, '203.0.113.9', path);
  return heapString(heap, columns.interface[0]);
}

/** Writes a document with one operation. */
function describePath(path: string): void {
  writeFileSync(document, `openapi: 3.0.0\ninfo: { title: a, version: '1' }\npaths: { '${path}': { get: { responses: {} } } }\n`);
}

beforeEach(() => describePath('/users/{name}'));

test('what was processed under a list is replayed under it, whatever its file holds today', async () => {
  writeFileSync(list, '203.0.113.1\n');
  const before = await started();
  writeFileSync(list, '# another order, another comment\n203.0.113.1/32\n');
  expect((await started()).name).toBe(before.name);
  writeFileSync(list, '203.0.113.2\n');
  const after = await started();
  expect(after.name).not.toBe(before.name);

  const old = (await after.versions.read(before.name)).topology;
  const now = (await after.versions.read(after.name)).topology;
  expect([await isThreat(old, '203.0.113.1'), await isThreat(old, '203.0.113.2')]).toEqual([true, false]);
  expect([await isThreat(now, '203.0.113.1'), await isThreat(now, '203.0.113.2')]).toEqual([false, true]);
  // each content once
  expect(readdirSync(join(folder, 'state', 'versions')).filter((name) => name.startsWith('list-'))).toHaveLength(2);
});

test('what was processed under a document is replayed under it, whatever its file says today', async () => {
  const before = await started();
  expect((await started()).name).toBe(before.name);
  describePath('/users/{login}');
  const after = await started();
  expect(after.name).not.toBe(before.name);
  const [old, now] = [(await after.versions.read(before.name)).topology, (await after.versions.read(after.name)).topology];
  expect(await interfaceOf(old, '/users/ada')).toBe('GET a.example/users/{name}');
  expect(await interfaceOf(now, '/users/ada')).toBe('GET a.example/users/{login}');
});
