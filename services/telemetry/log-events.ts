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
  lists_changed: { level: 'warn', text: 'address lists hold something else: taken at the next start of each process', fields: ['lists'] },
  lists_read: { level: 'info', text: 'address lists were read again and are in force', fields: ['lists'] },
  list_problem: { level: 'warn', text: 'an address list cannot be read as it is', fields: ['reason'] },

  // tasks
  partitions_assigned: { level: 'info', text: 'partitions assigned', fields: ['stage', 'partitions', 'generation'] },
  partitions_revoked: { level: 'info', text: 'partitions given to others', fields: ['stage', 'partitions', 'generation'] },
  task_opened: {
    level: 'info',
    text: 'task works aloud',
    fields: ['stage', 'topic', 'partition', 'replayed', 'took'],
  },
  task_closed: { level: 'info', text: 'task closed', fields: ['stage', 'topic', 'partition'] },
  task_fenced: {
    level: 'warn',
    text: 'another process has taken the partition: task thrown away',
    fields: ['stage', 'topic', 'partition', 'err'],
  },
  record_skipped: {
    level: 'error',
    text: 'a record, or the one event of it that did it, was skipped: processing crashed on it again and again',
    fields: ['stage', 'topic', 'partition', 'offset', 'step'],
  },
  transaction_aborted: {
    level: 'warn',
    text: 'transaction not committed: what it held is said again from the last commit',
    fields: ['stage', 'topic', 'partition', 'err'],
  },
  snapshot_written: { level: 'debug', text: 'snapshot is current', fields: ['stage', 'topic', 'partition', 'bytes', 'took'] },

  // the log
  topics_made: { level: 'info', text: 'topics made', fields: ['topics'] },
  kafka_client: {
    level: 'debug',
    text: 'what the Kafka client says; its own level is kept where it is not everyday business',
    fields: ['namespace', 'broker', 'clientId', 'groupId', 'topic', 'partition', 'memberId', 'retryCount', 'retryTime', 'error'],
  },

  // store and endpoints
  store_away: { level: 'warn', text: 'the store cannot be written; tried again, nothing is lost', fields: ['reason', 'since', 'pending'] },
  store_back: { level: 'info', text: 'the store is written again', fields: ['outage'] },
  telemetry_failed: { level: 'error', text: 'a request for metrics or health failed', fields: ['url', 'err'] },
  post_refused: { level: 'debug', text: 'a post was refused', fields: ['source', 'code', 'reason'] },
  journal_full: { level: 'warn', text: 'too much is waiting: senders are told to wait', fields: ['source', 'waiting'] },
  file_waiting: { level: 'info', text: 'a file to be followed is not there, empty or closed to us', fields: ['source', 'path', 'reason'] },
  file_rotated: { level: 'info', text: 'a followed file was replaced', fields: ['source', 'path'] },
  file_truncated: { level: 'warn', text: 'a followed file was truncated: read from its beginning', fields: ['source', 'path', 'lost'] },
} as const satisfies Record<string, LogEventSpec>;

export type LogEvent = keyof typeof LOG_EVENTS;
