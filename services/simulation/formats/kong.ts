import type { SimulatedRequest } from '../event.ts';
import { headersOf, queryObject } from './apisix.ts';
import { hops, uri } from './nginx-json.ts';
import type { LineShape } from './write-line.ts';

/** Kong http-log record. */
export function kongLine(event: SimulatedRequest, shape: LineShape): string {
  const { peer, forwarded } = hops(event);
  return JSON.stringify({
    started_at: event.at - event.duration,
    client_ip: peer,
    request: {
      method: event.method,
      uri: uri(event),
      url: `http://${event.host}:8000${uri(event)}`,
      size: event.bytesIn,
      headers: headersOf(event, forwarded),
      querystring: queryObject(event.query),
    },
    response: { status: event.status, size: event.bytesOut, headers: { 'content-type': 'application/json', via: 'kong/3.4.2' } },
    latencies: { request: event.duration, proxy: Math.max(0, event.duration - 1), kong: Math.min(1, event.duration) },
    upstream_uri: event.path,
    route: { name: 'default' },
    service: { name: 'api', host: 'upstream', port: 8080, protocol: 'http' },
    ...(event.account === '' ? {} : { consumer: { username: event.account } }),
    ...(shape.login ? { login_user: event.login } : {}),
    ...(shape.code && event.code >= 0 ? { body_code: event.code } : {}),
    ...(shape.records ? { records: event.records } : {}),
  });
}
