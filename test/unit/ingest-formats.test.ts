import { describe, expect, test } from 'vitest';
import { FLAG, IDENTITY_ORIGINS } from '../../services/core/batch.ts';
import { detectFormat } from '../../services/ingest/detect.ts';
import { ingest, type PlainEvent } from '../support/ingest-events.ts';

const has = (event: PlainEvent, flag: keyof typeof FLAG) => (event.flags & FLAG[flag]) !== 0;
const originOf = (event: PlainEvent) => IDENTITY_ORIGINS[event.origin];
const bytes = (text: string) => new TextEncoder().encode(text);

describe('nginx-json', () => {
  const line = {
    time_iso8601: '2026-03-02T10:15:30+08:00',
    remote_addr: '203.0.113.9',
    http_x_forwarded_for: '-',
    request_method: 'GET',
    request_uri: '/api/v1/orders/8841?page=2&order_id=77',
    host: 'Shop.Example.com:443',
    status: 200,
    body_bytes_sent: 512,
    bytes_sent: 700,
    request_length: 310,
    request_time: '0.042',
    http_user_agent: 'okhttp/4.9',
    http_x_consumer_id: 'alice',
  };

  test('a record becomes an event whose time is the record’s', () => {
    const { events, dead } = ingest(`${JSON.stringify(line)}\n`);
    expect(dead).toEqual([]);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      at: Date.UTC(2026, 2, 2, 2, 15, 30),
      duration: 42,
      status: 200,
      bytesIn: 310,
      bytesOut: 512,
      account: 'alice',
      interface: 'GET shop.example.com/api/v1/orders/{id}',
      address: '203.0.113.9',
      objectNumber: 77,
      offset: 0,
      index: 0,
    });
    expect(originOf(events[0])).toBe('consumer');
    expect(has(events[0], 'anonymous')).toBe(false);
  });

  test('request line, msec and other usual names do as well', () => {
    const { events } = ingest(
      `{"msec": 1772417730.5, "client_ip":"198.51.100.7:4431", "request":"POST /login HTTP/1.1", "status":"401", "user":"-", "response_time": 12}\n`,
    );
    expect(events[0]).toMatchObject({
      at: 1772417730500,
      duration: 12,
      address: '198.51.100.7',
      account: '198.51.100.7',
      interface: 'POST gateway/login',
      status: 401,
    });
    expect(has(events[0], 'anonymous') && has(events[0], 'login') && has(events[0], 'failure')).toBe(true);
  });

  test('a source’s own names come first, in their own unit', () => {
    const { events } = ingest(
      '{"when":"2026-03-02 00:00:00","who":{"name":"bob"},"from":"192.0.2.4","verb":"get","url":"https://a.example/x/1","took":0.25}\n',
      {
        fields: { time: 'when', address: 'from', duration: 'took' },
        identity: ['who.name'],
      },
    );
    expect(events[0]).toMatchObject({
      at: Date.UTC(2026, 2, 2),
      account: 'bob',
      address: '192.0.2.4',
      interface: 'GET a.example/x/{id}',
      duration: 250,
    });
  });

  test('escapes are decoded: \\/ and \\u forms name the same path and account', () => {
    const { events } = ingest(
      '{"time_iso8601":"2026-03-02T00:00:00Z","remote_addr":"192.0.2.4","request_uri":"\\/a\\/b\\u0063","request_method":"GET","user":"\\u00e9lise"}\n',
    );
    expect(events[0]).toMatchObject({ interface: 'GET gateway/a/bc', account: 'élise' });
  });

  test('what says that nobody is there is nobody', () => {
    for (const user of ['-', '', 'null', 'anonymous', 'None', '0']) {
      const { events } = ingest(
        `{"time_iso8601":"2026-03-02T00:00:00Z","remote_addr":"192.0.2.4","uri":"/","request_method":"GET","user_id":${JSON.stringify(user)}}\n`,
      );
      expect(has(events[0], 'anonymous'), user).toBe(true);
      expect(events[0].account).toBe('192.0.2.4');
    }
  });
});

describe('combined', () => {
  const agent = '"Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0"';
  const cases: [string, string, Partial<PlainEvent>][] = [
    [
      'combined',
      `203.0.113.5 - frank [10/Oct/2025:13:55:36 -0700] "GET /a/b.gif HTTP/1.0" 200 2326 "http://x/y" ${agent}`,
      { at: Date.UTC(2025, 9, 10, 20, 55, 36), account: 'frank', bytesOut: 2326, interface: 'GET gateway/a/{file}' },
    ],
    ['common', '::1 - - [10/Oct/2025:13:55:36 +0000] "GET /hello HTTP/1.1" 404 209', { address: '::1', account: '::1', status: 404 }],
    [
      'virtual host',
      `www.example.com:80 203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET /hello HTTP/1.1" 301 0 "-" ${agent}`,
      { interface: 'GET www.example.com/hello', address: '203.0.113.5' },
    ],
    [
      'user with spaces',
      `203.0.113.5 - John Q Public [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-"`,
      { account: 'John Q Public' },
    ],
    [
      'request time',
      `203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-" 0.123`,
      { duration: 123, at: Date.UTC(2025, 9, 10, 13, 55, 36) },
    ],
    [
      'named request time',
      `203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-" rt=1.5 uct="0.000"`,
      { duration: 1500 },
    ],
    [
      'milliseconds',
      `203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-" 17 "front" "http://10.0.0.1" 247ms`,
      { duration: 247 },
    ],
    [
      'escaped quotes',
      String.raw`203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET /q?a=\"b\" HTTP/1.1" 200 1 "-" "a \"quoted\" agent"`,
      { interface: 'GET gateway/q' },
    ],
    [
      'forwarded list in front',
      `198.51.100.1, 203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-"`,
      { address: '203.0.113.5' },
    ],
    [
      'quoted forwarded list',
      `"198.51.100.1, 198.51.100.2" 203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-"`,
      { address: '203.0.113.5' },
    ],
    [
      'a user field less',
      '203.0.113.5 - [10/Oct/2025:13:55:36 +0000] "GET /api/test HTTP/1.1" 200 100 "-" "curl/7.68.0"',
      { account: '203.0.113.5' },
    ],
    [
      'unknown method',
      '203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "BREW /pot HTTP/1.1" 405 1 "-" "-"',
      { interface: 'OTHER gateway/pot' },
    ],
    [
      'absolute form',
      '203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET http://other.example/x HTTP/1.1" 400 1 "-" "-"',
      { interface: 'GET other.example/x' },
    ],
  ];
  test.each(cases)('%s', (_name, line, expected) => {
    const { events, dead } = ingest(`${line}\n`, { format: 'combined' });
    expect(dead).toEqual([]);
    expect(events[0]).toMatchObject(expected);
  });

  test('X-Forwarded-For behind the agent is walked over trusted proxies', () => {
    const line = '10.8.0.3 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-" "192.0.2.66, 203.0.113.5"\n';
    expect(ingest(line, { format: 'combined', trustedProxies: ['10.8.0.0/24'] }).events[0].address).toBe('203.0.113.5');
    expect(ingest(line, { format: 'combined' }).events[0].address).toBe('10.8.0.3');
  });

  const bad: [string, string, string][] = [
    ['-', '203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "-" 408 -', 'not_http'],
    ['no request', '203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "" 400 0 "-" "-"', 'not_http'],
    ['TLS bytes', String.raw`203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "\x16\x03\x01\x00" 400 150 "-" "-"`, 'bad_request'],
    ['cut in the agent', '203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "Mozil', 'truncated'],
    ['cut in the request', '203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET /abc', 'truncated'],
    ['cut in the time', '203.0.113.5 - - [10/Oct/2025:13:5', 'truncated'],
    ['error log', '2025/12/01 13:53:33 [error] 31#31: *46 open() failed', 'not_this_format'],
    ['bad time', '203.0.113.5 - - [32/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1', 'bad_time'],
    ['old time', '203.0.113.5 - - [10/Oct/1970:13:55:36 +0000] "GET / HTTP/1.1" 200 1', 'time_before_1990'],
    ['an address that is none', '999.1.1.1 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1', 'bad_address'],
    ['a word before the time', 'GET / at [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1', 'not_this_format'],
    ['bad status', '203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 20x 1', 'bad_status'],
  ];
  test.each(bad)('%s is dead-lettered', (_name, line, reason) => {
    const { events, dead } = ingest(`${line}\n`, { format: 'combined' });
    expect(events).toEqual([]);
    expect(dead.map((letter) => letter.reason)).toEqual([reason]);
  });

  test('a last line without line feed that lacks what the others have is truncated', () => {
    const whole = '203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1234 "-" "curl/8"';
    const { events, dead } = ingest(`${whole}\n${whole.slice(0, whole.indexOf(' "-"') - 2)}`, { format: 'combined' });
    expect(events).toHaveLength(1);
    expect(dead[0]).toMatchObject({ reason: 'truncated', line: 2, offset: whole.length + 1 });
  });
});

describe('apisix', () => {
  const record = {
    request: {
      method: 'POST',
      uri: '/api/users/42?verbose=1',
      url: 'http://api.example:9080/api/users/42?verbose=1',
      size: 120,
      headers: { host: 'api.example:9080', 'user-agent': 'curl/8', 'x-forwarded-for': '192.0.2.1' },
      querystring: { verbose: '1' },
    },
    response: { status: 201, size: 900, headers: {} },
    client_ip: '198.51.100.20',
    start_time: 1772417730000,
    latency: 99.6,
    consumer: { username: 'jack' },
    route_id: '1',
    apisix_latency: 1.2,
  };

  test('a record is complete at start_time + latency', () => {
    const { events } = ingest(`${JSON.stringify(record)}\n`, { format: 'apisix' });
    expect(events[0]).toMatchObject({
      at: 1772417730100,
      duration: 100,
      account: 'jack',
      address: '198.51.100.20',
      interface: 'POST api.example:9080/api/users/{id}',
      status: 201,
      bytesIn: 120,
      bytesOut: 900,
      objectNumber: 42,
    });
  });

  test('an array of records gives one event each, by index, and is one record in the file', () => {
    const line = JSON.stringify([record, { ...record, consumer: { username: 'jill' } }, { ...record, client_ip: 'junk' }]);
    const { events, dead, stage } = ingest(`${line}\n`, { format: 'apisix' });
    expect(events.map((event) => [event.account, event.index, event.offset > 0])).toEqual([
      ['jack', 0, true],
      ['jill', 1, true],
    ]);
    expect(dead.map((letter) => letter.reason)).toEqual(['bad_address']);
    expect(stage.counters()['read\tshop\tgateway\t']).toBe(3);
  });

  test('a broken array is one dead letter, nothing of it is taken', () => {
    const { events, dead } = ingest(`[${JSON.stringify(record)},{"a":}]\n`, { format: 'apisix' });
    expect(events).toEqual([]);
    expect(dead).toHaveLength(1);
  });

  test('a custom log format of nginx variables is read too', () => {
    const { events } = ingest(
      '{"@timestamp":"2026-03-02T00:00:00+00:00","client_ip":"192.0.2.9","host":"a.example","request_uri":"/p","request_method":"GET","route_id":"2"}\n',
      { format: 'apisix' },
    );
    expect(events[0]).toMatchObject({ at: Date.UTC(2026, 2, 2), interface: 'GET a.example/p' });
  });
});

describe('kong', () => {
  const record = {
    started_at: 1772417730000,
    latencies: { request: 35, proxy: 25, kong: 10 },
    client_ip: '192.0.2.40',
    request: {
      method: 'GET',
      uri: '/orders/9?x=1',
      size: 77,
      headers: { host: 'api.example.com', 'user-agent': 'HTTPie/3' },
      querystring: {},
    },
    response: { status: 200, size: 64 },
    consumer: { username: 'alice' },
    service: { name: 'orders', tags: [] },
  };

  test('a record is complete at started_at + latencies.request', () => {
    const { events } = ingest(`${JSON.stringify(record)}\n`, { format: 'kong' });
    expect(events[0]).toMatchObject({
      at: 1772417730035,
      duration: 35,
      account: 'alice',
      interface: 'GET api.example.com/orders/{id}',
      bytesIn: 77,
      bytesOut: 64,
    });
    expect(originOf(events[0])).toBe('consumer');
    expect(has(events[0], 'robot')).toBe(true);
  });

  test('without a consumer the credential stands; without an address the event still counts', () => {
    const { consumer: _c, client_ip: _a, ...rest } = record;
    const credential = ingest(`${JSON.stringify({ ...rest, authenticated_entity: { id: 'cred-1' } })}\n`, { format: 'kong' });
    expect(credential.events[0]).toMatchObject({ account: 'cred-1', address: '' });
    expect(ingest(`${JSON.stringify(rest)}\n`, { format: 'kong' }).events[0]).toMatchObject({ account: 'unknown', address: '' });
  });

  test('the date of the answer dates a record without started_at', () => {
    const { started_at: _s, ...rest } = record;
    const { events } = ingest(
      `${JSON.stringify({ ...rest, response: { ...record.response, headers: { date: 'Mon, 02 Mar 2026 02:15:30 GMT' } } })}\n`,
      { format: 'kong' },
    );
    expect(events[0].at).toBe(Date.UTC(2026, 2, 2, 2, 15, 30));
  });

  test('a query that is logged as an object alone names its objects', () => {
    const object = { ...record, request: { ...record.request, uri: '/orders', querystring: { order_id: '12', phone: '13800138000' } } };
    const { events } = ingest(`${JSON.stringify(object)}\n`, { format: 'kong' });
    expect(events[0].objectNumber).toBe(12);
    expect(events[0].target).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('envoy-json', () => {
  test('a record is complete at start_time + duration; brackets and ports of addresses are taken off', () => {
    const line = JSON.stringify({
      ':authority': 'www.example.com',
      bytes_received: 5,
      bytes_sent: 121,
      downstream_remote_address: '[fd00::5a24]:43000',
      duration: 11,
      method: 'GET',
      response_code: 200,
      start_time: '2026-01-24T01:34:36.743Z',
      'x-envoy-origin-path': '/assets/image.webp',
      'user-agent': 'curl/8',
    });
    const { events } = ingest(`${line}\n2026-01-24T01:34:36.743000000+00:00 stdout F ${line}\n`, { format: 'envoy-json' });
    expect(events).toHaveLength(2);
    expect(events[1]).toMatchObject({
      at: Date.UTC(2026, 0, 24, 1, 34, 36, 754),
      address: 'fd00::5a24',
      interface: 'GET www.example.com/{file}'.replace('/{file}', '/assets/{file}'),
      bytesIn: 5,
      bytesOut: 121,
    });
  });
});

describe('zeek-conn', () => {
  const header =
    '#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tlabel\n';
  const row = (cells: string[]) => `${cells.join('\t')}\n`;

  test('a connection is complete at ts + duration; account is the host, interface the service', () => {
    const { events, stage } = ingest(
      header +
        row([
          '1655071198.444458',
          'C1',
          '10.0.0.5',
          '62771',
          '40.74.108.123',
          '443',
          'tcp',
          'ssl',
          '1.135424',
          '1596',
          '4039',
          'SF',
          'T',
          'F',
          'x',
        ]) +
        row(['1655071199.000000', 'C2', '203.0.113.9', '40000', '10.0.0.5', '5432', 'tcp', '-', '-', '-', '-', 'S0', 'F', 'T', 'x']) +
        row([
          '1655071200.000000',
          'C3',
          '203.0.113.9',
          '40001',
          '10.0.0.5',
          '9994',
          'tcp',
          '-',
          '0.000003',
          '0',
          '0',
          'REJ',
          'F',
          'T',
          'x',
        ]) +
        '#close\t2022-06-12\n',
      { format: 'zeek-conn' },
    );
    expect(events.map((event) => [event.account, event.interface])).toEqual([
      ['10.0.0.5', 'tcp external:443'],
      ['203.0.113.9', 'tcp 10.0.0.5:5432'],
      ['203.0.113.9', 'tcp 10.0.0.5:high'],
    ]);
    expect(events[0]).toMatchObject({ at: 1655071199579, duration: 1135, bytesIn: 1596, bytesOut: 4039, status: 0 });
    expect(
      has(events[0], 'flow') && has(events[0], 'internalSource') && !has(events[0], 'internalTarget') && !has(events[0], 'unanswered'),
    ).toBe(true);
    expect(has(events[1], 'unanswered') && has(events[1], 'internalTarget') && !has(events[1], 'internalSource')).toBe(true);
    expect(originOf(events[0])).toBe('host');
    expect(stage.counters()['read\tshop\tgateway\t']).toBe(3);
  });

  test('ports that a scan or a client chose are folded, the port is the object then', () => {
    const flow = (port: number, state: string, from = 40000) =>
      ingest(
        `${JSON.stringify({ ts: 1655071198.5, 'id.orig_h': '203.0.113.9', 'id.orig_p': from, 'id.resp_h': '10.0.0.5', 'id.resp_p': port, proto: 'tcp', conn_state: state })}\n`,
        { format: 'zeek-conn' },
      ).events[0];
    const name = (port: number, state: string, from?: number) => flow(port, state, from).interface.slice('tcp 10.0.0.5:'.length);
    expect([
      name(9994, 'S0'),
      name(225, 'REJ'),
      name(22, 'S0'),
      name(3306, 'S0'),
      name(9994, 'SF'),
      name(50000, 'SF'),
      name(50000, 'SF', 1025),
      name(50000, 'S0', 1025),
    ]).toEqual(['high', 'low', '22', '3306', '9994', 'high', '50000', 'high']);
    expect(flow(9994, 'S0').object).not.toBe(flow(9995, 'S0').object);
    expect(flow(9994, 'S0').objectNumber).toBe(9994);
    expect(flow(443, 'SF').objectNumber).toBe(-1);
  });

  test('JSON records give the same events as rows', () => {
    const text = ingest(
      header +
        row([
          '1655071198.444458',
          'C1',
          '10.0.0.5',
          '62771',
          '40.74.108.123',
          '443',
          'tcp',
          'ssl',
          '1.135424',
          '1596',
          '4039',
          'SF',
          'T',
          'F',
          'x',
        ]),
      { format: 'zeek-conn' },
    );
    const json = ingest(
      `${JSON.stringify({ ts: 1655071198.444458, uid: 'C1', 'id.orig_h': '10.0.0.5', 'id.orig_p': 62771, 'id.resp_h': '40.74.108.123', 'id.resp_p': 443, proto: 'tcp', service: 'ssl', duration: 1.135424, orig_bytes: 1596, resp_bytes: 4039, conn_state: 'SF', local_orig: true, local_resp: false })}\n`,
      { format: 'zeek-conn' },
    );
    const bare = ({ content: _content, offset: _offset, ...event }: PlainEvent) => event;
    expect(json.events.map(bare)).toEqual(text.events.map(bare));
  });

  test('a line cut short is dead-lettered, rows without a header have the usual columns', () => {
    const cells = [
      '1655071198.444458',
      'C1',
      '10.0.0.5',
      '62771',
      '40.74.108.123',
      '443',
      'tcp',
      'ssl',
      '1.1',
      '15',
      '40',
      'SF',
      'T',
      'F',
      '0',
      'ShADad',
      '1',
      '2',
      '3',
      '4',
      '(empty)',
    ];
    const { events, dead } = ingest(row(cells) + cells.slice(0, 9).join('\t'), { format: 'zeek-conn' });
    expect(events).toHaveLength(1);
    expect(dead.map((letter) => letter.reason)).toEqual(['truncated']);
  });
});

describe('detection', () => {
  const samples: [string, string][] = [
    ['nginx-json', '{"time_iso8601":"2026-03-02T00:00:00Z","remote_addr":"192.0.2.4","request":"GET / HTTP/1.1","status":200}\n'],
    ['combined', '203.0.113.5 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n'],
    [
      'apisix',
      '{"request":{"method":"GET","uri":"/a","headers":{"host":"h"}},"response":{"status":200},"client_ip":"192.0.2.1","start_time":1772417730000,"latency":1,"route_id":"1"}\n',
    ],
    [
      'kong',
      '{"started_at":1772417730000,"latencies":{"request":35},"client_ip":"192.0.2.40","request":{"method":"GET","uri":"/o"},"response":{"status":200}}\n',
    ],
    [
      'envoy-json',
      '{":authority":"h","downstream_remote_address":"192.0.2.1:1","duration":1,"method":"GET","path":"/","response_code":200,"start_time":"2026-01-24T01:34:36.743Z"}\n',
    ],
    [
      'zeek-conn',
      '#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n1655071198.4\tC\t10.0.0.1\t1\t10.0.0.2\t80\ttcp\n',
    ],
    [
      'zeek-conn',
      '{"ts":1655071198.4,"id.orig_h":"10.0.0.5","id.orig_p":1,"id.resp_h":"10.0.0.6","id.resp_p":443,"proto":"tcp","conn_state":"SF"}\n',
    ],
  ];
  test.each(samples)('%s is recognised', (format, sample) => {
    expect(detectFormat(bytes(sample.repeat(3)))).toMatchObject({ format, confidence: 1 });
  });

  test('the format is found behind some lines of another kind', () => {
    expect(detectFormat(bytes(`[Thu Oct 13 12:24:49 2022] [error] x\n${samples[1][1].repeat(4)}`)).format).toBe('combined');
  });

  test.each([
    ['empty', new Uint8Array(0)],
    ['binary', Uint8Array.from({ length: 4096 }, (_, i) => (i * 37) & 255)],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0)],
    ['prose', bytes('Dear log,\ntoday nothing happened.\n')],
    ['JSON without a request', bytes('{"hello":"world"}\n')],
  ])('%s is no format, with a reason', (_name, sample) => {
    const found = detectFormat(sample);
    expect(found.format).toBeUndefined();
    expect(found.reason.length).toBeGreaterThan(10);
  });
});
