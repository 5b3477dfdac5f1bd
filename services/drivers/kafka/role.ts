import type { LogEvent } from '../../telemetry/log-events.ts';
import type { Sample } from '../../telemetry/samples.ts';
import { Fenced, type Intake, type KafkaCluster, partitionName, type TopicPartition } from './log.ts';
import type { PartitionTask } from './task.ts';
import type { StageMeter, TaskMeter } from './task-meter.ts';

/** A task that was shut out begins again after this, if its partition is still this process's by then. */
const AFTER_FENCE = 3000;

/** What the driver says while it works. */
export type Say = (event: LogEvent, fields: Readonly<Record<string, unknown>>) => void;

export interface StageRoleOptions {
  group: string;
  topics: readonly string[];
  instance: string;
  cluster: KafkaCluster;
  makeTask(input: TopicPartition, intake: Intake, meter: TaskMeter): PartitionTask;
  makeMeter(input: TopicPartition): TaskMeter;
  meter: StageMeter;
  say: Say;
  /** something that this process cannot go on with */
  onFailure(error: Error): void;
}

interface Held {
  input: TopicPartition;
  task: PartitionTask;
  meter: TaskMeter;
}

/** One stage in this process: a member of its group, with a task for each partition that it is given. */
export class StageRole {
  readonly options: StageRoleOptions;
  private intake!: Intake;
  private readonly tasks = new Map<string, Held>();
  /** what a partition's last task still has to finish */
  private readonly closing = new Map<string, Promise<void>>();
  private own = new Set<string>();
  private assignedOnce = false;
  private stopping = false;
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(options: StageRoleOptions) {
    this.options = options;
  }

  async start(): Promise<void> {
    const { cluster, group, topics, instance, onFailure } = this.options;
    const ready = cluster.join({
      group,
      topics,
      instance,
      handlers: {
        assigned: (partitions, generation) => {
          // the member is known before its first assignment is carried out
          void ready.then(() => this.assigned(partitions, generation)).catch(onFailure);
        },
        records: (from, records, end, settled) => this.tasks.get(partitionName(from))?.task.offer(records, end, settled),
        failed: onFailure,
      },
    });
    this.intake = await ready;
  }

  private assigned(partitions: readonly TopicPartition[], generation: number): void {
    if (this.stopping) return;
    const { say, meter } = this.options;
    const stage = meter.stage;
    this.assignedOnce = true;
    this.own = new Set(partitions.map(partitionName));
    const lost = [...this.tasks].filter(([key]) => !this.own.has(key));
    for (const [key, { task }] of lost) this.close(key, task.abandon());
    if (lost.length > 0) say('partitions_revoked', { stage, partitions: lost.map(([key]) => key), generation });
    say('partitions_assigned', { stage, partitions: [...this.own], generation });
    for (const input of partitions) {
      const held = this.tasks.get(partitionName(input));
      if (held === undefined) void this.open(input);
      else held.task.kept();
    }
  }

  private close(key: string, done: Promise<void>): void {
    this.tasks.delete(key);
    const closed = done.finally(() => {
      if (this.closing.get(key) === closed) this.closing.delete(key);
    });
    this.closing.set(key, closed);
  }

  private async open(input: TopicPartition): Promise<void> {
    const key = partitionName(input);
    await this.closing.get(key);
    if (this.stopping || !this.own.has(key) || this.tasks.has(key)) return;
    const { makeTask, makeMeter, meter, say, onFailure } = this.options;
    const taskMeter = makeMeter(input);
    const task = makeTask(input, this.intake, taskMeter);
    this.tasks.set(key, { input, task, meter: taskMeter });
    try {
      await task.run();
      say('task_closed', { stage: meter.stage, ...input });
    } catch (error) {
      if (!(error instanceof Fenced)) return onFailure(error as Error);
      meter.fenced++;
      say('task_fenced', { stage: meter.stage, ...input, err: error });
      if (this.tasks.get(key)?.task === task) this.tasks.delete(key);
      this.later(() => {
        meter.restarts++;
        return this.open(input);
      });
    }
  }

  private later(act: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, AFTER_FENCE);
    this.timers.add(timer);
  }

  /** Once a second: quiet sources may have a word of the clock to pass on. */
  async tick(): Promise<void> {
    for (const { task, meter } of this.tasks.values()) meter.look(task.waiting.bytes > 0);
    const quiet = [...this.tasks.values()].filter(({ task }) => task.quiet);
    const ends = new Map<string, Awaited<ReturnType<KafkaCluster['bounds']>>>();
    for (const topic of new Set(quiet.map(({ input }) => input.topic))) ends.set(topic, await this.options.cluster.bounds(topic));
    for (const { task, input } of this.tasks.values()) task.tick(ends.get(input.topic)?.get(input.partition)?.end);
  }

  /** The process cannot go on: nothing more is begun or written here. */
  halt(): void {
    this.stopping = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const { task } of this.tasks.values()) void task.abandon();
  }

  /** Leaves nothing half-done: all tasks commit and write their state, then the partitions go to others. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const timer of this.timers) clearTimeout(timer);
    await Promise.allSettled([...this.tasks.values()].map(({ task }) => task.stop()));
    await Promise.allSettled(this.closing.values());
    await this.intake?.stop();
  }

  /** Why it does not do its work yet; undefined: it does. */
  waitsFor(): string | undefined {
    const { stage } = this.options.meter;
    if (!this.assignedOnce) return `${stage}: the group has not shared out its partitions yet`;
    const restoring = [...this.tasks.values()].filter(({ meter }) => meter.state !== 'live').length;
    return restoring > 0 ? `${stage}: ${restoring} of ${this.tasks.size} tasks are being restored` : undefined;
  }

  /** Tasks that have had records for so long and take none, one sentence each. @param ms */
  stuck(ms: number): string[] {
    const { stage } = this.options.meter;
    return [...this.tasks].flatMap(([key, { task, meter }]) =>
      task.waiting.bytes > 0 && meter.still > ms
        ? [`${stage}: ${key} has records and has taken none for ${Math.round(meter.still / 60_000)} min`]
        : [],
    );
  }

  /** Ledger counters of the tasks that work aloud. */
  ledgers(): { task: string; counters: Readonly<Record<string, number>> }[] {
    const { stage } = this.options.meter;
    return [...this.tasks].flatMap(([key, { task, meter }]) => {
      const { counters } = task;
      return counters === undefined || meter.state !== 'live' ? [] : [{ task: `${stage}/${key}`, counters }];
    });
  }

  /** @returns what its tasks are at, and what they have done */
  samples(): { samples: Sample[]; queued: number; paused: number; states: Record<'live' | 'restoring', number> } {
    const states = { live: 0, restoring: 0 };
    let queued = 0;
    let paused = 0;
    const samples = this.options.meter.samples();
    for (const { task, meter } of this.tasks.values()) {
      const { bytes, paused: isPaused, lag, behind } = task.waiting;
      states[meter.state]++;
      queued += bytes;
      paused += isPaused ? 1 : 0;
      samples.push(...meter.samples(lag, behind));
    }
    return { samples, queued, paused, states };
  }
}
