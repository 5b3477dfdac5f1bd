import type { Emit, StageName } from '../../core/stage.ts';
import { counter, gauge, histogram } from '../../telemetry/catalogue.ts';
import type { LogEvent } from '../../telemetry/log-events.ts';
import { HistogramRecorder, type Sample } from '../../telemetry/samples.ts';
import type { TopicPartition } from './log.ts';
import type { Say } from './role.ts';

/** What all tasks of one stage in this process add up to. */
export class StageMeter {
  readonly stage: StageName;
  takeovers = 0;
  fenced = 0;
  restarts = 0;
  replayed = 0;
  snapshots = 0;
  transactions = 0;
  aborted = 0;
  written = 0;
  /** by topic */
  readonly poisoned = new Map<string, number>();
  readonly takeover = new HistogramRecorder();
  readonly transaction = new HistogramRecorder();
  readonly snapshotTime = new HistogramRecorder();
  readonly alerts = new Map<string, Map<string, number>>();
  readonly incidents = new Map<string, Map<string, number>>();
  readonly latency = new Map<string, HistogramRecorder>();
  readonly now: () => number;

  constructor(stage: StageName, now: () => number) {
    this.stage = stage;
    this.now = now;
  }

  samples(): Sample[] {
    const { stage } = this;
    return [
      counter('weir_takeovers_total', { stage }, this.takeovers),
      counter('weir_tasks_fenced_total', { stage }, this.fenced),
      counter('weir_task_restarts_total', { stage }, this.restarts),
      counter('weir_replay_records_total', { stage }, this.replayed),
      counter('weir_snapshots_total', { stage }, this.snapshots),
      counter('weir_transactions_total', { stage, outcome: 'committed' }, this.transactions),
      counter('weir_transactions_total', { stage, outcome: 'aborted' }, this.aborted),
      counter('weir_transaction_records_total', { stage }, this.written),
      ...[...this.poisoned].map(([topic, count]) => counter('weir_poison_records_total', { stage, topic }, count)),
      histogram('weir_takeover_duration_seconds', { stage }, this.takeover),
      histogram('weir_transaction_duration_seconds', { stage }, this.transaction),
      histogram('weir_snapshot_duration_seconds', { stage }, this.snapshotTime),
      ...[...this.alerts].flatMap(([tenant, counts]) =>
        [...counts].map(([severity, count]) => counter('weir_alerts_total', { tenant, severity }, count)),
      ),
      ...[...this.incidents].flatMap(([tenant, counts]) =>
        [...counts].map(([severity, count]) => counter('weir_incidents_total', { tenant, severity }, count)),
      ),
      ...[...this.latency].map(([tenant, recorder]) => histogram('weir_alert_latency_seconds', { tenant }, recorder)),
    ];
  }
}

/** What one task counts. Nothing of it changes a result. */
export class TaskMeter {
  /** told when the task begins to work aloud */
  onLive: (() => void) | undefined;
  records = 0;
  bytes = 0;
  private readonly stage: StageMeter;
  private readonly input: TopicPartition;
  private readonly options: TaskMeterOptions;
  private readonly begun = performance.now();
  /** when it was last seen with nothing waiting, or took a record */
  private movedAt = performance.now();
  private snapshotAt: number | undefined;
  private snapshotBytes = 0;
  private isLive = false;
  private waitingFor: { tenant: string; at: number }[] = [];
  private replayed = 0;
  /** ms, by tenant: of this task alone, so that nothing is told of what has gone elsewhere */
  private readonly watermarks = new Map<string, number>();
  private idle = false;

  constructor(stage: StageMeter, input: TopicPartition, options: TaskMeterOptions = {}) {
    this.stage = stage;
    this.input = input;
    this.options = options;
  }

  opened(): void {
    this.stage.takeovers++;
  }

  live(): void {
    this.isLive = true;
    const took = performance.now() - this.begun;
    this.stage.takeover.observe(took / 1000);
    this.onLive?.();
    this.say('task_opened', { replayed: this.replayed, took: Math.round(took) });
  }

  /** A step of a record that has crashed the program again and again was skipped. */
  skipped(offset: number, step: number, muted: boolean): void {
    if (muted) return;
    const { topic } = this.input;
    this.stage.poisoned.set(topic, (this.stage.poisoned.get(topic) ?? 0) + 1);
    this.say('record_skipped', { offset, step });
  }

  /** The state was made under another run version than this process's. */
  versionChanged(before: string, now: string): void {
    this.say('config_changed', { before, now });
  }

  aborted(error: unknown): void {
    this.stage.aborted++;
    this.say('transaction_aborted', { err: error });
  }

  taken(records: number, bytes: number, muted: boolean): void {
    this.movedAt = performance.now();
    if (muted) {
      this.stage.replayed += records;
      this.replayed += records;
      return;
    }
    this.records += records;
    this.bytes += bytes;
  }

  emitted(emits: readonly Emit[]): void {
    for (const emit of emits) {
      if (emit.output === 'control' && emit.value.kind === 'idle') this.idle = true;
      if (emit.output === 'alerts') {
        for (const { tenant, severity, detected_at } of emit.value) {
          add(this.stage.alerts, tenant, severity);
          this.waitingFor.push({ tenant, at: Date.parse(detected_at) });
        }
      } else if (emit.output === 'incidents') {
        for (const { tenant, severity, revision } of emit.value) if (revision <= 1) add(this.stage.incidents, tenant, severity);
      }
    }
  }

  watermark(tenant: string, time: number): void {
    this.watermarks.set(tenant, time);
    this.idle = false;
  }

  /** @param took ms @param records that were written */
  committed(took: number, records: number): void {
    this.stage.transactions++;
    this.stage.written += records;
    this.stage.transaction.observe(took / 1000);
    const now = this.stage.now();
    for (const { tenant, at } of this.waitingFor) {
      let recorder = this.stage.latency.get(tenant);
      if (recorder === undefined) {
        recorder = new HistogramRecorder();
        this.stage.latency.set(tenant, recorder);
      }
      recorder.observe((now - at) / 1000);
    }
    this.waitingFor = [];
  }

  /** @param took ms */
  snapshot(took: number, bytes: number, at: number): void {
    this.stage.snapshots++;
    this.stage.snapshotTime.observe(took / 1000);
    this.snapshotAt = at;
    this.snapshotBytes = bytes;
    this.say('snapshot_written', { bytes, took: Math.round(took) });
  }

  /** Once a second. @param waiting whether it has records that it has not taken */
  look(waiting: boolean): void {
    if (!waiting) this.movedAt = performance.now();
  }

  /** ms for which it has had records and took none */
  get still(): number {
    return performance.now() - this.movedAt;
  }

  get state(): 'restoring' | 'live' {
    return this.isLive ? 'live' : 'restoring';
  }

  /** @param lag offsets to the end of the partition @param behind offsets between the snapshot and what is committed */
  samples(lag: number, behind: number): Sample[] {
    const { stage } = this.stage;
    const { topic } = this.input;
    const partition = String(this.input.partition);
    const samples: Sample[] = [
      counter('weir_stage_records_total', { stage, topic, partition }, this.records),
      counter('weir_stage_bytes_total', { stage, topic, partition }, this.bytes),
      gauge('weir_lag_records', { stage, topic, partition }, lag),
      gauge('weir_snapshot_behind_records', { stage, partition }, behind),
      ...this.times(),
    ];
    if (this.snapshotAt !== undefined) {
      samples.push(
        gauge('weir_snapshot_age_seconds', { stage, partition }, (this.stage.now() - this.snapshotAt) / 1000),
        gauge('weir_snapshot_bytes', { stage, partition }, this.snapshotBytes),
      );
    }
    return samples;
  }

  /** How far time has come: of a source's partition, or of the tenants whose windows the task closes. */
  private times(): Sample[] {
    const { source } = this.options;
    const { stage } = this.stage;
    if (source !== undefined) {
      const labels = { ...source, partition: `${this.input.topic}/${this.input.partition}` };
      const reached = this.watermarks.get(source.tenant);
      const idle = gauge('weir_source_idle', labels, this.idle ? 1 : 0);
      return this.idle || reached === undefined ? [idle] : [idle, gauge('weir_source_watermark_timestamp_seconds', labels, reached / 1000)];
    }
    const now = this.stage.now();
    return [...this.watermarks].flatMap(([tenant, time]) => [
      gauge('weir_watermark_timestamp_seconds', { tenant, stage }, time / 1000),
      gauge('weir_watermark_delay_seconds', { tenant, stage }, (now - time) / 1000),
    ]);
  }

  private say(event: LogEvent, fields: Readonly<Record<string, unknown>>): void {
    this.options.say?.(event, { stage: this.stage.stage, ...this.input, ...fields });
  }
}

export interface TaskMeterOptions {
  /** of a source's partition */
  source?: { tenant: string; source: string };
  say?: Say;
}

function add(counts: Map<string, Map<string, number>>, tenant: string, severity: string): void {
  const own = counts.get(tenant) ?? new Map<string, number>();
  counts.set(tenant, own);
  own.set(severity, (own.get(severity) ?? 0) + 1);
}
