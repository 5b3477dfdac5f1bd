import { type FieldMap, GUESSED_TARGETS, type JsonFormat, rulesOf } from '../fields.ts';

/** Names that nginx's variables and their usual relatives have in JSON logs; the time is that of the request's end. */
export const NGINX_FIELDS: FieldMap = {
  time: ['msec', 'time_iso8601', 'time_local', '@timestamp', 'timestamp', 'time', 'ts', 'datetime', 'date', 'log_time', 'access_time'],
  start: ['start_time', 'started_at', 'request_start', 'time_start'],
  duration: ['request_time', 'request_time_s', 'duration_s', 'rt'],
  duration_ms: ['request_time_ms', 'duration_ms', 'latency_ms', 'elapsed_ms', 'response_time_ms', 'duration', 'latency', 'elapsed', 'response_time', 'took'],
  status: ['status', 'response_code', 'status_code', 'http_status', 'response_status', 'statuscode', 'statusCode'],
  bytes_in: ['request_length', 'bytes_received', 'bytes_in', 'request_size', 'req_bytes'],
  bytes_out: ['body_bytes_sent', 'bytes_sent', 'bytes_out', 'response_size', 'response_length', 'size', 'bytes', 'resp_bytes'],
  address: ['remote_addr', 'client_ip', 'remote_ip', 'clientip', 'client', 'client_addr', 'ip', 'source_ip', 'src_ip', 'remote_address', 'client_address', 'x_real_ip', 'http_x_real_ip'],
  forwarded: ['http_x_forwarded_for', 'x_forwarded_for', 'xff', 'forwarded_for', 'x-forwarded-for', 'proxy_add_x_forwarded_for'],
  method: ['request_method', 'method', 'http_method', 'verb'],
  request: ['request', 'request_line'],
  path: ['request_uri', 'uri', 'path', 'url', 'document_uri', 'endpoint', 'request_path', 'http_path'],
  query: ['args', 'query_string', 'query', 'querystring', 'params'],
  host: ['host', 'http_host', 'server_name', 'vhost', 'domain', 'authority'],
  agent: ['http_user_agent', 'user_agent', 'agent', 'ua', 'useragent', 'user-agent'],
  records: ['records', 'record_count', 'row_count', 'rows', 'result_count', 'records_returned', 'resp_records', 'item_count'],
  cookie: ['http_cookie', 'cookie'],
};

/** Fields that name the account in flat gateway logs, the strongest evidence first. */
export const NGINX_IDENTITY = rulesOf([
  'http_x_consumer_id', 'http_x_consumer_username', 'http_x_consumer_custom_id', 'consumer_username', 'consumer_name', 'consumer_id', 'consumer',
  'http_x_credential_identifier', 'jwt_sub', 'jwt_claim_sub', 'http_x_user_id', 'x_user_id', 'http_x_user', 'http_x_auth_user', 'http_x_account_id', 'http_x_uid',
  'user_id', 'userid', 'userId', 'uid', 'account_id', 'account', 'user', 'user_name', 'username', 'remote_user', 'http_x_api_key', 'http_apikey', 'http_x_app_key', 'api_key', 'apikey', 'app_key',
  'http_authorization', 'authorization', 'login_user',
]);

/** nginx with `escape=json`, any field set, and gateways that write flat JSON in its manner. */
export const nginxJson: JsonFormat = { kind: 'json', fields: NGINX_FIELDS, identity: NGINX_IDENTITY, targets: GUESSED_TARGETS };
