import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { packCheckpoint } from '../../services/drivers/kafka/checkpoint.ts';
import { Downstream } from '../../services/drivers/kafka/downstream.ts';
import { Fenced } from '../../services/drivers/kafka/log.ts';
import { NO_SUSPICION } from '../../services/drivers/kafka/suspicion.ts';
import { numbers } from '../support/driver-runs.ts';
import { until } from '../support/kafka-member.ts';
import { clusterOf, uniqueName } from '../support/kafka-runs.ts';
import { packetOf, type RunningTask, TaskBench } from '../support/kafka-tasks.ts';

let state: string;
let bench: TaskBench;

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'weir-task-'));
  const prefix = uniqueName('task');
  bench = new TaskBench(clusterOf(inject('kafka'), prefix), prefix, state);
  await bench.make();
});
afterEach(async () => {
  await bench.close();
  rmSync(state, { recursive: true, force: true });
});

/** Packets `a0`, `a1`, … one entry each. */
function packets(n: number, name = 'a', from = 0): Uint8Array[] {
  return Array.from({ length: n }, (_, i) => packetOf(`${name}${from + i}`));
}

function expected(n: number, build = 'one', name = 'a'): string[] {
  return Array.from({ length: n }, (_, i) => `${build} ${i + 1} ${name}${i}`);
}

function untilSaid(count: number): Promise<void> {
  return until(async () => (await bench.said()).length >= count, `${count} outcomes`);
}

describe('a task on a partition', () => {
  test('says each outcome once; a stop leaves a snapshot at C, from which the next goes on', async () => {
    await bench.write(...packets(20));
    const first = await bench.start();
    await untilSaid(20);
    await first.stop();
    expect(await first.ended).toBeUndefined();
    const { checkpoint } = await bench.committed(({ snapshot, offset }, c) => snapshot !== '' && offset === c, 'a snapshot at C');
    expect(checkpoint.version).toBe('one-inputs');
    expect(bench.folder.read(checkpoint.snapshot).note.ledger).toEqual({ 'windowed\tshop\tgateway\t': 20 });
    await bench.write(...packets(20, 'a', 20));
    const second = await bench.start();
    await untilSaid(40);
    await second.stop();
    expect(await bench.said()).toEqual(expected(40));
    expect(second.stages.flatMap(({ took }) => took)).toHaveLength(20);
    expect(readdirSync(bench.folder.path)).toHaveLength(1);
  });

  test('that is taken over while it works is shut out, and nothing is doubled', async () => {
    await bench.write(...packets(30));
    const first = await bench.start();
    await untilSaid(30);
    const second = await bench.start();
    await until(() => second.meter.state === 'live', 'the second has it');
    expect(second.stages.flatMap(({ took }) => took)).toHaveLength(30); // it had no snapshot: all of it again, without a word
    await bench.write(...packets(30, 'a', 30));
    expect(await first.ended).toBeInstanceOf(Fenced);
    await untilSaid(60);
    await second.stop();
    expect(await bench.said()).toEqual(expected(60));
  });

  test('that ends between its snapshot and the commit is as if it had not written it', async () => {
    await bench.write(...packets(10));
    const first = await bench.start();
    await untilSaid(10);
    await first.vanish();
    bench.folder.write(7, { stage: 'merge', version: 1, groups: new Map(), common: new Uint8Array([57, 57]) }, { ledger: {} });
    const second = await bench.start();
    await bench.write(...packets(10, 'a', 10));
    await untilSaid(20);
    await second.stop();
    expect(await bench.said()).toEqual(expected(20));
    expect(readdirSync(bench.folder.path)).toHaveLength(1);
  });

  test('is rebuilt under the run version that it worked under; another begins with a snapshot at C', async () => {
    await bench.write(...packets(10));
    const first = await bench.start();
    await untilSaid(10);
    await first.vanish();
    await bench.committed(({ snapshot }, c) => snapshot === '' && c >= 10, 'all of it is committed, without a snapshot');
    const second = await bench.start({ version: 'two-inputs' });
    await until(() => second.meter.state === 'live', 'the second has it');
    await bench.committed(({ version, offset }, c) => version === 'two-inputs' && offset === c, 'the version, with a snapshot at C');
    expect(second.stages.map(({ build, took }) => [build, took.length])).toEqual([
      ['one', 10],
      ['two', 0],
    ]);
    await bench.write(...packets(5, 'a', 10));
    await untilSaid(15);
    await second.stop();
    expect(await bench.said()).toEqual([...expected(10), ...expected(15, 'two').slice(10)]);
  });

  test('is kept when the group meets again: nothing is taken twice', async () => {
    await bench.write(...packets(10));
    const { task, stages, ...one } = await bench.start();
    await untilSaid(10);
    task.kept();
    await bench.write(...packets(10, 'a', 10));
    await untilSaid(20);
    task.kept();
    await one.stop();
    expect(stages.map(({ took }) => took)).toEqual([Array.from({ length: 20 }, (_, i) => `a${i}`)]);
    expect(await bench.said()).toEqual(expected(20));
  });
});

describe('whatever becomes of the processes', () => {
  test.each([1, 2])('each outcome is said once, in order, and rests on all before it (%i)', async (seed) => {
    const next = numbers(seed);
    const running: RunningTask[] = [];
    let newest: RunningTask | undefined;
    let written = 0;
    for (let round = 0; round < 14; round++) {
      const count = 1 + Math.floor(next() * 12);
      await bench.write(...packets(count, 'a', written));
      written += count;
      const chance = next();
      if (newest === undefined || chance < 0.5) {
        // the one before may be at work still
        const version = `${next() < 0.5 ? 'one' : 'two'}-inputs`;
        newest = await bench.start({ version, snapshotEvery: 5, commitEvery: 1 + Math.floor(next() * 40) });
        running.push(newest);
      } else if (chance < 0.8) {
        await (chance < 0.65 ? newest.vanish() : newest.stop());
        newest = undefined;
      } else await untilSaid(Math.floor(written * next()));
    }
    const end = await bench.start();
    await untilSaid(written);
    for (const one of running) await one.stop();
    await end.stop();
    const plain = (said: string): string => said.slice(said.indexOf(' ') + 1);
    expect((await bench.said()).map(plain)).toEqual(expected(written).map(plain));
    for (const { ended } of running) {
      const error = await ended;
      if (error !== undefined && !(error instanceof Fenced)) throw error;
    }
    expect(readdirSync(bench.folder.path)).toHaveLength(1);
  });
});

describe('where a task begins', () => {
  async function removeUpTo(offset: number): Promise<void> {
    const admin = new Kafka({ brokers: [inject('kafka')], logLevel: 0 }).admin();
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: [bench.input.topic] });
    await admin.deleteTopicRecords({ topic: bench.input.topic, partitions: [{ partition: 0, offset: String(offset) }] });
    await admin.disconnect();
  }

  test('a log that begins behind its snapshot is lost', async () => {
    await bench.write(...packets(10));
    const first = await bench.start();
    await untilSaid(10);
    await first.vanish();
    await removeUpTo(4);
    expect(await (await bench.start()).ended).toMatchObject({ code: 'log_lost', message: expect.stringContaining('offset 4') });
  });

  test('a topic of our own whose beginning is gone, without a committed offset, is lost', async () => {
    await bench.write(...packets(10));
    await removeUpTo(4);
    expect(await (await bench.start()).ended).toMatchObject({ code: 'log_lost' });
  });

  test('a C whose last records are gone is reached when all that is left below it has been taken', async () => {
    await bench.write(...packets(5));
    const end = 6; // the mark of the transaction lies between the last record and C; brokers write it after the commit is answered
    await until(async () => (await bench.cluster.bounds(bench.input.topic)).get(0)?.end === end, 'the transaction is marked');
    const checkpoint = { offset: 0, snapshot: '', settled: end, version: 'one-inputs', suspicion: NO_SUSPICION };
    const writer = bench.cluster.writer(bench.names.transactionalId('merge', bench.input.topic, 0));
    await writer.fence();
    await writer.write([], { ...bench.input, group: bench.group, offset: end, metadata: packCheckpoint(checkpoint) });
    await writer.close();
    const { meter, stages, ...task } = await bench.start();
    await until(() => meter.state === 'live', 'it works aloud');
    expect(stages[0].took).toHaveLength(5);
    await bench.write(...packets(1, 'a', 5));
    await untilSaid(1);
    await task.stop();
    expect(await bench.said()).toEqual(['one 6 a5']);
  });

  test('from the end: what was there before is not taken, also when it ends before it has taken anything', async () => {
    await bench.write(...packets(10, 'old'));
    const first = await bench.start({ from: 'end' });
    await until(() => first.meter.state === 'live', 'it has begun');
    await first.vanish();
    await bench.write(...packets(10));
    const second = await bench.start({ from: 'end' });
    await untilSaid(10);
    await second.stop();
    expect(await bench.said()).toEqual(expected(10));
  });
});

describe('records that stop the program', () => {
  test('are found among those in hand, then among their steps, and skipped after three crashes; all others are taken', async () => {
    await bench.write(packetOf('a0'), packetOf('a1', 'boom', 'a2'), packetOf('a3'), packetOf('a4'));
    const offset = 1;
    const crashes: Error[] = [];
    for (let crash = 0; crash < 3; crash++) crashes.push((await (await bench.start()).ended) as Error);
    expect(crashes.map((error) => (error as Error & { code: string }).code)).toEqual(['worker_failed', 'worker_failed', 'worker_failed']);
    expect(crashes[2].message).toContain('the next start skips it');
    await bench.committed(({ suspicion: { skips } }) => String(skips) === `${offset},1`, 'the step is to be skipped');
    const last = await bench.start();
    await untilSaid(5);
    await last.stop();
    expect(await bench.said()).toEqual(expected(5));
    const dead: unknown[] = [];
    await bench.cluster.readAll(bench.names.dead, (_, { value }) => dead.push(JSON.parse(new TextDecoder().decode(value))));
    expect(dead).toMatchObject([{ reason: 'poison', offset }]);
    await bench.committed(
      ({ suspicion: { skips, suspect } }) => skips.length === 0 && suspect === undefined,
      'a snapshot stands behind it',
    );
  });
});

describe('sources that are not live', () => {
  test('have to wait while much waits behind them, and go on when that is done', async () => {
    const { names, cluster } = bench;
    await cluster.ensure([names.events, names.candidates].map((topic) => ({ topic, partitions: 1, replication: 1, configs: {} })));
    const downstream = new Downstream(cluster, names, 1);
    await downstream.look();
    expect(downstream).toMatchObject({ keepsUp: true, throttled: 0 });
    await bench.write(...packets(40));
    await downstream.look();
    expect(downstream).toMatchObject({ keepsUp: false, throttled: 1 });
    const merge = await bench.start();
    await untilSaid(40);
    await merge.stop();
    await downstream.look();
    expect(downstream).toMatchObject({ keepsUp: true, throttled: 1 });
  });
});

describe('a task that cannot keep up', () => {
  const big = (i: number): Uint8Array => packetOf(`a${i} ${'x'.repeat(200_000)}`);

  test('holds its partition, and loses and doubles nothing when it goes on', async () => {
    let open = false;
    for (let i = 0; i < 120; i += 20) await bench.write(...Array.from({ length: 20 }, (_, k) => big(i + k)));
    const { task, ...one } = await bench.start({ mayRead: () => open });
    await until(() => task.waiting.paused && task.waiting.bytes > 0, 'its partition is held');
    const { bytes } = task.waiting;
    expect(bytes).toBeGreaterThan(8 << 20);
    expect(bytes).toBeLessThan(20 << 20);
    open = true;
    task.tick();
    await untilSaid(120);
    await one.stop();
    expect(await bench.said()).toEqual(expected(120));
    expect(task.waiting).toMatchObject({ bytes: 0, paused: false });
  });

  test('ends at once, and leaves what it has not taken to the next', async () => {
    let taken = 0;
    for (let i = 0; i < 40; i += 20) await bench.write(...Array.from({ length: 20 }, (_, k) => big(i + k)));
    const { task, stages, ...one } = await bench.start({ mayRead: () => taken++ < 3 });
    await until(() => task.waiting.bytes > 2 << 20, 'records wait');
    await one.stop();
    await bench.committed(({ snapshot, offset }, c) => snapshot !== '' && offset === c, 'a snapshot at C');
    expect(stages[0].took.length).toBeLessThan(40);
    const second = await bench.start();
    await untilSaid(40);
    await second.stop();
    expect(await bench.said()).toEqual(expected(40));
    expect([...stages[0].took, ...second.stages[0].took]).toHaveLength(40);
  });
});
