import type { SimulatedRequest } from '../event.ts';
import { hops, uri } from './nginx-json.ts';
import type { LineShape } from './write-line.ts';

/** A query as the object that gateways log. */
export function queryObject(query: string): Record<string, string> {
  const object: Record<string, string> = {};
  for (const pair of query === '' ? [] : query.split('&')) {
    const at = pair.indexOf('=');
    object[at < 0 ? pair : pair.slice(0, at)] = at < 0 ? '' : decodeURIComponent(pair.slice(at + 1));
  }
  return object;
}

/** Request headers as gateways log them. */
export function headersOf(event: SimulatedRequest, forwarded: string): Record<string, string> {
  const headers: Record<string, string> = { host: event.host, 'user-agent': event.agent, accept: '*/*' };
  if (forwarded !== '') headers['x-forwarded-for'] = forwarded;
  if (event.referer !== '') headers.referer = event.referer;
  if (event.session !== '') headers.cookie = `sid=${event.session}`;
  return headers;
}

/** Apache APISIX http-logger and kafka-logger, native record. */
export function apisixLine(event: SimulatedRequest, shape: LineShape): string {
  const { peer, forwarded } = hops(event);
  const upstream = Math.max(0, event.duration - 1);
  return JSON.stringify({
    start_time: event.at - event.duration,
    client_ip: peer,
    route_id: event.path.split('/')[2] ?? '1',
    service_id: '',
    upstream: '10.0.3.21:8080',
    request: {
      method: event.method,
      uri: uri(event),
      url: `http://${event.host}:9080${uri(event)}`,
      size: event.bytesIn,
      headers: headersOf(event, forwarded),
      querystring: queryObject(event.query),
    },
    response: { status: event.status, size: event.bytesOut, headers: { 'content-type': 'application/json', server: 'APISIX/3.9.0' } },
    latency: event.duration,
    upstream_latency: upstream,
    apisix_latency: event.duration - upstream,
    server: { hostname: 'gateway', version: '3.9.0' },
    ...(event.account === '' ? {} : { consumer: { username: event.account } }),
    ...(shape.login ? { login_user: event.login } : {}),
    ...(shape.code && event.code >= 0 ? { body_code: event.code } : {}),
    ...(shape.records ? { records: event.records } : {}),
  });
}
