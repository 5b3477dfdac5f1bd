import { type FieldMap, GUESSED_TARGETS, rulesOf } from '../fields.ts';
import type { JsonFormat } from '../format.ts';
import { templateSyntax } from '../patterns/template-syntax.ts';
import { fingerprintHeaders } from '../traits/tls-fingerprint.ts';
import { NGINX_FIELDS, NGINX_IDENTITY } from './nginx-json.ts';
import { nginxTemplate, writtenInNginx } from './nginx-pattern.ts';

/** Proxies' reports of the client and of its TLS handshake, for gateways that log request headers under their names in lower case. */
export const HEADER_ADDRESSES: FieldMap = {
  forwarded: ['request.headers.x-forwarded-for'],
  forwarded_header: ['request.headers.forwarded'],
  x_real_ip: ['request.headers.x-real-ip'],
  cf_connecting_ip: ['request.headers.cf-connecting-ip'],
  true_client_ip: ['request.headers.true-client-ip'],
  fingerprint: fingerprintHeaders((header) => `request.headers.${header}`),
};

const NATIVE: FieldMap = {
  start: ['start_time'],
  duration_ms: ['latency'],
  status: ['response.status'],
  bytes_in: ['request.size'],
  bytes_out: ['response.size'],
  address: ['client_ip'],
  ...HEADER_ADDRESSES,
  method: ['request.method'],
  path: ['request.uri', 'request.url'],
  query_object: ['request.querystring'],
  host: ['request.headers.host'],
  agent: ['request.headers.user-agent'],
  cookie: ['request.headers.cookie'],
};

/** Own names first, then the flat ones: a custom `log_format` of APISIX is made of nginx variables. */
function withFlat(own: FieldMap): FieldMap {
  const fields: Record<string, readonly string[]> = { ...NGINX_FIELDS };
  for (const [name, paths] of Object.entries(own)) fields[name] = [...paths, ...(fields[name] ?? [])];
  return fields as FieldMap;
}

/** Consumer and well-known account headers of gateways that log request headers; those that any client may write come last. */
export const HEADER_IDENTITY = rulesOf([
  'request.headers.x-consumer-username',
  'request.headers.x-consumer-id',
  'request.headers.x-credential-identifier',
  'request.headers.x-api-key',
  'request.headers.apikey',
  'request.headers.authorization',
  'request.headers.x-user-id',
  'request.headers.x-auth-user',
  'request.headers.x-account-id',
]);

/** Lines of its access.log, unless it was told otherwise (nginx_config.http.access_log_format). */
const ACCESS_LOG =
  '$remote_addr - $remote_user [$time_local] $http_host "$request" $status $body_bytes_sent $request_time "$http_referer" "$http_user_agent" $upstream_addr $upstream_status $upstream_response_time "$upstream_url"';

/**
 * Apache APISIX kafka-logger and http-logger: one record or an array of them a line; complete at start_time + latency. Lines of its
 * own access.log are complete at their time.
 */
export const apisix: JsonFormat = {
  kind: 'json',
  startFirst: true,
  fields: withFlat(NATIVE),
  identity: [...rulesOf(['consumer.username', 'consumer.consumer_name']), ...HEADER_IDENTITY, ...NGINX_IDENTITY],
  targets: GUESSED_TARGETS,
  syntax: () => templateSyntax('apisix', [nginxTemplate(ACCESS_LOG)], writtenInNginx),
  mark: ({ has }) => {
    if (has(/^[^"{]+ \[[^\]]+\] \S+ "[^"]*" [\d-]+ \d+ [\d.]+ "/)) return 1;
    if (has(/"latencies"\s*:/)) return 0;
    return has(/"apisix_latency"|"route_id"\s*:/) ? 1 : has(/"request"\s*:\s*\{/) ? 0.5 : 0;
  },
};
