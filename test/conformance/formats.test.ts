import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FORMATS } from '../../schemas/config.ts';
import type { DeadLetter, Emit } from '../../services/core/stage.ts';
import type { FormatName, NormaliseConfig } from '../../services/ingest/normalise-config.ts';
import { deadOf, eventsOf, type PlainEvent, stageOf } from '../support/ingest-events.ts';
import { JSON_CASES } from '../support/json-records.ts';
import { TEXT_CASES, type TextCase } from '../support/text-records.ts';

/** What every format promises; a new one only needs a line here, and fails without one. */
const flat = {
  time: '2026-11-22T01:59:14.125Z',
  client_ip: '203.0.113.9',
  method: 'GET',
  path: '/v1/a',
  status: 200,
  size: 512,
  user: 'ann',
};
const OTHERS: [FormatName, Record<string, unknown>, Partial<NormaliseConfig>?][] = [
  [
    'nginx-json',
    {
      time_iso8601: '2026-11-22T01:59:14+00:00',
      remote_addr: '203.0.113.9',
      request: 'GET /v1/a HTTP/1.1',
      status: 200,
      request_time: 0.25,
    },
  ],
  [
    'apisix',
    {
      client_ip: '203.0.113.9',
      start_time: 1795312754125,
      latency: 12.5,
      route_id: '1',
      request: { method: 'GET', uri: '/v1/a' },
      response: { status: 200, size: 10 },
    },
  ],
  [
    'kong',
    {
      client_ip: '203.0.113.9',
      started_at: 1795312754125,
      latencies: { request: 12 },
      request: { method: 'GET', uri: '/v1/a' },
      response: { status: 200, size: 10 },
    },
  ],
  [
    'envoy-json',
    {
      ':authority': 'h',
      downstream_remote_address: '203.0.113.9:1',
      duration: 11,
      method: 'GET',
      path: '/v1/a',
      response_code: 200,
      start_time: '2026-11-22T01:59:14.125Z',
    },
  ],
  [
    'zeek-conn',
    {
      ts: 1795312754.5,
      'id.orig_h': '10.0.0.5',
      'id.orig_p': 40000,
      'id.resp_h': '10.0.0.6',
      'id.resp_p': 443,
      proto: 'tcp',
      conn_state: 'SF',
    },
  ],
  ['json', flat, { fields: { time: 'time', address: 'client_ip', method: 'method', path: 'path', status: 'status' }, identity: ['user'] }],
];
const CASES: TextCase[] = [
  ...TEXT_CASES,
  ...JSON_CASES.map(({ format, record }) => ({ format, line: JSON.stringify(record) })),
  ...OTHERS.map(([format, record, config]) => ({ format, line: JSON.stringify(record), config })),
];
const named = CASES.map((each, i) => [`${each.format}, line ${i + 1}`, each] as const);
const encoder = new TextEncoder();

/** A stage for the lines of a case, each an input of its own. */
function readerOf({
  format,
  config,
  header = '',
}: TextCase): (text: Uint8Array, unterminated: boolean) => { events: PlainEvent[]; dead: DeadLetter[] } {
  const stage = stageOf({ format, ...config });
  const before = encoder.encode(header);
  let inputs = 0;
  return (text, unterminated) => {
    const partition = `input ${inputs++}`;
    const bytes = new Uint8Array(before.length + text.length);
    bytes.set(before);
    bytes.set(text, before.length);
    const emits: Emit[] = [
      ...stage.process({ tenant: 'shop', source: 'gateway', partition, offset: 0, line: 1, bytes, unterminated }),
      ...stage.control({ kind: 'end', tenant: 'shop', upstream: partition, provisional: false }),
    ];
    balances(stage.counters());
    return { events: eventsOf(emits), dead: deadOf(emits) };
  };
}

function balances(counters: Record<string, number>): void {
  const sum = (kind: string): number =>
    Object.entries(counters).reduce((total, [name, value]) => (name.startsWith(`${kind}\t`) ? total + value : total), 0);
  expect(sum('read')).toBe(counters.parsed + sum('dead') + sum('held'));
}

/** What an event says, without where and of which bytes. */
const said = ({ content: _content, offset: _offset, line: _line, ...event }: PlainEvent & { line?: number }): unknown => event;

test('every format has a line here', () => {
  expect(new Set(CASES.map(({ format }) => format))).toEqual(new Set(FORMATS));
});

describe('a whole line', () => {
  test.each(named)('%s: is an event, with or without its line feed', (_, each) => {
    const read = readerOf(each);
    const whole = read(encoder.encode(`${each.line}\n`), false);
    expect(whole.dead).toEqual([]);
    expect(whole.events).toHaveLength(1);
    const open = read(encoder.encode(each.line), true);
    if (open.events.length > 0) expect(open.events.map(said)).toEqual(whole.events.map(said));
    else expect(open.dead).toMatchObject([{ reason: 'truncated' }]);
    expect(read(encoder.encode(`${each.line}\r\n`), false).events.map(said)).toEqual(whole.events.map(said));
  });
});

describe('a line that is cut', () => {
  test.each(named)('%s: at any byte it is a dead letter, or says the same', (_, each) => {
    const read = readerOf(each);
    const bytes = encoder.encode(each.line);
    const whole = JSON.stringify(read(encoder.encode(`${each.line}\n`), false).events.map(said));
    for (let length = 1; length < bytes.length; length++) {
      const { events, dead } = read(bytes.subarray(0, length), true);
      const cut = new TextDecoder().decode(bytes.subarray(0, length));
      if (events.length > 0) expect(JSON.stringify(events.map(said)), cut).toBe(whole);
      // a part of what a shipper puts before a line is no line
      else if (cut.trim() !== '') expect(dead.length, cut).toBeLessThanOrEqual(1);
    }
  });
});

describe('bytes that are no line', () => {
  test.each(named)('%s: none is an event, none throws', (_, each) => {
    const read = readerOf(each);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        expect(read(bytes, false).events).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test.each(named)('%s: a line with other bytes in it is an event or a dead letter', (_, each) => {
    const read = readerOf(each);
    const bytes = encoder.encode(`${each.line}\n`);
    const change = fc.tuple(
      fc.nat(bytes.length - 2),
      fc.oneof(fc.constantFrom(0x20, 0x22, 0x2d, 0x5b, 0x5c, 0x5d, 0x7b, 0x7c, 0x0), fc.nat(255)),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = bytes.slice();
        for (const [at, byte] of changes) changed[at] = byte;
        const { events, dead } = read(changed, false);
        expect(events.length + dead.length).toBeLessThanOrEqual(1 + changes.length);
      }),
      { numRuns: 60 },
    );
  });
});
