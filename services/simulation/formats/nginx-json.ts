import type { SimulatedRequest } from '../event.ts';
import type { LineShape } from './write-line.ts';

/** nginx with `log_format … escape=json`: absent variables are empty texts. */
export function nginxLine(event: SimulatedRequest, shape: LineShape): string {
  const { peer, forwarded } = hops(event);
  const record: Record<string, string | number> = {
    time_iso8601: `${new Date(event.at).toISOString().slice(0, 19)}+00:00`,
    msec: seconds(event.at),
    remote_addr: peer,
    http_x_forwarded_for: forwarded,
    request_method: event.method,
    http_host: event.host,
    request_uri: uri(event),
    status: event.status,
    body_bytes_sent: event.bytesOut,
    request_length: event.bytesIn,
    request_time: seconds(event.duration),
    http_referer: event.referer,
    http_user_agent: event.agent,
    http_x_consumer_id: event.account,
  };
  if (shape.login) record.login_user = event.login;
  if (shape.session) record.cookie_sid = event.session;
  if (shape.code) record.body_code = event.code < 0 ? '' : event.code;
  if (shape.records) record.records = event.records;
  return JSON.stringify(record);
}

/** Path with its query. */
export function uri(event: SimulatedRequest): string {
  return event.query === '' ? event.path : `${event.path}?${event.query}`;
}

/** Milliseconds as seconds with three decimals. */
export function seconds(ms: number): string {
  const whole = Math.floor(ms / 1000);
  return `${whole}.${String(Math.round(ms - whole * 1000)).padStart(3, '0')}`;
}

/** Who connects to the gateway, and what it is told of whom it speaks for. */
export function hops(event: SimulatedRequest): { peer: string; forwarded: string } {
  if (event.via.length === 0) return { peer: event.address, forwarded: '' };
  return { peer: event.via[event.via.length - 1], forwarded: [event.address, ...event.via.slice(0, -1)].join(', ') };
}
