import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../../services/commands/config.ts';
import { RunVersions } from '../../services/commands/run-versions.ts';
import { BatchBuilder, heapString } from '../../services/core/batch.ts';
import { CALLER_SAMPLE, DATA_SAMPLE } from '../../services/core/inventory.ts';
import { keyGroupOf, partitionOf } from '../../services/core/key-groups.ts';
import type { Emit, StageSnapshot } from '../../services/core/stage.ts';
import { HOUR, MINUTE } from '../../services/core/watermark.ts';
import { type Checkpoint, CheckpointFolder, packCheckpoint, unpackCheckpoint } from '../../services/drivers/kafka/checkpoint.ts';
import { Names, ownTopics, ROLES } from '../../services/drivers/kafka/names.ts';
import { alertPartition, Outputs } from '../../services/drivers/kafka/outputs.ts';
import { readPacket } from '../../services/drivers/kafka/packet.ts';
import { SourceClock } from '../../services/drivers/kafka/source-clock.ts';
import {
  afterCrash,
  careful,
  MOST_CRASHES,
  NO_SUSPICION,
  type Suspicion,
  sinceSnapshot,
  skipped,
} from '../../services/drivers/kafka/suspicion.ts';

const config = parseConfig(
  'sources: [{ name: gateway, tenant: shop, format: nginx-json, kafka: { topic: logs } }]\n',
  'weir.yaml',
  '/',
  {},
);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-kafka-unit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const suspicion: fc.Arbitrary<Suspicion> = fc.record(
  {
    suspect: fc.record(
      { from: fc.maxSafeNat(), to: fc.maxSafeNat(), step: fc.nat(), crashes: fc.integer({ min: 1, max: 2 }) },
      { requiredKeys: ['from', 'to', 'crashes'], noNullPrototype: true },
    ),
    skips: fc.array(fc.tuple(fc.maxSafeNat(), fc.nat()), { maxLength: 50 }),
  },
  { requiredKeys: ['skips'], noNullPrototype: true },
);

describe('what is committed with an offset', () => {
  const checkpoint: fc.Arbitrary<Checkpoint> = fc.record(
    {
      offset: fc.maxSafeNat(),
      snapshot: fc.constantFrom('', `${Number.MAX_SAFE_INTEGER}/0123456789ab`),
      settled: fc.maxSafeNat(),
      version: fc.constant('0123456789ab.01234567-89abcdef'),
      suspicion,
    },
    { noNullPrototype: true },
  );

  test('is read as it was written, and fits into what a broker takes by default', () => {
    fc.assert(
      fc.property(checkpoint, (written) => {
        const text = packCheckpoint(written);
        expect(Buffer.byteLength(text)).toBeLessThan(4096);
        expect(unpackCheckpoint(text)).toEqual(written);
      }),
    );
  });

  test('is none where an offset was set by hand, and refused where it is of a newer program', () => {
    expect(unpackCheckpoint('')).toBeUndefined();
    expect(unpackCheckpoint('moved by hand')).toBeUndefined();
    expect(() => unpackCheckpoint('{"f":2}')).toThrow(expect.objectContaining({ code: 'snapshot_newer' }));
  });
});

describe('the snapshots of a task', () => {
  const snapshot = (text: string): StageSnapshot => ({
    stage: 'merge',
    version: 3,
    groups: new Map([[7, new TextEncoder().encode(text)]]),
    common: new Uint8Array([1, 2]),
  });
  const note = { ledger: { 'windowed\tshop\tgateway\t': 4 }, reached: 17 };
  const open = (): CheckpointFolder => new CheckpointFolder(folder, 'weir-merge-weir.partials-0');

  test('are read as they were written; only the newest stays', () => {
    const task = open();
    expect(task.used).toBe(false);
    const names = [5, 5, 9].map((offset) => task.write(offset, snapshot(`at ${offset}`), note).name);
    task.dropOlder();
    expect(task.used).toBe(true);
    expect(open().read(names[2])).toEqual({ snapshot: snapshot('at 9'), note });
    for (const name of names.slice(0, 2)) expect(() => open().read(name)).toThrow(expect.objectContaining({ code: 'log_lost' }));
    expect(readdirSync(task.path)).toEqual(['9']);
  });

  test('of whoever has the task now outlive one who was shut out before it tidied up', () => {
    const before = open();
    before.write(5, snapshot('five'), note);
    const own = before.write(8, snapshot('eight'), note).name; // committed; then the process hangs
    const successor = open();
    const same = successor.write(8, snapshot('eight again'), note).name;
    const later = successor.write(12, snapshot('twelve'), note).name;
    before.dropOlder();
    expect(readdirSync(before.path).sort()).toEqual(['12', '8']);
    for (const name of [own, same, later]) expect(() => open().read(name)).not.toThrow();
    successor.dropOlder();
    expect(readdirSync(before.path)).toEqual(['12']);
  });

  test('that a crash left unnamed are gone after the next one', () => {
    open().write(5, snapshot('never committed'), note);
    const task = open();
    task.write(6, snapshot('committed'), note);
    task.dropOlder();
    expect(readdirSync(task.path)).toEqual(['6']);
  });

  test('that are broken are refused', () => {
    const task = open();
    const { name } = task.write(5, snapshot('five'), note);
    const [state] = readdirSync(join(task.path, '5')).filter((file) => file.endsWith('.state'));
    writeFileSync(join(task.path, '5', state), 'nonsense');
    expect(() => task.read(name)).toThrow(expect.objectContaining({ code: 'snapshot_corrupt' }));
    writeFileSync(join(task.path, `${name}.json`), '{');
    expect(() => task.read(name)).toThrow(expect.objectContaining({ code: 'snapshot_corrupt' }));
  });
});

describe('suspicion', () => {
  /** Starts again and again until a log with one poisoned step is through; what each start took is told. */
  function through(
    poison: { offset: number; step: number },
    steps: readonly number[],
    inHand: number,
  ): { starts: number; taken: string[] } {
    let known: Suspicion = NO_SUSPICION;
    for (let starts = 1; ; starts++) {
      if (starts > 2 * MOST_CRASHES) throw new Error('it never ends');
      const taken: string[] = [];
      let crashed = false;
      for (let at = 0; at < steps.length && !crashed; ) {
        const alone = careful(known, at);
        let until = at + 1;
        while (!alone && until < steps.length && until < at + inHand && !careful(known, until)) until++;
        for (let offset = at; offset < until && !crashed; offset++) {
          for (let step = 0; step < steps[offset] && !crashed; step++) {
            if (alone && skipped(known, offset, step)) continue;
            if (offset === poison.offset && step === poison.step) {
              known = alone ? afterCrash(known, offset, offset, step) : afterCrash(known, at, until - 1);
              crashed = true;
            } else taken.push(`${offset}.${step}`);
          }
        }
        at = until;
      }
      if (!crashed) return { starts, taken };
    }
  }

  test('falls on the step that does it after three crashes, and on nothing else', () => {
    const log = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(log, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 6 }), (steps, where, which, inHand) => {
        const offset = where % steps.length;
        const step = which % steps[offset];
        const { starts, taken } = through({ offset, step }, steps, inHand);
        expect(starts).toBe(MOST_CRASHES + 1);
        const all = steps.flatMap((count, at) => Array.from({ length: count }, (_, one) => `${at}.${one}`));
        expect(taken).toEqual(all.filter((one) => one !== `${offset}.${step}`));
      }),
    );
  });

  test('begins anew when something else crashes', () => {
    let known = afterCrash(NO_SUSPICION, 4, 9);
    known = afterCrash(known, 6, 6, 2);
    expect(known.suspect).toMatchObject({ from: 6, to: 6, step: 2, crashes: 2 });
    known = afterCrash(known, 6, 6, 0);
    expect(known.suspect).toMatchObject({ step: 0, crashes: 1 });
    known = afterCrash(afterCrash(known, 6, 6, 0), 6, 6, 0);
    expect(known).toEqual({ skips: [[6, 0]] });
    expect(careful(known, 6)).toBe(true);
    expect(careful(known, 7)).toBe(false);
  });

  test('of what lies before a snapshot is forgotten', () => {
    const known: Suspicion = {
      suspect: { from: 3, to: 8, crashes: 1 },
      skips: [
        [2, 0],
        [6, 1],
      ],
    };
    expect(sinceSnapshot(known, 5)).toEqual({ suspect: known.suspect, skips: [[6, 1]] });
    expect(sinceSnapshot(known, 9)).toBe(NO_SUSPICION);
  });
});

describe("the clock of a source's partition", () => {
  const T0 = Date.UTC(2026, 2, 2, 12);
  const LATENESS = 2 * MINUTE;
  const IDLE = 30_000;

  test('is idle when its events are old, says so again every minute, and not while records come', () => {
    const clock = new SourceClock(LATENESS, IDLE, T0);
    clock.passed(T0 - 5 * HOUR, T0);
    expect(clock.isLive).toBe(false);
    expect(clock.decide(T0 + IDLE - 1)).toBeUndefined();
    expect(clock.decide(T0 + IDLE)).toEqual({ kind: 'idle' });
    expect(clock.decide(T0 + IDLE + 1000)).toBeUndefined();
    expect(clock.decide(T0 + IDLE + MINUTE)).toEqual({ kind: 'idle' });
    clock.heard(T0 + 3 * MINUTE);
    expect(clock.quiet(T0 + 3 * MINUTE + IDLE - 1)).toBe(false);
    expect(clock.decide(T0 + 3 * MINUTE + IDLE)).toEqual({ kind: 'idle' });
  });

  test('goes on with the time while it is live, forward only and minute by minute', () => {
    const clock = new SourceClock(LATENESS, IDLE, T0);
    clock.passed(T0 - LATENESS, T0);
    expect(clock.isLive).toBe(true);
    expect(clock.decide(T0 + IDLE)).toBeUndefined(); // its own mark says as much
    expect(clock.decide(T0 + MINUTE)).toEqual({ kind: 'watermark', time: T0 + MINUTE - LATENESS });
    expect(clock.decide(T0 + MINUTE + 1000)).toBeUndefined();
    expect(clock.decide(T0 + 5 * MINUTE)).toEqual({ kind: 'watermark', time: T0 + 5 * MINUTE - LATENESS });
    expect(clock.decide(T0 + 4 * MINUTE)).toBeUndefined(); // a clock that was put back
  });

  test('that has heard nothing yet is idle', () => {
    expect(new SourceClock(LATENESS, IDLE, T0).decide(T0 + IDLE)).toEqual({ kind: 'idle' });
  });
});

describe('outputs', () => {
  const names = new Names('weir');
  const PARTITIONS = 4;
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

  test.each(['normalise', 'identify', 'account', 'merge', 'alert'] as const)('of %s go where the topology says', (stage) => {
    const outputs = new Outputs(names, stage, 2, PARTITIONS, (tenant) => tenant === 'club');
    const control: Emit = { output: 'control', tenant: 'shop', value: { kind: 'idle', tenant: 'shop', upstream: 'a' } };
    outputs.add(control);
    const to = outputs.take().map(({ topic, partition }) => `${topic}/${partition}`);
    const all = (topic: string): string[] => Array.from({ length: PARTITIONS }, (_, partition) => `${topic}/${partition}`);
    const alert = `weir.candidates/${alertPartition('shop', PARTITIONS)}`;
    expect(to.sort()).toEqual(
      (stage === 'normalise' || stage === 'identify'
        ? all('weir.events')
        : stage === 'account'
          ? [...all('weir.partials'), alert]
          : [alert]
      ).sort(),
    );
    outputs.add({ ...control, tenant: 'club' });
    const topics = new Set(outputs.take().map(({ topic }) => topic));
    expect(topics.has('weir.sessions')).toBe(stage === 'normalise');
    expect(outputs.empty).toBe(true);
    expect(outputs.take()).toEqual([]);
  });

  test('keep their order within a partition, however they are mixed and packed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ partition: fc.nat({ max: 3 }), size: fc.constantFrom(1, 300_000), mark: fc.boolean() }), { maxLength: 12 }),
        (plan) => {
          const outputs = new Outputs(names, 'account', 0, PARTITIONS);
          const expected = new Map<number, string[]>();
          const note = (partition: number, what: string): void => void expected.set(partition, [...(expected.get(partition) ?? []), what]);
          plan.forEach(({ partition, size, mark }, i) => {
            const value = new Uint8Array(size);
            value.set(new TextEncoder().encode(`${i}`.padEnd(4)).subarray(0, size));
            outputs.add({ output: 'partials', tenant: 'shop', partition, value });
            note(partition, `${i} ${size}`);
            if (!mark) return;
            outputs.add({ output: 'control', tenant: 'shop', value: { kind: 'silence', tenant: 'shop', time: i } });
            for (let p = 0; p < PARTITIONS; p++) note(p, `mark ${i}`);
          });
          const found = new Map<number, string[]>();
          for (const { topic, partition, value } of outputs.take()) {
            if (topic !== names.partials) continue;
            const read = [...readPacket(value as Uint8Array)].map((entry) =>
              entry.kind === 'bytes'
                ? `${parseInt(text(entry.bytes.subarray(0, 4)), 10)} ${entry.bytes.length}`
                : entry.kind === 'control' && entry.record.kind === 'silence'
                  ? `mark ${entry.record.time}`
                  : '?',
            );
            found.set(partition as number, [...(found.get(partition as number) ?? []), ...read]);
          }
          // of a value of one byte only the first digit is there
          const short = (all: Map<number, string[]>): unknown =>
            [...all].sort(([a], [b]) => a - b).map(([p, list]) => [p, list.map((one) => one.replace(/^(\d)\d* 1$/, '$1 1'))]);
          expect(short(found)).toEqual(short(expected));
        },
      ),
      { numRuns: 25 },
    );
  });

  test('send events to the task of their account, shared knowledge to everyone who judges', () => {
    const outputs = new Outputs(names, 'normalise', 0, PARTITIONS);
    const builder = new BatchBuilder('shop', 'gateway', 'topic/0', 4);
    const accounts = ['anna', 'ben', 'chris', 'dora', 'emil', 'fred'];
    for (const account of accounts) {
      const bytes = new TextEncoder().encode(account);
      const row = builder.addRow();
      builder.columns.account[row] = builder.addString(bytes, 0, bytes.length);
    }
    outputs.add({ output: 'events', tenant: 'shop', value: builder.build() });
    const found = outputs
      .take()
      .flatMap(({ topic, partition, value }) =>
        [...readPacket(value as Uint8Array)].flatMap((entry) =>
          entry.kind !== 'events'
            ? []
            : Array.from({ length: entry.batch.n }, (_, row) => [
                topic,
                partition,
                heapString(entry.batch.heap, entry.batch.columns.account[row]),
              ]),
        ),
      );
    const expected = accounts.map((account) => [names.events, partitionOf(keyGroupOf(account), PARTITIONS), account]);
    expect(found.map(String).sort()).toEqual(expected.map(String).sort());

    const alert = new Outputs(names, 'alert', 0, PARTITIONS);
    alert.add({ output: 'shared', tenant: 'shop', value: { epoch: 4, knowledge: Uint8Array.of(1) } });
    const told = alert.take().map(({ topic, partition }) => `${topic}/${partition}`);
    expect(told).toHaveLength(2 * PARTITIONS);
    expect(new Set(told).size).toBe(2 * PARTITIONS);
  });

  test('of an hour in which many interfaces were seen are records that a topic takes', () => {
    const hashes = (n: number): number[] => Array.from({ length: n }, (_, i) => 2 ** 32 - 1 - i);
    const sensitive = Array.from({ length: 48 }, (_, i) => ({
      type: 'resident_id',
      masked: true,
      shape: `${i}*4`,
      hashes: hashes(DATA_SAMPLE),
    }));
    const facts = Array.from({ length: 1500 }, (_, i) => ({
      interface: `GET shop.example/${'x'.repeat(300)}/${i}`,
      hour: 0,
      origins: 1023,
      classes: 15,
      callers: hashes(CALLER_SAMPLE),
      sensitive,
    }));
    const outputs = new Outputs(names, 'normalise', 0, PARTITIONS);
    outputs.add({ output: 'inventory', tenant: 'shop', value: facts });
    const records = outputs.take();
    for (const { topic, value } of records) {
      expect(topic).toBe(names.inventory);
      expect(Buffer.byteLength(value as string)).toBeLessThan(4 << 20);
    }
    expect(records.flatMap(({ value }) => JSON.parse(value as string))).toEqual(facts);
  });

  test('for people carry what a reader needs in their headers', () => {
    const outputs = new Outputs(names, 'normalise', 5, PARTITIONS);
    const letter = {
      tenant: 'shop',
      source: 'gateway',
      partition: 'logs/3',
      offset: 17,
      line: 0,
      reason: 'not_json',
      detail: '',
      raw: '',
    } as const;
    outputs.add({ output: 'dead', tenant: 'shop', value: [letter] });
    outputs.add({ output: 'windows', tenant: 'shop', value: new TextEncoder().encode('row\n') });
    const [dead, windows] = outputs.take();
    expect(dead).toMatchObject({
      topic: names.dead,
      key: 'shop/gateway/logs/3/17/0',
      headers: { tenant: 'shop', reason: 'not_json', origin: 'logs/3@17' },
    });
    expect(windows).toMatchObject({ topic: names.windows, partition: 1, headers: { tenant: 'shop', stage: 'normalise' } });
    expect(outputs.counts.dead).toBe(1);
  });
});

describe('names on the brokers', () => {
  const names = new Names('weir');

  test('all begin as the access rights of the deployment guide say', () => {
    const topics = ownTopics(names, config.config.kafka, ['shop', 'bank']).map(({ topic }) => topic);
    for (const topic of [...topics, ...names.outputs(['shop'])]) expect(topic.startsWith('weir.')).toBe(true);
    for (const role of ROLES) expect(names.group(role).startsWith('weir-')).toBe(true);
    expect(new Set(topics).size).toBe(topics.length);
    for (const topic of names.outputs(['shop', 'bank'])) expect(topics).toContain(topic);
  });

  test('of transactions differ for all partitions and roles', () => {
    const ids = ROLES.flatMap((role) =>
      ['a', 'a-1', 'a-1-2'].flatMap((topic) => [0, 1, 2, 12].map((p) => names.transactionalId(role, topic, p))),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('run versions', () => {
  const key = new Uint8Array(32).fill(1);

  test('are named by all that results depend on, and kept', async () => {
    const versions = new RunVersions(folder, key, undefined);
    const name = versions.name(config, { shop: 4 });
    expect(new RunVersions(folder, key, undefined).name(config, { shop: 4 })).toBe(name);
    expect(versions.name(config, { shop: 5 })).not.toBe(name);
    expect(versions.name({ ...config, version: 'other' }, { shop: 4 })).not.toBe(name);
    expect((await versions.read(name)).upstreams).toEqual({ shop: 4 });
    expect(readdirSync(join(folder, 'versions')).filter((file) => !file.endsWith('.json'))).toEqual([]);
  });

  test('that nobody has kept are lost', async () => {
    await expect(new RunVersions(folder, key, undefined).read('none-such')).rejects.toMatchObject({ code: 'log_lost' });
  });

  test('a folder belongs to one master key', () => {
    new RunVersions(folder, key, undefined).checkKey('WEIR_KEY');
    new RunVersions(folder, key, undefined).checkKey('WEIR_KEY');
    expect(() => new RunVersions(folder, new Uint8Array(32).fill(2), undefined).checkKey('WEIR_KEY')).toThrow(/WEIR_KEY is not the key/);
    expect(existsSync(join(folder, 'key-check'))).toBe(true);
    expect(readdirSync(folder)).toEqual(['key-check']);
  });
});
