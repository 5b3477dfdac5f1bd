import { GUESSED_TARGETS, rulesOf } from '../fields.ts';
import type { JsonFormat } from '../format.ts';

/**
 * Elastic Common Schema, nested or with dots in its names: what Filebeat's modules and Elastic's agents make of access logs.
 * `@timestamp` is when the event was over, unless event.start says when it began.
 */
export const ecs: JsonFormat = {
  kind: 'json',
  startFirst: true,
  namesClients: true,
  inside: ['_source'],
  fields: {
    start: ['event.start'],
    time: ['event.end', '@timestamp'],
    duration_ns: ['event.duration'],
    status: ['http.response.status_code'],
    bytes_in: ['http.request.bytes', 'http.request.body.bytes', 'source.bytes'],
    bytes_out: ['http.response.body.bytes', 'http.response.bytes', 'destination.bytes'],
    address: ['source.ip', 'client.ip', 'source.address', 'client.address'],
    forwarded: ['http.request.headers.x-forwarded-for', '/http/request/headers/X-Forwarded-For', 'network.forwarded_ip'],
    method: ['http.request.method'],
    path: ['url.original', 'url.full', 'url.path'],
    query: ['url.query'],
    host: ['url.domain', 'destination.domain', 'server.domain'],
    agent: ['user_agent.original'],
    fingerprint: ['tls.client.ja4', 'tls.client.ja3'],
    cookie: ['http.request.headers.cookie', '/http/request/headers/Cookie'],
  },
  identity: [
    ...['user.id', 'user.name', 'user.email', 'client.user.id', 'client.user.name', 'source.user.id', 'source.user.name'].map(
      (field) => ({ field, origin: 'remote_user' }) as const,
    ),
    ...rulesOf([
      'http.request.headers.x-consumer-username',
      'http.request.headers.x-api-key',
      'http.request.headers.authorization',
      '/http/request/headers/Authorization',
      'http.request.headers.x-user-id',
    ]),
  ],
  targets: GUESSED_TARGETS,
  mark: ({ has }) =>
    has(/"http\.request\.method"|"http"\s*:\s*\{|"http\.(request|response)"/) &&
    has(/"(url|url\.\w+|source|source\.\w+|client|ecs|ecs\.version|event)"\s*:/)
      ? 1
      : 0,
};
