import type { Emit, StageName } from '../../core/stage.ts';
import { counter, gauge, histogram } from '../../telemetry/catalogue.ts';
import { HistogramRecorder, type Sample } from '../../telemetry/samples.ts';
import type { TopicPartition } from './log.ts';

/** What all tasks of one stage in this process add up to. */
export class StageMeter {
  readonly stage: StageName;
  takeovers = 0;
  fenced = 0;
  restarts = 0;
  replayed = 0;
  snapshots = 0;
  transactions = 0;
  readonly takeover = new HistogramRecorder();
  readonly transaction = new HistogramRecorder();
  readonly snapshotTime = new HistogramRecorder();
  readonly watermarks = new Map<string, number>();
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
    const now = this.now();
    return [
      counter('weir_takeovers_total', { stage }, this.takeovers),
      counter('weir_tasks_fenced_total', { stage }, this.fenced),
      counter('weir_task_restarts_total', { stage }, this.restarts),
      counter('weir_replay_records_total', { stage }, this.replayed),
      counter('weir_snapshots_total', { stage }, this.snapshots),
      counter('weir_transactions_total', { stage, outcome: 'committed' }, this.transactions),
      histogram('weir_takeover_duration_seconds', { stage }, this.takeover),
      histogram('weir_transaction_duration_seconds', { stage }, this.transaction),
      histogram('weir_snapshot_duration_seconds', { stage }, this.snapshotTime),
      ...[...this.watermarks].flatMap(([tenant, time]) => [
        gauge('weir_watermark_timestamp_seconds', { tenant, stage }, time / 1000),
        gauge('weir_watermark_delay_seconds', { tenant, stage }, (now - time) / 1000),
      ]),
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
  records = 0;
  bytes = 0;
  private readonly stage: StageMeter;
  private readonly input: TopicPartition;
  private readonly begun = performance.now();
  private snapshotAt: number | undefined;
  private snapshotBytes = 0;
  private isLive = false;
  private waitingFor: { tenant: string; at: number }[] = [];

  constructor(stage: StageMeter, input: TopicPartition) {
    this.stage = stage;
    this.input = input;
  }

  opened(): void {
    this.stage.takeovers++;
  }

  live(): void {
    this.isLive = true;
    this.stage.takeover.observe((performance.now() - this.begun) / 1000);
  }

  taken(records: number, bytes: number, muted: boolean): void {
    if (muted) {
      this.stage.replayed += records;
      return;
    }
    this.records += records;
    this.bytes += bytes;
  }

  emitted(emits: readonly Emit[]): void {
    for (const emit of emits) {
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
    this.stage.watermarks.set(tenant, time);
  }

  /** @param took ms */
  committed(took: number): void {
    this.stage.transactions++;
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
  }

  get state(): 'restoring' | 'live' {
    return this.isLive ? 'live' : 'restoring';
  }

  /** @param lag offsets to the end of the partition */
  samples(lag: number): Sample[] {
    const { stage } = this.stage;
    const { topic } = this.input;
    const partition = String(this.input.partition);
    const samples: Sample[] = [
      counter('weir_stage_records_total', { stage, topic, partition }, this.records),
      counter('weir_stage_bytes_total', { stage, topic, partition }, this.bytes),
      gauge('weir_lag_records', { stage, topic, partition }, lag),
    ];
    if (this.snapshotAt !== undefined) {
      samples.push(
        gauge('weir_snapshot_age_seconds', { stage, partition }, (this.stage.now() - this.snapshotAt) / 1000),
        gauge('weir_snapshot_bytes', { stage, partition }, this.snapshotBytes),
      );
    }
    return samples;
  }
}

function add(counts: Map<string, Map<string, number>>, tenant: string, severity: string): void {
  const own = counts.get(tenant) ?? new Map<string, number>();
  counts.set(tenant, own);
  own.set(severity, (own.get(severity) ?? 0) + 1);
}
