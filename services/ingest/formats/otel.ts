import { GUESSED_TARGETS, originOf } from '../fields.ts';
import type { JsonFormat } from '../format.ts';

/**
 * Where an attribute is: in OTLP's lists and in objects of flat names (both are `/attributes/http.method`), as ClickHouse's and other
 * exporters have it (capitals), or nested.
 */
function attribute(...names: string[]): string[] {
  return names.flatMap((name) => [`/attributes/${name}`, `/Attributes/${name}`, `/SpanAttributes/${name}`, `/LogAttributes/${name}`]);
}

const header = (name: string): string[] => attribute(`http.request.header.${name}`, `http.request.header.${name.replaceAll('-', '_')}`);

/**
 * OpenTelemetry: spans and log records with the HTTP attributes of the old and the new semantic conventions, in batches of OTLP (JSON) or
 * one a line. Only spans of servers are requests; a client's or an internal one is what a server's did.
 * The peer is the client's address; client.address and http.client_ip say what X-Forwarded-For claims, and count as that header.
 */
export const otel: JsonFormat = {
  kind: 'json',
  spanned: true,
  lists: [
    'resourceSpans',
    'scopeSpans',
    'instrumentationLibrarySpans',
    'spans',
    // with the names of the protocol's definition rather than of its JSON
    'resource_spans',
    'scope_spans',
    'resource_logs',
    'scope_logs',
    'log_records',
  ],
  select: {
    field: ['kind', 'Kind', 'SpanKind'],
    requests: ['2', 'SPAN_KIND_SERVER', 'SERVER', 'Server', 'server'],
    // a log record has no kind, a span without one is not said to be a server's
    absent: 'request',
    unless: ['startTimeUnixNano', 'endTimeUnixNano', 'ParentSpanId'],
    what: 'span kind',
  },
  fields: {
    start: ['startTimeUnixNano', 'start_time_unix_nano', 'StartTime'],
    time: [
      'endTimeUnixNano',
      'end_time_unix_nano',
      'EndTime',
      'timeUnixNano',
      'observedTimeUnixNano',
      '@timestamp',
      'Timestamp',
      'timestamp',
      'ObservedTimestamp',
    ],
    duration_ns: ['Duration'],
    duration: attribute('http.server.request.duration'),
    duration_ms: attribute('http.server.duration', 'duration_ms'),
    status: attribute('http.response.status_code', 'http.status_code'),
    bytes_in: attribute('http.request.size', 'http.request.body.size', 'http.request_content_length'),
    bytes_out: attribute('http.response.size', 'http.response.body.size', 'http.response_content_length'),
    address: attribute(
      'network.peer.address',
      'net.sock.peer.addr',
      'net.peer.ip',
      'client.address',
      'http.client_ip',
      'source.address',
      'peer.address',
    ),
    forwarded: [...header('x-forwarded-for'), ...attribute('client.address', 'http.client_ip')],
    forwarded_header: header('forwarded'),
    x_real_ip: header('x-real-ip'),
    cf_connecting_ip: header('cf-connecting-ip'),
    true_client_ip: header('true-client-ip'),
    method: attribute('http.request.method', 'http.method'),
    path: attribute('url.full', 'http.target', 'url.path', 'http.url'),
    query: attribute('url.query'),
    host: attribute('http.host', 'server.address', 'net.host.name', 'http.server_name'),
    agent: attribute('user_agent.original', 'http.user_agent'),
    fingerprint: attribute('tls.client.ja4', 'tls.client.ja3'),
    cookie: header('cookie'),
  },
  identity: [
    ...attribute('enduser.id', 'user.id', 'user.name', 'enduser.pseudo.id').map((field) => ({ field, origin: 'remote_user' }) as const),
    ...['x-consumer-username', 'x-consumer-id', 'x-api-key', 'authorization', 'x-user-id']
      .flatMap(header)
      .map((field) => ({ field, origin: originOf(field) })),
  ],
  targets: GUESSED_TARGETS,
  mark: ({ has }) =>
    has(/"(resourceSpans|resourceLogs|scopeSpans|scopeLogs)"\s*:/) ||
    (has(/"(a|A|SpanA|LogA)ttributes"\s*:/) &&
      has(/"(traceId|TraceId|trace_id|SpanId|spanId|timeUnixNano)"\s*:/) &&
      has(/"(http\.|url\.)[a-z._]+"/))
      ? 1
      : 0,
};
