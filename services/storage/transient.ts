/** Errors of connections, after which the same request may succeed. */
export const CONNECTION_ERRORS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EAI_AGAIN',
  // a service whose name is not there while it is started anew
  'ENOTFOUND',
]);

/** ClickHouse error types that say: not now. */
const NOT_NOW = new Set([
  'TOO_MANY_PARTS',
  'TOO_MANY_SIMULTANEOUS_QUERIES',
  'MEMORY_LIMIT_EXCEEDED',
  'SERVER_OVERLOADED',
  'NOT_ENOUGH_SPACE',
  'CANNOT_SCHEDULE_TASK',
  'TIMEOUT_EXCEEDED',
  'SOCKET_TIMEOUT',
  'NETWORK_ERROR',
  'QUERY_WAS_CANCELLED',
  'ABORTED',
  'ALL_CONNECTION_TRIES_FAILED',
  'TABLE_IS_READ_ONLY',
  'KEEPER_EXCEPTION',
  'NO_ZOOKEEPER',
  'ALL_REPLICAS_LOST',
  'TOO_FEW_LIVE_REPLICAS',
  'UNKNOWN_STATUS_OF_INSERT',
  'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE',
  'CANNOT_ASSIGN_ALTER',
  'DEADLOCK_AVOIDED',
]);

/** What a proxy, or a server that is just starting, says in its place; the client passes on the text alone, not the status. */
const UNAVAILABLE = /^\s*$|\b50[234]\b|service (temporarily )?unavailable|bad gateway|gateway time-?out/i;
const CLIENT =
  /^(Timeout error\.|socket hang up|Socket closed|Client network socket disconnected|read ECONNRESET|write EPIPE|other side closed|aborted$)/i;

/**
 * Whether a request that failed so may be given again as it is, and succeed once the store is back, or has got its breath.
 * An allow-list: what is not known to pass is not retried. Looks at the error and what caused it.
 */
export function isTransient(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, type } = cause as { code?: unknown; type?: unknown };
    if (typeof type === 'string' && type !== '' && type !== 'system') {
      if (NOT_NOW.has(type)) return true;
      continue;
    }
    if (typeof code === 'string' && CONNECTION_ERRORS.has(code)) return true;
    if (cause.name === 'Error' && cause.cause === undefined && (CLIENT.test(cause.message) || UNAVAILABLE.test(cause.message))) return true;
  }
  return false;
}
