import { describe, expect, test } from 'vitest';
import { layRecords, MAX_LINE_BYTES } from '../../services/core/raw.ts';
import type { NormaliseConfig } from '../../services/ingest/normalise-config.ts';
import { deadOf, eventsOf, stageOf } from '../support/ingest-events.ts';

const BASE = Date.UTC(2026, 2, 2, 10);
const encoder = new TextEncoder();

const nginx = (at: number, path = '/a') => ({
  msec: (at / 1000).toFixed(3),
  remote_addr: '203.0.113.9',
  request_method: 'GET',
  request_uri: path,
  status: 200,
});
const combined = (path: string) => `203.0.113.9 - alice [02/Mar/2026:10:00:00 +0000] "GET ${path} HTTP/1.1" 200 12 "-" "curl/8.1"`;

/** What comes of records with offsets from 40 on, in one chunk; undefined: a tombstone. */
function read(values: readonly (string | undefined)[], config: Partial<NormaliseConfig> = {}) {
  const stage = stageOf(config);
  const records = values.map((value, i) => ({ offset: 40 + i, value: value === undefined ? undefined : encoder.encode(value) }));
  const emits = [
    ...stage.process({ tenant: 'shop', source: 'gateway', partition: 'log/0', ...layRecords(records) }),
    ...stage.control({ kind: 'end', tenant: 'shop', upstream: 'log/0', provisional: false }),
  ];
  return {
    events: eventsOf(emits).map(({ offset, index, interface: name }) => [offset, index, name.split(' ')[1].replace('gateway', '')]),
    dead: deadOf(emits).map(({ offset, index, reason }) => [offset, index ?? 0, reason]),
    letters: deadOf(emits),
    stage,
  };
}

describe('records of a log', () => {
  test('one object each: an event has its record’s offset', () => {
    const { events, dead } = read([JSON.stringify(nginx(BASE, '/a')), JSON.stringify(nginx(BASE, '/b'))]);
    expect(events).toEqual([
      [40, 0, '/a'],
      [41, 0, '/b'],
    ]);
    expect(dead).toEqual([]);
  });

  test('a record holds at most 65,535 events: what follows is one dead letter', () => {
    const garbage = read(['x\n'.repeat(70_000), JSON.stringify(nginx(BASE, '/a'))]);
    expect(garbage.dead).toHaveLength(65_536);
    expect(garbage.dead.at(-1)).toEqual([40, 65_535, 'line_too_long']);
    expect(garbage.events).toEqual([[41, 0, '/a']]);
    const array = read([`[${Array.from({ length: 70_000 }, () => '7').join(',')}]`, JSON.stringify(nginx(BASE, '/a'))]);
    expect(array.dead).toHaveLength(65_536);
    expect(array.dead.at(-1)).toEqual([40, 65_535, 'line_too_long']);
    expect(array.events).toEqual([[41, 0, '/a']]);
  });

  test('arrays and lines: events are numbered within their record, whatever they are', () => {
    const { events, dead, letters } = read([
      JSON.stringify([nginx(BASE, '/a'), 7, nginx(BASE, '/b')]),
      `${JSON.stringify(nginx(BASE, '/c'))}\n\nno json\r\n${JSON.stringify([nginx(BASE, '/d'), nginx(BASE, '/e')])}\n`,
    ]);
    expect(events).toEqual([
      [40, 0, '/a'],
      [40, 2, '/b'],
      [41, 0, '/c'],
      [41, 2, '/d'],
      [41, 3, '/e'],
    ]);
    expect(dead).toEqual([
      [40, 1, 'not_this_format'],
      [41, 1, 'not_json'],
    ]);
    expect(letters[1].raw).toBe('no json\r');
  });

  test('a document over several lines is one record', () => {
    const { events, dead } = read([
      JSON.stringify(nginx(BASE, '/a'), null, 2),
      `${JSON.stringify([nginx(BASE, '/b'), nginx(BASE, '/c')], null, '\t')}\n`,
      `[\n${JSON.stringify(nginx(BASE, '/d'))},\r\n${JSON.stringify(nginx(BASE, '/e'))}\n]`,
      `${JSON.stringify(nginx(BASE, '/f'))}\n${JSON.stringify(nginx(BASE, '/g'), null, 1)}\n${JSON.stringify(nginx(BASE, '/h'))}`,
    ]);
    expect(dead).toEqual([]);
    expect(events).toEqual([
      [40, 0, '/a'],
      [41, 0, '/b'],
      [41, 1, '/c'],
      [42, 0, '/d'],
      [42, 1, '/e'],
      [43, 0, '/f'],
      [43, 1, '/g'],
      [43, 2, '/h'],
    ]);
  });

  test('a broken document is one dead letter, a broken line takes no others along', () => {
    const pretty = JSON.stringify(nginx(BASE, '/a'), null, 2);
    const { events, dead, letters } = read([
      pretty.slice(0, -10),
      `${JSON.stringify(nginx(BASE)).slice(0, 40)}\n${JSON.stringify(nginx(BASE, '/b'))}`,
      pretty.replace('"GET"', '"GE\nT"'),
      JSON.stringify(nginx(BASE, '/c')),
    ]);
    expect(events).toEqual([
      [41, 1, '/b'],
      [43, 0, '/c'],
    ]);
    expect(dead).toEqual([
      [40, 0, 'truncated'],
      [41, 0, 'truncated'],
      [42, 0, 'not_json'],
    ]);
    expect(letters[0].raw).toBe(pretty.slice(0, -10));
  });

  test('tombstones and blank records are nothing', () => {
    const { events, dead, stage } = read([undefined, '', '\n', '  \r\n', JSON.stringify(nginx(BASE))]);
    expect(events).toEqual([[44, 0, '/a']]);
    expect(dead).toEqual([]);
    expect(stage.counters()['read\tshop\tgateway\t']).toBe(1);
  });

  test('a line over the limit is no record, many lines over it are', () => {
    const long = { ...nginx(BASE), x: 'x'.repeat(MAX_LINE_BYTES) };
    const many = Array.from({ length: 7_000 }, () => JSON.stringify(nginx(BASE, '/b'))).join('\n');
    expect(many.length).toBeGreaterThan(MAX_LINE_BYTES / 2);
    const { events, dead, letters } = read([
      JSON.stringify(long),
      JSON.stringify(long, null, 1),
      `${many}\n${many}\n${many}`,
      JSON.stringify(nginx(BASE)),
    ]);
    expect(events).toHaveLength(21_001);
    expect(dead).toEqual([
      [40, 0, 'line_too_long'],
      [41, 0, 'line_too_long'],
    ]);
    expect(letters[0].raw).toHaveLength(8192);
  });

  test('a record may be longer than a line, of documents that are not', () => {
    const many = Array.from({ length: 8_000 }, () => JSON.stringify(nginx(BASE, '/b'), null, 4)).join('\n');
    expect(many.length).toBeGreaterThan(MAX_LINE_BYTES);
    const { events, dead } = read([many]);
    expect(events).toHaveLength(8_000);
    expect(dead).toEqual([]);
    const array = JSON.stringify(
      Array.from({ length: 8_000 }, () => nginx(BASE, '/b')),
      null,
      4,
    );
    expect(read([array]).dead).toEqual([[40, 0, 'line_too_long']]);
  });

  test('a byte order mark may be before any', () => {
    expect(read([`\ufeff${JSON.stringify(nginx(BASE))}`, `\ufeff${JSON.stringify(nginx(BASE))}`]).events).toHaveLength(2);
  });

  test('a skipped offset is one dead letter, whatever the record holds', () => {
    const stage = stageOf();
    stage.control({ kind: 'skip', partition: 'log/0', offset: 41 });
    const second = stageOf();
    second.restore(stage.snapshot());
    const value = encoder.encode(JSON.stringify([nginx(BASE), nginx(BASE)]));
    const chunk = layRecords([40, 41, 42].map((offset) => ({ offset, value })));
    const emits = second.process({ tenant: 'shop', source: 'gateway', partition: 'log/0', ...chunk });
    expect(deadOf(emits)).toMatchObject([{ offset: 41, reason: 'poison', line: 0 }]);
    expect(eventsOf(emits).map(({ offset, index }) => [offset, index])).toEqual([
      [40, 0],
      [40, 1],
      [42, 0],
      [42, 1],
    ]);
  });
});

describe('envelopes of shippers', () => {
  const filebeat = (message: string) => ({
    '@timestamp': '2026-03-02T10:00:05.000Z',
    '@metadata': { beat: 'filebeat', type: '_doc', version: '8.12.0' },
    host: { name: 'web-1' },
    agent: { type: 'filebeat' },
    log: { offset: 4711, file: { path: '/var/log/nginx/access.json' } },
    message,
    input: { type: 'filestream' },
  });
  const vector = (message: string) => ({
    file: '/var/log/nginx/access.json',
    host: 'web-1',
    message,
    path: '/',
    source_type: 'file',
    timestamp: '2026-03-02T10:00:05Z',
  });
  const docker = (log: string) => ({ log: `${log}\n`, stream: 'stdout', time: '2026-03-02T10:00:05Z' });

  test.each([
    ['Filebeat', filebeat],
    ['Vector', vector],
    ['Docker', docker],
    ['one in another', (text: string) => filebeat(JSON.stringify(docker(text)))],
  ])('%s: nginx JSON in its envelope', (_, wrap) => {
    const bare = stageOf();
    const record = { ...nginx(BASE + 7, '/a?q="x"'), http_user_agent: 'A "quoted" ä' };
    const chunk = (value: unknown) => ({
      tenant: 'shop',
      source: 'gateway',
      partition: 'log/0',
      ...layRecords([{ offset: 40, value: encoder.encode(JSON.stringify(value)) }]),
    });
    const end = { kind: 'end', tenant: 'shop', upstream: 'log/0', provisional: false } as const;
    bare.process(chunk(record));
    const expected = eventsOf(bare.control(end));
    expect(expected).toHaveLength(1);
    const wrapped = stageOf();
    wrapped.process(chunk(wrap(JSON.stringify(record))));
    expect(eventsOf(wrapped.control(end))).toEqual(expected);
  });

  test('fields at the top level, beside the shipper’s own', () => {
    const { events } = read([
      JSON.stringify({ ...filebeat(''), ...nginx(BASE, '/a'), message: '' }),
      JSON.stringify({ ...nginx(BASE, '/b'), message: '{}' }),
    ]);
    expect(events.map((event) => event[2])).toEqual(['/a', '/b']);
  });

  test('an array of envelopes, and lines in one', () => {
    const line = (path: string) => JSON.stringify(nginx(BASE, path));
    const { events, dead } = read([
      JSON.stringify([vector(line('/a')), vector(`${line('/b')}\n${line('/c')}`), nginx(BASE, '/d')]),
      JSON.stringify(vector('{"half":')),
    ]);
    expect(events).toEqual([
      [40, 0, '/a'],
      [40, 1, '/b'],
      [40, 2, '/c'],
      [40, 3, '/d'],
    ]);
    expect(dead).toEqual([[41, 0, 'truncated']]);
  });

  test('combined lines in envelopes and without', () => {
    const { events, dead } = read(
      [
        JSON.stringify(filebeat(combined('/a'))),
        JSON.stringify(docker(combined('/b'))),
        combined('/c'),
        '{"message":"hello"}',
        '{"other":1}',
      ],
      { format: 'combined' },
    );
    expect(events.map((event) => event[2])).toEqual(['/a', '/b', '/c']);
    expect(dead).toEqual([
      [43, 0, 'not_this_format'],
      [44, 0, 'not_this_format'],
    ]);
  });

  test('files have them too: the offset is the line’s', () => {
    const stage = stageOf();
    const first = `${JSON.stringify(vector(JSON.stringify([nginx(BASE, '/a'), nginx(BASE, '/b')])))}\n`;
    const bytes = encoder.encode(`${first}${JSON.stringify(nginx(BASE, '/c'))}\n`);
    const emits = stage.process({ tenant: 'shop', source: 'gateway', partition: 'file', offset: 1000, line: 1, bytes });
    expect(eventsOf(emits).map(({ offset, index }) => [offset, index])).toEqual([
      [1000, 0],
      [1000, 1],
      [1000 + first.length, 0],
    ]);
  });
});

describe('Zeek in a log', () => {
  const conn = {
    ts: BASE / 1000,
    'id.orig_h': '10.0.0.1',
    'id.orig_p': 40000,
    'id.resp_h': '10.0.0.2',
    'id.resp_p': 80,
    proto: 'tcp',
    conn_state: 'SF',
  };
  const row = `${BASE / 1000}\tCabc\t10.0.0.1\t40000\t10.0.0.2\t80\ttcp\thttp\t0.1\t10\t20\tSF\tT\tT\t0\tShADad\t1\t1\t1\t1\t-`;

  test('JSON, with and without the name of its log', () => {
    const { events, dead } = read(
      [JSON.stringify(conn), JSON.stringify({ _path: 'conn', ...conn }), JSON.stringify({ message: JSON.stringify(conn), host: 'sensor' })],
      { format: 'zeek-conn' },
    );
    expect(dead).toEqual([]);
    expect(events).toHaveLength(3);
  });

  test('columns without a header say why they are not read', () => {
    const { events, letters } = read(
      [
        row,
        `#fields\tts\tid.orig_h\tid.resp_h\tid.resp_p\tproto\tconn_state\n${BASE / 1000}\t10.0.0.1\t10.0.0.2\t80\ttcp\tSF`,
        row,
        JSON.stringify({ message: row }),
      ],
      {
        format: 'zeek-conn',
      },
    );
    expect(events.map(([offset]) => offset)).toEqual([41]);
    expect(letters.map(({ offset, reason }) => [offset, reason])).toEqual([
      [40, 'not_this_format'],
      [42, 'not_this_format'],
      [43, 'not_this_format'],
    ]);
    expect(letters[0].detail).toContain('#fields');
    expect(letters[0].detail).toContain('JSON');
  });

  test('records of Zeek’s other logs are none', () => {
    const { events, letters } = read([JSON.stringify({ _path: 'dns', ...conn })], { format: 'zeek-conn' });
    expect(events).toEqual([]);
    expect(letters[0]).toMatchObject({ reason: 'not_this_format', detail: expect.stringContaining("'dns'") });
  });
});
