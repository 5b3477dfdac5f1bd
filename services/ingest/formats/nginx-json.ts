import { type FieldMap, GUESSED_TARGETS, type IdentityRule, rulesOf } from '../fields.ts';
import type { JsonFormat } from '../format.ts';
import { FLAT_FINGERPRINTS } from '../traits/tls-fingerprint.ts';

/** Names that nginx's variables and their usual relatives have in JSON logs; the time is that of the request's end. */
export const NGINX_FIELDS: FieldMap = {
  time: ['msec', 'time_iso8601', 'time_local', '@timestamp', 'timestamp', 'time', 'ts', 'datetime', 'date', 'log_time', 'access_time'],
  start: ['start_time', 'started_at', 'request_start', 'time_start'],
  duration: ['request_time', 'request_time_s', 'duration_s', 'rt'],
  duration_ms: [
    'request_time_ms',
    'duration_ms',
    'latency_ms',
    'elapsed_ms',
    'response_time_ms',
    'duration',
    'latency',
    'elapsed',
    'response_time',
    'took',
  ],
  status: ['status', 'response_code', 'status_code', 'http_status', 'response_status', 'statuscode', 'statusCode'],
  bytes_in: ['request_length', 'bytes_received', 'bytes_in', 'request_size', 'req_bytes'],
  bytes_out: ['body_bytes_sent', 'bytes_sent', 'bytes_out', 'response_size', 'response_length', 'size', 'bytes', 'resp_bytes'],
  address: [
    'remote_addr',
    'client_ip',
    'remote_ip',
    'clientip',
    'client',
    'client_addr',
    'ip',
    'source_ip',
    'src_ip',
    'remote_address',
    'client_address',
  ],
  forwarded: ['http_x_forwarded_for', 'x_forwarded_for', 'xff', 'forwarded_for', 'x-forwarded-for', 'proxy_add_x_forwarded_for'],
  forwarded_header: ['http_forwarded', 'forwarded'],
  x_real_ip: ['http_x_real_ip', 'x_real_ip', 'x-real-ip', 'real_ip'],
  cf_connecting_ip: ['http_cf_connecting_ip', 'cf_connecting_ip', 'cf-connecting-ip'],
  true_client_ip: ['http_true_client_ip', 'true_client_ip', 'true-client-ip'],
  proxy_protocol_addr: ['proxy_protocol_addr'],
  method: ['request_method', 'method', 'http_method', 'verb'],
  request: ['request', 'request_line'],
  path: ['request_uri', 'uri', 'path', 'url', 'document_uri', 'endpoint', 'request_path', 'http_path'],
  query: ['args', 'query_string', 'query', 'querystring', 'params'],
  host: ['host', 'http_host', 'server_name', 'vhost', 'domain', 'authority'],
  agent: ['http_user_agent', 'user_agent', 'agent', 'ua', 'useragent', 'user-agent'],
  fingerprint: FLAT_FINGERPRINTS,
  records: ['records', 'record_count', 'row_count', 'rows', 'result_count', 'records_returned', 'resp_records', 'item_count'],
  cookie: ['http_cookie', 'cookie'],
};

/**
 * Fields that name the account in flat gateway logs: what the gateway has checked, what the application says, credentials, and
 * last what any client may write into a header.
 */
export const NGINX_IDENTITY: readonly IdentityRule[] = [
  ...rulesOf([
    'consumer_username',
    'consumer_name',
    'consumer_id',
    'consumer',
    'http_x_consumer_id',
    'http_x_consumer_username',
    'http_x_consumer_custom_id',
    'http_x_credential_identifier',
  ]),
  { field: 'jwt_claim_sub', origin: 'jwt_verified' },
  ...rulesOf([
    'jwt_sub',
    'ssl_client_s_dn',
    'ssl_client_dn',
    'downstream_peer_subject',
    'remote_user',
    'user_id',
    'userid',
    'userId',
    'uid',
    'account_id',
    'account',
    'user',
    'user_name',
    'username',
    'http_x_api_key',
    'http_apikey',
    'http_x_app_key',
    'api_key',
    'apikey',
    'app_key',
    'http_authorization',
    'authorization',
    'http_x_forwarded_client_cert',
    'http_x_user_id',
    'x_user_id',
    'http_x_user',
    'http_x_auth_user',
    'http_x_account_id',
    'http_x_uid',
    'login_user',
  ]),
];

/** nginx with `escape=json`, any field set, and gateways that write flat JSON in its manner. */
export const nginxJson: JsonFormat = {
  kind: 'json',
  fields: NGINX_FIELDS,
  identity: NGINX_IDENTITY,
  targets: GUESSED_TARGETS,
  mark: ({ has }) =>
    has(/"(remote_addr|request_uri|body_bytes_sent|request_method|time_iso8601|msec|http_user_agent)"\s*:/) ? 0.9 : has(/^\s*\{/) ? 0.1 : 0,
};
