import { GUESSED_TARGETS, type JsonFormat, rulesOf } from '../fields.ts';

/** Envoy's JSON access log with its usual keys (also Istio's and Envoy Gateway's); complete at start_time + duration. */
export const envoyJson: JsonFormat = {
  kind: 'json',
  startFirst: true,
  fields: {
    start: ['start_time', 'startTime', '@timestamp', 'timestamp', 'time'],
    duration_ms: ['duration', 'duration_ms', 'request_duration', 'response_duration'],
    status: ['response_code', 'responseCode', 'status', 'response_status'],
    bytes_in: ['bytes_received', 'bytesReceived', 'request_bytes'],
    bytes_out: ['bytes_sent', 'bytesSent', 'response_bytes'],
    address: ['downstream_remote_address', 'downstream_remote_address_without_port', 'downstream_direct_remote_address', 'client_ip', 'remote_address'],
    forwarded: ['x_forwarded_for', 'x-forwarded-for', 'forwarded_for'],
    method: ['method', ':method', 'request_method', 'x-http-method'],
    path: ['x-envoy-original-path', 'x_envoy_original_path', 'x-envoy-origin-path', 'x_envoy_origin_path', 'path', ':path', 'request_path', 'uri'],
    host: ['authority', ':authority', 'host', 'requested_server_name'],
    agent: ['user_agent', 'user-agent', 'userAgent'],
    cookie: ['cookie', 'http_cookie'],
  },
  identity: rulesOf([
    'consumer', 'consumer_id', 'x_consumer_username', 'x-consumer-username', 'x_consumer_id', 'x-consumer-id', 'jwt_sub', 'jwt_payload.sub', 'jwt.sub', 'x_user_id', 'x-user-id', 'user_id', 'user',
    'downstream_peer_subject', 'x_api_key', 'x-api-key', 'api_key', 'authorization',
  ]),
  targets: GUESSED_TARGETS,
};
