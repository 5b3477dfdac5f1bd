import type { FormatName, NormaliseConfig } from '../../services/ingest/normalise-config.ts';

/** A line of a text format that is one event. */
export interface TextCase {
  format: FormatName;
  line: string;
  /** lines before it that say what it is like */
  header?: string;
  config?: Partial<NormaliseConfig>;
}

const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0';
const COMBINED = `203.0.113.9 - carol [22/Nov/2026:09:59:14 +0800] "GET /v1/a/17?b=c HTTP/1.1" 200 512 "https://x.example/" "${AGENT}"`;
const ENVOY = `[2026-11-22T01:59:14.125Z] "POST /v1/orders?x=1 HTTP/2" 204 -`;
const ENVOY_REST = `154 10 226 100 "198.51.100.7, 203.0.113.9" "${AGENT}" "6f1e0b0e-57e4-4d0e-8f1f-1c7f5d3a0000" "api.example.com" "10.0.2.1:80"`;

export const TEXT_CASES: readonly TextCase[] = [
  { format: 'combined', line: COMBINED },
  { format: 'combined', line: `www.example.com:443 198.51.100.1, ${COMBINED}` },
  { format: 'nginx', line: COMBINED },
  {
    format: 'nginx',
    line: `${COMBINED} "198.51.100.7" 0.250 10.0.0.1:80, 10.0.0.2:80 [0.100, 0.149] u-17`,
    config: {
      pattern:
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for" $request_time $upstream_addr [$upstream_response_time] $http_x_consumer_id',
    },
  },
  {
    format: 'nginx',
    line: `1795312754.125|api.example.com|GET|/v1/orders/17?x=1|404|203.0.113.9|${AGENT}|0.125`,
    config: { pattern: '$msec|$host|$request_method|$request_uri|$status|$remote_addr|$http_user_agent|$request_time' },
  },
  {
    format: 'nginx',
    line: '{"t":"2026-11-22T01:59:14+00:00","r":"GET /a HTTP/1.1","u":"a\\"b","c":"203.0.113.9","d":0.250}',
    config: {
      pattern: 'log_format m escape=json \'{"t":"$time_iso8601","r":"$request","u":"$remote_user","c":"$remote_addr","d":$request_time}\';',
    },
  },
  { format: 'apache', line: COMBINED },
  { format: 'apache', line: '[22/Nov/2026:09:59:14 +0800] 203.0.113.9 TLSv1.3 TLS_AES_256_GCM_SHA384 "GET /a?b=%22 HTTP/1.1" 1375' },
  {
    format: 'apache',
    line: `${COMBINED} 1500250 sess-17`,
    config: { pattern: '%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\" %D %{sid}C', session: 'cookie_sid' },
  },
  {
    format: 'apache',
    line: '2026-11-22 09:59:14.250 +0800 203.0.113.9 GET /v1/a?b=c HTTP/1.1 200 1234',
    config: { pattern: '%{%Y-%m-%d %T}t.%{msec_frac}t %{%z}t %a %m %U%q %H %>s %B' },
  },
  {
    format: 'ingress-nginx',
    line: `${COMBINED} 310 0.004 [default-api-80] [] 10.244.0.5:8080, 10.244.0.6:80 0, 612 0.001, 0.003 502, 200 0f1e2d3c4b5a69788796a5b4c3d2e1f0`,
  },
  {
    format: 'ingress-nginx',
    line: `203.0.113.9 - [203.0.113.9] - carol [22/Nov/2026:09:59:14 +0800] "GET /v1/a HTTP/2.0" 200 612 "-" "curl/8" 310 0.004 [default-api-80] 10.244.0.5:8080 612 0.003 200 abc`,
  },
  { format: 'envoy', line: `${ENVOY} ${ENVOY_REST}` },
  {
    format: 'envoy',
    line: `${ENVOY} via_upstream - "-" ${ENVOY_REST} inbound|8000|| 127.0.0.6:41 10.0.2.1:80 203.0.113.9:5300 outbound_.8000_._.api default`,
  },
  {
    format: 'envoy',
    line: '2026/11/22 09:59:14.500 +0800 [2001:db8::7]:443 "GET /a HTTP/1.1" 200 1250',
    config: {
      pattern:
        '%START_TIME(%Y/%m/%d %H:%M:%S.%3f %z)% %DOWNSTREAM_REMOTE_ADDRESS% "%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%" %RESPONSE_CODE% %DURATION%\n',
    },
  },
  { format: 'traefik', line: `${COMBINED} 13 "api@docker" "http://172.19.0.6:14008" 247ms` },
  {
    format: 'haproxy',
    line: 'Nov 22 01:59:14 lb haproxy[3245]: 203.0.113.9:14853 [22/Nov/2026:01:59:14.726] in~ docs/docs 0/0/1/0/12 304 1680 sid=s-17 - ---- 6/6/0/0/0 0/0 {docs.example.com||Mozilla/5.0 (X11)} {|||} "GET /x HTTP/1.1"',
  },
  {
    format: 'haproxy',
    line: '2001:db8::9:5512 [22/Nov/2026:01:59:14.000] in~ api/s1 0/1/1/1/44 200 217 - - ---- 1/1/0/0/0 0/0 "GET https://api.example.com/v1/a HTTP/2.0" 0/0000000000000000/0/0/0 api.example.com/TLSv1.3/TLS_AES_256_GCM_SHA384',
  },
  {
    format: 'aws-alb',
    line: `https 2026-11-22T01:59:14.125821Z app/api/50dc6c495c0c9188 203.0.113.9:44740 10.0.0.1:80 0.086 0.048 0.037 200 200 310 57 "GET https://api.example.com:443/v1/a?x=1 HTTP/1.1" "${AGENT}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:1:targetgroup/t/1 "Root=1-58337262" "api.example.com" "arn:aws:acm:us-east-2:1:certificate/1" 1 2026-11-22T01:59:13.950000Z "forward" "-" "-"`,
  },
  {
    format: 'aws-cloudfront',
    line: `2026-11-22\t01:59:14\tFRA56-P2\t2390\t203.0.113.9\tGET\td1.cloudfront.net\t/v1/a\t200\t-\tMozilla/5.0%2520(X11)\tphone=13800138000\tsid=1\tHit\tid==\tapi.example.com\thttps\t523\t0.150\t198.51.100.7\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tHit\tHTTP/2.0\t-\t-\t11040\t0.001\tHit\tapplication/json\t2390\t-\t-`,
    header:
      '#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end\n',
  },
  { format: 'iis', line: '2026-11-22 01:59:14 10.0.0.5 GET /v1/a x=1 443 ann 203.0.113.9 Mozilla/5.0+(Windows+NT+10.0) - 200 0 0 125' },
  {
    format: 'iis',
    line: '2026-11-22 01:59:14 GET /v1/a x=1 ann 203.0.113.9 200 1250 125 curl/8',
    header:
      '#Software: Microsoft Internet Information Services 10.0\n#Fields: date time cs-method cs-uri-stem cs-uri-query cs-username c-ip sc-status sc-bytes time-taken cs(User-Agent)\n',
  },
  {
    format: 'aws-vpc-flow',
    line: '2 123456789010 eni-1235b8ca123456789 203.0.113.12 172.31.16.139 41751 443 6 20 4249 1795312700 1795312754 ACCEPT OK',
  },
  {
    format: 'aws-vpc-flow',
    line: '5 203.0.113.12 172.31.16.139 41751 443 6 1795312700 1795312754 REJECT 4249',
    config: { pattern: 'version srcaddr dstaddr srcport dstport protocol start end action bytes' },
  },
  {
    format: 'zeek-conn',
    line: '1795312754.444458\tC1\t10.0.0.5\t62771\t40.74.108.123\t443\ttcp\tssl\t1.135424\t1596\t4039\tSF\tT\tF\tx',
    header:
      '#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tlabel\n',
  },
  {
    format: 'regex',
    line: '22/Nov/2026:01:59:14 +0000|203.0.113.9|alice|GET /a/7?b=1|201|41|"okhttp/4.12"',
    config: {
      pattern:
        '^(?<time>[^|]+)\\|(?<address>[^|]*)\\|(?<who>[^|]*)\\|(?<method>[A-Z]+) (?<path>[^|]*)\\|(?<status>\\d{3})\\|(?<bytes_out>\\d+)\\|"(?<agent>[^"]*)"$',
      identity: ['who'],
    },
  },
];
