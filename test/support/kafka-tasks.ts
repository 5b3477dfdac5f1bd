import type { Emit, Stage, StageSnapshot } from '../../services/core/stage.ts';
import { ledgerCounter } from '../../services/core/topology-contract.ts';
import { type Checkpoint, CheckpointFolder, unpackCheckpoint } from '../../services/drivers/kafka/checkpoint.ts';
import { PacketFeed } from '../../services/drivers/kafka/feed.ts';
import type { InRecord, KafkaCluster, TopicPartition } from '../../services/drivers/kafka/log.ts';
import { Names } from '../../services/drivers/kafka/names.ts';
import { PacketWriter } from '../../services/drivers/kafka/packet.ts';
import { PartitionTask, type TaskOptions } from '../../services/drivers/kafka/task.ts';
import { StageMeter, TaskMeter } from '../../services/drivers/kafka/task-meter.ts';
import { until } from './kafka-member.ts';
import { uniqueName } from './kafka-runs.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** A stage that counts what it takes: each outcome tells the count, so that one that is lost, doubled or moved shows. Throws at `boom`. */
export class CountingStage implements Stage<Uint8Array> {
  readonly name = 'merge';
  readonly build: string;
  /** all that this object has taken */
  readonly took: string[] = [];
  private count = 0;

  constructor(build: string) {
    this.build = build;
  }

  process(bytes: Uint8Array): Emit[] {
    const text = decoder.decode(bytes.subarray(0, 40)).split(' ')[0];
    if (text === 'boom') throw new Error('this one cannot be taken');
    this.took.push(text);
    this.count++;
    return [{ output: 'windows', tenant: 'shop', value: encoder.encode(`${this.build} ${this.count} ${text}`) }];
  }

  control(): Emit[] {
    return [];
  }

  snapshot(): StageSnapshot {
    return { stage: 'merge', version: 1, groups: new Map(), common: encoder.encode(String(this.count)) };
  }

  restore(snapshot: StageSnapshot): void {
    this.count += Number(decoder.decode(snapshot.common));
  }

  counters(): Record<string, number> {
    return { [ledgerCounter('windowed', 'shop', 'gateway')]: this.count };
  }
}

/** A packet with one entry of bytes for each text. */
export function packetOf(...texts: string[]): Uint8Array {
  const writer = new PacketWriter();
  for (const text of texts) writer.bytes(encoder.encode(text));
  return writer.finish();
}

export interface RunningTask {
  task: PartitionTask;
  meter: TaskMeter;
  /** stages that were built, in order */
  stages: CountingStage[];
  /** as `PartitionTask.run`; its rejection is told here, not as unhandled */
  ended: Promise<Error | undefined>;
  stop(): Promise<void>;
  /** the process is gone: nothing more is done, the group is left */
  vanish(): Promise<void>;
}

/** One partition of a topic with a group, a folder and output topics of its own, and tasks that work on it. */
export class TaskBench {
  readonly cluster: KafkaCluster;
  readonly names: Names;
  readonly input: TopicPartition;
  readonly group: string;
  readonly state: string;
  private readonly running: RunningTask[] = [];

  constructor(cluster: KafkaCluster, prefix: string, state: string) {
    this.cluster = cluster;
    this.names = new Names(prefix);
    this.input = { topic: this.names.partials, partition: 0 };
    this.group = this.names.group('merge');
    this.state = state;
  }

  async make(): Promise<void> {
    const { windows, partials, ledger, dead } = this.names;
    await this.cluster.ensure(
      [windows, partials, ledger, dead].map((topic) => ({
        topic,
        partitions: 1,
        replication: 1,
        configs: { 'max.message.bytes': '8388608' },
      })),
    );
  }

  get folder(): CheckpointFolder {
    return new CheckpointFolder(this.state, `${this.group}-${this.input.topic}-0`);
  }

  /** Writes packets, one record each, in one transaction as the stage before would. */
  async write(...packets: Uint8Array[]): Promise<void> {
    const writer = this.cluster.writer(uniqueName('before'));
    await writer.fence();
    await writer.write(packets.map((value) => ({ ...this.input, value })));
    await writer.close();
  }

  /** A task with a reader of its own: several may work on the partition at once, as when processes disagree on whose it is. */
  async start(options: Partial<TaskOptions> & { version?: string } = {}): Promise<RunningTask> {
    const { cluster, input } = this;
    const stages: CountingStage[] = [];
    let task: PartitionTask | undefined;
    let begin: () => void = () => undefined;
    const assigned = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const intake = await cluster.join({
      group: uniqueName('reader'),
      topics: [input.topic],
      instance: 'test',
      handlers: {
        assigned: () => begin(),
        records: (_, records, end, settled) => task?.offer(records, end, settled),
        failed: (error) => {
          throw error;
        },
      },
    });
    await assigned;
    const meter = new TaskMeter(new StageMeter('merge', Date.now), input);
    task = new PartitionTask(
      {
        stage: 'merge',
        input,
        group: this.group,
        names: this.names,
        partitions: 1,
        version: 'one-inputs',
        build: async (version) => {
          const stage = new CountingStage(version.split('-')[0]);
          stages.push(stage);
          return { stage: stage as Stage<never>, feed: new PacketFeed(stage as Stage<never>) };
        },
        cluster,
        intake,
        folder: this.folder,
        from: 'lossless',
        commitEvery: 10,
        now: Date.now,
        meter,
        ...options,
      },
      cluster.writer(this.names.transactionalId('merge', input.topic, input.partition)),
    );
    const ended = task.run().then(
      () => undefined,
      (error: Error) => error,
    );
    const own = task;
    const running: RunningTask = {
      task,
      meter,
      stages,
      ended,
      stop: async () => {
        await own.stop().catch(() => undefined);
        await intake.stop();
      },
      vanish: async () => {
        await own.abandon();
        await intake.stop();
      },
    };
    this.running.push(running);
    return running;
  }

  async close(): Promise<void> {
    for (const { vanish } of this.running) await vanish();
    await this.cluster.close();
  }

  /** Texts of the windows that a reader of committed records sees, in order. */
  async said(): Promise<string[]> {
    const said: string[] = [];
    await this.cluster.readAll(this.names.windows, (_, { value }: InRecord) => said.push(decoder.decode(value)));
    return said;
  }

  /** C and what is committed with it, once that is as expected: readers see a commit some ms after its writer. */
  async committed(
    expected: (checkpoint: Checkpoint, offset: number) => boolean,
    what: string,
  ): Promise<{ offset: number; checkpoint: Checkpoint }> {
    let found: { offset: number; checkpoint: Checkpoint } | undefined;
    await until(async () => {
      const { offset, metadata = '' } = (await this.cluster.committed(this.group, this.input.topic, [0])).get(0) ?? {};
      const checkpoint = unpackCheckpoint(metadata);
      found = offset === undefined || checkpoint === undefined ? undefined : { offset, checkpoint };
      return found !== undefined && expected(found.checkpoint, found.offset);
    }, what);
    return found as { offset: number; checkpoint: Checkpoint };
  }
}
