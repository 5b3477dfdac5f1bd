import { describe, expect, test } from 'vitest';
import type { Format } from '../../schemas/config.ts';
import { FLAG, IDENTITY_ORIGINS } from '../../services/core/batch.ts';
import { detectFormat } from '../../services/ingest/detect.ts';
import type { NormaliseConfig } from '../../services/ingest/normalise-config.ts';
import { eventsOf, ingest, type PlainEvent, stageOf } from '../support/ingest-events.ts';

type Case = [what: string, line: string, event: Partial<PlainEvent>, config?: Partial<NormaliseConfig>];

const bytes = (text: string) => new TextEncoder().encode(text);

/** The only event of a line; what was refused says why. */
function eventOf(format: Format, line: string, config: Partial<NormaliseConfig> = {}): PlainEvent {
  const { events, dead } = ingest(`${line}\n`, { format, ...config });
  expect(dead.map(({ reason, detail }) => `${reason}: ${detail}`)).toEqual([]);
  expect(events).toHaveLength(1);
  return events[0];
}

function deathOf(format: Format, line: string, config: Partial<NormaliseConfig> = {}): string {
  const { events, dead } = ingest(`${line}\n`, { format, ...config });
  expect(events).toEqual([]);
  expect(dead).toHaveLength(1);
  return `${dead[0].reason}: ${dead[0].detail}`;
}

const AT = Date.UTC(2026, 10, 22, 1, 59, 14);
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0';

describe('nginx', () => {
  const nginx = (pattern: string, extra: Partial<NormaliseConfig> = {}): Partial<NormaliseConfig> => ({ pattern, ...extra });
  const cases: Case[] = [
    [
      'combined, unless it is told otherwise',
      `203.0.113.9 - carol [22/Nov/2026:09:59:14 +0800] "GET /v1/a HTTP/1.1" 200 51 "-" "${AGENT}"`,
      { at: AT, account: 'carol', address: '203.0.113.9', bytesOut: 51, status: 200, interface: 'GET gateway/v1/a' },
    ],
    [
      'numbers and upstreams behind the agent',
      `203.0.113.9 - - [22/Nov/2026:09:59:14 +0800] "POST /v1/a HTTP/1.1" 502 51 "-" "${AGENT}" "198.51.100.7" 0.250 10.0.0.1:80, 10.0.0.2:80 0.100, 0.149 502, 200 u-17`,
      { at: AT, account: 'u-17', duration: 250, bytesOut: 51, status: 502, address: '203.0.113.9' },
      nginx(
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for" $request_time $upstream_addr $upstream_response_time $upstream_status $http_x_consumer_id',
      ),
    ],
    [
      'braces, a host, the time in msec',
      '1795312754.125|api.example.com|GET|/v1/orders/17?x=1|404|203.0.113.9',
      { at: 1795312754125, interface: 'GET api.example.com/v1/orders/{id}', status: 404 },
      nginx('${msec}|${host}|${request_method}|${request_uri}|${status}|${remote_addr}'),
    ],
    [
      'scheme, host and target as one URL',
      '2026-11-22T09:59:14+08:00 203.0.113.9 GET https://api.example.com/v1/a?b=c 200',
      { at: AT, interface: 'GET api.example.com/v1/a' },
      nginx('$time_iso8601 $remote_addr $request_method $scheme://$host$request_uri $status'),
    ],
    [
      'an agent without quotes, and spaces in it',
      `203.0.113.9 [22/Nov/2026:09:59:14 +0800] GET /a HTTP/1.1 200 ${AGENT} 0.012`,
      { at: AT, duration: 12, interface: 'GET gateway/a' },
      nginx('$remote_addr [$time_local] $request $status $http_user_agent $request_time'),
    ],
    [
      'a user name with spaces and a bracket',
      '203.0.113.9 - Ann [x] Lee [22/Nov/2026:09:59:14 +0800] "GET /a HTTP/1.1" 200 1',
      { account: 'Ann [x] Lee' },
      nginx('$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'),
    ],
    [
      'what nginx escapes is undone',
      String.raw`203.0.113.9 - \xE7\x8E\x8B\x22x [22/Nov/2026:09:59:14 +0800] "GET /a\x2Fb HTTP/1.1" 200 1`,
      { account: '王"x', interface: 'GET gateway/a/b' },
      nginx('$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'),
    ],
    [
      'a whole directive with escape=json',
      String.raw`{"t":"2026-11-22T01:59:14+00:00","r":"GET \/a HTTP\/1.1","u":"a\"b","c":"203.0.113.9"}`,
      { at: AT, account: 'a"b', interface: 'GET gateway/a' },
      nginx(`log_format main escape=json '{"t":"$time_iso8601","r":"$request",'\n  '"u":"$remote_user","c":"$remote_addr"}';`),
    ],
    [
      'a field of a name of its own',
      '2026-11-22T01:59:14Z 203.0.113.9 "GET /a HTTP/1.1" sess-1',
      { at: AT, session: expect.stringMatching(/./) as unknown as string },
      nginx('$my_time $remote_addr "$request" $cookie_sid', { fields: { time: 'my_time' }, session: 'cookie_sid' }),
    ],
    [
      'a pattern that a YAML block ends with a line feed',
      '203.0.113.9 [22/Nov/2026:09:59:14 +0800] "GET /a HTTP/1.1" 200',
      { status: 200 },
      nginx('$remote_addr [$time_local] "$request" $status \n'),
    ],
    [
      'nothing in a last value',
      '203.0.113.9 [22/Nov/2026:09:59:14 +0800] "GET /a HTTP/1.1" 200 ',
      { status: 200, account: '203.0.113.9' },
      nginx('$remote_addr [$time_local] "$request" $status $http_x_user_id'),
    ],
  ];
  test.each(cases)('%s', (_, line, event, config) => {
    expect(eventOf('nginx', line, config)).toMatchObject(event);
  });

  test('a failure rule and targets work with any variable', () => {
    const event = eventOf('nginx', '203.0.113.9 [22/Nov/2026:09:59:14 +0800] "POST /login HTTP/1.1" 200 1001 13800138000', {
      pattern: '$remote_addr [$time_local] "$request" $status $sent_http_x_code $arg_phone',
      failure: { field: 'sent_http_x_code', not: [0] },
      targets: ['arg_phone'],
    });
    expect(event.flags & FLAG.failure).not.toBe(0);
    expect(event.target).not.toBe('');
  });

  test.each([
    ['$remote_addr "$request" $status', /no time.*\$time_iso8601/],
    ['$remote_addr [$time_local] $status', /no request.*\$request/],
    ['[$time_local] $remote_addr$http_cookie "$request"', /\$remote_addr and \$http_cookie stand side by side/],
  ])('a pattern that can give no event is refused at start: %s', (pattern, message) => {
    expect(() => ingest('', { format: 'nginx', pattern })).toThrow(message);
  });

  test('a line that can be read in two ways is none', () => {
    const pattern = '$time_iso8601 $remote_addr $http_x_a $http_x_b "$request"';
    expect(deathOf('nginx', '2026-11-22T01:59:14Z 203.0.113.9 a b c "GET /a HTTP/1.1"', { pattern })).toMatch(/more than one way/);
    expect(eventOf('nginx', '2026-11-22T01:59:14Z 203.0.113.9 a b "GET /a HTTP/1.1"', { pattern }).at).toBe(AT);
  });

  test('what a client writes into a value cannot make another line of it', () => {
    const forged = String.raw`203.0.113.9 - x [01/Jan/2020:00:00:00 +0000] \x22GET /fake HTTP/1.1\x22 200 [22/Nov/2026:09:59:14 +0800] "GET /true HTTP/1.1" 401 1`;
    const pattern = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent';
    expect(eventOf('nginx', forged, { pattern })).toMatchObject({ at: AT, status: 401, interface: 'GET gateway/true' });
  });

  test('work on a hostile line is bounded', () => {
    const pattern = '$time_iso8601 $http_x_a $http_x_b $http_x_c $http_x_d $http_x_e "$request"';
    const start = performance.now();
    deathOf('nginx', `2026-11-22T01:59:14Z ${'a '.repeat(20_000)}`, { pattern });
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test.each([
    ['2021/12/01 13:53:33 [error] 31#31: *46 open() failed, client: 192.0.2.1, request: "GET /m HTTP/1.1"', /^not_this_format/],
    ['203.0.113.9 - - [22/Nov/2026:09:59:14 +0800] "GET /v1', /^truncated/],
  ])('other lines are dead letters: %s', (line, reason) => {
    expect(deathOf('nginx', line)).toMatch(reason);
  });
});

describe('apache', () => {
  const cases: Case[] = [
    [
      'combined with a duration: %t is the arrival',
      `203.0.113.9 - carol [22/Nov/2026:09:59:14 +0800] "GET /v1/a HTTP/1.1" 200 51 "-" "${AGENT}" 1500250`,
      { at: AT + 1500, duration: 1500, account: 'carol', bytesOut: 51 },
      { pattern: String.raw`%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %D` },
    ],
    [
      'a whole LogFormat line, headers and cookies',
      '203.0.113.9 [22/Nov/2026:09:59:14 +0800] "POST /login HTTP/1.1" 401 - u-9 abc api.example.com:8443',
      { account: 'u-9', status: 401, interface: 'POST api.example.com/login' },
      { pattern: String.raw`LogFormat "%a %t \"%r\" %>s %b %{X-User-Id}i %{sid}C %v:%p" own` },
    ],
    [
      'a time in strftime’s words with milliseconds behind',
      '2026-11-22 09:59:14.250 +0800 203.0.113.9 GET /v1/a?b=c HTTP/1.1 200 12',
      { at: AT + 250, interface: 'GET gateway/v1/a', bytesOut: 12 },
      { pattern: '%{%Y-%m-%d %T}t.%{msec_frac}t %{%z}t %a %m %U%q %H %>s %B' },
    ],
    [
      'the end of the request in microseconds since 1970',
      '1795312754250999 203.0.113.9 "GET /a HTTP/1.1" 200 40',
      { at: 1795312754250, duration: 40 },
      { pattern: '%{end:usec}t %a "%r" %s %{ms}T' },
    ],
    [
      'a header only of some answers, the first and the last status, a virtual host in front',
      'www.example.com 203.0.113.9 - - [22/Nov/2026:09:59:14 +0800] "GET /a HTTP/1.1" 302 200 7 "-" 2',
      { interface: 'GET www.example.com/a', status: 302, duration: 2000, at: AT + 2000 },
      { pattern: String.raw`%V %h %l %u %t \"%r\" %<s %{note}n %O \"%!200,304,302{Referer}i\" %T` },
    ],
    [
      'a client that was logged by its name',
      'build-7.example.net - - [22/Nov/2026:09:59:14 +0800] "GET /a HTTP/1.1" 200 7',
      { account: 'build-7.example.net', address: '' },
      { pattern: 'common' },
    ],
    [
      'the log of requests that mod_ssl’s sample sets up',
      '[22/Nov/2026:09:59:14 +0800] 203.0.113.9 TLSv1.3 TLS_AES_256_GCM_SHA384 "GET /a?b=%22 HTTP/1.1" 1375',
      { at: AT, address: '203.0.113.9', bytesOut: 1375 },
    ],
    ['the empty name of a user', '203.0.113.9 - "" [22/Nov/2026:09:59:14 +0800] "GET /a HTTP/1.1" 401 7', { address: '203.0.113.9' }],
  ];
  test.each(cases)('%s', (_, line, event, config) => {
    expect(eventOf('apache', line, config)).toMatchObject(event);
  });

  test.each([
    ['%h "%r" %>s', /no time.*%t/],
    ['%h %t %>s', /no request/],
    ['%h %{%H:%M}t "%r"', /no whole time/],
    ['%h %t "%r" %Z', /%Z is no directive/],
  ])('a pattern that can give no event is refused at start: %s', (pattern, message) => {
    expect(() => ingest('', { format: 'apache', pattern })).toThrow(message);
  });

  test.each([
    '[Thu Oct 13 12:24:49.880562 2026] [auth_basic:error] [pid 10:tid 1402] [client 192.0.2.5:50229] AH01618: user x not found: /',
    '[Wed Apr 16 16:09:40.056610 2026] [ssl:info] [pid 12:tid 12] (70014)End of file found: AH02006: handshake stopped',
  ])('a line of the error log is none: %s', (line) => {
    expect(deathOf('apache', line)).toMatch(/^not_this_format/);
  });

  test.each([
    ['"-" 408 -', 'not_http'],
    ['"" 400 0', 'not_http'],
    [String.raw`"\x16\x03\x01\x02" 400 226`, 'bad_request'],
  ])('a connection without a request is none: %s', (rest, reason) => {
    expect(deathOf('apache', `203.0.113.9 - - [22/Nov/2026:09:59:14 +0800] ${rest}`)).toMatch(new RegExp(`^${reason}`));
    expect(deathOf('apache', `203.0.113.9 - - [22/Nov/2026:09:59:14 +0800] ${rest}`, { pattern: 'common' })).toMatch(
      new RegExp(`^${reason}`),
    );
  });
});

describe('ingress-nginx', () => {
  const head = `203.0.113.9 - - [22/Nov/2026:09:59:14 +0800] "GET /v1/a HTTP/2.0" 200 612 "-" "${AGENT}" 310 0.004`;
  const cases: Case[] = [
    [
      'as it is now',
      `${head} [default-api-80] [] 10.244.0.5:8080 612 0.003 200 0f1e2d3c4b5a69788796a5b4c3d2e1f0`,
      { bytesIn: 310, duration: 4, at: AT },
    ],
    [
      'two upstreams',
      `${head} [default-api-80] [] 10.244.0.5:8080, 10.244.0.6:8080 0, 612 0.001, 0.003 502, 200 0f1e2d3c4b5a69788796a5b4c3d2e1f0`,
      { bytesIn: 310, duration: 4, status: 200 },
    ],
    [
      'of the first releases',
      `203.0.113.9 - [203.0.113.9] - carol [22/Nov/2026:09:59:14 +0800] "GET /v1/a HTTP/2.0" 200 612 "-" "curl/8" 310 0.004 [default-api-80] 10.244.0.5:8080 612 0.003 200`,
      { account: 'carol', duration: 4, address: '203.0.113.9' },
    ],
  ];
  test.each(cases)('%s', (_, line, event) => {
    expect(eventOf('ingress-nginx', line)).toMatchObject(event);
    expect(detectFormat(bytes(`${line}\n`.repeat(3)))).toMatchObject({ format: 'ingress-nginx', confidence: 1 });
  });
});

describe('envoy', () => {
  const DEFAULT = `[2026-11-22T01:59:14.125Z] "POST /v1/orders?x=1 HTTP/2" 204 - 154 10 226 100 "198.51.100.7, 203.0.113.9" "${AGENT}" "6f1e0b0e-57e4-4d0e-8f1f-1c7f5d3a0000" "api.example.com" "10.0.2.1:80"`;
  test('its own format: complete at the start + duration; the last hop is the peer', () => {
    const event = {
      at: AT + 125 + 226,
      duration: 226,
      status: 204,
      bytesIn: 154,
      bytesOut: 10,
      interface: 'POST api.example.com/v1/orders',
    };
    expect(eventOf('envoy', DEFAULT)).toMatchObject({ ...event, address: '203.0.113.9' });
    expect(eventOf('envoy', DEFAULT, { trustedProxies: ['203.0.113.0/24'] })).toMatchObject({ ...event, address: '198.51.100.7' });
  });

  test('Istio’s formats', () => {
    const rest =
      '0 612 12 11 "-" "curl/8" "6f1e0b0e-57e4-4d0e-8f1f-1c7f5d3a0000" "api:8000" "10.0.2.1:80" inbound|8000|| 127.0.0.6:41 10.0.2.1:80 203.0.113.9:5300 outbound_.8000_._.api';
    for (const line of [
      `[2026-11-22T01:59:14.000Z] "GET /a HTTP/1.1" 200 - via_upstream - "-" ${rest} default`,
      `[2026-11-22T01:59:14.000Z] "GET /a HTTP/1.1" 200 - "-" "-" ${rest} default`,
      `[2026-11-22T01:59:14.000Z] "GET /a HTTP/1.1" 200 - "-" ${rest}`,
    ])
      expect(eventOf('envoy', line)).toMatchObject({ at: AT + 12, address: '203.0.113.9', interface: 'GET api:8000/a' });
  });

  test('any format string', () => {
    const pattern =
      '%START_TIME(%Y/%m/%d %H:%M:%S.%3f %z)% %DOWNSTREAM_REMOTE_ADDRESS% "%REQ(:METHOD)% %REQ(:PATH):40% %PROTOCOL%" %RESPONSE_CODE% %DURATION% %REQ(X-CONSUMER-ID)% 100%%\n';
    const event = eventOf('envoy', '2026/11/22 09:59:14.500 +0800 [2001:db8::7]:443 "GET /a HTTP/1.1" 200 7 u-1 100%', {
      pattern,
      identity: ['http_x_consumer_id'],
    });
    expect(event).toMatchObject({ at: AT + 507, address: '2001:db8::7', account: 'u-1' });
    expect(() => ingest('', { format: 'envoy', pattern: '%START_TIME% %RESPONSE_CODE%' })).toThrow(/no request/);
    expect(() => ingest('', { format: 'envoy', pattern: '%START_TIME(%Q)% %REQ(:PATH)%' })).toThrow(/no command operator/);
  });

  test('quotes that Envoy does not escape are the agent’s, or the line is none', () => {
    const quoted = DEFAULT.replace(AGENT, 'a" "b" c');
    expect(eventOf('envoy', quoted)).toMatchObject({ interface: 'POST api.example.com/v1/orders', address: '203.0.113.9' });
  });
});

describe('traefik', () => {
  const cases: Case[] = [
    [
      'in full',
      `203.0.113.9 - carol [22/Nov/2026:01:59:14 +0000] "GET /v1/a HTTP/2.0" 200 2814 "-" "${AGENT}" 13 "api@docker" "http://172.19.0.6:14008" 247ms`,
      { at: AT + 247, duration: 247, account: 'carol', bytesOut: 2814 },
    ],
    [
      'with dashes for what was not sent',
      '203.0.113.9 - - [22/Nov/2026:01:59:14 +0000] "GET /v1/a HTTP/2.0" 200 2814 - "Android" 13 - - 0ms',
      { at: AT, account: '203.0.113.9' },
    ],
    [
      'escaped quotes',
      String.raw`203.0.113.9 - - [22/Nov/2026:01:59:14 +0000] "GET /v1/\"a HTTP/2.0" 200 1 "-" "x\"y" 1 "r" "u" 3ms`,
      { duration: 3 },
    ],
    ['common', '203.0.113.9 - frank [22/Nov/2026:01:59:14 +0000] "GET /v1/a HTTP/1.0" 200 2326', { account: 'frank', bytesOut: 2326 }],
  ];
  test.each(cases)('%s', (_, line, event) => {
    expect(eventOf('traefik', line)).toMatchObject(event);
  });
});

describe('haproxy', () => {
  const cases: Case[] = [
    [
      'HTTP log',
      '203.0.113.9:14853 [22/Nov/2026:01:59:14.127] https-in~ api/node-2 170/0/0/3/173 200 739 - - --NN 0/0/0/0/0 0/0 "GET /v1/a HTTP/1.1"',
      { at: AT + 127 + 173, duration: 173, status: 200, bytesOut: 739, address: '203.0.113.9', interface: 'GET gateway/v1/a' },
    ],
    [
      'behind syslog, with captured headers and cookies',
      'Nov 22 01:59:14 lb haproxy[3245]: 203.0.113.9:14853 [22/Nov/2026:01:59:14.726] in~ docs/docs 0/0/1/0/2 304 168 sid=s-17 - ---- 6/6/0/0/0 0/0 {docs.example.com||Mozilla/5.0 (X11)} {|||} "GET /x.js HTTP/1.1"',
      { status: 304, at: AT + 728, account: expect.not.stringContaining('203.0.113.9') as unknown as string },
      { identity: ['cookie_sid'] },
    ],
    [
      'a captured header names the account',
      '203.0.113.9:14853 [22/Nov/2026:01:59:14.726] in~ docs/docs 0/0/1/0/2 304 168 - - ---- 6/6/0/0/0 0/0 {docs.example.com|u-5} "GET /x.js HTTP/1.1"',
      { account: 'u-5' },
      { identity: ['captured_request_header_2'] },
    ],
    [
      'HTTPS log, HTTP/2, IPv6',
      '2001:db8::9:5512 [22/Nov/2026:01:59:14.000] in~ api/<NOSRV> 0/-1/-1/-1/+4 503 +217 - - SC-- 1/1/0/0/0 0/0 "GET https://api.example.com/v1/a HTTP/2.0" 0/0000000000000000/0/0/0 api.example.com/TLSv1.3/TLS_AES_256_GCM_SHA384',
      { address: '2001:db8::9', interface: 'GET api.example.com/v1/a', duration: 4, bytesOut: 217 },
    ],
  ];
  test.each(cases)('%s', (_, line, event, config) => {
    expect(eventOf('haproxy', line, config)).toMatchObject(event);
    expect(detectFormat(bytes(`${line}\n`.repeat(3)))).toMatchObject({ format: 'haproxy', confidence: 1 });
  });

  test.each([
    ['203.0.113.9:40962 [22/Nov/2026:01:59:14.285] main app/<NOSRV> -1/-1/1 212 SC 1/1/0/0/0 0/0', 'not_http'],
    ['Nov 22 01:59:14 203.0.113.1 haproxy[24551]: Connect from 203.0.113.9:40780 to 203.0.113.1:5000 (main/HTTP)', 'not_http'],
    ['203.0.113.9:50033 [22/Nov/2026:01:59:14.123] frontend/1: SSL handshake failure', 'not_http'],
    ['203.0.113.9:50033 [22/Nov/2026:01:59:14.123] in in/<NOSRV> -1/-1/-1/-1/0 400 187 - - CR-- 1/1/0/0/0 0/0 "<BADREQ>"', 'bad_request'],
    ['203.0.113.9:50033 [22/Nov/2026:01:59:14.123] in api/s1 1/0/0/3/4 200 187 - - ---- 1/1/0/0/0 0/0 "GET /a', 'truncated'],
    ['Proxy api started.', 'not_this_format'],
  ])('%s', (line, reason) => {
    expect(deathOf('haproxy', line)).toMatch(new RegExp(`^${reason}`));
  });
});

describe('aws-alb', () => {
  const old =
    'https 2026-11-22T01:59:14.125821Z app/api/50dc6c495c0c9188 203.0.113.9:44740 10.0.0.1:80 0.086 0.048 0.037 200 200 310 57 "GET https://api.example.com:443/v1/a?x=1 HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/t/1 "Root=1-58337262-36d228ad5d99923122bbe354"';
  const whole = `${old} "api.example.com" "arn:aws:acm:us-east-2:1:certificate/1" 1 2026-11-22T01:59:13.950000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1 "-" "-" "-"`;
  const event = {
    at: AT + 125,
    duration: 171,
    status: 200,
    bytesIn: 310,
    bytesOut: 57,
    address: '203.0.113.9',
    interface: 'GET api.example.com/v1/a',
  };
  const cases: Case[] = [
    ['all columns', whole, event],
    ['those of the first releases', old, event],
    [
      'a refused request',
      whole.replace('0.086 0.048 0.037 200 200', '-1 -1 -1 404 -').replace('10.0.0.1:80', '-'),
      { status: 404, duration: 0 },
    ],
    ['IPv6', whole.replace('203.0.113.9:44740', '2001:db8::9:44740'), { address: '2001:db8::9' }],
    ['the Classic balancer', old.replace(/^https /, '').replace(/ arn:.*$/, ''), { ...event }],
  ];
  test.each(cases)('%s', (_, line, expected) => {
    expect(eventOf('aws-alb', line)).toMatchObject(expected);
    expect(detectFormat(bytes(`${line}\n`.repeat(3)))).toMatchObject({ format: 'aws-alb', confidence: 1 });
  });

  test('a request that could not be read', () => {
    expect(deathOf('aws-alb', whole.replace(/"GET [^"]*"/, '"- http://203.0.113.1:80- -"'))).toMatch(/^not_http/);
  });
});

describe('aws-cloudfront', () => {
  const columns = [
    '2026-11-22',
    '01:59:14',
    'FRA56-P2',
    '2390',
    '203.0.113.9',
    'GET',
    'd111111abcdef8.cloudfront.net',
    '/v1/a',
    '200',
    '-',
    'Mozilla/5.0%2520(X11;%2520Linux)',
    'phone=13800138000',
    'sid=s%2520-1',
    'Hit',
    'SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==',
    'api.example.com',
    'https',
    '523',
    '0.150',
    '-',
    'TLSv1.3',
    'TLS_AES_128_GCM_SHA256',
    'Hit',
    'HTTP/2.0',
    '-',
    '-',
    '11040',
    '0.001',
    'Hit',
    'application/json',
    '2390',
    '-',
    '-',
  ];
  const event = { at: AT, duration: 150, bytesIn: 523, bytesOut: 2390, address: '203.0.113.9', interface: 'GET api.example.com/v1/a' };
  const line = columns.join('\t');

  test('without a header: the usual columns, and those of old logs', () => {
    expect(eventOf('aws-cloudfront', line)).toMatchObject(event);
    expect(eventOf('aws-cloudfront', line).target).not.toBe('');
    expect(eventOf('aws-cloudfront', columns.slice(0, 12).join('\t'))).toMatchObject({ at: AT, bytesOut: 2390, bytesIn: 0 });
    expect(detectFormat(bytes(`${line}\n`.repeat(3)))).toMatchObject({ format: 'aws-cloudfront' });
  });

  test('with a header that says which columns there are', () => {
    const text = `#Version: 1.0\n#Fields: date time c-ip cs-method cs-uri-stem sc-status time-taken cs(User-Agent)\n2026-11-22\t01:59:14\t203.0.113.9\tPUT\t/a\t201\t0.2\tcurl\n`;
    expect(ingest(text, { format: 'aws-cloudfront' }).events[0]).toMatchObject({ at: AT, status: 201, duration: 200 });
    expect(
      detectFormat(
        bytes(
          `#Version: 1.0\n#Fields: ${'date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query'}\n`,
        ),
      ),
    ).toMatchObject({
      format: 'aws-cloudfront',
    });
  });

  test('an agent is the same however often it was encoded', () => {
    const plain = eventOf('aws-cloudfront', line.replaceAll('%2520(X11;%2520', '%20(X11;%20'));
    expect(eventOf('aws-cloudfront', line).device).toBe(plain.device);
    expect(
      eventOf('combined', `203.0.113.9 - - [22/Nov/2026:01:59:14 +0000] "GET / HTTP/1.1" 200 1 "-" "Mozilla/5.0 (X11; Linux)"`).device,
    ).toBe(plain.device);
  });
});

describe('aws-vpc-flow', () => {
  const line = '2 123456789010 eni-1235b8ca123456789 203.0.113.12 172.31.16.139 41751 443 6 20 4249 1795312700 1795312754 ACCEPT OK';
  const flow = { at: 1795312754000, duration: 54000, bytesIn: 4249, account: '203.0.113.12', interface: 'tcp 172.31.16.139:443' };

  test('version 2, a header line, and a pattern that names the columns', () => {
    expect(eventOf('aws-vpc-flow', line)).toMatchObject(flow);
    const header = 'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
    const { events, dead } = ingest(`${header}\n${line}\n`, { format: 'aws-vpc-flow' });
    expect([events.length, dead.length]).toEqual([1, 0]);
    const pattern = '${pkt-srcaddr} ${srcaddr} ${dstaddr} ${dstport} ${srcport} ${protocol} ${bytes} ${start} ${end} ${flow-direction}';
    expect(
      eventOf('aws-vpc-flow', '203.0.113.12 10.0.0.1 172.31.16.139 443 41751 6 4249 1795312700 1795312754 ingress', { pattern }),
    ).toMatchObject(flow);
    for (const text of [line, `${header}\n${line}`])
      expect(detectFormat(bytes(`${text}\n`.repeat(2)))).toMatchObject({ format: 'aws-vpc-flow' });
  });

  test('what was refused is unanswered; answers are turned round', () => {
    expect(eventOf('aws-vpc-flow', line.replace('ACCEPT', 'REJECT')).flags & FLAG.unanswered).not.toBe(0);
    const answer = '2 123456789010 eni-1235b8ca123456789 172.31.16.139 203.0.113.12 443 41751 6 20 9000 1795312700 1795312754 ACCEPT OK';
    expect(eventOf('aws-vpc-flow', answer)).toMatchObject({
      account: '203.0.113.12',
      interface: 'tcp 172.31.16.139:443',
      bytesIn: 0,
      bytesOut: 9000,
    });
  });

  test.each([
    ['2 123456789010 eni-1235b8ca123456789 - - - - - - - 1795312700 1795312754 - NODATA', /^not_this_format: NODATA: no traffic/],
    ['2 123456789010 eni-1235b8ca123456789 - - - - - - - 1795312700 1795312754 - SKIPDATA', /SKIPDATA: records were skipped/],
    [line.slice(0, 90), /^truncated/],
  ])('%s', (text, reason) => {
    expect(deathOf('aws-vpc-flow', text)).toMatch(reason);
  });

  test('columns that make no flow are refused at start', () => {
    expect(() => ingest('', { format: 'aws-vpc-flow', pattern: 'srcaddr dstaddr' })).toThrow(/without dstport, protocol, end/);
    expect(() => ingest('', { format: 'aws-vpc-flow', pattern: 'srcaddr destaddr' })).toThrow(/'destaddr' is no field/);
  });
});

describe('iis', () => {
  const line = '2026-11-22 01:59:14 10.0.0.5 GET /v1/a x=1 443 - 203.0.113.9 Mozilla/5.0+(Windows+NT+10.0) - 200 0 0 125';
  const event = { at: AT, duration: 125, status: 200, address: '203.0.113.9', interface: 'GET gateway/v1/a' };

  test('the usual fields, or those of the header, which may change', () => {
    expect(eventOf('iis', line)).toMatchObject(event);
    const text = [
      '#Software: Microsoft Internet Information Services 10.0',
      '#Fields: date time c-ip cs-username cs-method cs-uri-stem cs-uri-query sc-status sc-bytes cs-bytes time-taken cs-host',
      '2026-11-22 01:59:14 203.0.113.9 DOMAIN\\ann GET /v1/a - 403 12 34 125 api.example.com',
      '#Fields: date time cs-method cs-uri-stem c-ip sc-status',
      '2026-11-22 01:59:15 PUT /v1/b 203.0.113.9 201',
      '',
    ].join('\r\n');
    const { events, dead } = ingest(text, { format: 'iis' });
    expect(dead).toEqual([]);
    expect(events).toMatchObject([
      { account: 'DOMAIN\\ann', bytesOut: 12, bytesIn: 34, duration: 125, interface: 'GET api.example.com/v1/a' },
      { interface: 'PUT gateway/v1/b', status: 201 },
    ]);
    for (const sample of [`${line}\n`, text]) expect(detectFormat(bytes(sample.repeat(2)))).toMatchObject({ format: 'iis', confidence: 1 });
  });
});

describe('combined, with what stands before it', () => {
  const rest = `- carol [22/Nov/2026:09:59:14 +0800] "GET /v1/a HTTP/1.1" 200 51 "-" "${AGENT}"`;
  const cases: Case[] = [
    [
      'a virtual host and a quoted list',
      `example.com "198.51.100.7, 203.0.113.1" 203.0.113.9 ${rest}`,
      { interface: 'GET example.com/v1/a' },
    ],
    ['a virtual host and a list', `example.com:8080 198.51.100.7, 203.0.113.9 ${rest}`, { interface: 'GET example.com:8080/v1/a' }],
    ['a list that begins with no address', `unknown, 203.0.113.9 ${rest}`, { interface: 'GET gateway/v1/a' }],
    ['no virtual host', `- 203.0.113.9 ${rest}`, { interface: 'GET gateway/v1/a' }],
    ['a host that is an address', `192.0.2.80:443 203.0.113.9 ${rest}`, {}],
  ];
  test.each(cases)('%s', (_, line, event) => {
    expect(eventOf('combined', line)).toMatchObject({ address: '203.0.113.9', account: 'carol', ...event });
  });

  test('a user name with what looks like a time', () => {
    const forged = rest.replace('carol', String.raw`x [01/Jan/2020:00:00:00 +0000] \x22GET`);
    expect(eventOf('combined', `203.0.113.9 ${forged}`)).toMatchObject({
      at: AT,
      account: 'x [01/Jan/2020:00:00:00 +0000] "GET',
      bytesOut: 51,
    });
  });

  test('a socket has no address', () => {
    for (const head of ['unix:', 'example.com unix:'])
      expect(eventOf('combined', `${head} ${rest}`)).toMatchObject({ address: '', account: 'carol' });
  });
});

describe('what shippers put before a line', () => {
  const line = `203.0.113.9 - carol [22/Nov/2026:09:59:14 +0800] "GET /v1/a HTTP/1.1" 200 51 "-" "${AGENT}"`;
  const plain = eventOf('combined', line);
  const prefixes: [string, string][] = [
    ['CRI', '2026-11-22T01:59:14.743000000+00:00 stdout F '],
    ['RFC 3164', '<190>Nov 22 09:59:14 web-1 nginx: '],
    ['RFC 3164 without priority', 'Nov  2 09:59:14 web-1 nginx[17]: '],
    ['RFC 3164 without a host', '<134>Nov 22 09:59:14 nginx: '],
    ['RFC 5424', '<165>1 2026-11-22T01:59:14.003Z web-1 nginx 17 ID47 [x@1 a="b]\\"" c="d"] \ufeff'],
    ['RFC 5424 without data', '<165>1 2026-11-22T01:59:14.003+08:00 web-1 nginx - - - '],
    ['rsyslog with an ISO time', '2026-11-22T01:59:14.743000+00:00 web-1 nginx[17]: '],
    ['docker logs -t', '2026-11-22T01:59:14.743000000Z '],
    ['docker compose', 'web-1  | '],
    ['kubectl logs --prefix', '[pod/web-7c5/nginx] '],
    ['CRI around syslog', '2026-11-22T01:59:14.743Z stderr F <190>Nov 22 09:59:14 web-1 nginx: '],
  ];
  test.each(prefixes)('%s', (_, prefix) => {
    const { account, at, interface: name, address, device, bytesOut } = eventOf('combined', prefix + line);
    expect({ account, at, name, address, device, bytesOut }).toEqual({
      account: plain.account,
      at: plain.at,
      name: plain.interface,
      address: plain.address,
      device: plain.device,
      bytesOut: plain.bytesOut,
    });
  });
  test.each(prefixes.filter(([name]) => !name.includes('docker logs')))('%s before JSON', (_, prefix) => {
    const json = '{"time_iso8601":"2026-11-22T01:59:14Z","remote_addr":"203.0.113.9","request":"GET /v1/a HTTP/1.1","status":200}';
    expect(eventOf('nginx-json', prefix + json)).toMatchObject({ at: AT, address: '203.0.113.9' });
  });

  test('a line that begins with a time of its own is not taken for one with a header', () => {
    const pattern = '$time_iso8601 $host client: $remote_addr "$request"';
    const own = '2026-11-22T01:59:14+00:00 api.example.com client: 203.0.113.9 "GET /v1/a HTTP/1.1"';
    for (const text of [own, `2026-11-22T01:59:15.1+00:00 web-1 nginx[17]: ${own}`, `2026-11-22T01:59:15.1Z stdout F ${own}`])
      expect(eventOf('nginx', text, { pattern })).toMatchObject({ at: AT, address: '203.0.113.9', interface: 'GET api.example.com/v1/a' });
  });

  const cri = (tag: string, text: string, stream = 'stdout') => `2026-11-22T01:59:14.743Z ${stream} ${tag} ${text}\n`;

  test('parts of a line are one line again, across streams', () => {
    const text = cri('P', line.slice(0, 40)) + cri('F', line, 'stderr') + cri('P', line.slice(40, 90)) + cri('F', line.slice(90));
    const { events, dead } = ingest(text, { format: 'combined' });
    expect(dead).toEqual([]);
    expect(events.map(({ account, at, device }) => [account, at, device])).toEqual([
      ['carol', plain.at, plain.device],
      ['carol', plain.at, plain.device],
    ]);
  });

  test('parts are kept over a restart', () => {
    const chunk = (text: string, offset: number) => ({
      tenant: 'shop',
      source: 'gateway',
      partition: 'input',
      offset,
      line: 0,
      bytes: bytes(text),
    });
    const first = stageOf({ format: 'combined' });
    const part = cri('P', line.slice(0, 60));
    expect(eventsOf(first.process(chunk(part, 0)))).toEqual([]);
    const second = stageOf({ format: 'combined' });
    second.restore(first.snapshot());
    const emits = [
      ...second.process(chunk(cri('F', line.slice(60)), part.length)),
      ...second.control({ kind: 'end', tenant: 'shop', upstream: 'input', provisional: false }),
    ];
    expect(eventsOf(emits)).toMatchObject([{ account: 'carol', offset: part.length, device: plain.device }]);
    expect(second.counters()['read\tshop\tgateway\t']).toBe(1);
  });

  test('a part whose rest does not come is truncated, and no last part is a line of its own', () => {
    const { events, dead } = ingest(cri('P', 'GET /') + cri('F', line) + cri('P', line), { format: 'combined' });
    expect(events).toEqual([]);
    expect(dead.map(({ reason }) => reason).sort()).toEqual(['not_this_format', 'truncated']);
  });

  test('parts that are too long together are dropped', () => {
    const part = 'x'.repeat(300_000);
    const { events, dead } = ingest(cri('P', part).repeat(4) + cri('F', part) + cri('F', line), { format: 'combined' });
    expect(events).toHaveLength(1);
    expect(dead.map(({ reason }) => reason)).toEqual(['line_too_long']);
  });
});

test('a client logged by its name is an account that its host vouches for', () => {
  const event = eventOf('combined', 'build-7 - - [22/Nov/2026:09:59:14 +0800] "GET /a HTTP/1.1" 200 7 "-" "curl/8"');
  expect([event.account, IDENTITY_ORIGINS[event.origin]]).toEqual(['build-7', 'host']);
});
