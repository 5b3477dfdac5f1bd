import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigSchema } from '../../schemas/config.ts';
import { type EventBatch, FLAG, heapString } from '../../services/core/batch.ts';
import { NO_ADDRESS_DATA } from '../../services/ingest/addresses/addresses.ts';
import { createNormaliseStage } from '../../services/ingest/normalise.ts';
import { writeBench } from '../../services/simulation/bench.ts';
import type { SimulatedEvent } from '../../services/simulation/event.ts';
import { FORMATS, interfaceIn, logHeader, type SimulatedFormat, writeLine } from '../../services/simulation/formats/write-line.ts';
import { targetId } from '../../services/simulation/labels.ts';
import { matchingConfig } from '../../services/simulation/matching-config.ts';
import type { TenantKind } from '../../services/simulation/plan.ts';
import { SCENARIOS } from '../../services/simulation/scenarios/list.ts';
import { buildWorld, simulateWorld } from '../../services/simulation/simulate.ts';
import { tenantPlan } from '../../services/simulation/tenant-plan.ts';
import type { World } from '../../services/simulation/world.ts';
import { writeSimulation } from '../../services/simulation/write-files.ts';

const KEY = [1, 2, 3, 4];

interface Tenant {
  world: World;
  events: SimulatedEvent[];
}
const tenants = new Map<string, Tenant>();

/** A small tenant with everything in it that fits into its two days. */
function tenant(kind: TenantKind, seed: number): Tenant {
  const known = tenants.get(`${kind} ${seed}`);
  if (known !== undefined) return known;
  const scenarios = SCENARIOS.filter((one) => one.kinds.includes(kind) && one.days <= 2).map((one) => ({
    scenario: one.name,
    intensity: 0.3,
  }));
  const world = buildWorld(
    tenantPlan(kind, seed, { days: 2, accounts: kind === 'consumer' ? 200 : 40, eventsPerDay: 1000, scenarios, hardNegatives: 'all' }),
  );
  const made = { world, events: [...simulateWorld(world)] };
  tenants.set(`${kind} ${seed}`, made);
  return made;
}

/** What ingest makes of a tenant's log under the config that comes with it. */
function ingest(world: World, format: SimulatedFormat, events: readonly SimulatedEvent[]): { batch: EventBatch; dead: number } {
  const { nuisances } = world;
  const shape = { login: nuisances.logsLogin, session: nuisances.logsSession, code: nuisances.logsCode, records: nuisances.logsRecords };
  const config = ConfigSchema.parse(
    matchingConfig(
      [world],
      () => format,
      () => './x.log',
    ),
  );
  const [source] = config.sources;
  const own = config.tenants[world.plan.name];
  const stage = createNormaliseStage(
    {
      tenant: world.plan.name,
      source: source.name,
      format,
      partitions: 1,
      upstreams: 1,
      trustedProxies: source.trusted_proxies,
      identity: source.identity,
      targets: source.targets,
      failure: source.failure,
      rules: { sensitive: own.sensitive, tags: own.tags },
      roles: own.roles,
      key: KEY,
    },
    { addresses: NO_ADDRESS_DATA },
  );
  const text = logHeader(format) + events.map((event) => `${writeLine(format, event, shape)}\n`).join('');
  const emits = stage.process({
    tenant: world.plan.name,
    source: source.name,
    partition: 'p',
    offset: 0,
    line: 1,
    bytes: new TextEncoder().encode(text),
  });
  const batches = [...emits, ...stage.control({ kind: 'end', tenant: world.plan.name, upstream: 'p', provisional: false })];
  const found = batches.flatMap((emit) => (emit.output === 'events' ? [emit.value] : []));
  const dead = batches.flatMap((emit) => (emit.output === 'dead' ? emit.value : [])).length;
  expect(found).toHaveLength(1);
  return { batch: found[0], dead };
}

describe('lines', () => {
  it.each(FORMATS)('are read by ingest as what they were written from (%s)', (format) => {
    for (const [kind, seed] of (format === 'zeek-conn'
      ? [
          ['network', 1],
          ['network', 2],
        ]
      : [
          ['consumer', 1],
          ['consumer', 5],
          ['partners', 2],
          ['office', 3],
        ]) as [TenantKind, number][]) {
      const { world, events } = tenant(kind, seed);
      const { batch, dead } = ingest(world, format, events);
      expect(dead).toBe(0);
      expect(batch.n).toBe(events.length);
      const { columns, heap } = batch;
      const key = Uint32Array.from(KEY);
      const wrong: string[] = [];
      events.forEach((event, row) => {
        const compare = (what: string, got: unknown, wanted: unknown): void => {
          if (got !== wanted && wrong.length < 10)
            wrong.push(`${kind} ${row} ${what}: got ${String(got)}, wanted ${String(wanted)} in ${JSON.stringify(event)}`);
        };
        compare('at', columns.at[row], format === 'combined' ? Math.floor(event.at / 1000) * 1000 : event.at);
        compare('account', heapString(heap, columns.account[row]), event.account === '' ? event.address : event.account);
        compare('address', heapString(heap, columns.address[row]), event.address);
        compare('bytes', columns.bytesOut[row], event.bytesOut);
        if (event.campaign === '' || !event.campaign.endsWith('probing')) {
          const isAsset = event.kind === 'request' && /\.[a-z0-9]+$/.test(event.path);
          if (!isAsset && (event.kind === 'flow' || event.status !== 404 || (event.campaign !== '' && event.interface.includes('{')))) {
            compare('interface', heapString(heap, columns.interface[row]), interfaceIn(format, event.interface, world.plan.name));
          }
        }
        if (event.kind === 'request') {
          compare('status', columns.status[row], event.status);
          const logged =
            event.login !== '' && event.target === event.login
              ? format !== 'combined'
              : event.target !== '' && event.query.includes(event.target);
          if (logged) compare('target', heapString(heap, columns.target[row]), targetId(key, event.target));
        }
      });
      expect(wrong).toEqual([]);
      if (kind === 'consumer') {
        const tagged = (flag: number): number => columns.flags.subarray(0, batch.n).filter((flags) => (flags & flag) !== 0).length;
        for (const flag of [FLAG.login, FLAG.register, FLAG.sendCode, FLAG.benefit, FLAG.sensitive, FLAG.failure, FLAG.anonymous]) {
          if (format !== 'combined' || flag !== FLAG.failure) expect(tagged(flag)).toBeGreaterThan(0);
        }
      }
    }
  });

  it('keep the shape of their gateway', () => {
    const { events } = tenant('consumer', 2);
    for (const event of events.slice(0, 200)) {
      for (const format of ['nginx-json', 'apisix', 'kong', 'envoy-json'] as const)
        expect(JSON.parse(writeLine(format, event))).toBeTypeOf('object');
      expect(writeLine('combined', event)).toMatch(
        /^\S+ - \S+ \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000] "[A-Z]+ \/\S* HTTP\/1\.1" \d{3} \d+ "[^"]*" "[^"]*" \d+\.\d{3}( "[^"]+")?$/,
      );
    }
    expect(() => writeLine('zeek-conn', events[0])).toThrow(/cannot be written as zeek-conn/);
    const { events: flows } = tenant('network', 2);
    expect(writeLine('zeek-conn', flows[0]).split('\t')).toHaveLength(21);
    expect(() => writeLine('combined', flows[0])).toThrow(/network tenants are written as zeek-conn/);
  });

  it('come with a config that is valid', () => {
    for (const kind of ['consumer', 'partners', 'office', 'network'] as const) {
      const { world } = tenant(kind, 6);
      for (const format of FORMATS)
        expect(() =>
          ConfigSchema.parse(
            matchingConfig(
              [world],
              () => format,
              () => './x.log',
            ),
          ),
        ).not.toThrow();
    }
  });
});

describe('files', () => {
  it('hold what the labels and the counts say', () => {
    const dir = mkdtempSync(join(tmpdir(), 'weir-simulation-'));
    try {
      const plan = {
        tenants: [
          tenantPlan('consumer', 3, {
            days: 1,
            accounts: 200,
            eventsPerDay: 1500,
            scenarios: [{ scenario: 'probing' }, { scenario: 'sms_pumping' }],
          }),
          tenantPlan('network', 3, { days: 2, accounts: 30, eventsPerDay: 800 }),
        ],
      };
      const written = writeSimulation(dir, plan, 'combined');
      expect(written.files.map((file) => file.format)).toEqual(['combined', 'zeek-conn']);
      for (const file of written.files) {
        const lines = readFileSync(file.path, 'utf8')
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#'));
        expect(lines).toHaveLength(file.events);
      }
      const labels = JSON.parse(readFileSync(join(dir, 'labels.json'), 'utf8'));
      expect(labels.campaigns).toHaveLength(2);
      expect(labels.campaigns[1].interfaces[0]).toMatch(/^(GET|POST) consumer-3\//);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('of a bench are ordered lines of about 380 bytes over all accounts and interfaces', () => {
    const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'));
    try {
      const files = writeBench(dir, { events: 20_001, accounts: 1000, interfaces: 50, tenants: 2, seed: 4 });
      expect(files.reduce((sum, file) => sum + file.events, 0)).toBe(20_001);
      for (const file of files) {
        const text = readFileSync(file.path, 'utf8');
        expect(text.length).toBe(file.bytes);
        const records = text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
        expect(records).toHaveLength(file.events);
        expect(text.length / records.length).toBeGreaterThan(330);
        expect(text.length / records.length).toBeLessThan(430);
        for (let i = 1; i < records.length; i++) expect(Number(records[i].msec)).toBeGreaterThanOrEqual(Number(records[i - 1].msec));
        expect(new Set(records.map((record) => record.http_x_consumer_id)).size).toBe(file.accounts);
        expect(new Set(records.map((record) => `${record.request_method} ${record.request_uri.replace(/\d{6}/, '{id}')}`)).size).toBe(50);
      }
      const again = mkdtempSync(join(tmpdir(), 'weir-bench-'));
      writeBench(again, { events: 20_001, accounts: 1000, interfaces: 50, tenants: 2, seed: 4 });
      expect(readFileSync(join(again, 'bench-2.log')).equals(readFileSync(files[1].path))).toBe(true);
      rmSync(again, { recursive: true });
      expect(() => writeBench(dir, { events: 0 })).toThrow(/events is 0/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
