import { GUESSED_TARGETS, rulesOf } from '../fields.ts';
import type { JsonFormat } from '../format.ts';

/**
 * Tyk: what its pump writes of each request (analytics records, with the names of its JSON, of Go and of Elasticsearch), and the
 * gateway's access log in JSON. A record of the pump has the time at which the request came in, one of the access log when it was over.
 */
export const tyk: JsonFormat = {
  kind: 'json',
  inside: ['analytics-record'],
  startFirst: true,
  fields: {
    start: ['timestamp', 'TimeStamp', '@timestamp'],
    time: ['time'],
    duration_ms: ['request_time', 'RequestTime', 'request_time_ms', 'latency_total', 'latency.total', 'Latency.Total'],
    status: ['response_code', 'ResponseCode', 'status'],
    bytes_in: ['content_length', 'ContentLength'],
    bytes_out: ['network.bytes_out', 'Network.BytesOut'],
    address: ['ip_address', 'IPAddress', 'client_ip', 'remote_addr'],
    method: ['method', 'Method', 'http_method'],
    path: ['raw_path', 'RawPath', 'request_uri_full', 'request_uri', 'path', 'Path'],
    host: ['host', 'Host'],
    agent: ['user_agent', 'UserAgent'],
  },
  identity: [
    { field: 'alias', origin: 'consumer' },
    { field: 'Alias', origin: 'consumer' },
    { field: 'oauth_id', origin: 'consumer' },
    { field: 'OauthID', origin: 'consumer' },
    ...rulesOf(['api_key', 'APIKey']),
  ],
  targets: GUESSED_TARGETS,
  mark: ({ has }) =>
    has(/"prefix"\s*:\s*"access-log"|"analytics-record"\s*:/) || (has(/"(api_id|APIID)"\s*:/) && has(/"(org_id|OrgID)"\s*:/)) ? 1 : 0,
};
