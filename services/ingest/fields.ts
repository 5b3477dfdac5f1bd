import type { IdentityOrigin } from '../core/batch.ts';

/**
 * What a record can say, by the names that `fields:` of a source uses. Each format lists where it finds them, the first
 * that is there wins: a name of a field, dots going into objects (or being part of the name).
 */
export const FIELD_NAMES = [
  'time', // when the record was complete
  'start', // when it began; time = start + duration where there is no `time`
  'duration', // seconds, decimals
  'duration_ms',
  'duration_us', // microseconds
  'duration_ns', // nanoseconds
  'status',
  'bytes_in',
  'bytes_out',
  'address', // peer of the connection
  // what a proxy in front says of the client: believed only where `trusted_proxies` or `proxy_hops` say so
  'forwarded', // X-Forwarded-For
  'forwarded_header', // Forwarded (RFC 7239)
  'x_real_ip',
  'cf_connecting_ip',
  'true_client_ip',
  'proxy_protocol_addr', // the PROXY protocol's
  'method',
  'request', // GET /path HTTP/1.1
  'path', // path or URL, with or without its query
  'query',
  'query_object', // query as an object of names
  'operation', // what is asked of a path that serves many: GraphQL's operation, SOAP's action, JSON-RPC's method
  'host',
  'agent',
  'fingerprint', // of the client's TLS handshake: JA4, or JA3 in full or as its hash
  'records', // rows that the response carried
  'cookie', // Cookie header, for identity and session fields called cookie_NAME
  // network connections
  'peer_address', // the service's
  'port',
  'peer_port',
  'protocol',
  'state',
  'sampling', // of how many packets or connections the record is one: its bytes are multiplied by this
  'local_source',
  'local_peer',
] as const;
export type FieldName = (typeof FIELD_NAMES)[number];

/** Slot of each field; slots of identity rules, targets and the like follow behind. */
export const SLOT = Object.fromEntries(FIELD_NAMES.map((name, index) => [name, index])) as Record<FieldName, number>;

/**
 * Reports of the client that may come as several header lines, and be logged as an array: one list, as a proxy would join
 * them. The first line alone is the one that a client wrote itself.
 */
export const JOINED_SLOTS: readonly number[] = [
  SLOT.forwarded,
  SLOT.forwarded_header,
  SLOT.x_real_ip,
  SLOT.cf_connecting_ip,
  SLOT.true_client_ip,
];

/** Where a format finds what: names in the order of preference. */
export type FieldMap = Partial<Record<FieldName, readonly string[]>>;

/** A rule that finds the account: a field and what kind of evidence it is. */
export interface IdentityRule {
  field: string;
  origin: IdentityOrigin;
}

/** Kind of evidence that a field of this name is. */
export function originOf(field: string): IdentityOrigin {
  const name = field.toLowerCase();
  if (/_s_dn|(client|peer)_(dn|subject|cert)|client-cert|xfcc|certificate/.test(name)) return 'certificate';
  if (/api[-_.]?key|apikey|app[-_.]?key|access[-_.]?key|x-key|client[-_.]?secret/.test(name)) return 'api_key';
  if (/jwt|authorization|claim|token|(^|[._])sub$/.test(name)) return 'jwt';
  if (/consumer|authenticated_entity|credential/.test(name)) return 'consumer';
  if (/cookie/.test(name)) return 'cookie';
  if (/^(remote_user|auth_user|cs-username)$/.test(name)) return 'remote_user';
  if (/login/.test(name)) return 'login_field';
  if (/session|(^|[._])sid$/.test(name)) return 'session';
  return 'header';
}

/**
 * Fields in which shippers and container runtimes put the line that they carry: Filebeat, Vector, Logstash and CloudWatch; Fluent Bit
 * and Docker; Elastic's agents; OpenTelemetry's collector (OTLP, and flat); the systemd journal; Azure's
 * diagnostics of containers.
 */
export const ENVELOPE_FIELDS: readonly string[] = [
  'message',
  'log',
  'event.original',
  'body.stringValue',
  'body',
  'Body',
  'MESSAGE',
  'properties.log',
];

/** Fields in which gateways log what is asked of a path that serves many operations, in any format of JSON. */
export const OPERATION_FIELDS: readonly string[] = [
  'graphql_operation',
  'graphql_operation_name',
  'graphql.operation.name',
  'attributes.graphql.operation.name',
  'soap_action',
  'http_soapaction',
  'request.headers.soapaction',
  'jsonrpc_method',
];

/** Objects in which shippers put a line of JSON that they have parsed: Filebeat, Fluent Bit, Logstash, an export of Elasticsearch. */
export const ENVELOPE_OBJECTS: readonly string[] = ['json', 'log_processed', 'message', '_source', 'payload'];

/** Arrays whose elements are records, or shippers' envelopes of them, in any format: CloudWatch's and OpenTelemetry's logs, Azure's batches. */
export const ENVELOPE_LISTS: readonly string[] = [
  'logEvents',
  'resourceLogs',
  'scopeLogs',
  'instrumentationLibraryLogs',
  'logRecords',
  'records',
];

/** Rules from bare field names. */
export function rulesOf(fields: readonly string[]): IdentityRule[] {
  return fields.map((field) => ({ field, origin: originOf(field) }));
}

/** Names that often carry what is probed or hit; also looked for in the query, and as arg_NAME. */
export const TARGET_NAMES = [
  'phone',
  'mobile',
  'tel',
  'telephone',
  'phone_number',
  'phoneNumber',
  'mobile_phone',
  'mobile_no',
  'email',
  'mail',
  'username',
  'user_name',
  'login_user',
  'login_name',
  'loginname',
] as const;

/** The guessed targets of a format whose fields are flat. */
export const GUESSED_TARGETS: readonly string[] = TARGET_NAMES.flatMap((name) => [name, `arg_${name}`]);
