import type { FormatName } from '../ingest/normalise-config.ts';

/** Gateways whose users choose what is logged, by how they say it. */
type Dialect = 'nginx' | 'apache' | 'envoy' | 'haproxy' | 'traefik' | 'caddy' | 'aws' | 'iis' | 'otel' | 'ecs' | 'azure';

const DIALECTS: Partial<Record<FormatName, Dialect>> = {
  'nginx-json': 'nginx',
  nginx: 'nginx',
  'ingress-nginx': 'nginx',
  apisix: 'nginx',
  apache: 'apache',
  'envoy-json': 'envoy',
  envoy: 'envoy',
  haproxy: 'haproxy',
  traefik: 'traefik',
  'traefik-json': 'traefik',
  caddy: 'caddy',
  'aws-api-gateway': 'aws',
  iis: 'iis',
  otel: 'otel',
  ecs: 'ecs',
  'azure-apim': 'azure',
};

/** What to add to the log, by field of an event and dialect. `any`: for the others. */
const ADDITIONS: Record<string, Partial<Record<Dialect | 'any', string>>> = {
  account: {
    nginx: '$remote_user, $http_x_user_id, $http_x_consumer_id, $jwt_claim_sub or $cookie_NAME',
    apache: '%u, %{X-User-Id}i or %{NAME}C',
    envoy: '%REQ(X-USER-ID)%, %DYNAMIC_METADATA(envoy.filters.http.jwt_authn:payload:sub)% or %DOWNSTREAM_PEER_SUBJECT%',
    haproxy: '`http-request capture req.hdr(X-User-Id) len 64`',
    traefik: '`accessLog.fields.headers.names.X-User-Id: keep`',
    caddy: 'a header such as X-User-Id, or the user of an authentication handler (user_id)',
    aws: '$context.authorizer.principalId, $context.authorizer.claims.sub or $context.identity.apiKeyId',
    iis: 'cs-username, or a custom field of a header',
    otel: 'the attribute user.id (older: enduser.id)',
    ecs: 'user.id or user.name',
    azure: 'products with subscriptions (apimSubscriptionId), or the header of the caller',
    any: 'the consumer, user or API key that the gateway knows',
  },
  address: {
    nginx: '$remote_addr',
    apache: '%a',
    envoy: '%DOWNSTREAM_REMOTE_ADDRESS%',
    haproxy: '%ci',
    aws: '$context.identity.sourceIp',
    iis: 'c-ip',
    otel: 'the attributes network.peer.address or client.address',
    ecs: 'source.ip',
    any: "the client's address",
  },
  status: {
    nginx: '$status',
    apache: '%>s',
    envoy: '%RESPONSE_CODE%',
    haproxy: '%ST',
    aws: '$context.status',
    iis: 'sc-status',
    otel: 'the attribute http.response.status_code',
    ecs: 'http.response.status_code',
    any: 'the status',
  },
  duration: {
    nginx: '$request_time',
    apache: '%D or %{ms}T',
    envoy: '%DURATION%',
    haproxy: '%Ta',
    aws: '$context.responseLatency',
    iis: 'time-taken',
    ecs: 'event.duration',
    any: 'how long the request took',
  },
  bytesOut: {
    nginx: '$body_bytes_sent',
    apache: '%B or %O',
    envoy: '%BYTES_SENT%',
    haproxy: '%B',
    aws: '$context.responseLength',
    iis: 'sc-bytes',
    otel: 'the attribute http.response.body.size',
    ecs: 'http.response.body.bytes',
    any: 'the size of the response',
  },
  bytesIn: {
    nginx: '$request_length',
    apache: '%I',
    envoy: '%BYTES_RECEIVED%',
    haproxy: '%U',
    iis: 'cs-bytes',
    otel: 'the attribute http.request.body.size',
    ecs: 'http.request.body.bytes',
    any: 'the size of the request',
  },
  device: {
    nginx: '$http_user_agent',
    apache: '%{User-Agent}i',
    envoy: '%REQ(USER-AGENT)%',
    haproxy: '`http-request capture req.hdr(User-Agent) len 256`',
    traefik: '`accessLog.fields.headers.names.User-Agent: keep`',
    aws: '$context.identity.userAgent',
    iis: 'cs(User-Agent)',
    otel: 'the attribute user_agent.original',
    ecs: 'user_agent.original',
    azure: 'User-Agent among the headers to log (diagnostic settings of the API)',
    any: 'the header User-Agent',
  },
  path: {
    nginx: '$request_uri',
    apache: '%r',
    envoy: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
    haproxy: '%HU',
    aws: '$context.path',
    iis: 'cs-uri-stem',
    otel: 'the attributes url.path and url.query',
    ecs: 'url.original',
    any: 'the path',
  },
  object: {
    nginx: '$request_uri (with its query) rather than $uri',
    aws: '$context.path rather than $context.resourcePath',
    iis: 'cs-uri-query',
    otel: 'the attributes url.path and url.query rather than http.route',
    any: 'paths and queries as they came, with their ids',
  },
  target: {
    nginx: '$arg_phone or a field of the body ($request_body by njs), and name it in targets',
    any: 'the phone number, user name or e-mail address that logins and codes are for, and name it in targets',
  },
  session: {
    nginx: '$cookie_NAME, and name it in session',
    apache: '%{NAME}C, and name it in session',
    any: 'the id of the session, and name it in session',
  },
  country: {
    nginx: '$http_x_forwarded_for, and name your proxies in trusted_proxies',
    apache: '%{X-Forwarded-For}i, and name your proxies in trusted_proxies',
    envoy: '%REQ(X-FORWARDED-FOR)%, and name your proxies in trusted_proxies',
    haproxy: '`http-request capture req.hdr(X-Forwarded-For) len 128`, and name your proxies in trusted_proxies',
    otel: 'the attribute client.address, and name your proxies in trusted_proxies',
    any: 'X-Forwarded-For, and name your proxies in trusted_proxies',
  },
};
ADDITIONS.asn = ADDITIONS.country;

/** What a gateway has to log for a field of an event to be known; '' where that is no matter of the log. */
export function whatToLog(field: string, format: FormatName): string {
  const dialect = DIALECTS[format];
  const additions = ADDITIONS[field];
  if (format === 'combined' && additions?.nginx !== undefined && additions.apache !== undefined)
    return `${additions.nginx} (nginx), ${additions.apache} (Apache)`;
  return (dialect === undefined ? undefined : additions?.[dialect]) ?? additions?.any ?? '';
}
