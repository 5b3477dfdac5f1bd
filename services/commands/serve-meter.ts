import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import type { LedgerEntry, Sink } from '../core/sink.ts';
import type { DeadLetter, LateEvent } from '../core/stage.ts';
import { ledgerCounter } from '../core/topology-contract.ts';
import type { RunView, SourceCount } from '../drivers/embedded/run-contract.ts';
import { counter, gauge, histogram } from '../telemetry/catalogue.ts';
import { samplesOf } from '../telemetry/ledger-meter.ts';
import { HistogramRecorder, type MetricSample, type Sample } from '../telemetry/samples.ts';

/** Counts what an embedded live run reads and finds, for metrics. */
export class ServeMeter implements Sink {
  private readonly now: () => number;
  private readonly counts = new Map<string, MetricSample>();
  private readonly latencies = new Map<string, HistogramRecorder>();
  private readonly incidentIds = new Map<string, number>();
  /** the ledger when this process began */
  private atStart: Readonly<Record<string, number>> | undefined;
  /** the ledger at the last cut */
  private entries: readonly LedgerEntry[] = [];
  /** read by runs that are over */
  private readonly before = new Map<string, SourceCount>();
  private view: () => RunView | undefined = () => undefined;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  /** A run has begun; the one before is over. */
  watch(view: () => RunView): void {
    for (const { tenant, source, events, bytes } of this.view()?.read ?? []) {
      const sum = this.before.get(`${tenant} ${source}`) ?? { tenant, source, events: 0, bytes: 0 };
      this.before.set(`${tenant} ${source}`, { ...sum, events: sum.events + events, bytes: sum.bytes + bytes });
    }
    this.view = view;
    this.atStart ??= view().ledgerAtStart;
  }

  alerts(records: AlertRecord[]): void {
    for (const { tenant, severity, detected_at, final } of records) {
      this.add(counter('weir_alerts_total', { tenant, severity }, 1));
      const delay = this.now() - Date.parse(detected_at);
      // an alert of a window that was complete: what a running window raises comes before its end
      if (final && delay >= 0) this.latencyOf(tenant).observe(delay / 1000);
    }
  }

  incidents(records: IncidentRecord[]): void {
    for (const { tenant, severity, incident_id } of records) {
      if (this.incidentIds.has(incident_id)) continue;
      this.incidentIds.set(incident_id, this.now());
      this.add(counter('weir_incidents_total', { tenant, severity }, 1));
    }
    // the oldest are not revised any more
    if (this.incidentIds.size > MOST_INCIDENTS)
      for (const id of [...this.incidentIds.keys()].slice(0, MOST_INCIDENTS / 2)) this.incidentIds.delete(id);
  }

  windows(): void {}

  late(events: LateEvent[]): void {
    for (const { tenant, source } of events) this.add(counter('weir_events_late_total', { tenant, source }, 1));
  }

  dead(letters: DeadLetter[]): void {
    for (const { tenant, source, reason } of letters) this.add(counter('weir_events_dead_total', { tenant, source, reason }, 1));
  }

  ledger(entries: LedgerEntry[]): void {
    this.entries = entries;
  }

  retract(): void {}

  pending(): number {
    return 0;
  }

  async flush(): Promise<void> {}

  samples(): Sample[] {
    const view = this.view();
    const now = this.now();
    const samples: Sample[] = [...this.counts.values()];
    for (const [tenant, recorder] of this.latencies) samples.push(histogram('weir_alert_latency_seconds', { tenant }, recorder));
    for (const { tenant, source, fate, reason, count: total } of this.entries) {
      const count = total - (this.atStart?.[ledgerCounter(fate, tenant, source, reason)] ?? 0);
      if (fate === 'windowed') samples.push(...samplesOf({ fate, tenant, source, reason, count }));
      if (fate === 'dropped') samples.push(counter('weir_events_dropped_total', { tenant, source, reason }, count));
      if (fate === 'held') samples.push(gauge('weir_events_held', { tenant, source }, total));
    }
    for (const { tenant, source, events } of [...this.before.values(), ...(view?.read ?? [])])
      samples.push(counter('weir_events_read_total', { tenant, source }, events));
    if (view === undefined) return samples;
    for (const [tenant, time] of Object.entries(view.reached)) {
      samples.push(
        gauge('weir_watermark_timestamp_seconds', { tenant, stage: 'normalise' }, time / 1000),
        gauge('weir_watermark_delay_seconds', { tenant, stage: 'normalise' }, (now - time) / 1000),
      );
    }
    for (const { tenant, source, partition, reached, idle, offset, end } of view.inputs) {
      samples.push(gauge('weir_source_idle', { tenant, source, partition }, idle ? 1 : 0));
      if (reached !== undefined && !idle)
        samples.push(gauge('weir_source_watermark_timestamp_seconds', { tenant, source, partition }, reached / 1000));
      if (end !== undefined) samples.push(gauge('weir_source_lag_bytes', { tenant, source }, Math.max(0, end - offset)));
    }
    samples.push(
      gauge('weir_files_waiting', {}, view.waiting.size),
      gauge('weir_store_pending_bytes', {}, view.pending),
      counter('weir_snapshots_total', { stage: 'all' }, view.cuts),
      gauge('weir_snapshot_age_seconds', { stage: 'all', partition: '' }, view.sinceCut / 1000),
    );
    return samples;
  }

  private add(sample: MetricSample): void {
    const key = `${sample.name} ${Object.values(sample.labels).join(' ')}`;
    const before = this.counts.get(key);
    this.counts.set(key, before === undefined ? sample : { ...before, value: before.value + sample.value });
  }

  private latencyOf(tenant: string): HistogramRecorder {
    let recorder = this.latencies.get(tenant);
    if (recorder === undefined) {
      recorder = new HistogramRecorder();
      this.latencies.set(tenant, recorder);
    }
    return recorder;
  }
}

/** Incidents whose first record is remembered, so that revisions are not counted again. */
const MOST_INCIDENTS = 100_000;
