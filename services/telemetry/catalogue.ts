import type { HistogramRecorder, HistogramSample, MetricSample } from './samples.ts';

/**
 * Every metric of `weir serve`: name, help, type, labels. Drivers make samples through `counter`, `gauge` and `histogram`,
 * docs/metrics.md is compared with it by a test. Names follow Prometheus: base units, `_total` for what only grows.
 * Labels are bounded by the config (tenant, source, stage, topic, partition, table) or by this program (reason, outcome …):
 * never an account, an address, an alert.
 */

/** How samples of one series from several tasks or threads become one; what only grows is always added up. */
export type Merge = 'sum' | 'min' | 'max';

export interface MetricSpec {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly string[];
  /** of gauges; `sum` where left out */
  merge?: Merge;
}

export const CATALOGUE = {
  // the ledger
  weir_events_read_total: { type: 'counter', help: 'Events read, whatever became of them.', labels: ['tenant', 'source'] },
  weir_events_windowed_total: { type: 'counter', help: 'Events counted into windows.', labels: ['tenant', 'source'] },
  weir_events_joined_total: {
    type: 'counter',
    help: 'Of these, events whose account is that of their session.',
    labels: ['tenant', 'source'],
  },
  weir_events_late_total: {
    type: 'counter',
    help: "Events behind their tenant's watermark: kept, not windowed.",
    labels: ['tenant', 'source'],
  },
  weir_events_dropped_total: {
    type: 'counter',
    help: 'Events left out on purpose, by reason.',
    labels: ['tenant', 'source', 'reason'],
  },
  weir_events_dead_total: {
    type: 'counter',
    help: 'Records and events that could not be used: dead letters, by reason.',
    labels: ['tenant', 'source', 'reason'],
  },
  weir_events_held: { type: 'gauge', help: 'Events that wait for a clock to be confirmed or a login.', labels: ['tenant', 'source'] },

  // input
  weir_stage_records_total: {
    type: 'counter',
    help: 'Records of the log processed aloud; what is replayed after a takeover is counted in weir_replay_records_total.',
    labels: ['stage', 'topic', 'partition'],
  },
  weir_stage_bytes_total: { type: 'counter', help: 'Bytes of the values of these records.', labels: ['stage', 'topic', 'partition'] },
  weir_lag_records: {
    type: 'gauge',
    help: 'Offsets between the end of the partition and what is committed; control records of transactions count as well.',
    labels: ['stage', 'topic', 'partition'],
    merge: 'max',
  },
  weir_queue_bytes: { type: 'gauge', help: 'Bytes read and not yet processed.', labels: ['stage'] },
  weir_partitions_paused: {
    type: 'gauge',
    help: 'Partitions that are not read because their queue is full or their task is being restored.',
    labels: ['stage'],
  },
  weir_source_lag_bytes: {
    type: 'gauge',
    help: 'Bytes of followed files and journals that are there and not read yet.',
    labels: ['tenant', 'source'],
  },
  weir_files_waiting: { type: 'gauge', help: 'Followed files that are not there, empty or closed to us.', labels: [] },
  weir_source_throttled_total: {
    type: 'counter',
    help: 'Times that sources which are not live had to wait because the stages behind them had enough to do.',
    labels: [],
  },

  // time
  weir_watermark_timestamp_seconds: {
    type: 'gauge',
    help: "The tenant's watermark, seconds since the epoch: the lowest of this process's tasks of the stage. Behind merge all windows are closed.",
    labels: ['tenant', 'stage'],
    merge: 'min',
  },
  weir_watermark_delay_seconds: {
    type: 'gauge',
    help: "How far the tenant's watermark is behind the clock.",
    labels: ['tenant', 'stage'],
    merge: 'max',
  },
  weir_source_watermark_timestamp_seconds: {
    type: 'gauge',
    help: 'Watermark of one input partition; absent before its first event and while it is idle. The lowest holds the tenant back.',
    labels: ['tenant', 'source', 'partition'],
    merge: 'min',
  },
  weir_source_idle: {
    type: 'gauge',
    help: '1: the input partition is quiet and does not hold its tenant back.',
    labels: ['tenant', 'source', 'partition'],
    merge: 'min',
  },

  // tasks and transactions
  weir_tasks: {
    type: 'gauge',
    help: 'Tasks of this process by what they do: restoring (replay included), live.',
    labels: ['stage', 'state'],
  },
  weir_takeovers_total: { type: 'counter', help: 'Partitions taken over, the first start included.', labels: ['stage'] },
  weir_takeover_duration_seconds: {
    type: 'histogram',
    help: 'From the assignment of a partition to its first record aloud.',
    labels: ['stage'],
  },
  weir_replay_records_total: {
    type: 'counter',
    help: 'Records read again with their outcomes muted, to rebuild state after a takeover.',
    labels: ['stage'],
  },
  weir_tasks_fenced_total: {
    type: 'counter',
    help: 'Tasks thrown away because another process has taken their partition.',
    labels: ['stage'],
  },
  weir_task_restarts_total: { type: 'counter', help: 'Tasks begun again in this process after they were shut out.', labels: ['stage'] },
  weir_poison_records_total: {
    type: 'counter',
    help: 'Records skipped because processing crashed on them again and again.',
    labels: ['stage', 'topic'],
  },
  weir_transactions_total: {
    type: 'counter',
    help: 'Transactions by outcome: committed, aborted.',
    labels: ['stage', 'outcome'],
  },
  weir_transaction_duration_seconds: {
    type: 'histogram',
    help: 'From the beginning of a transaction to its commit, retries included.',
    labels: ['stage'],
  },
  weir_transaction_records_total: { type: 'counter', help: 'Records written in committed transactions.', labels: ['stage'] },

  // snapshots
  weir_snapshots_total: { type: 'counter', help: 'Snapshots that became current.', labels: ['stage'] },
  weir_snapshot_age_seconds: {
    type: 'gauge',
    help: 'Since the snapshot that the partition would start from was taken.',
    labels: ['stage', 'partition'],
    merge: 'max',
  },
  weir_snapshot_behind_records: {
    type: 'gauge',
    help: 'Offsets between that snapshot and what is committed: what a takeover replays.',
    labels: ['stage', 'partition'],
    merge: 'max',
  },
  weir_snapshot_bytes: { type: 'gauge', help: 'Size of that snapshot.', labels: ['stage', 'partition'], merge: 'max' },
  weir_snapshot_duration_seconds: { type: 'histogram', help: 'From serialising to synced on disk.', labels: ['stage'] },

  // outcomes
  weir_alerts_total: { type: 'counter', help: 'Alerts raised.', labels: ['tenant', 'severity'] },
  weir_incidents_total: { type: 'counter', help: 'Incidents opened; revisions are not counted again.', labels: ['tenant', 'severity'] },
  weir_alert_latency_seconds: {
    type: 'histogram',
    help: 'From when an alert could be known at the earliest (window end + lateness) to written on the alert topic or into the store.',
    labels: ['tenant'],
  },

  // the store
  weir_store_pending_bytes: { type: 'gauge', help: 'Bytes given to the store and not yet acknowledged.', labels: [] },
  weir_store_failures_total: { type: 'counter', help: 'Failed attempts to write to the store.', labels: ['reason'] },
  weir_store_outage_seconds: {
    type: 'gauge',
    help: 'Since the store last acknowledged anything, while writing to it fails; 0 when it works.',
    labels: [],
    merge: 'max',
  },
  weir_store_write_duration_seconds: {
    type: 'histogram',
    help: 'One insert, until acknowledged, attempts that failed included.',
    labels: [],
  },

  // HTTP sources
  weir_http_requests_total: { type: 'counter', help: 'Posts to HTTP sources by status code.', labels: ['source', 'code'] },
  weir_http_request_duration_seconds: {
    type: 'histogram',
    help: 'A post to an HTTP source, until it is durable and answered.',
    labels: ['source'],
  },
  weir_journal_bytes: { type: 'gauge', help: 'Size of the journal of posted records on disk.', labels: ['source'] },
  weir_journal_waiting_bytes: { type: 'gauge', help: 'Bytes in the journal that are not yet processed.', labels: ['source'] },

  // the process
  weir_build_info: {
    type: 'gauge',
    help: '1, with the versions of program, shipped model and store schema.',
    labels: ['version', 'model', 'schema'],
    merge: 'max',
  },
  weir_config_info: { type: 'gauge', help: '1, with the version of the config that is in force.', labels: ['version'], merge: 'max' },
  weir_disk_free_bytes: {
    type: 'gauge',
    help: 'Space left for this user on the disk of a folder: state, data.',
    labels: ['folder'],
    merge: 'min',
  },
} as const satisfies Record<string, MetricSpec>;

type Catalogue = typeof CATALOGUE;
export type MetricName = keyof Catalogue;
type NamesOf<Type extends MetricSpec['type']> = { [N in MetricName]: Catalogue[N]['type'] extends Type ? N : never }[MetricName];
/** The labels of a metric, all of them. */
export type LabelsOf<N extends MetricName> = Readonly<Record<Catalogue[N]['labels'][number], string>>;

/** A sample of what only grows. @param value since the process began */
export function counter<N extends NamesOf<'counter'>>(name: N, labels: LabelsOf<N>, value: number): MetricSample {
  return { name, help: CATALOGUE[name].help, type: 'counter', labels, value };
}

/** A sample of a level. */
export function gauge<N extends NamesOf<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): MetricSample {
  return { name, help: CATALOGUE[name].help, type: 'gauge', labels, value };
}

/** What a recorder has gathered. */
export function histogram<N extends NamesOf<'histogram'>>(
  name: N,
  labels: LabelsOf<N>,
  recorder: Pick<HistogramRecorder, 'read'>,
): HistogramSample {
  return { name, help: CATALOGUE[name].help, type: 'histogram', labels, ...recorder.read() };
}
