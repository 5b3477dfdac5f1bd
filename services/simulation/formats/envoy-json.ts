import type { SimulatedRequest } from '../event.ts';
import { hops, uri } from './nginx-json.ts';
import type { LineShape } from './write-line.ts';

/** Envoy's JSON access log. */
export function envoyLine(event: SimulatedRequest, shape: LineShape): string {
  const { peer, forwarded } = hops(event);
  return JSON.stringify({
    start_time: new Date(event.at - event.duration).toISOString(),
    method: event.method,
    path: uri(event),
    protocol: 'HTTP/1.1',
    response_code: event.status,
    response_flags: event.status >= 503 ? 'UH' : '-',
    bytes_received: event.bytesIn,
    bytes_sent: event.bytesOut,
    duration: event.duration,
    upstream_service_time: String(Math.max(0, event.duration - 1)),
    x_forwarded_for: forwarded === '' ? '-' : forwarded,
    user_agent: event.agent,
    authority: event.host,
    upstream_host: '10.0.3.21:8080',
    downstream_remote_address: `${peer}:${40_000 + (event.at % 20_000)}`,
    x_consumer_username: event.account === '' ? null : event.account,
    ...(shape.login ? { login_user: event.login } : {}),
    ...(shape.session ? { cookie_sid: event.session } : {}),
    ...(shape.code && event.code >= 0 ? { body_code: event.code } : {}),
    ...(shape.records ? { records: event.records } : {}),
  });
}
