import { WeirError } from '../../core/errors.ts';

/**
 * What an error of the client means:
 * - `passing`: the same request may succeed later (brokers that start, stop, move leaders; a transaction being settled);
 * - `fenced`: another process, or the broker after a timeout, has ended what this producer was doing;
 * - `denied`: authentication, authorization or the trust in a certificate failed;
 * - `final`: anything else.
 */
export type ErrorKind = 'passing' | 'fenced' | 'denied' | 'final';

/** Fields of the client's errors that tell them apart; all optional, none trusted. */
interface ClientError {
  name?: string;
  type?: string;
  code?: unknown;
  message?: string;
  cause?: unknown;
}

const PASSING_TYPES = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'CONCURRENT_TRANSACTIONS',
  'TRANSACTION_COORDINATOR_FENCED',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'UNSTABLE_OFFSET_COMMIT',
  'OPERATION_NOT_ATTEMPTED',
]);

const PASSING_NAMES = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSStaleTopicMetadataAssignment',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSTimeout',
  'KafkaJSLockTimeout',
]);

/** Any of these says that what the coordinator knows of this producer is not what the producer thinks. */
const FENCED_TYPES = new Set([
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
  'UNKNOWN_PRODUCER_ID',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
]);

/** Codes that the client does not know: PRODUCER_FENCED, TRANSACTION_ABORTABLE. */
const FENCED_TEXT = /^Unknown error code (90|120)$/;

/** Node's codes for what does not come right by itself in TLS. */
const CERTIFICATE_CODE = /CERT|^UNABLE_TO_|^EPROTO$|^ERR_SSL_/;

/** The client has begun to connect and has not learnt what the broker can do: whoever asks at that moment gets a plain error. */
const CONNECTING = 'Broker not connected';

/** What a group, topic or transactional id has to be allowed, by the error that says that it is not. */
const RIGHTS: Record<string, string> = {
  TOPIC_AUTHORIZATION_FAILED: "an ACL is missing: READ, WRITE, DESCRIBE and CREATE on the topics (users' own topics: READ and DESCRIBE)",
  GROUP_AUTHORIZATION_FAILED: 'an ACL is missing: READ and DESCRIBE on the consumer groups that begin with the prefix',
  CLUSTER_AUTHORIZATION_FAILED: 'an ACL is missing: CREATE (topics) and DESCRIBE on the cluster',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'an ACL is missing: WRITE and DESCRIBE on the transactional ids that begin with the prefix',
};

/** The error below the client's wrappers. */
export function rootOf(error: unknown): ClientError {
  let at = error as ClientError;
  for (let depth = 0; depth < 10; depth++) {
    const below = at?.cause as ClientError | undefined;
    if (below === undefined || below === null || typeof below !== 'object') break;
    at = below;
  }
  return at ?? {};
}

export function kindOf(error: unknown): ErrorKind {
  const { name = '', type = '', message = '', code } = rootOf(error);
  if (typeof code === 'string' && CERTIFICATE_CODE.test(code)) return 'denied';
  if (type in RIGHTS || name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED') return 'denied';
  if (type === 'UNSUPPORTED_SASL_MECHANISM' || type === 'ILLEGAL_SASL_STATE') return 'denied';
  if (FENCED_TYPES.has(type) || FENCED_TEXT.test(message)) return 'fenced';
  if (PASSING_TYPES.has(type) || PASSING_NAMES.has(name) || message === CONNECTING) return 'passing';
  return 'final';
}

/** The error that users read: what was tried, what the broker said, and what would be right where that is known. */
export function kafkaFailed(what: string, error: unknown): WeirError {
  if (error instanceof WeirError) return error;
  const { message = String(error), type = '' } = rootOf(error);
  const advice = RIGHTS[type] ?? adviceOf(message);
  return new WeirError('kafka_failed', `Kafka: ${what}: ${message}${advice === undefined ? '' : `; ${advice}`}`, { cause: error });
}

function adviceOf(message: string): string | undefined {
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|Connection timeout/.test(message)) return 'kafka.brokers has to name brokers that can be reached';
  if (/certificate|wrong version number|SSL|TLS/i.test(message)) return 'kafka.tls has to match what the broker listens with';
  if (/SASL|authenticat/i.test(message)) return 'kafka.sasl has to name a mechanism, user and password that the broker knows';
  return undefined;
}
