import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Stage } from '../../services/core/stage.ts';
import { CheckpointFolder } from '../../services/drivers/kafka/checkpoint.ts';
import { PacketFeed } from '../../services/drivers/kafka/feed.ts';
import type { KafkaCluster } from '../../services/drivers/kafka/log.ts';
import { Names } from '../../services/drivers/kafka/names.ts';
import { StageRole } from '../../services/drivers/kafka/role.ts';
import { type LiveSink, StoreRole } from '../../services/drivers/kafka/store-role.ts';
import { PartitionTask } from '../../services/drivers/kafka/task.ts';
import { StageMeter, TaskMeter } from '../../services/drivers/kafka/task-meter.ts';
import { until } from '../support/kafka-member.ts';
import { clusterOf, uniqueName } from '../support/kafka-runs.ts';
import { CountingStage, packetOf } from '../support/kafka-tasks.ts';

const decoder = new TextDecoder();
const fail = (error: Error): void => {
  throw error;
};

let state: string;
let names: Names;
let cluster: KafkaCluster;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'weir-role-'));
  const prefix = uniqueName('role');
  names = new Names(prefix);
  cluster = clusterOf(inject('kafka'), prefix);
});
afterEach(async () => {
  await cluster.close();
  rmSync(state, { recursive: true, force: true });
});

function make(topics: readonly string[], partitions: number): Promise<unknown> {
  return cluster.ensure(topics.map((topic) => ({ topic, partitions, replication: 1, configs: {} })));
}

describe('a stage in several processes', () => {
  const PARTITIONS = 4;

  function process(instance: string) {
    const stages: { partition: number; stage: CountingStage }[] = [];
    const meter = new StageMeter('merge', Date.now);
    const role = new StageRole({
      group: names.group('merge'),
      topics: [names.partials],
      instance,
      cluster,
      meter,
      say: () => undefined,
      onFailure: fail,
      makeMeter: (input) => new TaskMeter(meter, input),
      makeTask: (input, intake, taskMeter) =>
        new PartitionTask(
          {
            stage: 'merge',
            input,
            group: names.group('merge'),
            names,
            partitions: PARTITIONS,
            version: 'one-inputs',
            build: async () => {
              const stage = new CountingStage('one');
              stages.push({ partition: input.partition, stage });
              return { stage: stage as Stage<never>, feed: new PacketFeed(stage as Stage<never>) };
            },
            cluster,
            intake,
            folder: new CheckpointFolder(state, `${names.group('merge')}-${input.topic}-${input.partition}`),
            from: 'lossless',
            commitEvery: 10,
            now: Date.now,
            meter: taskMeter,
          },
          cluster.writer(names.transactionalId('merge', input.topic, input.partition)),
        ),
    });
    return { role, meter, stages };
  }

  test('keeps its state where it stays, and each outcome is said once while tasks move to and fro', async () => {
    await make([names.partials, names.windows, names.ledger, names.dead], PARTITIONS);
    let written = 0;
    const write = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round++, written++) {
        const values = Array.from({ length: PARTITIONS }, (_, partition) => ({
          topic: names.partials,
          partition,
          value: packetOf(`${partition}.${written}`),
        }));
        await cluster.send(values);
      }
    };
    const said = async (): Promise<string[]> => {
      const found: string[] = [];
      await cluster.readAll(names.windows, (_, { value }) => found.push(decoder.decode(value)));
      return found.sort();
    };
    const expected = (): string[] =>
      Array.from({ length: PARTITIONS }, (_, p) => Array.from({ length: written }, (_, i) => `one ${i + 1} ${p}.${i}`))
        .flat()
        .sort();
    const settled = () => until(async () => (await said()).length >= PARTITIONS * written, 'all outcomes');

    const first = process('a');
    await first.role.start();
    await write(10);
    await settled();
    expect(first.stages).toHaveLength(PARTITIONS);
    const second = process('b');
    await second.role.start();
    await write(10);
    await until(() => second.stages.length > 0 && second.role.waitsFor() === undefined, 'the second has tasks');
    await write(10);
    await settled();
    // those that stayed were not built again
    const moved = second.stages.length;
    expect(moved).toBeLessThan(PARTITIONS);
    expect(first.stages).toHaveLength(PARTITIONS);
    await second.role.stop();
    await write(10);
    await settled();
    expect(first.stages).toHaveLength(PARTITIONS + moved);
    await first.role.stop();
    expect(await said()).toEqual(expected());
  });
});

describe('the store role', () => {
  /** A store that can be told to be slow, and how much waits for it. */
  class Sink implements LiveSink {
    readonly given: number[] = [];
    waits = 0;
    flushes = 0;
    private gate: Promise<void> = Promise.resolve();
    private open: () => void = () => undefined;

    hold(): void {
      this.gate = new Promise((resolve) => {
        this.open = resolve;
      });
    }

    release(): void {
      this.open();
    }

    windows(_: Uint8Array, offset: number): void {
      this.given.push(offset);
    }

    alerts(): void {}
    incidents(): void {}
    late(): void {}
    dead(): void {}
    redriven(): void {}
    shadow(): void {}
    inventory(): void {}
    ledger(): void {}

    pending(): number {
      return this.waits;
    }

    async flush(): Promise<void> {
      this.flushes++;
      await this.gate;
    }
  }

  let sink: Sink;
  let role: StoreRole;

  beforeEach(async () => {
    await make(names.outputs([]), 1);
    sink = new Sink();
    role = new StoreRole({
      group: names.group('store'),
      instance: 'a',
      cluster,
      names,
      tenants: [],
      sink,
      onFailure: fail,
    });
  });
  afterEach(() => role.stop());

  const write = (count: number): Promise<void> =>
    cluster.send(Array.from({ length: count }, () => ({ topic: names.windows, partition: 0, value: 'row' })));
  const committed = async (): Promise<number> => (await cluster.committed(names.group('store'), names.windows, [0])).get(0)?.offset ?? 0;

  test('commits nothing that the store has not got', async () => {
    sink.hold();
    await role.start();
    await write(5);
    await until(() => sink.given.length === 5 && sink.flushes === 1, 'a flush is under way');
    await write(5);
    await until(() => sink.given.length === 10, 'more is given meanwhile');
    expect(await committed()).toBe(0);
    sink.release();
    await until(async () => (await committed()) === 10, 'all is committed');
    expect(sink.given).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('reads on when the store has caught up, also when nothing is left to commit', async () => {
    await role.start();
    await write(5);
    await until(async () => (await committed()) === 5, 'what was read is committed');
    sink.waits = 65 << 20;
    await write(1);
    await until(async () => (await committed()) === 6, 'it has seen how much waits');
    await write(5);
    sink.waits = 0;
    await until(() => sink.given.length === 11, 'it reads on');
    expect(sink.given).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
