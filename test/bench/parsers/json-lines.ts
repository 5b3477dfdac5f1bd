import type { GeneratedFormat, Request } from './lines.ts';

const HOST = 'shop.example.com';
const iso = (ms: number): string => new Date(ms).toISOString();
const target = ({ path, query }: Request): string => (query === '' ? path : `${path}?${query}`);
const nanos = (ms: number): string => `${ms}000000`;
const attribute = (key: string, value: string | number) => ({
  key,
  value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
});

/** A record of each format as its gateway writes it; JSON.parse is held beside. */
const RECORDS: readonly (readonly [GeneratedFormat['format'], (r: Request) => unknown])[] = [
  [
    'traefik-json',
    (r) => ({
      ClientAddr: `${r.ip}:40123`,
      ClientHost: r.ip,
      ClientUsername: r.user,
      DownstreamContentSize: r.size,
      DownstreamStatus: r.status,
      Duration: r.ms * 1e6,
      OriginDuration: r.ms * 1e6,
      RequestContentSize: 310,
      RequestHost: HOST,
      RequestMethod: r.method,
      RequestPath: target(r),
      RequestProtocol: 'HTTP/2.0',
      RouterName: 'shop@docker',
      StartUTC: iso(r.at),
      entryPointName: 'web',
      level: 'info',
      msg: '',
      'request_User-Agent': r.agent,
      time: iso(r.at + r.ms),
    }),
  ],
  [
    'tyk',
    (r) => ({
      method: r.method,
      host: HOST,
      path: r.path,
      raw_path: target(r),
      content_length: 310,
      user_agent: r.agent,
      response_code: r.status,
      api_key: r.id,
      timestamp: iso(r.at),
      api_id: 'b84fe1a04e56',
      org_id: '5e9d9544a1dc',
      request_time: r.ms,
      ip_address: r.ip,
      latency: { total: r.ms, upstream: r.ms },
      tags: ['a', 'b'],
      alias: r.user,
    }),
  ],
  [
    'aws-api-gateway',
    (r) => ({
      requestId: r.id,
      ip: r.ip,
      caller: '-',
      user: '-',
      requestTimeEpoch: String(r.at),
      httpMethod: r.method,
      domainName: HOST,
      path: target(r),
      status: String(r.status),
      protocol: 'HTTP/1.1',
      responseLength: String(r.size),
      responseLatency: String(r.ms),
      userAgent: r.agent,
      principalId: r.user,
    }),
  ],
  [
    'azure-apim',
    (r) => ({
      time: iso(r.at),
      category: 'GatewayLogs',
      operationName: 'Microsoft.ApiManagement/GatewayLogs',
      durationMs: r.ms,
      callerIpAddress: r.ip,
      properties: {
        method: r.method,
        url: `https://${HOST}${target(r)}`,
        responseCode: r.status,
        responseSize: r.size,
        requestSize: 310,
        apimSubscriptionId: r.user,
      },
    }),
  ],
  [
    'azure-front-door',
    (r) => ({
      time: iso(r.at),
      category: 'FrontDoorAccessLog',
      properties: {
        trackingReference: r.id,
        httpMethod: r.method,
        requestUri: `https://${HOST}:443${target(r)}`,
        requestBytes: '310',
        responseBytes: String(r.size),
        userAgent: r.agent,
        clientIp: r.ip,
        socketIp: r.ip,
        timeTaken: (r.ms / 1000).toFixed(3),
        httpStatusCode: String(r.status),
      },
    }),
  ],
  [
    'otel',
    (r) => ({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId: r.id,
                  spanId: r.id.slice(0, 16),
                  kind: 2,
                  startTimeUnixNano: nanos(r.at),
                  endTimeUnixNano: nanos(r.at + r.ms),
                  attributes: [
                    attribute('http.request.method', r.method),
                    attribute('url.path', r.path),
                    attribute('url.query', r.query),
                    attribute('server.address', HOST),
                    attribute('network.peer.address', r.ip),
                    attribute('http.response.status_code', r.status),
                    attribute('http.response.body.size', r.size),
                    attribute('user_agent.original', r.agent),
                    attribute('user.id', r.user),
                  ],
                },
              ],
            },
          ],
        },
      ],
    }),
  ],
  [
    'ecs',
    (r) => ({
      '@timestamp': iso(r.at),
      event: { category: ['web'], duration: r.ms * 1e6 },
      http: { request: { method: r.method, body: { bytes: 310 } }, response: { status_code: r.status, body: { bytes: r.size } } },
      url: { original: target(r), domain: HOST },
      source: { ip: r.ip },
      user: { name: r.user },
      user_agent: { original: r.agent },
      ecs: { version: '8.11.0' },
    }),
  ],
  [
    'suricata',
    (r) => ({
      timestamp: iso(r.at),
      flow_id: r.size,
      event_type: 'http',
      src_ip: r.ip,
      src_port: 40123,
      dest_ip: '10.0.0.5',
      dest_port: 80,
      proto: 'TCP',
      http: { hostname: HOST, url: target(r), http_user_agent: r.agent, http_method: r.method, status: r.status, length: r.size },
    }),
  ],
  [
    'zeek-http',
    (r) => ({
      ts: r.at / 1000,
      uid: r.id.slice(0, 18),
      'id.orig_h': r.ip,
      'id.orig_p': 40123,
      'id.resp_h': '10.0.0.5',
      'id.resp_p': 80,
      trans_depth: 1,
      method: r.method,
      host: HOST,
      uri: target(r),
      user_agent: r.agent,
      request_body_len: 310,
      response_body_len: r.size,
      status_code: r.status,
    }),
  ],
  [
    'goflow2',
    (r) => ({
      type: 'NETFLOW_V9',
      time_received_ns: nanos(r.at + r.ms),
      sampling_rate: 100,
      sampler_address: '10.255.0.1',
      time_flow_start_ns: nanos(r.at),
      time_flow_end_ns: nanos(r.at + r.ms),
      bytes: r.size,
      packets: 3,
      src_addr: r.ip,
      dst_addr: '10.0.0.5',
      etype: 'IPv4',
      proto: 'TCP',
      src_port: 40123,
      dst_port: 443,
    }),
  ],
];

/** Formats in JSON whose reading is measured, besides those of lines.ts. */
export const JSON_GENERATED: readonly GeneratedFormat[] = RECORDS.map(([format, record]) => ({
  format,
  line: (request) => JSON.stringify(record(request)),
}));
