import { GUESSED_TARGETS } from '../fields.ts';
import type { JsonFormat } from '../format.ts';
import { fingerprintHeaders } from '../traits/tls-fingerprint.ts';
import { addressHeaders, callerHeaders, canonicalHeader } from './caller-headers.ts';

/** Where Traefik puts a request header that it was told to keep (accessLog.fields.headers). */
const header = (name: string): string => `request_${canonicalHeader(name)}`;

/** Traefik's access log with `format: json`; complete at StartUTC + Duration (nanoseconds). */
export const traefikJson: JsonFormat = {
  kind: 'json',
  startFirst: true,
  fields: {
    start: ['StartUTC', 'StartLocal'],
    time: ['time'],
    duration_ns: ['Duration'],
    status: ['DownstreamStatus', 'OriginStatus'],
    bytes_in: ['RequestContentSize'],
    bytes_out: ['DownstreamContentSize', 'OriginContentSize'],
    address: ['ClientAddr', 'ClientHost'],
    ...addressHeaders(header),
    // it is the X-Forwarded-For that a trusted peer sent, else the peer
    forwarded: [header('x-forwarded-for'), 'ClientHost'],
    fingerprint: fingerprintHeaders(header),
    method: ['RequestMethod'],
    path: ['RequestPath'],
    request: ['RequestLine'],
    host: ['RequestHost', 'RequestAddr'],
    agent: [header('user-agent')],
    cookie: [header('cookie')],
  },
  identity: [{ field: 'ClientUsername', origin: 'remote_user' }, ...callerHeaders(header)],
  targets: GUESSED_TARGETS,
  mark: ({ has }) => (has(/"(DownstreamStatus|RequestMethod)"\s*:/) ? 1 : 0),
};
