import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseConfig } from '../../services/commands/config.ts';
import { RunVersions } from '../../services/commands/run-versions.ts';
import { FLAG } from '../../services/core/batch.ts';
import type { Topology } from '../../services/core/topology-contract.ts';
import { loadAddressLists, versionWithLists } from '../../services/ingest/addresses/address-list-loader.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-list-versions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const list = join(folder, 'threats.txt');
const { config, version } = parseConfig(
  'tenants: { shop: { lists: [{ name: exchange, kind: threat, file: threats.txt }] } }\nsources: [{ name: gateway, tenant: shop, format: nginx-json, kafka: { topic: gw } }]\n',
  'weir.yaml',
  folder,
  {},
);

/** Run versions of a process that starts now, and the name of its own. */
async function started(): Promise<{ versions: RunVersions; name: string }> {
  const lists = await loadAddressLists(config.tenants);
  const versions = new RunVersions(join(folder, 'state'), new Uint8Array(32).fill(1), undefined, lists);
  return { versions, name: versions.name({ config, version: versionWithLists(version, lists), path: undefined }, { shop: 1 }) };
}

/** Whether an address is a threat to the stages of a topology. */
async function isThreat(topology: Topology, address: string): Promise<boolean> {
  const stage = await topology.createNormalise(
    { tenant: 'shop', source: 'gateway', partition: 'p', format: 'nginx-json', upstreams: 1 },
    1,
  );
  const line = JSON.stringify({
    time_iso8601: '2026-03-02T00:00:00+00:00',
    remote_addr: address,
    host: 'a.example',
    request: 'GET / HTTP/1.1',
    status: 200,
  });
  const bytes = new TextEncoder().encode(`${line}\n`);
  const emits = [
    ...stage.process({ tenant: 'shop', source: 'gateway', partition: 'p', offset: 0, line: 1, bytes }),
    ...stage.process({ tenant: 'shop', source: 'gateway', partition: 'p', offset: bytes.length, line: 2, bytes }),
  ];
  const events = emits.flatMap((emit) => (emit.output === 'events' ? [emit.value] : []));
  expect(events.length).toBeGreaterThan(0);
  return (events[0].columns.flags[0] & FLAG.threat) !== 0;
}

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
