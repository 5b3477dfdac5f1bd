import { GUESSED_TARGETS } from '../fields.ts';
import type { JsonFormat } from '../format.ts';
import { callerHeaders, canonicalHeader } from './caller-headers.ts';

/** Where Suricata logs a header that it was told to (custom, dump-all-headers), in the spelling of HTTP/1 and of HTTP/2. */
const header = (name: string): string[] => [canonicalHeader(name), name].map((spelled) => `/http/request_headers/${spelled}`);

/**
 * Suricata's eve.json: events of type http are requests, those of type flow and netflow connections (netflow: one direction each); all
 * others are dead-lettered. The time is that of writing: a connection's comes when it has timed out.
 */
export const suricata: JsonFormat = {
  kind: 'json',
  select: { field: ['event_type'], requests: ['http'], flows: ['flow'], oneWay: ['netflow'], what: 'event_type' },
  fields: {
    time: ['timestamp'],
    duration: ['flow.age', 'netflow.age'],
    status: ['http.status'],
    bytes_in: ['flow.bytes_toserver', 'netflow.bytes'],
    bytes_out: ['http.length', 'flow.bytes_toclient'],
    address: ['src_ip'],
    forwarded: ['http.xff', 'xff', ...header('x-forwarded-for')],
    method: ['http.http_method'],
    path: ['http.url'],
    host: ['http.hostname', '/http/request_headers/:authority'],
    agent: ['http.http_user_agent', ...header('user-agent')],
    port: ['src_port'],
    peer_address: ['dest_ip'],
    peer_port: ['dest_port'],
    protocol: ['proto'],
    state: ['flow.state'],
  },
  identity: callerHeaders((name) => header(name)[0]).concat(callerHeaders((name) => header(name)[1])),
  targets: GUESSED_TARGETS,
  mark: ({ has }) => (has(/"event_type"\s*:/) && has(/"(src_ip|dest_ip|flow_id)"\s*:|"event_type"\s*:\s*"stats"/) ? 1 : 0),
};
