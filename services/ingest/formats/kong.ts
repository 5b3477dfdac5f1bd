import { GUESSED_TARGETS, rulesOf } from '../fields.ts';
import type { JsonFormat } from '../format.ts';
import { HEADER_ADDRESSES, HEADER_IDENTITY } from './apisix.ts';

/** Kong http-log (and file-log, kafka-log: the same serialiser); complete at started_at + latencies.request. */
export const kong: JsonFormat = {
  kind: 'json',
  startFirst: true,
  fields: {
    start: ['started_at', 'request.started_at'],
    duration_ms: ['latencies.request'],
    // The one time that records without started_at still have: when the upstream or Kong made its answer.
    time: ['response.headers.date'],
    status: ['response.status'],
    bytes_in: ['request.size'],
    bytes_out: ['response.size'],
    address: ['client_ip', 'request.remote_addr'],
    ...HEADER_ADDRESSES,
    method: ['request.method'],
    path: ['request.uri', 'request.url', 'request.request_uri', 'upstream_uri'],
    query_object: ['request.querystring'],
    host: ['request.headers.host'],
    agent: ['request.headers.user-agent'],
    cookie: ['request.headers.cookie'],
  },
  identity: [
    ...rulesOf(['consumer.username', 'consumer.custom_id', 'consumer.id', 'authenticated_entity.id', 'authenticated_entity.consumer_id']),
    ...HEADER_IDENTITY,
  ],
  targets: GUESSED_TARGETS,
  mark: ({ has }) => (has(/"latencies"\s*:\s*\{/) ? 1 : 0),
};
