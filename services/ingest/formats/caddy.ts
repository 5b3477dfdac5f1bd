import { GUESSED_TARGETS } from '../fields.ts';
import type { JsonFormat } from '../format.ts';
import { fingerprintHeaders } from '../traits/tls-fingerprint.ts';
import { addressHeaders, callerHeaders, canonicalHeader } from './caller-headers.ts';

const header = (name: string): string => `/request/headers/${canonicalHeader(name)}`;

/**
 * Caddy 2's access log (JSON encoder): written when the answer is complete. Values of headers are lists; the duration is a
 * number of seconds, or a text where the encoder says `duration_format string`.
 */
export const caddy: JsonFormat = {
  kind: 'json',
  // its handlers (at level debug) and its log of errors tell of the same request again; NOP: no handler has answered
  select: { field: ['msg'], requests: ['handled request', 'NOP'], absent: 'request', what: 'msg' },
  fields: {
    time: ['ts', 'time'],
    duration: ['duration'],
    duration_ms: ['duration_ms'],
    status: ['status'],
    bytes_in: ['bytes_read'],
    bytes_out: ['size'],
    // Caddy's own opinion of the client (its trusted_proxies), else the peer; before 2.5 with its port
    address: ['request.client_ip', 'request.remote_ip', 'request.remote_addr'],
    ...addressHeaders(header),
    fingerprint: fingerprintHeaders(header),
    method: ['request.method'],
    path: ['request.uri'],
    host: ['request.host'],
    agent: [header('user-agent')],
    cookie: [header('cookie')],
  },
  identity: [{ field: 'user_id', origin: 'remote_user' }, ...callerHeaders(header)],
  targets: GUESSED_TARGETS,
  mark: ({ has }) => (has(/"logger"\s*:\s*"http\.log\.access|"msg"\s*:\s*"handled request"/) ? 1 : 0),
};
