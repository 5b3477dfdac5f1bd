import { type DestinationStream, destination, pino } from 'pino';
import { LOG_EVENTS, type LogEvent } from './log-events.ts';
import type { LogLevel } from './log-levels.ts';

export interface ServeLogOptions {
  /** name of this process among those of its installation */
  instance?: string;
  /** values that may stand in no line: passwords, keys, tokens */
  secrets?: readonly (string | undefined)[];
  /** default: stderr */
  stream?: DestinationStream;
}

/** A line of the Kafka client, in its own levels (1 error, 2 warn, 4 info, 5 debug). */
export interface KafkaClientLine {
  namespace: string;
  level: number;
  log: { message: string; [field: string]: unknown };
}

export interface ServeLog {
  /** One line under a stable name. Times and sizes as numbers: ms, bytes; `err` an Error. */
  say(event: LogEvent, fields?: Readonly<Record<string, unknown>>): void;
  /** What the Kafka client says, under `kafka_client`. What it does all day long is `debug`, whatever it calls it. */
  kafka(line: KafkaClientLine): void;
  /** A request that failed: what `startTelemetry` wants. */
  error(fields: object, text: string): void;
}

/** Shorter values are no secrets worth hiding, and would eat into ordinary words. */
const LEAST_SECRET = 4;

/**
 * The client calls each of these an error and deals with it by itself: a transaction that waits for the one before to be
 * settled, a partition whose leader has just moved, a group that is being shared out anew.
 */
const ORDINARY =
  /CONCURRENT_TRANSACTIONS|concurrently|NOT_LEADER|not the leader|leadership election|REBALANCE_IN_PROGRESS|rebalancing|UNKNOWN_MEMBER_ID|NOT_COORDINATOR|COORDINATOR_(LOADING|LOAD_IN_PROGRESS)|coordinator is (not available|loading)|not the correct coordinator/;

const KAFKA_LEVELS: Record<number, 'error' | 'warn' | 'debug'> = { 1: 'error', 2: 'warn', 4: 'debug', 5: 'debug' };

/** Fields of a client's line that say something; it has many more. */
const KAFKA_FIELDS = ['broker', 'clientId', 'groupId', 'topic', 'partition', 'memberId', 'retryCount', 'retryTime'];

/** The log of `weir serve`: JSON lines on stderr, event names of `LOG_EVENTS`, no secret in any line. */
export function serveLog(level: LogLevel, { instance, secrets = [], stream }: ServeLogOptions = {}): ServeLog {
  const hide = hider(secrets);
  const logger = pino(
    {
      level,
      base: instance === undefined ? undefined : { instance },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: plainError },
      hooks: { streamWrite: hide },
    },
    stream ?? destination({ fd: 2, sync: true }),
  );
  return {
    say(event, fields = {}) {
      const spec = LOG_EVENTS[event];
      logger[spec.level]({ event, ...fields }, spec.text);
    },
    kafka({ namespace, level: theirs, log }) {
      const error = typeof log.error === 'string' ? log.error : undefined;
      const ordinary = ORDINARY.test(log.message) || (error !== undefined && ORDINARY.test(error));
      const fields: Record<string, unknown> = { event: 'kafka_client', namespace };
      for (const name of KAFKA_FIELDS) if (log[name] !== undefined) fields[name] = log[name];
      if (error !== undefined) fields.error = error;
      logger[ordinary ? 'debug' : (KAFKA_LEVELS[theirs] ?? 'debug')](fields, log.message);
    },
    error: (fields, text) => logger.error(fields, text),
  };
}

/** Replaces secrets in a finished line, as they stand in JSON and as they stand in a URL. */
function hider(secrets: readonly (string | undefined)[]): (line: string) => string {
  const values = secrets.filter((secret) => secret !== undefined && secret.length >= LEAST_SECRET) as string[];
  const forms = new Set(values.flatMap((secret) => [JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]));
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return (line) => longestFirst.reduce((text, form) => text.replaceAll(form, '***'), line);
}

/** Name, code, message, stack and causes of an error; other fields, which may hold requests and their headers, are left out. */
function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? { code: error.code } : {};
  return {
    type: error.name,
    ...code,
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: plainError(error.cause) }),
  };
}
