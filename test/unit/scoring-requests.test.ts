import { describe, expect, test } from 'vitest';
import { ConfigSchema } from '../../schemas/config.ts';
import type { EventBatch } from '../../services/core/batch.ts';
import { partitionOf } from '../../services/core/key-groups.ts';
import { layRecords } from '../../services/core/raw.ts';
import type { Emit, Stage } from '../../services/core/stage.ts';
import { parseLedgerCounter } from '../../services/core/topology-contract.ts';
import { MINUTE } from '../../services/core/watermark.ts';
import { createAccountStage } from '../../services/scoring/account-stage.ts';
import { RequestMemory } from '../../services/scoring/request-memory.ts';
import { createTopology } from '../../services/topology.ts';
import { eventsOf, stageOf } from '../support/ingest-events.ts';
import { batchOf, randomEvents } from '../support/random-events.ts';

const BASE = Date.UTC(2026, 2, 2, 10);
const encoder = new TextEncoder();

const record = (id: string | undefined, fields: Record<string, unknown> = {}) => ({
  msec: (BASE / 1000).toFixed(3),
  remote_addr: '203.0.113.9',
  remote_user: 'alice',
  request_method: 'GET',
  request_uri: '/a',
  status: 200,
  request_id: id,
  ...fields,
});

/** Fates of records that go through the product's own normalise and account stages, each record a chunk. */
async function fates(records: readonly unknown[], source = 'gateway'): Promise<Record<string, number>> {
  const config = ConfigSchema.parse({
    tenants: { shop: {} },
    sources: ['gateway', 'other', 'bare'].map((name) => ({
      name,
      tenant: 'shop',
      format: 'nginx-json',
      kafka: { topic: name },
      ...(name === 'bare' ? {} : { request_id: 'request_id' }),
    })),
  });
  const topology = createTopology({
    config,
    tenants: config.tenants,
    otherTenant: config.tenants.shop,
    keys: { shop: [1, 2, 3, 4] },
    configVersion: 'test',
    model: { name: 'none', version: '0' },
  });
  const normalise = await topology.createNormalise({ tenant: 'shop', source, partition: 'log/0', format: 'nginx-json', upstreams: 1 }, 1);
  const account = await topology.createAccount(0, 1);
  const pass = (emits: Emit[]): void => {
    for (const emit of emits) {
      if (emit.output === 'events') account.process(emit.value);
      else if (emit.output === 'control') account.control(emit.value);
    }
  };
  records.forEach((value, offset) => {
    const chunk = layRecords([{ offset, value: encoder.encode(JSON.stringify(value)) }]);
    pass(normalise.process({ tenant: 'shop', source, partition: 'log/0', ...chunk }));
  });
  pass(normalise.control({ kind: 'end', tenant: 'shop', upstream: 'log/0', provisional: false }));
  const sums: Record<string, number> = {};
  for (const [name, n] of [...Object.entries(normalise.counters()), ...Object.entries(account.counters())]) {
    const entry = parseLedgerCounter(name);
    if (entry !== undefined && n > 0) sums[entry.reason === '' ? entry.fate : `${entry.fate} ${entry.reason}`] = n;
  }
  return sums;
}

describe('a record that a shipper sends again', () => {
  test('counts once, and the ledger says what became of it', async () => {
    expect(await fates([record('r1'), record('r1'), record('r2'), record('r1')])).toEqual({ read: 4, windowed: 2, 'dropped duplicate': 2 });
  });

  test('inside one record too', async () => {
    expect(await fates([[record('r1'), record('r1')]])).toEqual({ read: 2, windowed: 1, 'dropped duplicate': 1 });
  });

  test('an id used again at another time, by another account, for another path or with another answer is another request', async () => {
    const others = [
      record('r1', { msec: (BASE / 1000 + 0.001).toFixed(3) }),
      record('r1', { remote_user: 'bob' }),
      record('r1', { request_uri: '/b' }),
      record('r1', { status: 500 }),
    ];
    expect(await fates([record('r1'), ...others])).toEqual({ read: 5, windowed: 5 });
  });

  test('events without an id, and sources that name no field for it, are left alone', async () => {
    expect(await fates([record(undefined), record(undefined), record('-'), record('-')])).toEqual({ read: 4, windowed: 4 });
    expect(await fates([record('r1'), record('r1')], 'bare')).toEqual({ read: 2, windowed: 2 });
  });

  test('that comes behind the watermark is late', async () => {
    const later = record('r9', { msec: (BASE / 1000 + 600).toFixed(3) });
    expect(await fates([record('r1'), later, record('r1')])).toEqual({ read: 3, windowed: 2, late: 1 });
  });
});

describe('the hash of a request id', () => {
  const hashOf = (id: unknown, config: object = {}): number => {
    const stage = stageOf({ requestId: 'request_id', ...config });
    const chunk = layRecords([{ offset: 0, value: encoder.encode(JSON.stringify(record('', { request_id: id }))) }]);
    stage.process({ tenant: 'shop', source: 'gateway', partition: 'log/0', ...chunk });
    return eventsOf(stage.control({ kind: 'end', tenant: 'shop', upstream: 'log/0', provisional: false }))[0].request;
  };

  test('is an integer below 2^53 of the id, the source and the tenant’s key', () => {
    const hash = hashOf('4f1c');
    expect(Number.isSafeInteger(hash)).toBe(true);
    expect(hash).toBeGreaterThan(2 ** 32);
    expect(hashOf('4f1c')).toBe(hash);
    expect(hashOf('4f1d')).not.toBe(hash);
    expect(hashOf('4f1c', { source: 'other' })).not.toBe(hash);
    expect(hashOf('4f1c', { key: [1, 2, 3, 5] })).not.toBe(hash);
    expect(hashOf('4f1c', { requestId: undefined })).toBe(0);
    expect(hashOf(4711)).toBe(hashOf('4711'));
    expect(hashOf(null)).toBe(0);
  });

  test('survives being held for the clock and a restart', () => {
    const stage = stageOf({ requestId: 'request_id' });
    const chunk = layRecords([{ offset: 0, value: encoder.encode(JSON.stringify(record('4f1c'))) }]);
    expect(eventsOf(stage.process({ tenant: 'shop', source: 'gateway', partition: 'log/0', ...chunk }))).toEqual([]);
    const next = stageOf({ requestId: 'request_id' });
    next.restore(stage.snapshot());
    const events = eventsOf(next.control({ kind: 'end', tenant: 'shop', upstream: 'log/0', provisional: false }));
    expect(events.map(({ request }) => request)).toEqual([hashOf('4f1c')]);
  });
});

/** A batch whose rows have the given ids. */
function withRequests(batch: EventBatch, ids: readonly number[]): EventBatch {
  ids.forEach((id, row) => {
    batch.columns.request[row] = id;
  });
  return batch;
}

describe('the memory of requests', () => {
  const events = randomEvents(3, { start: BASE, hours: 1, accounts: 40, events: 6_000 });
  const ids = events.map((_, i) => (i + 1) * 1_000_003);

  test('forgets a minute when the watermark is past it, and nothing before', () => {
    const memory = new RequestMemory();
    const batch = withRequests(batchOf(events), ids);
    expect(memory.take(batch, Number.NEGATIVE_INFINITY)).toBeUndefined();
    expect(memory.size).toBe(events.length);
    expect(memory.take(batch, Number.NEGATIVE_INFINITY)).toEqual(new Uint8Array(events.length));
    const time = BASE + 30 * MINUTE;
    memory.forget(time);
    expect(memory.size).toBe(events.filter(({ at }) => at >= time).length);
    // what is late is no repeat: it goes on, and is called late
    expect(memory.take(batch, time)).toEqual(Uint8Array.from(events, ({ at }) => (at >= time ? 0 : 1)));
    memory.forget(BASE + 60 * MINUTE);
    expect(memory.size).toBe(0);
  });

  test('moves with the key groups when tasks are split and joined', () => {
    const settings = (task: number, partitions: number) => ({
      tenants: {},
      defaults: { time_zone: 'UTC', calendar: {} } as never,
      task,
      partitions,
      nextPartitions: 1,
    });
    const restored = (from: Stage<EventBatch>[], partitions: number): Stage<EventBatch>[] =>
      Array.from({ length: partitions }, (_, task) => {
        const stage = createAccountStage(settings(task, partitions));
        for (const old of from) {
          const snapshot = old.snapshot();
          const groups = new Map([...snapshot.groups].filter(([group]) => partitionOf(group, partitions) === task));
          stage.restore({ ...snapshot, groups });
        }
        return stage;
      });
    const first = createAccountStage(settings(0, 1));
    first.process(withRequests(batchOf(events), ids));
    const three = restored([first], 3);
    const one = restored(three, 1);
    one[0].process(withRequests(batchOf(events), ids));
    expect(one[0].counters()).toEqual({
      'windowed\tshop\tgateway\t': 0,
      'dropped\tshop\tgateway\tduplicate': events.length,
    });
    // a task that was given other groups knows nothing of these
    const [task] = three;
    task.process(withRequests(batchOf(events), ids));
    const dropped = task.counters()['dropped\tshop\tgateway\tduplicate'];
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThan(events.length);
  });
});
