import type { LogLevel } from './log-levels.ts';

export interface LogEventSpec {
  level: Exclude<LogLevel, 'silent'>;
  /** the line's `msg`; what differs is in fields */
  text: string;
  /** fields that the line has beside time, level, event and instance */
  fields: readonly string[];
}

/**
 * What `weir serve` says in its log, by the stable name in `event`: what alarms and searches are built on. A test compares
 * docs/metrics.md with this table.
 */
export const LOG_EVENTS = {
  // the process
  started: { level: 'info', text: 'started', fields: ['version', 'model', 'schema', 'config', 'stages', 'telemetry'] },
  stopping: { level: 'info', text: 'stopping: open work is finished first', fields: ['signal', 'drain'] },
  stopped: { level: 'info', text: 'stopped, state saved', fields: ['took'] },
  drain_cut: { level: 'warn', text: 'the drain took too long: stopped without a last snapshot, the next start replays', fields: ['drain'] },
  failed: { level: 'error', text: 'failed: the process ends', fields: ['code', 'err'] },
  config_changed: {
    level: 'warn',
    text: 'the config differs from the one that the state was made under',
    fields: ['stage', 'topic', 'partition', 'before', 'now'],
  },

  // tasks
  partitions_assigned: { level: 'info', text: 'partitions assigned', fields: ['stage', 'partitions', 'generation'] },
  partitions_revoked: { level: 'info', text: 'partitions given to others', fields: ['stage', 'partitions', 'generation'] },
  task_opening: { level: 'debug', text: 'task is being restored', fields: ['stage', 'topic', 'partition', 'committed', 'snapshot'] },
  task_opened: {
    level: 'info',
    text: 'task works aloud',
    fields: ['stage', 'topic', 'partition', 'committed', 'snapshot', 'replayed', 'took'],
  },
  task_closed: { level: 'info', text: 'task closed', fields: ['stage', 'topic', 'partition', 'committed'] },
  task_fenced: {
    level: 'warn',
    text: 'another process has taken the partition: task thrown away',
    fields: ['stage', 'topic', 'partition'],
  },
  task_restarted: { level: 'warn', text: 'task failed and is begun again', fields: ['stage', 'topic', 'partition', 'attempt', 'err'] },
  task_failed: { level: 'error', text: 'task failed', fields: ['stage', 'topic', 'partition', 'offset', 'err'] },
  record_skipped: {
    level: 'error',
    text: 'a record was skipped: processing crashed on it again and again',
    fields: ['stage', 'topic', 'partition', 'offset', 'err'],
  },
  transaction_aborted: { level: 'warn', text: 'transaction aborted; it is written again', fields: ['stage', 'topic', 'partition', 'err'] },
  snapshot_written: { level: 'debug', text: 'snapshot is current', fields: ['stage', 'topic', 'partition', 'offset', 'bytes', 'took'] },
  snapshot_failed: {
    level: 'warn',
    text: 'snapshot could not be written; the one before stays',
    fields: ['stage', 'topic', 'partition', 'err'],
  },
  partition_paused: { level: 'debug', text: 'partition paused: its queue is full', fields: ['stage', 'topic', 'partition', 'bytes'] },
  partition_resumed: { level: 'debug', text: 'partition goes on', fields: ['stage', 'topic', 'partition'] },
  source_ended: { level: 'info', text: 'an input partition has ended', fields: ['tenant', 'source', 'partition'] },

  // the log
  topics_made: { level: 'info', text: 'topics made', fields: ['topics'] },
  broker_away: { level: 'warn', text: 'the brokers cannot be reached; tried again', fields: ['err'] },
  broker_back: { level: 'info', text: 'the brokers are there again', fields: ['outage'] },
  kafka_client: {
    level: 'debug',
    text: 'what the Kafka client says; its own level is kept where it is not everyday business',
    fields: ['namespace', 'broker', 'clientId', 'groupId', 'topic', 'partition', 'memberId', 'retryCount', 'retryTime', 'error'],
  },

  // store and endpoints
  store_away: { level: 'warn', text: 'the store cannot be written; tried again, nothing is lost', fields: ['reason', 'pending', 'err'] },
  store_back: { level: 'info', text: 'the store is written again', fields: ['outage'] },
  telemetry_failed: { level: 'error', text: 'a request for metrics or health failed', fields: ['url', 'err'] },
  post_refused: { level: 'debug', text: 'a post was refused', fields: ['source', 'code', 'reason'] },
  journal_full: { level: 'warn', text: 'too much is waiting: senders are told to wait', fields: ['source', 'waiting'] },
  file_rotated: { level: 'info', text: 'a followed file was replaced', fields: ['source', 'path'] },
  file_truncated: { level: 'warn', text: 'a followed file was truncated: read from its beginning', fields: ['source', 'path', 'lost'] },
  progress: { level: 'info', text: 'progress', fields: ['events', 'alerts', 'lag', 'behind', 'rss'] },
} as const satisfies Record<string, LogEventSpec>;

export type LogEvent = keyof typeof LOG_EVENTS;
