import { WeirError } from '../../core/errors.ts';
import { type FieldMap, GUESSED_TARGETS } from '../fields.ts';
import type { LineSyntax, TextFormat } from '../format.ts';
import type { NormaliseConfig } from '../normalise-config.ts';
import { checkTemplate, type Template } from '../patterns/template.ts';
import { templateSyntax } from '../patterns/template-syntax.ts';
import { isWholeTime } from '../values/clock.ts';
import { envoyTemplate, writtenInEnvoy } from './envoy-pattern.ts';
import { NGINX_IDENTITY } from './nginx-json.ts';

const REQUEST = '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS%';
const ANSWER =
  '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"';
const MESH = '%UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME%';

/** Envoy's own format, then Istio's from the newest on. */
const DEFAULTS = [
  `${REQUEST} ${ANSWER}`,
  `${REQUEST} %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" ${ANSWER} ${MESH} %ROUTE_NAME%`,
  `${REQUEST} %RESPONSE_CODE_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" ${ANSWER} ${MESH} %ROUTE_NAME%`,
  `${REQUEST} "%DYNAMIC_METADATA(istio.mixer:status)%" "%UPSTREAM_TRANSPORT_FAILURE_REASON%" ${ANSWER} ${MESH} %ROUTE_NAME%`,
  `${REQUEST} "%DYNAMIC_METADATA(istio.mixer:status)%" ${ANSWER} ${MESH}`,
];

const FIELDS: FieldMap = {
  time: ['emit_time'],
  start: ['start_time'],
  duration_ms: ['duration', 'request_duration'],
  status: ['response_code'],
  bytes_in: ['bytes_received'],
  bytes_out: ['bytes_sent'],
  address: ['downstream_remote_address', 'downstream_remote_address_without_port', 'downstream_direct_remote_address', 'last_hop'],
  forwarded: ['other_hops', 'http_x_forwarded_for'],
  forwarded_header: ['http_forwarded'],
  x_real_ip: ['http_x_real_ip'],
  cf_connecting_ip: ['http_cf_connecting_ip'],
  true_client_ip: ['http_true_client_ip'],
  method: ['method'],
  path: ['path'],
  host: ['authority', 'requested_server_name'],
  agent: ['http_user_agent'],
  cookie: ['http_cookie'],
};

/** Envoy's access log as text: its own default format, Istio's, or any format string; complete at START_TIME + DURATION. */
export const envoy: TextFormat = {
  kind: 'text',
  startFirst: true,
  fields: FIELDS,
  identity: NGINX_IDENTITY,
  targets: GUESSED_TARGETS,
  syntax: (config) =>
    config.pattern === undefined
      ? templateSyntax(
          'envoy',
          DEFAULTS.map((pattern) => envoyTemplate(pattern) as Template),
          writtenInEnvoy,
        )
      : patternSyntax(config, config.pattern),
  mark: ({ has }) => (has(/\[\d{4}-\d\d-\d\dT[\d:.]+Z?\] "\S+ \S* \S+" \d+ /) ? 1 : 0),
};

function patternSyntax(config: NormaliseConfig, pattern: string): LineSyntax {
  const template = envoyTemplate(pattern);
  const fail = (what: string): never => {
    throw new WeirError('config', `sources.${config.source}.pattern: ${what}; the pattern is ${pattern}`);
  };
  if (typeof template === 'string') return fail(`${template} is no command operator that can be read`);
  const own = config.fields ?? {};
  checkTemplate(
    template,
    { source: config.source, pattern, written: writtenInEnvoy },
    {
      times: ['start_time', 'emit_time', own.time ?? '', own.start ?? ''],
      requests: ['path', own.request ?? '', own.path ?? ''],
      advice: { time: '%START_TIME%', request: '%REQ(:METHOD)% and %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%' },
    },
  );
  for (const piece of template.pieces)
    if (typeof piece === 'object' && piece.clock !== undefined && !isWholeTime(piece.clock))
      fail(`${writtenInEnvoy(piece)} makes no whole time: a date and hours and minutes are needed`);
  return templateSyntax('envoy', [template], writtenInEnvoy);
}
