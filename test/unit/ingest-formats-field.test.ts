import { describe, expect, test } from 'vitest';
import type { Format } from '../../schemas/config.ts';
import { detectFormat } from '../../services/ingest/detect.ts';
import type { NormaliseConfig } from '../../services/ingest/normalise-config.ts';
import { ingest, type PlainEvent } from '../support/ingest-events.ts';

// Lines as gateways in the field write them, which a parser once read wrongly or not at all.

/** What becomes of a line: its event, or why it is none. */
function fateOf(format: Format, line: string | object, config: Partial<NormaliseConfig> = {}): PlainEvent | string {
  const { events, dead } = ingest(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`, { format, ...config });
  expect(events.length + dead.length).toBe(1);
  return events[0] ?? `${dead[0].reason}: ${dead[0].detail}`;
}

const TIME = '[22/Nov/2026:09:59:14 +0800]';
const AT = Date.UTC(2026, 10, 22, 1, 59, 14);

describe('combined', () => {
  const line = `203.0.113.9 - - ${TIME} "GET /a HTTP/1.1" 200 51 "-" "curl/8"`;

  test('an address in brackets before the one of the time', () => {
    expect(fateOf('combined', line.replace('203.0.113.9', '[2001:db8::9]'))).toMatchObject({ at: AT, address: '2001:db8::9' });
    expect(fateOf('combined', line.replace('203.0.113.9', '[2001:db8::9]:443'))).toMatchObject({ at: AT, address: '2001:db8::9' });
  });

  test('of several numbers behind the agent the first is the duration', () => {
    expect(fateOf('combined', `${line} 0.123 0.120 .`)).toMatchObject({ duration: 123 });
    expect(fateOf('combined', `${line} 0.004 rt=0.123 urt="0.120"`)).toMatchObject({ duration: 123 });
  });

  test('two lines in one are none', () => {
    expect(fateOf('combined', `${line}${line}`)).toMatch(/^not_this_format/);
    for (const end of [1, 30, 60, 70, line.length - 5, line.length - 1])
      expect(JSON.stringify(fateOf('combined', `${line.slice(0, end)}${line}`)), `cut at ${end}`).toMatch(
        /^"(not_this_format|truncated|bad_)/,
      );
  });

  test('a quote that nothing escapes is no part of a value', () => {
    expect(fateOf('combined', line.replace('curl/8', 'a "b" c'))).toMatch(/^not_this_format/);
    expect(fateOf('combined', line.replace(' - - ', ' - x" '))).toMatch(/^not_this_format/);
    expect(fateOf('combined', line.replace('"-"', '"x"y"'))).toMatch(/^not_this_format/);
  });

  test('an empty name in quotes is nobody', () => {
    expect(fateOf('combined', line.replace(' - - ', ' - "" '))).toMatchObject({ account: '203.0.113.9' });
  });

  test.each(['abc', '-5', '5x', '0x10'])('a size %s is none', (size) => {
    expect(fateOf('combined', line.replace(' 51 ', ` ${size} `))).toBe(`not_this_format: '${size}' is no size`);
  });
});

describe('format strings', () => {
  const nginx = (pattern: string): Partial<NormaliseConfig> => ({ pattern });

  test.each([
    ['|', '10.0.0.1:80, 10.0.0.2:80', '0.100, 0.020'],
    ['\t', '10.0.0.1:80 : 10.0.0.2:80', '0.100 : 0.020'],
    [';', '[2001:db8::1]:80, unix:/run/a.sock', '-, 0.020'],
    [',', '10.0.0.1:80, 10.0.0.2:80', '-'],
    [' ', '[2001:db8::1]:80, [2001:db8::2]:80', '0.100, 0.020'],
  ])('lists between %j', (separator, upstreams, times) => {
    const line = ['203.0.113.9', '1795312754.125', 'GET', '/a?x=1', '404', upstreams, times, 'Moz'].join(separator);
    const pattern = [
      '$remote_addr',
      '$msec',
      '$request_method',
      '$request_uri',
      '$status',
      '$upstream_addr',
      '$upstream_response_time',
      '$http_x_consumer_id',
    ].join(separator);
    expect(fateOf('nginx', line, nginx(pattern))).toMatchObject({ at: 1795312754125, status: 404, account: 'Moz' });
  });

  test('upstreams with addresses of IPv6 (ingress-nginx)', () => {
    const line = `203.0.113.9 - - ${TIME} "GET /ws HTTP/1.1" 101 9000 "-" "curl" 50 3600.123 [default-a-80] [] [2001:db8::9]:8080 9000 3600.120 101 9c1b0f6ac4d1e7f5`;
    expect(fateOf('ingress-nginx', line)).toMatchObject({ duration: 3_600_123, status: 101, bytesIn: 50, bytesOut: 9000 });
  });

  test('%D is more exact than %T', () => {
    const pattern = '%h %l %u %t \\"%r\\" %>s %b %D %T';
    expect(fateOf('apache', `203.0.113.9 - - ${TIME} "GET /a HTTP/1.1" 200 12 1500 0`, { pattern })).toMatchObject({
      at: AT + 2,
      duration: 2,
    });
  });
});

describe('haproxy', () => {
  const line = '203.0.113.9:33317 [22/Nov/2026:01:59:14.655] in~ api/s1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /a HTTP/1.1"';

  test('a line behind the name of the program alone', () => {
    expect(fateOf('haproxy', `haproxy[674]: ${line}`)).toMatchObject({ status: 200, address: '203.0.113.9' });
  });

  test('a quote in the request is none of its own', () => {
    expect(fateOf('haproxy', line.replace('/a HTTP', '/a?x="1" HTTP'))).toMatch(/^not_this_format/);
    expect(fateOf('haproxy', `${line}${line}`)).toMatch(/^not_this_format/);
  });

  test('a size that is none', () => {
    expect(fateOf('haproxy', line.replace('2750', 'x'))).toBe("not_this_format: 'x' is no size");
  });
});

describe('traefik', () => {
  const rest = `- - ${TIME} "GET /a HTTP/1.1" 304 0 "-" "Moz" 262 "web@docker" "http://172.19.0.3:5601" 2ms`;

  test('the client is what X-Forwarded-For says, where it is logged', () => {
    for (const hops of ['198.51.100.4, 203.0.113.9', '198.51.100.4,203.0.113.9'])
      expect(fateOf('traefik', `${hops} ${rest}`, { proxyHops: 1 })).toMatchObject({ address: '198.51.100.4', duration: 2 });
    expect(fateOf('traefik', `198.51.100.4, 203.0.113.9 ${rest}`)).toMatchObject({ address: '203.0.113.9' });
  });

  test('two lines in one are none', () => {
    expect(fateOf('traefik', `203.0.113.9 ${rest}203.0.113.9 ${rest}`)).toMatch(/^not_this_format/);
    expect(fateOf('traefik', `203.0.113.9 - - ${TIME} "GET /a203.0.113.9 ${rest}`)).toMatch(/^not_this_format/);
  });

  test('quotes in a query hide nothing', () => {
    expect(fateOf('traefik', `203.0.113.9 ${rest.replace('/a HTTP', '/a?x="1"&y=" HTTP')}`)).toMatchObject({
      status: 304,
      duration: 2,
      interface: 'GET gateway/a',
    });
    expect(fateOf('traefik', `203.0.113.9 ${rest.replace('GET /a HTTP/1.1', '- - -')}`)).toMatch(/^not_http/);
  });

  test('ClientHost holds what X-Forwarded-For says', () => {
    const record = {
      ClientHost: '198.51.100.4, 203.0.113.9',
      DownstreamStatus: 200,
      Duration: 1_000_000,
      RequestMethod: 'POST',
      RequestPath: '/a',
      StartUTC: '2026-11-22T01:59:14Z',
    };
    expect(fateOf('traefik-json', record)).toMatchObject({ status: 200, address: '203.0.113.9' });
    expect(fateOf('traefik-json', { ...record, ClientAddr: '10.0.0.7:5300' }, { trustedProxies: ['10.0.0.0/8'] })).toMatchObject({
      address: '203.0.113.9',
    });
    expect(fateOf('traefik-json', { ...record, ClientAddr: '10.0.0.7:5300' })).toMatchObject({ address: '10.0.0.7' });
  });
});

describe('caddy', () => {
  const record = {
    level: 'info',
    ts: 1795312754.125,
    logger: 'http.log.access',
    msg: 'handled request',
    request: { remote_ip: '203.0.113.9', method: 'GET', host: 'api.example.com', uri: '/a', headers: {} },
    duration: 0.125,
    size: 3,
    status: 200,
  };

  test('what its handlers and its errors say of the same request is none', () => {
    expect(fateOf('caddy', record)).toMatchObject({ status: 200 });
    expect(fateOf('caddy', { ...record, msg: undefined })).toMatchObject({ status: 200 });
    expect(
      fateOf('caddy', { ...record, level: 'error', logger: 'http.log.error', msg: 'dial tcp: connection refused', status: 502 }),
    ).toMatch(/^not_http/);
    expect(fateOf('caddy', { ...record, level: 'debug', logger: 'http.handlers.reverse_proxy', msg: 'upstream roundtrip' })).toMatch(
      /^not_http/,
    );
  });
});

describe('methods and targets apart', () => {
  test('a target that is called the request', () => {
    const record = { timestamp: '22/Nov/2026:09:59:14 +0800', clientip: '203.0.113.9', verb: 'GET', request: '/a/1?x', status: '200' };
    expect(fateOf('nginx-json', record)).toMatchObject({ at: AT, interface: 'GET gateway/a/{id}' });
    expect(fateOf('nginx-json', { ...record, request: '/' })).toMatchObject({ interface: 'GET gateway/' });
    expect(fateOf('nginx-json', { ...record, request: 'abc' })).toMatch(/^bad_request/);
  });

  test('the route of an API gateway that holds for all methods', () => {
    const record = { requestId: 'r', ip: '203.0.113.9', requestTime: '22/Nov/2026:01:59:14 +0000', httpMethod: 'POST', status: '200' };
    expect(fateOf('aws-api-gateway', { ...record, routeKey: 'ANY /pets' })).toMatchObject({ interface: 'POST gateway/pets' });
    expect(fateOf('aws-api-gateway', { ...record, routeKey: '$default' })).toMatch(/^bad_request/);
    expect(fateOf('aws-api-gateway', { ...record, routeKey: '$default', path: '/pets/7' })).toMatchObject({
      interface: 'POST gateway/pets/{id}',
    });
  });
});

describe('what is no request line', () => {
  const line = `203.0.113.9 - - ${TIME} "GET /a HTTP/1.1" 400 51 "-" "-"`;

  test.each(['\\x16\\x03\\x01 /\\xA9', 'GET ', 'GET', '\\x00\\x01 *', 'a=b /x HTTP/1.1', '{} /x', 'EHLO mail'])('%s', (request) => {
    expect(fateOf('combined', line.replace('GET /a HTTP/1.1', request))).toMatch(/^bad_request/);
  });

  test('methods that nobody knows are methods', () => {
    expect(fateOf('combined', line.replace('GET', 'SSTP_DUPLEX_POST'))).toMatchObject({ interface: 'OTHER gateway/a' });
    expect(fateOf('combined', line.replace('GET', 'M-SEARCH'))).toMatchObject({ status: 400 });
  });
});

describe('apisix', () => {
  const line = `203.0.113.9 - - ${TIME} api.example.com "GET /hello?a=1 HTTP/1.1" 200 118 0.019 "-" "curl/8" 127.0.0.1:1980 200 0.017 "http://api.example.com"`;

  test('its access.log', () => {
    expect(fateOf('apisix', line)).toMatchObject({
      at: AT,
      duration: 19,
      status: 200,
      bytesOut: 118,
      address: '203.0.113.9',
      interface: 'GET api.example.com/hello',
    });
    const record = {
      client_ip: '203.0.113.9',
      start_time: 1795312754000,
      latency: 19,
      request: { method: 'GET', uri: '/a' },
      response: { status: 200 },
    };
    expect(fateOf('apisix', record)).toMatchObject({ at: 1795312754019, status: 200 });
    expect(fateOf('apisix', line.replace(' 0.019', ''))).toMatch(/^not_this_format/);
    expect(detectFormat(new TextEncoder().encode(`${line}\n`)).format).toBe('apisix');
  });
});

describe('aws-cloudfront', () => {
  const pattern = 'timestamp(ms) c-ip time-taken sc-status sc-bytes cs-method cs-host cs-uri-stem cs-uri-query cs-user-agent cs-cookie';
  const line = '1795312754125\t203.0.113.9\t0.020\t200\t392\tGET\tapi.example.com\t/a/17\tb=c\tMozilla/5.0%20(X11)\t-';

  test('the real-time log, by its columns', () => {
    const event = { at: 1795312754125, duration: 20, status: 200, bytesOut: 392, interface: 'GET api.example.com/a/{id}' };
    expect(fateOf('aws-cloudfront', line, { pattern })).toMatchObject(event);
    expect(
      fateOf('aws-cloudfront', line.replace('1795312754125', '1795312754.125'), { pattern: pattern.replace('(ms)', '') }),
    ).toMatchObject(event);
    expect(fateOf('aws-cloudfront', line.slice(0, -20), { pattern })).toMatch(/^truncated/);
    expect(() => fateOf('aws-cloudfront', line, { pattern: 'c-ip sc-status' })).toThrow(/without timestamp, cs-uri-stem, cs-method/);
  });
});

describe('ecs', () => {
  const record = {
    '@timestamp': '2026-11-22T01:59:14.000Z',
    http: { request: { method: 'GET' }, response: { status_code: 200 } },
    url: { original: '/status' },
    source: { address: 'monitoring-7.example.com' },
  };

  test('a client by the name of its host', () => {
    expect(fateOf('ecs', record)).toMatchObject({ account: 'monitoring-7.example.com', address: '', status: 200 });
    expect(fateOf('ecs', { ...record, user: { name: 'ann' } })).toMatchObject({ account: 'ann', address: '' });
    expect(fateOf('ecs', { ...record, source: { address: '999.1.1.1' } })).toMatch(/^bad_address/);
    expect(fateOf('ecs', { ...record, source: { address: 'monitoring-7', ip: '203.0.113.9' } })).toMatchObject({ account: '203.0.113.9' });
  });
});

describe('detection', () => {
  const detected = (text: string): string | undefined => detectFormat(new TextEncoder().encode(text)).format;
  const combined = `203.0.113.9 - - ${TIME} "GET /a HTTP/1.1" 200 51 "-" "curl/8"\n`;

  test('records that only look like ones of a format do not make it', () => {
    const noise = 'starting\n2026-11-22 INFO ready\n'.repeat(9);
    const json = '{"time":1795312754,"remote_addr":"203.0.113.9","request":"GET /a HTTP/1.1","status":200}\n';
    expect(detected(noise + json.repeat(4))).toBe('nginx-json');
    expect(detected(noise + '{"time":"2026-11-22T01:59:14Z","level":"info","msg":"x"}\n'.repeat(6) + combined.repeat(3))).toBe('combined');
  });

  test('an error log is no JSON', () => {
    const { reason } = detectFormat(new TextEncoder().encode('[Thu Oct 13 12:24:49 2022] [error] [client 203.0.113.9] no such file\n'));
    expect(reason).not.toMatch(/JSON array/);
  });
});
