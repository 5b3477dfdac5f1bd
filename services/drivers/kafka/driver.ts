import type { KafkaConfig } from '../../../schemas/config.ts';
import { WeirError } from '../../core/errors.ts';
import type { StageName } from '../../core/stage.ts';
import type { Topology } from '../../core/topology-contract.ts';
import { counter, gauge } from '../../telemetry/catalogue.ts';
import { LedgerMeter } from '../../telemetry/ledger-meter.ts';
import type { Sample } from '../../telemetry/samples.ts';
import { packetStage, sourceStage } from './build-stage.ts';
import { CheckpointFolder } from './checkpoint.ts';
import { Downstream } from './downstream.ts';
import { refuseHalfRolledBack } from './fleet-versions.ts';
import { type Intake, type KafkaCluster, partitionName, type TopicPartition } from './log.ts';
import { Names, ownTopics, type Role } from './names.ts';
import { type Say, StageRole } from './role.ts';
import { SourceClock } from './source-clock.ts';
import { type LiveSink, StoreRole } from './store-role.ts';
import { type BuiltStage, PartitionTask } from './task.ts';
import { StageMeter, TaskMeter } from './task-meter.ts';

/** A source on a topic of the user's. */
export interface TopicSource {
  tenant: string;
  source: string;
  topic: string;
  format: string;
  /** how late its events may come, ms */
  lateness: number;
  from: 'beginning' | 'end';
}

/** Everything that results depend on beside the log, under one name. */
export interface RunVersion {
  topology: Topology;
  /** input partitions of each tenant, over all its sources */
  upstreams: Readonly<Record<string, number>>;
}

export interface KafkaRunOptions {
  kafka: KafkaConfig;
  cluster: KafkaCluster;
  /** what this process does */
  roles: readonly Role[];
  sources: readonly TopicSource[];
  /** all that sources and config name: each has an alert topic */
  tenants: readonly string[];
  /**
   * Name of the run version of this process, `config-inputs`, once it is known how many partitions the topics of the
   * sources have; it is kept for good, since states name it.
   */
  nameVersion(upstreams: Readonly<Record<string, number>>): string;
  /** A run version by name, this one's or an older one's. Throws `log_lost` for one that was not kept */
  readVersion(name: string): Promise<RunVersion>;
  /** name of this process, the same after a restart where it can be */
  instance: string;
  /** Asked for when the store role runs here; resolves once the store is there, rejects when the signal says that nobody waits any more. */
  sink?: (ending: AbortSignal) => Promise<LiveSink>;
  say: Say;
  now?: () => number;
}

export interface KafkaRun {
  /** rejects when the process cannot go on; never resolves before `stop` */
  readonly failed: Promise<never>;
  /** Drains: open work is committed, states are written, partitions given up. */
  stop(): Promise<void>;
  samples(): Sample[];
  /** why it does not do its work yet, or any more; empty: all is well */
  waitsFor(): string[];
  /** why it should be started again; empty: it makes progress, or waits for something that a start would not bring */
  stuck(): string[];
}

const STAGES = ['normalise', 'identify', 'account', 'merge', 'alert'] as const;
type RunStage = (typeof STAGES)[number];
const TICK = 1000;
/** ms without an answer after which the brokers count as away */
const SILENT = 30_000;
/** ms that a task may have records and take none */
const STUCK = 300_000;

/** Runs the stages that a process is to run, each as a member of its group, until stopped. Topics of our own are made or checked first. */
export async function runKafka(options: KafkaRunOptions): Promise<KafkaRun> {
  const { kafka, cluster, sources, tenants, say } = options;
  refuseHalfRolledBack(kafka.state);
  const names = new Names(kafka.prefix);
  const counts = await sourcePartitions(cluster, sources);
  const upstreams: Record<string, number> = {};
  for (const { tenant, topic } of sources) upstreams[tenant] = (upstreams[tenant] ?? 0) + (counts.get(topic) ?? 0);
  const version = options.nameVersion(upstreams);
  const { joins } = (await options.readVersion(version)).topology;
  // what waits there from a config that joined sessions is let go, not forgotten
  const identifies = joins !== undefined || (await cluster.partitions([names.sessions])).has(names.sessions);
  const { made } = await cluster.ensure(ownTopics(names, kafka, tenants, identifies));
  if (made.length > 0) say('topics_made', { topics: made });
  const run = new Running(options, names, { version, joins, identifies });
  await run.start();
  return run;
}

async function sourcePartitions(cluster: KafkaCluster, sources: readonly TopicSource[]): Promise<Map<string, number>> {
  const counts = await cluster.partitions(sources.map(({ topic }) => topic));
  const missing = sources.filter(({ topic }) => !counts.has(topic));
  if (missing.length > 0) {
    throw new WeirError(
      'topic_mismatch',
      missing
        .map(
          ({ source, topic }) =>
            `source ${source}: there is no topic ${topic}; the gateway or shipper that writes to it makes it, or kafka-topics.sh --create`,
        )
        .join('\n'),
    );
  }
  return counts;
}

class Running implements KafkaRun {
  readonly failed: Promise<never>;
  private readonly options: KafkaRunOptions;
  private readonly names: Names;
  private readonly version: string;
  private readonly joins: Topology['joins'];
  /** there is an identify stage */
  private readonly identifies: boolean;
  private readonly versions = new Map<string, Promise<RunVersion>>();
  private readonly stages: StageRole[] = [];
  private store: StoreRole | undefined;
  private sink: LiveSink | undefined;
  /** the store role on its way; it resolves in any case */
  private opening: Promise<void> | undefined;
  private readonly ending = new AbortController();
  private readonly downstream: Downstream;
  private readonly ledger = new LedgerMeter();
  private metered = new Set<string>();
  private fail!: (error: Error) => void;
  private timer: NodeJS.Timeout | undefined;
  private ticking = false;
  private tickedAt: number;
  private readonly now: () => number;

  constructor(
    options: KafkaRunOptions,
    names: Names,
    { version, joins, identifies }: { version: string; joins: Topology['joins']; identifies: boolean },
  ) {
    this.options = options;
    this.names = names;
    this.version = version;
    this.joins = joins;
    this.identifies = identifies;
    this.now = options.now ?? Date.now;
    this.tickedAt = this.now();
    this.downstream = new Downstream(options.cluster, names, options.kafka.partitions, identifies);
    this.failed = new Promise<never>((_, reject) => {
      this.fail = (error) => {
        this.ending.abort(error);
        for (const role of this.stages) role.halt();
        reject(error);
      };
    });
    this.failed.catch(() => undefined);
  }

  async start(): Promise<void> {
    const { roles } = this.options;
    await this.versionOf(this.version);
    try {
      // A store that is away holds nobody up but itself: the topics keep what it has to be given.
      if (roles.includes('store')) {
        const store = this.startStore().catch((error) => {
          if (!this.ending.signal.aborted) this.fail(error);
        });
        this.opening = store.finally(() => {
          this.opening = undefined;
        });
      }
      for (const stage of STAGES) if (roles.includes(stage)) await this.startStage(stage);
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.timer = setInterval(() => this.tick(), TICK);
  }

  private async startStore(): Promise<void> {
    const { options, names } = this;
    const { cluster, instance, tenants } = options;
    if (options.sink === undefined) throw new Error('the store role needs a sink');
    this.sink = await options.sink(this.ending.signal);
    this.ending.signal.throwIfAborted();
    this.store = new StoreRole({ cluster, names, tenants, sink: this.sink, onFailure: this.fail, group: names.group('store'), instance });
    await this.store.start();
  }

  private async startStage(stage: RunStage): Promise<void> {
    const { options, names } = this;
    const { cluster, instance, sources, say } = options;
    const input = names.inputOf(stage);
    const topics = input === undefined ? sources.map(({ topic }) => topic) : [input];
    if (topics.length === 0 || (stage === 'identify' && !this.identifies)) return;
    const meter = new StageMeter(stage, this.now);
    const role = new StageRole({
      group: names.group(stage),
      topics,
      instance,
      cluster,
      meter,
      say,
      onFailure: this.fail,
      makeMeter: (of) => this.makeMeter(meter, of),
      makeTask: (of, intake, taskMeter) => this.makeTask(stage, of, intake, taskMeter),
    });
    this.stages.push(role);
    await role.start();
  }

  private makeTask(stage: RunStage, input: TopicPartition, intake: Intake, meter: TaskMeter): PartitionTask {
    const { options, names, now } = this;
    const { kafka, cluster } = options;
    const group = names.group(stage);
    const source = this.sourceOf(stage, input.topic);
    const clock = source === undefined ? undefined : new SourceClock(source.lateness, kafka.idle_after, now());
    const task: PartitionTask = new PartitionTask(
      {
        stage,
        input,
        group,
        names,
        partitions: kafka.partitions,
        version: this.version,
        build: (version) => this.build(stage, input, version),
        cluster,
        intake,
        folder: new CheckpointFolder(kafka.state, `${group}-${input.topic}-${input.partition}`),
        from: source === undefined ? 'lossless' : source.from,
        source:
          source === undefined
            ? undefined
            : { tenant: source.tenant, upstreams: async () => (await this.versionOf(this.version)).upstreams[source.tenant] },
        joins: this.joins,
        clock,
        commitEvery: kafka.commit_every,
        snapshotEvery: kafka.snapshot_every,
        now,
        mayRead: clock === undefined ? undefined : () => clock.isLive || this.downstream.keepsUp,
        meter,
      },
      cluster.writer(names.transactionalId(stage, input.topic, input.partition)),
    );
    // what a task had counted when it came here was counted by whoever had it before
    meter.onLive = () => this.ledger.open(`${stage}/${partitionName(input)}`, task.counters ?? {});
    return task;
  }

  private makeMeter(meter: StageMeter, input: TopicPartition): TaskMeter {
    const found = this.sourceOf(meter.stage, input.topic);
    return new TaskMeter(meter, input, { say: this.options.say, source: found && { tenant: found.tenant, source: found.source } });
  }

  private async build(stage: RunStage, { topic, partition }: TopicPartition, version: string): Promise<BuiltStage> {
    const { topology, upstreams } = await this.versionOf(version);
    const { partitions } = this.options.kafka;
    if (stage !== 'normalise') return packetStage(topology, stage, partition, partitions);
    const { tenant, source, format } = this.sourceOf(stage, topic) as TopicSource;
    return sourceStage(
      topology,
      { tenant, source, partition: partitionName({ topic, partition }), format, upstreams: upstreams[tenant] },
      partitions,
    );
  }

  /** The source whose topic a normalise task reads. */
  private sourceOf(stage: StageName, topic: string): TopicSource | undefined {
    return stage === 'normalise' ? this.options.sources.find((source) => source.topic === topic) : undefined;
  }

  private versionOf(name: string): Promise<RunVersion> {
    let version = this.versions.get(name);
    if (version === undefined) {
      version = this.options.readVersion(name);
      this.versions.set(name, version);
    }
    return version;
  }

  private tick(): void {
    if (this.ticking) return;
    this.ticking = true;
    this.look()
      // the brokers may be away: whoever needs them says so where it matters
      .catch(() => undefined)
      .finally(() => {
        this.ticking = false;
      });
  }

  private async look(): Promise<void> {
    for (const role of this.stages) await role.tick();
    if (this.stages.some((role) => role.options.meter.stage === 'normalise')) await this.downstream.look();
    this.tickedAt = this.now();
    this.countLedgers();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.allSettled(this.stages.map((role) => role.stop()));
    this.ending.abort(new Error('stopped'));
    await this.opening;
    await this.store?.stop();
  }

  waitsFor(): string[] {
    const waits = [...this.stages, ...(this.store === undefined ? [] : [this.store])].map((role) => role.waitsFor());
    const reasons = waits.filter((reason) => reason !== undefined);
    if (this.opening !== undefined) reasons.push('the store is not open yet');
    const silent = this.now() - this.tickedAt;
    if (silent > SILENT) reasons.push(`the brokers have not answered for ${Math.round(silent / 1000)} s`);
    return reasons;
  }

  stuck(): string[] {
    if (this.now() - this.tickedAt > SILENT) return [];
    // sources that are not live may have to wait for the stages behind them
    const looked = this.stages.filter(({ options }) => options.meter.stage !== 'normalise' || this.downstream.keepsUp);
    return looked.flatMap((role) => role.stuck(STUCK));
  }

  /** Often: what a task has counted since the last time is forgotten when it goes. */
  private countLedgers(): void {
    const current = new Set<string>();
    for (const role of this.stages) {
      for (const { task, counters } of role.ledgers()) {
        current.add(task);
        this.ledger.update(task, counters);
      }
    }
    for (const task of this.metered) if (!current.has(task)) this.ledger.close(task);
    this.metered = current;
  }

  samples(): Sample[] {
    const samples: Sample[] = [];
    this.countLedgers();
    for (const role of this.stages) {
      const { stage } = role.options.meter;
      const { samples: own, queued, paused, states } = role.samples();
      samples.push(...own, gauge('weir_queue_bytes', { stage }, queued), gauge('weir_partitions_paused', { stage }, paused));
      for (const [state, count] of Object.entries(states)) samples.push(gauge('weir_tasks', { stage, state }, count));
    }
    samples.push(...this.ledger.samples());
    if (this.store !== undefined) {
      for (const { topic, partition, lag } of this.store.lag())
        samples.push(gauge('weir_lag_records', { stage: 'store', topic, partition: String(partition) }, lag));
      samples.push(gauge('weir_store_pending_bytes', {}, this.sink?.pending() ?? 0));
    }
    samples.push(counter('weir_source_throttled_total', {}, this.downstream.throttled));
    return samples;
  }
}
