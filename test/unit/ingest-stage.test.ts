import { describe, expect, test } from 'vitest';
import { FLAG, IDENTITY_ORIGINS } from '../../services/core/batch.ts';
import { keyGroupOf, partitionOf } from '../../services/core/key-groups.ts';
import { parseLedgerCounter } from '../../services/core/topology-contract.ts';
import { DAY, HOUR, MINUTE, watermarkOf } from '../../services/core/watermark.ts';
import type { NormaliseConfig } from '../../services/ingest/normalise-config.ts';
import { deadOf, eventsOf, ingest, type PlainEvent, stageOf, watermarksOf } from '../support/ingest-events.ts';

const BASE = Date.UTC(2026, 2, 2, 10);

function line(at: number, fields: Record<string, unknown> = {}): string {
  return `${JSON.stringify({ msec: (at / 1000).toFixed(3), remote_addr: '203.0.113.9', request_method: 'GET', request_uri: '/api/orders/7', status: 200, ...fields })}\n`;
}
const chunkOf = (text: string, offset = 0, partition = 'input') => ({
  tenant: 'shop',
  source: 'gateway',
  partition,
  offset,
  line: 1,
  bytes: new TextEncoder().encode(text),
});
const has = (event: PlainEvent, flag: keyof typeof FLAG) => (event.flags & FLAG[flag]) !== 0;

/** Sums of a stage's ledger by fate. */
function ledger(counters: Record<string, number>): Record<string, number> {
  const sums: Record<string, number> = { read: 0, dead: 0, held: 0, parsed: counters.parsed };
  for (const [name, value] of Object.entries(counters)) {
    const entry = parseLedgerCounter(name);
    if (entry !== undefined) sums[entry.fate] += value;
  }
  return sums;
}

describe('paths that are not there', () => {
  const interfaceOf = (request_method: string, request_uri: string, status: number) =>
    ingest(line(BASE, { request_method, request_uri, status, host: 'h.example' })).events[0]?.interface;

  test.each([
    ['GET', '/wp-admin/setup', 404, 'GET h.example/{missing}'],
    ['HEAD', '/backup', 404, 'HEAD h.example/{missing}'],
    ['GET', '/a/b/old.css', 404, 'GET h.example/{file}'],
    ['GET', '/', 404, 'GET h.example/'],
    ['GET', '/wp-admin/setup', 403, 'GET h.example/wp-admin/setup'],
    ['GET', '/orders/7', 404, 'GET h.example/orders/{id}'],
    ['GET', '/users/exists?phone=1', 404, 'GET h.example/users/exists'],
    ['POST', '/login', 404, 'POST h.example/login'],
  ])('%s %s answered %i is %s', (method, path, status, expected) => expect(interfaceOf(method, path, status)).toBe(expected));
});

describe('bad input', () => {
  const cases: [string, string | Uint8Array, string][] = [
    ['half a record in the middle', line(BASE).slice(0, 60), 'truncated'],
    ['no JSON', 'hello world', 'not_json'],
    ['a bare number', '42', 'not_json'],
    ['two records without a line feed', `${line(BASE).trim()}${line(BASE).trim()}`, 'not_json'],
    ['a trailing comma', '{"msec":1.0,}', 'not_json'],
    ['an unfinished string', '{"a":"b', 'truncated'],
    ['Latin-1', Uint8Array.from([...'{"user":"caf'].map((c) => c.charCodeAt(0)).concat(0xe9, 0x22, 0x7d)), 'invalid_utf8'],
    ['zero bytes', Uint8Array.of(0x7b, 0, 0, 0, 0x7d), 'binary'],
    ['no time', '{"remote_addr":"192.0.2.1","request":"GET / HTTP/1.1"}', 'no_time'],
    ['a time that is none', line(BASE, { msec: 'yesterday' }).trim(), 'bad_time'],
    ['a 30th of February', line(BASE, { msec: '2026-02-30T00:00:00Z' }).trim(), 'bad_time'],
    ['time zero', line(BASE, { msec: 0 }).trim(), 'time_before_1990'],
    ['an address that is none', line(BASE, { remote_addr: '999.1.1.1' }).trim(), 'bad_address'],
    ['a status that is none', line(BASE, { status: 'OK' }).trim(), 'bad_status'],
    ['a status of two digits', line(BASE, { status: 20 }).trim(), 'bad_status'],
    ['no request', '{"msec":"1772445600.000","remote_addr":"192.0.2.1"}', 'not_http'],
  ];
  test.each(cases)('%s is dead-lettered with its place; the lines around it are read', (_name, bad, reason) => {
    const before = new TextEncoder().encode(line(BASE));
    const middle = typeof bad === 'string' ? new TextEncoder().encode(bad) : bad;
    const after = new TextEncoder().encode(`\n\n${line(BASE + 1000)}`);
    const { events, dead, stage } = ingest(Uint8Array.from([...before, ...middle, ...after]));
    expect(events.map((event) => event.at)).toEqual([BASE, BASE + 1000]);
    expect(dead).toHaveLength(1);
    expect(dead[0]).toMatchObject({ tenant: 'shop', source: 'gateway', partition: 'input', reason, line: 2, offset: before.length });
    expect(dead[0].detail.length).toBeGreaterThan(5);
    expect(events[1].offset).toBe(before.length + middle.length + 2);
    expect(ledger(stage.counters())).toEqual({ read: 3, parsed: 2, dead: 1, held: 0 });
  });

  test('a last line without its line feed is a record when it is whole, truncated when it is not', () => {
    const whole = line(BASE).trim();
    expect(ingest(line(BASE) + whole).events).toHaveLength(2);
    const cut = ingest(line(BASE) + whole.slice(0, -5));
    expect(cut.events).toHaveLength(1);
    expect(cut.dead[0]).toMatchObject({ reason: 'truncated', line: 2, offset: line(BASE).length });
  });

  test('a line over the limit is dead-lettered with its length, its beginning kept', () => {
    const { events, dead } = ingest(`${line(BASE)}{"x":"${'a'.repeat(3 << 20)}"}\n${line(BASE + 1)}`);
    expect(events).toHaveLength(2);
    expect(dead[0]).toMatchObject({ reason: 'line_too_long', line: 2 });
    expect(dead[0].raw.length).toBeLessThanOrEqual(8192);
  });

  test('blank lines, carriage returns and a byte order mark are no records', () => {
    const { events, dead } = ingest(`\ufeff${line(BASE).trim()}\r\n\r\n   \n${line(BASE + 1)}`);
    expect(dead).toEqual([]);
    expect(events).toHaveLength(2);
  });

  test('a wrong format refuses every line', () => {
    const { events, dead } = ingest(line(BASE).repeat(3), { format: 'combined' });
    expect(events).toEqual([]);
    expect(dead.map((letter) => letter.reason)).toEqual(['not_this_format', 'not_this_format', 'not_this_format']);
  });
});

describe('who acts', () => {
  const account = (fields: Record<string, unknown>, config: Partial<NormaliseConfig> = {}) => {
    const [event] = ingest(line(BASE, fields), config).events;
    return { account: event.account, origin: IDENTITY_ORIGINS[event.origin], anonymous: has(event, 'anonymous') };
  };
  const jwt = `eyJhbGciOiJub25lIn0.${btoa(JSON.stringify({ sub: 'user-9', aud: 'x' })).replace(/=+$/, '')}.sig`;

  test('rules are tried in their order', () => {
    const identity = ['http_x_consumer_id', 'login_user'];
    expect(account({ http_x_consumer_id: 'c1', login_user: 'u1' }, { identity })).toEqual({
      account: 'c1',
      origin: 'consumer',
      anonymous: false,
    });
    expect(account({ http_x_consumer_id: '-', login_user: 'u1' }, { identity })).toEqual({
      account: 'u1',
      origin: 'login_field',
      anonymous: false,
    });
    expect(account({ remote_user: 'u2' }, { identity })).toEqual({ account: '203.0.113.9', origin: 'address', anonymous: true });
  });

  test('usual fields are guessed', () => {
    expect(account({ remote_user: 'frank' })).toMatchObject({ account: 'frank', origin: 'remote_user' });
    expect(account({ user_id: 4711 })).toMatchObject({ account: '4711', origin: 'header' });
    expect(account({ user_id: 0 })).toMatchObject({ anonymous: true });
  });

  test('an API key is never stored readable', () => {
    const { account: name, origin } = account({ http_x_api_key: 'sk-secret-1' });
    expect(name).toMatch(/^key-[0-9a-f]{16}$/);
    expect(origin).toBe('api_key');
    expect(account({ http_x_api_key: 'sk-secret-1' }, { key: [9, 9, 9, 9] }).account).not.toBe(name);
  });

  test('Authorization: a token’s subject, Basic’s user, any other is a key', () => {
    expect(account({ http_authorization: `Bearer ${jwt}` })).toMatchObject({ account: 'user-9', origin: 'jwt' });
    expect(account({ http_authorization: `Basic ${btoa('ann:pw')}` })).toMatchObject({ account: 'ann', origin: 'remote_user' });
    expect(account({ http_authorization: 'Bearer opaque' }).account).toMatch(/^key-/);
  });

  test('a cookie by its name, logged by itself or in the header', () => {
    const identity = ['cookie_uid'];
    expect(account({ cookie_uid: 'x1' }, { identity })).toMatchObject({ account: 'x1', origin: 'cookie' });
    expect(account({ http_cookie: 'a=b; uid=x2; uidx=3' }, { identity })).toMatchObject({ account: 'x2' });
    expect(account({ http_cookie: 'auid=x2' }, { identity })).toMatchObject({ anonymous: true });
  });

  test('ids are hashed where the tenant wants it, alike for the same account', () => {
    const hashed = ingest(line(BASE, { remote_user: 'frank' }) + line(BASE + 1, { remote_user: 'frank', request_uri: '/x' }), {
      plain: [],
    }).events;
    expect(hashed[0].account).toMatch(/^[0-9a-f]{16}$/);
    expect(hashed[0].account).toBe(hashed[1].account);
    expect(hashed[0].address).toMatch(/^[0-9a-f]{16}$/);
    expect(ingest(line(BASE), { plain: ['account'] }).events[0].account).toMatch(/^[0-9a-f]{16}$/);
  });

  test('roles by pattern, also where accounts are hashed', () => {
    const roles = { admin: ['root', 'ops-*'], service: ['batch-*'] };
    for (const plain of [['account', 'source'], []] as const) {
      expect(has(ingest(line(BASE, { remote_user: 'ops-7' }), { roles, plain }).events[0], 'admin')).toBe(true);
      expect(has(ingest(line(BASE, { remote_user: 'batch-nightly' }), { roles, plain }).events[0], 'service')).toBe(true);
      expect(has(ingest(line(BASE, { remote_user: 'xops-7' }), { roles, plain }).events[0], 'admin')).toBe(false);
    }
  });

  test('sessions are keyed hashes', () => {
    const events = ingest(line(BASE, { cookie_sid: 'abc' }) + line(BASE + 1, { cookie_sid: 'abc' }) + line(BASE + 2), {
      session: 'cookie_sid',
    }).events;
    expect(events[0].session).toMatch(/^[0-9a-f]{16}$/);
    expect(events[1].session).toBe(events[0].session);
    expect(events[2].session).toBe('');
  });
});

describe('targets and failures', () => {
  const target = (uri: string, config: Partial<NormaliseConfig> = {}, fields: Record<string, unknown> = {}) =>
    ingest(line(BASE, { request_uri: uri, ...fields }), config).events[0];

  test('one number in any spelling is one target; neighbours share the run', () => {
    const one = target('/sms?phone=13800138000');
    for (const spelling of ['%2B8613800138000', '+86+138-0013-8000', '008613800138000', '138%200013%208000'])
      expect(target(`/sms?phone=${spelling}`).target, spelling).toBe(one.target);
    const next = target('/sms?phone=13800138001');
    expect(next.target).not.toBe(one.target);
    expect(next.targetRun).toBe(one.targetRun);
    expect(one.targetRun).not.toBe(0);
    expect(target('/sms?phone=13900138000').targetRun).not.toBe(one.targetRun);
  });

  test('names and addresses are compared without case, and have no run', () => {
    expect(target('/find?email=Jane%40Example.com').target).toBe(target('/find?email=jane@example.com').target);
    expect(target('/find?username=Jane').targetRun).toBe(0);
  });

  test('configured fields replace the guess; arg_ names the query', () => {
    const targets = ['arg_q', 'login_user'];
    expect(target('/x?phone=13800138000', { targets }).target).toBe('');
    expect(target('/x?q=abc', { targets }).target).not.toBe('');
    expect(target('/x', { targets }, { login_user: 'bob' }).target).not.toBe('');
  });

  test('an account’s own name in its log line is no target, unless it logs in', () => {
    const config = { identity: ['username'] };
    expect(target('/orders', config, { username: 'bob' }).target).toBe('');
    expect(target('/login', config, { username: 'bob', request_method: 'POST' }).target).not.toBe('');
  });

  test('targets are keyed: another tenant’s key, another hash', () => {
    expect(target('/sms?phone=13800138000', { key: [5, 6, 7, 8] }).target).not.toBe(target('/sms?phone=13800138000').target);
  });

  test('failures: refused logins and 429 by default, else what the rule says', () => {
    const failed = (fields: Record<string, unknown>, config: Partial<NormaliseConfig> = {}) =>
      has(ingest(line(BASE, fields), config).events[0], 'failure');
    expect(failed({ request_method: 'POST', request_uri: '/login', status: 401 })).toBe(true);
    expect(failed({ request_method: 'POST', request_uri: '/login', status: 422 })).toBe(true);
    expect(failed({ request_method: 'POST', request_uri: '/login', status: 200 })).toBe(false);
    expect(failed({ status: 403 })).toBe(false);
    expect(failed({ status: 429 })).toBe(true);
    const not = { failure: { field: 'body_code', not: [0] } };
    expect(failed({ body_code: 0 }, not)).toBe(false);
    expect(failed({ body_code: '0' }, not)).toBe(false);
    expect(failed({ body_code: 1001 }, not)).toBe(true);
    expect(failed({ status: 401 }, not)).toBe(false);
    expect(failed({ ok: false }, { failure: { field: 'ok', is: [false] } })).toBe(true);
    expect(failed({ status: 500 }, { failure: { field: 'status', is: [500, 502] } })).toBe(true);
  });

  test('ids of the query are objects, paging is not', () => {
    const object = (uri: string) => target(uri).object;
    expect(object('/items?order_id=5')).not.toBe(0);
    expect(object('/items?order_id=5')).not.toBe(object('/items?order_id=6'));
    expect(object('/items?page=5&page_no=3')).toBe(0);
    expect(target('/items?itemId=77').objectNumber).toBe(77);
  });
});

describe('time', () => {
  test('watermarks: highest time less the lateness, whole minutes, after the events, only when they move', () => {
    const stage = stageOf({ upstreams: 3 });
    const first = stage.process(chunkOf(line(BASE) + line(BASE + 30_000)));
    expect(first.map((emit) => emit.output)).toEqual(['events', 'control']);
    expect(first[1].value).toEqual({
      kind: 'watermark',
      tenant: 'shop',
      upstream: 'input',
      upstreams: 3,
      time: watermarkOf(BASE + 30_000, 2 * MINUTE),
    });
    expect(watermarksOf(stage.process(chunkOf(line(BASE + 40_000))))).toEqual([]);
    expect(watermarksOf(stage.process(chunkOf(line(BASE + 60_000))))).toEqual([BASE - MINUTE]);
    expect(watermarksOf(stage.process(chunkOf(line(BASE + 30_000))))).toEqual([]);
  });

  test('inputs of one source have their own time', () => {
    const stage = stageOf();
    stage.process(chunkOf(line(BASE) + line(BASE + 1), 0, 'one'));
    expect(watermarksOf(stage.process(chunkOf(line(BASE - 9 * HOUR) + line(BASE - 9 * HOUR + 1), 0, 'two')))).toEqual([
      BASE - 9 * HOUR - 2 * MINUTE,
    ]);
  });

  test('the first event waits for the second; the end lets it go', () => {
    const stage = stageOf();
    expect(eventsOf(stage.process(chunkOf(line(BASE))))).toEqual([]);
    expect(ledger(stage.counters())).toEqual({ read: 1, parsed: 0, dead: 0, held: 1 });
    const emits = stage.control({ kind: 'end', tenant: 'shop', upstream: 'input', provisional: true });
    expect(eventsOf(emits).map((event) => event.at)).toEqual([BASE]);
    expect(emits.map((emit) => emit.output)).toEqual(['events', 'control', 'inventory', 'control']);
    expect(emits[3].value).toEqual({ kind: 'end', tenant: 'shop', upstream: 'input', provisional: true });
    expect(ledger(stage.counters())).toEqual({ read: 1, parsed: 1, dead: 0, held: 0 });
  });

  test('an event years ahead is dead-lettered with its own place', () => {
    const lines = [line(BASE), line(BASE + 1), line(BASE + 4000 * DAY), line(BASE + 2)];
    const { events, dead } = ingest(lines.join(''));
    expect(events).toHaveLength(3);
    expect(dead).toHaveLength(1);
    expect(dead[0]).toMatchObject({ reason: 'time_in_future', line: 3, offset: lines[0].length + lines[1].length, raw: lines[2].trim() });
  });

  test('an idle mark of its tenant is passed on, another’s is not', () => {
    const stage = stageOf();
    expect(stage.control({ kind: 'idle', tenant: 'shop', upstream: 'input' })).toHaveLength(1);
    expect(stage.control({ kind: 'idle', tenant: 'other', upstream: 'input' })).toEqual([]);
    expect(stage.control({ kind: 'silence', tenant: 'shop', time: 1 })).toEqual([]);
  });
});

describe('partitions and snapshots', () => {
  const many = Array.from({ length: 400 }, (_, i) =>
    line(BASE + i * 1000, {
      remote_user: i % 3 === 0 ? '-' : `u${i % 40}`,
      remote_addr: `198.51.100.${i % 50}`,
      request_uri: `/api/t${'abc'[i % 3]}/${i}?phone=1380013${8000 + (i % 20)}`,
    }),
  );

  test('every event goes to the partition of its account', () => {
    const { events } = ingest(many.join(''), { partitions: 5 });
    expect(events).toHaveLength(400);
    for (const event of events) expect(event.task).toBe(partitionOf(keyGroupOf(event.account), 5));
    expect(new Set(events.map((event) => event.task)).size).toBe(5);
  });

  test('partitions change nothing else', () => {
    const bare = (config: Partial<NormaliseConfig>) => ingest(many.join(''), config).events.map(({ task: _task, ...event }) => event);
    expect(bare({ partitions: 7 })).toEqual(bare({ partitions: 1 }));
  });

  test('chunks change nothing: lines one by one give the same events', () => {
    const stage = stageOf();
    let offset = 0;
    const events = many.flatMap((text) => {
      const emits = stage.process(chunkOf(text, offset));
      offset += text.length;
      return eventsOf(emits);
    });
    expect(events.sort((a, b) => a.offset - b.offset)).toEqual(ingest(many.join(''), { partitions: 1 }).events);
  });

  test('a stage restored at any cut goes on as if it had never stopped', () => {
    const lines = [
      ...many.slice(0, 10),
      line(BASE + 300 * DAY, { remote_user: 'ahead', request_uri: '/sms?phone=13800138000' }),
      line(BASE + 300 * DAY + 5000),
      'junk\n',
      ...many.slice(10, 20),
    ];
    const undisturbed = ingest(lines.join(''));
    for (let cut = 0; cut <= lines.length; cut++) {
      const first = stageOf();
      const head = lines.slice(0, cut).join('');
      const emits = first.process(chunkOf(head));
      const second = stageOf();
      second.restore(first.snapshot());
      emits.push(
        ...second.process({ ...chunkOf(lines.slice(cut).join(''), head.length), line: cut + 1 }),
        ...second.control({ kind: 'end', tenant: 'shop', upstream: 'input', provisional: false }),
      );
      expect(eventsOf(emits)).toEqual(undisturbed.events);
      expect(deadOf(emits)).toEqual(undisturbed.dead);
      expect(second.counters()).toEqual(undisturbed.stage.counters());
    }
  });

  test('a Zeek header is remembered across a restart', () => {
    const header = '#fields\tts\tid.orig_h\tid.resp_h\tid.resp_p\tproto\tconn_state\n';
    const row = (at: number) => `${at / 1000}\t10.0.0.1\t10.0.0.2\t80\ttcp\tSF\n`;
    const first = stageOf({ format: 'zeek-conn' });
    first.process(chunkOf(header + row(BASE) + row(BASE + 1000)));
    const second = stageOf({ format: 'zeek-conn' });
    second.restore(first.snapshot());
    expect(eventsOf(second.process(chunkOf(row(BASE + 2000), 500)))).toHaveLength(1);
  });
});

describe('rare cases', () => {
  test('a record that is to be skipped is dead-lettered as poison, also after a restart', () => {
    const lines = [line(BASE), line(BASE + 1), line(BASE + 2)];
    const first = stageOf();
    expect(first.control({ kind: 'skip', partition: 'input', offset: lines[0].length })).toEqual([]);
    const second = stageOf();
    second.restore(first.snapshot());
    const emits = second.process(chunkOf(lines.join('')));
    expect(eventsOf(emits).map((event) => event.at)).toEqual([BASE, BASE + 2]);
    expect(deadOf(emits)[0]).toMatchObject({ reason: 'poison', line: 2, offset: lines[0].length });
  });

  test('a record near the limit, escaped throughout, is read', () => {
    const long = 'a'.repeat(500_000);
    const { events, dead } = ingest(line(BASE).replace('/api/orders/7', `\\/api\\/orders\\/7?x=${long}`) + line(BASE + 1));
    expect(dead).toEqual([]);
    expect(events.map((event) => event.interface)).toEqual(['GET gateway/api/orders/{id}', 'GET gateway/api/orders/{id}']);
  });

  test('rows and JSON records of Zeek may take turns', () => {
    const tsv = `${BASE / 1000}\tC1\t10.0.0.5\t1\t10.0.0.6\t443\ttcp\t-\t7.5\t15\t40\tSF\tT\tF\t0\tSh\t1\t2\t3\t4\t-\n`;
    const json = `{"ts":${BASE / 1000},"id.orig_h":"10.0.0.5","id.resp_h":"10.0.0.7","id.resp_p":80,"proto":"tcp"}\n`;
    const { events } = ingest(tsv + json + tsv, { format: 'zeek-conn' });
    expect(events.map((event) => [event.interface, event.duration])).toEqual([
      ['tcp 10.0.0.6:443', 7500],
      ['tcp 10.0.0.7:80', 0],
      ['tcp 10.0.0.6:443', 7500],
    ]);
  });

  test('a field that is none is an error that names the fields', () => {
    expect(() => stageOf({ fields: { adress: 'x' } })).toThrow(/adress.*address/);
  });
});

test('what was guessed can be told', () => {
  const { stage } = ingest(
    line(BASE, { remote_user: 'a' }) + line(BASE + 1, { request_method: 'POST', request_uri: '/login?phone=13800138000' }),
  );
  expect(stage.describeGuess()).toEqual({
    source: 'gateway',
    format: 'nginx-json',
    configured: { identity: false, proxies: false, targets: false, failure: false, session: false, tags: [] },
    identity: [
      { field: 'remote_user', origin: 'remote_user', events: 1 },
      { field: '', origin: 'address', events: 1 },
    ],
    clients: {
      events: 2,
      anonymous: 1,
      distinct: 1,
      peers: [{ address: '203.0.113.9', internal: false, events: 2, anonymous: 1, reported: 0 }],
      believed: [],
    },
    targets: [{ field: 'phone', events: 1 }],
    interfaces: [{ id: 'POST gateway/login', tags: ['login'] }],
  });
});

describe('devices', () => {
  const device = (agent: string) => {
    const [event] = ingest(line(BASE, { http_user_agent: agent })).events;
    return { hash: event.device, robot: has(event, 'robot') };
  };
  const chrome = (version: number, system: string) =>
    `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;

  test('an update is no new device, another system or browser is', () => {
    expect(device(chrome(120, 'Windows NT 10.0')).hash).toBe(device(chrome(121, 'Windows NT 10.0')).hash);
    expect(device(chrome(120, 'Windows NT 10.0')).hash).not.toBe(device(chrome(120, 'X11; Linux x86_64')).hash);
    expect(device(`${chrome(120, 'Windows NT 10.0')} Edg/120.0`).hash).not.toBe(device(chrome(120, 'Windows NT 10.0')).hash);
    expect(device('-')).toEqual({ hash: 0, robot: false });
  });

  test.each([
    'curl/8.4.0',
    'python-requests/2.31',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Go-http-client/1.1',
    'kube-probe/1.27',
    'masscan/1.3',
  ])('%s says that it is a robot', (agent) => {
    expect(device(agent).robot).toBe(true);
  });

  test.each([
    chrome(120, 'Windows NT 10.0'),
    'okhttp/4.11.0',
    'HealthApp/2.1 (iPhone; iOS 17.1)',
    'Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 Chrome/90.0 Mobile Safari/537.36',
    'Dalvik/2.1.0 (Linux; U; Android 11)',
  ])('%s does not', (agent) => {
    expect(device(agent).robot).toBe(false);
  });
});
