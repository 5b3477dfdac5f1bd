import { describe, expect, test } from 'vitest';
import { FLAG, IDENTITY_ORIGINS } from '../../services/core/batch.ts';
import { detectFormat } from '../../services/ingest/detect.ts';
import type { FormatName } from '../../services/ingest/normalise-config.ts';
import { lineInside } from '../../services/ingest/records/sample-line.ts';
import { ingest } from '../support/ingest-events.ts';
import { JSON_CASES, type JsonCase } from '../support/json-records.ts';

const line = (record: unknown): string => `${JSON.stringify(record)}\n`;

/** Reads a text that should hold the one event of a case. */
function readsAs({ event, origin, flags = [] }: JsonCase, text: string, format: FormatName): void {
  const { events, dead } = ingest(text, { format });
  expect(dead).toEqual([]);
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject(event);
  if (origin !== undefined) expect(IDENTITY_ORIGINS[events[0].origin]).toBe(origin);
  for (const flag of flags) expect(events[0].flags & FLAG[flag as keyof typeof FLAG], flag).not.toBe(0);
  // every request has its agent but where the record has none
  if (/okhttp/.test(text)) expect(events[0].device).not.toBe(0);
}

describe('formats in JSON', () => {
  test.each(JSON_CASES.map((each) => [`${each.format}: ${each.name}`, each] as const))('%s', (_, each) => {
    readsAs(each, line(each.record), each.format);
  });

  test.each(JSON_CASES.map((each) => [`${each.format}: ${each.name}`, each] as const))('%s is found by looking', (_, each) => {
    const lines = line(each.record).repeat(3);
    expect(detectFormat(new TextEncoder().encode(lines)).format).toBe(each.format);
  });
});

describe('around a record', () => {
  const shipped: [string, (text: string, record: unknown) => unknown][] = [
    ['Filebeat', (text) => ({ '@timestamp': '2030-01-01T00:00:00Z', agent: { type: 'filebeat' }, host: { name: 'gw' }, message: text })],
    ['Docker', (text) => ({ log: `${text}\n`, stream: 'stdout', time: '2030-01-01T00:00:00Z' })],
    ["Elastic's event.original", (text) => ({ '@timestamp': '2030-01-01T00:00:00Z', event: { original: text } })],
    ['Filebeat around Docker', (text) => ({ message: JSON.stringify({ log: text }) })],
    [
      'CloudWatch',
      (text) => ({
        messageType: 'DATA_MESSAGE',
        owner: '1',
        logGroup: 'g',
        logEvents: [{ id: '1', timestamp: 1893456000000, message: text }],
      }),
    ],
    [
      'OTLP',
      (text) => ({
        resourceLogs: [{ resource: { attributes: [] }, scopeLogs: [{ logRecords: [{ timeUnixNano: '1', body: { stringValue: text } }] }] }],
      }),
    ],
    ['Filebeat, parsed', (_, record) => ({ '@timestamp': '2030-01-01T00:00:00Z', host: { name: 'gw' }, log: { offset: 7 }, json: record })],
    ['Fluent Bit, parsed', (_, record) => ({ time: '2030-01-01T00:00:00Z', stream: 'stdout', log_processed: record })],
    ['an export of Elasticsearch', (_, record) => ({ _index: 'logs', _id: '1', _source: record })],
    ['a container’s prefix in Filebeat', (text) => ({ message: `2026-11-22T09:59:14.1+08:00 stdout F ${text}` })],
  ];
  // Tyk's own time is called as the envelope's, and an ECS record of Elastic has its line along
  const inner = JSON_CASES.filter(({ record }) => record.message === undefined && record.resourceLogs === undefined);
  test.each(shipped)('%s', (_, wrap) => {
    for (const each of inner) {
      const text = line(wrap(JSON.stringify(each.record), each.record));
      readsAs(each, text, each.format);
      // what detection looks at is the record itself
      if (!text.includes('stdout F')) expect(lineInside(text.trim())).toBe(JSON.stringify(each.record));
    }
    const [first] = inner;
    const lines = line(wrap(JSON.stringify(first.record), first.record)).repeat(2);
    expect(detectFormat(new TextEncoder().encode(lines)).format).toBe(first.format);
  });

  test('a batch longer than a usual sample is found by looking', () => {
    const span = JSON_CASES.find(({ format }) => format === 'otel') as JsonCase;
    const [resource] = span.record.resourceSpans as unknown[];
    const batch = line({ resourceSpans: Array.from({ length: 300 }, () => resource) });
    expect(batch.length).toBeGreaterThan(1 << 17);
    expect(detectFormat(new TextEncoder().encode(batch)).format).toBe('otel');
    expect(ingest(batch, { format: 'otel' }).events).toHaveLength(300);
  });

  test('a text format in CloudWatch’s and OpenTelemetry’s', () => {
    const own = '203.0.113.9 - alice [02/Mar/2026:10:15:30 +0000] "GET /a/7 HTTP/1.1" 200 12 "-" "curl/8.1"';
    const { events, dead } = ingest(
      `${line({ logEvents: [{ message: own }, { id: '2' }, { message: own }] })}${line({
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: own } }] }] }],
      })}`,
      { format: 'combined' },
    );
    expect(events.map(({ account, index }) => [account, index])).toEqual([
      ['alice', 0],
      ['alice', 2],
      ['alice', 0],
    ]);
    expect(dead.map(({ reason, index }) => [reason, index])).toEqual([['not_this_format', 1]]);
  });
});

describe('records that hold several events', () => {
  const apim = JSON_CASES.find(({ format }) => format === 'azure-apim') as JsonCase;
  const spans = (...kinds: unknown[]) => ({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: kinds.map((kind, i) => ({
              kind,
              startTimeUnixNano: '1772446530000000000',
              endTimeUnixNano: '1772446531500000000',
              attributes: [
                { key: 'http.method', value: { stringValue: 'GET' } },
                { key: 'http.target', value: { stringValue: `/s/${1000 + i}` } },
                { value: { stringValue: '203.0.113.9' }, key: 'net.peer.ip' },
              ],
            })),
          },
        ],
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'gateway' } }] },
      },
      { scopeSpans: [] },
    ],
  });

  test('Azure’s records, each with its own fields; what is no record of requests is dead-lettered', () => {
    const records = [
      apim.record,
      { ...apim.record, category: 'WebSocketConnectionLogs' },
      7,
      { ...apim.record, callerIpAddress: '192.0.2.1' },
    ];
    const { events, dead } = ingest(line({ records }), { format: 'azure-apim' });
    expect(events.map(({ address, index, offset }) => [address, index, offset])).toEqual([
      ['203.0.113.9', 0, 0],
      ['192.0.2.1', 3, 0],
    ]);
    expect(dead.map(({ reason, index, detail }) => [reason, index, detail])).toEqual([
      ['not_http', 1, "a record of category 'WebSocketConnectionLogs'; read are GatewayLogs"],
      ['not_this_format', 2, 'an element of records is no object'],
    ]);
  });

  test('OpenTelemetry: spans of servers are requests; clients’, internal ones and those of no kind are not', () => {
    const { events, dead } = ingest(line(spans(2, 3, 'SPAN_KIND_SERVER', 1, undefined)), { format: 'otel' });
    expect(events.map(({ interface: id, duration, index }) => [id, duration, index])).toEqual([
      ['GET gateway/s/{id}', 1500, 0],
      ['GET gateway/s/{id}', 1500, 2],
    ]);
    expect(dead.map(({ reason, detail }) => `${reason}: ${detail.split(';')[0]}`)).toEqual([
      "not_http: a record of span kind '3'",
      "not_http: a record of span kind '1'",
      'not_http: a record without span kind',
    ]);
    expect(JSON.parse(dead[0].raw).kind).toBe(3);
  });

  test('an element does not have what its neighbour had', () => {
    const { events } = ingest(
      line({ records: [apim.record, { ...apim.record, properties: { method: 'GET', url: '/b' }, durationMs: 1 }] }),
      {
        format: 'azure-apim',
      },
    );
    expect(events[1]).toMatchObject({ status: 0, bytesIn: 0, bytesOut: 0, duration: 1, device: 0 });
    expect(events[1].flags & FLAG.anonymous).not.toBe(0);
  });

  test('what stands around a list holds for its elements, wherever it stands', () => {
    const { callerIpAddress: _, ...rest } = apim.record;
    const { events } = ingest(line({ records: [rest, { ...rest, callerIpAddress: '192.0.2.1' }, rest], callerIpAddress: '198.51.100.1' }), {
      format: 'azure-apim',
    });
    expect(events.map(({ address }) => address)).toEqual(['198.51.100.1', '192.0.2.1', '198.51.100.1']);
  });

  test('what an element says itself goes before what stands around it, whichever name it has', () => {
    const inner = { time: '2026-03-02T10:15:30Z', client: '203.0.113.9', verb: 'GET', url: '/a' };
    const { events } = ingest(line({ '@timestamp': '2030-01-01T00:00:00Z', client_ip: '192.0.2.1', records: [inner] }), {
      format: 'nginx-json',
    });
    expect(events[0]).toMatchObject({ at: Date.UTC(2026, 2, 2, 10, 15, 30), address: '203.0.113.9' });
  });

  test('lists may lie deep; too deep they are one dead letter', () => {
    const deep = (levels: number): unknown => (levels === 0 ? apim.record : { records: [deep(levels - 1)] });
    expect(ingest(line(deep(6)), { format: 'azure-apim' }).events).toHaveLength(1);
    const { events, dead } = ingest(line(deep(7)), { format: 'azure-apim' });
    expect(events).toEqual([]);
    expect(dead).toHaveLength(1);
  });
});

describe('what a source says of its own JSON', () => {
  const record = {
    meta: [{ at: 1772446530250 }, 'x'],
    'a/b': { 'c~d': '203.0.113.9' },
    req: { v: 'GET', u: '/p/7', h: [{ name: 'X-User', value: 'alice' }] },
    took: '1.5s',
    'deep.er': { name: 41 },
  };
  test('JSON pointers reach into arrays and names with slashes; nothing else is looked for', () => {
    const { events, dead } = ingest(line({ ...record, status: 500 }), {
      format: 'json',
      fields: {
        time: '/meta/0/at',
        address: '/a~1b/c~0d',
        method: '/req/v',
        path: 'req.u',
        duration: 'took',
        bytes_in: 'deep.er.name',
      },
      identity: ['/req/h/X-User'],
    });
    expect(dead).toEqual([]);
    expect(events[0]).toMatchObject({
      at: 1772446530250,
      address: '203.0.113.9',
      interface: 'GET gateway/p/{id}',
      duration: 1500,
      bytesIn: 41,
      account: 'alice',
      status: 0,
    });
  });

  test('without a name for the time it is dead-lettered, with the field that is wanted', () => {
    const { dead } = ingest(line(record), { format: 'json', fields: { path: 'req.u' } });
    expect(dead[0]).toMatchObject({ reason: 'no_time', detail: 'none of the fields time is set' });
  });
});

describe('a file that is one array', () => {
  const record = JSON.stringify(JSON_CASES.find(({ format }) => format === 'kong')?.record);
  test('of an element a line: its brackets and commas are no records', () => {
    const { events, dead } = ingest(`[\n  ${record},\r\n${record}\n]\n`, { format: 'kong' });
    expect([events.length, dead.length]).toEqual([2, 0]);
    const text = `[\n${record},\n${record}\n]`;
    expect(detectFormat(new TextEncoder().encode(text)).format).toBe('kong');
    expect(ingest(text, { format: 'kong' }).events).toHaveLength(2);
  });

  test('anything else behind an element is not taken', () => {
    const { events, dead } = ingest(`${record},,\n${record}, ${record}\n[ ,\n${record}\n`, { format: 'kong' });
    expect(events).toHaveLength(1);
    expect(dead.map(({ reason }) => reason)).toEqual(['not_json', 'not_json', 'not_json']);
  });
});

describe('what gateways write of nobody', () => {
  test('Caddy’s and Tyk’s placeholders for keys are no account, and no one key of all', () => {
    const recordOf = (wanted: string): Record<string, unknown> => (JSON_CASES.find(({ name }) => name === wanted) as JsonCase).record;
    const caddy = structuredClone(recordOf('lists of header values')) as { request: { headers: Record<string, string[]> } };
    caddy.request.headers = { Authorization: ['REDACTED'], 'X-Api-Key': ['REDACTED'] };
    const { alias: _, ...tyk } = recordOf("the pump's record");
    for (const [record, format] of [
      [caddy, 'caddy'],
      [tyk, 'tyk'],
    ] as const) {
      const { events } = ingest(line(record), { format });
      expect(events[0].account).toBe('203.0.113.9');
      expect(events[0].flags & FLAG.anonymous).not.toBe(0);
    }
  });
});

describe('Suricata’s HTTP/2', () => {
  test('host, agent and key are in the headers', () => {
    const record = {
      timestamp: '2026-03-02T10:15:30.250123+0000',
      event_type: 'http',
      src_ip: '203.0.113.9',
      http: {
        version: '2',
        http_method: 'GET',
        url: '/a',
        status: 200,
        request_headers: [
          { name: ':authority', value: 'shop.example.com' },
          { name: 'user-agent', value: 'okhttp/4.12' },
          { name: 'x-user-id', value: 'alice' },
        ],
      },
    };
    const { events } = ingest(line(record), { format: 'suricata' });
    expect(events[0]).toMatchObject({ interface: 'GET shop.example.com/a', account: 'alice' });
    expect(events[0].device).not.toBe(0);
  });
});

describe('Zeek’s http.log in columns', () => {
  test('by its header; a connection’s record in JSON is none of it', () => {
    const text = [
      '#separator \\x09',
      '#path\thttp',
      '#fields\tts\tuid\tid.orig_h\ttrans_depth\tmethod\thost\turi\tuser_agent\trequest_body_len\tresponse_body_len\tstatus_code\tusername',
      '1772446530.250000\tC1\t203.0.113.9\t1\tPOST\tshop.example.com\t/api/orders/8841\tcurl/8.1\t41\t512\t201\talice',
      '1772446530.250000\tC2\t203.0.113.9\t1\tGET\tshop.example.com\t/a\t-\t0\t0\t-\t-',
      '',
    ].join('\n');
    const { events, dead } = ingest(text, { format: 'zeek-http' });
    expect(dead).toEqual([]);
    expect(events[0]).toMatchObject({ at: 1772446530250, account: 'alice', status: 201, bytesOut: 512, address: '203.0.113.9' });
    expect(events[1]).toMatchObject({ status: 0, account: '203.0.113.9' });
    expect(detectFormat(new TextEncoder().encode(text)).format).toBe('zeek-http');
    expect(ingest(line({ _path: 'conn', ts: 1 }), { format: 'zeek-http' }).dead[0].reason).toBe('not_http');
  });
});
