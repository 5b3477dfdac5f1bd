import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layRecords } from '../../services/core/raw.ts';
import type { Emit } from '../../services/core/stage.ts';
import { deadOf, eventsOf, type PlainEvent, stageOf } from '../support/ingest-events.ts';

const BASE = Date.UTC(2026, 2, 2, 10);
const MINUTE = 60_000;
const encoder = new TextEncoder();

interface LogRecord {
  offset: number;
  value: Uint8Array | undefined;
  /** what each event of it should be: its path, or '' for a dead letter */
  holds: string[];
}

/** An event's JSON object; its path says which it is. */
const object = fc
  .record({
    // mostly within the lateness; some far behind, some beyond what the clock guard lets through
    ahead: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: -1, max: 4 }) },
      { weight: 2, arbitrary: fc.integer({ min: -30, max: 60 }) },
      { weight: 1, arbitrary: fc.constantFrom(2_000, 2_010, 3_500) },
    ),
    path: fc.stringMatching(/^\/[a-z]{3,8}$/),
    user: fc.constantFrom(undefined, 'a', 'b "quoted"', 'ü'),
    id: fc.option(fc.nat({ max: 9 })),
  })
  .map(({ ahead, path, user, id }) => ({
    at: ahead,
    path,
    value: { remote_addr: '192.0.2.9', request_method: 'GET', request_uri: path, status: 200, remote_user: user, request_id: id },
  }));

/** What a record may be, given the time that the log has come to. */
const shape = fc.oneof(
  { weight: 6, arbitrary: fc.constant('object' as const) },
  fc.constantFrom(
    'array',
    'lines',
    'pretty',
    'pretty array',
    'array of lines',
    'wrapped',
    'wrapped array',
    'broken',
    'broken pretty',
    'half',
    'text',
    'null',
    '',
    'blank',
  ),
);

const log = fc
  .array(fc.record({ shape, objects: fc.array(object, { minLength: 1, maxLength: 4 }), gap: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 24,
  })
  .map((entries) => {
    let offset = 7;
    return entries.map(({ shape, objects, gap }, n): LogRecord => {
      offset += gap;
      const values = objects.map(({ at, value }) => ({ msec: ((BASE + (n + at) * MINUTE) / 1000).toFixed(3), ...value }));
      const paths = objects.map(({ path }) => path);
      const one = JSON.stringify(values[0]);
      const make = (text: string | undefined, holds: string[]): LogRecord => ({
        offset,
        value: text === undefined ? undefined : encoder.encode(text),
        holds,
      });
      switch (shape) {
        case 'object':
          return make(one, paths.slice(0, 1));
        case 'array':
          return make(JSON.stringify([...values, 1]), [...paths, '']);
        case 'lines':
          return make(`${values.map((value) => JSON.stringify(value)).join('\n')}\nnonsense\n`, [...paths, '']);
        case 'pretty':
          return make(values.map((value) => JSON.stringify(value, null, 2)).join('\n'), paths);
        case 'pretty array':
          return make(JSON.stringify(values, null, 1), paths);
        case 'array of lines':
          return make(`[\r\n${values.map((value) => JSON.stringify(value)).join(',\r\n')}\r\n]\r\n`, paths);
        case 'wrapped':
          return make(JSON.stringify({ message: `${values.map((value) => JSON.stringify(value)).join('\n')}\n`, host: 'h' }), paths);
        case 'wrapped array':
          return make(JSON.stringify(values.map((value) => ({ log: JSON.stringify(value) }))), paths);
        case 'broken':
          return make(one.replace('"status":200', '"status":}'), ['']);
        case 'broken pretty':
          return make(JSON.stringify(values[0], null, 2).replace('200', '2 00'), ['']);
        case 'half':
          return make(`${one.slice(0, 30)}\n${one}`, ['', paths[0]]);
        case 'text':
          return make('hello\u0000', ['']);
        case 'null':
          return make(undefined, []);
        default:
          return make(shape === 'blank' ? ' \r\n\n' : '', []);
      }
    });
  });

interface Outcome {
  /** in the order in which they were sent on, each with whether its time was behind the watermark before it */
  events: (PlainEvent & { late: boolean })[];
  dead: ReturnType<typeof deadOf>;
  watermark: number;
  state: Uint8Array;
  counters: Record<string, number>;
}

/** Takes the log in groups of the given sizes (over and over); after groups marked so, another stage goes on from a snapshot. */
function run(records: readonly LogRecord[], groups: readonly { size: number; restart: boolean }[], skip: number | undefined): Outcome {
  let stage = stageOf({ requestId: 'request_id', partitions: 1 });
  const outcome: Outcome = { events: [], dead: [], watermark: Number.NEGATIVE_INFINITY, state: new Uint8Array(0), counters: {} };
  const take = (emits: readonly Emit[]): void => {
    for (const emit of emits) {
      outcome.events.push(...eventsOf([emit]).map((event) => ({ ...event, late: event.at < outcome.watermark })));
      if (emit.output === 'control' && emit.value.kind === 'watermark') {
        expect(emit.value.time).toBeGreaterThan(outcome.watermark);
        outcome.watermark = emit.value.time;
      }
    }
    outcome.dead.push(...deadOf(emits));
  };
  if (skip !== undefined) take(stage.control({ kind: 'skip', partition: 'log/0', offset: skip }));
  for (let at = 0, group = 0; at < records.length; group++) {
    const { size, restart } = groups[group % groups.length];
    take(stage.process({ tenant: 'shop', source: 'gateway', partition: 'log/0', ...layRecords(records.slice(at, at + size)) }));
    at += size;
    if (!restart) continue;
    const next = stageOf({ requestId: 'request_id', partitions: 1 });
    next.restore(stage.snapshot());
    stage = next;
  }
  outcome.state = stage.snapshot().common;
  take(stage.control({ kind: 'end', tenant: 'shop', upstream: 'log/0', provisional: false }));
  outcome.counters = stage.counters();
  // an event that was held comes after others of its chunk or the next: its place is its time's, not its offset's
  const order = (a: { offset: number; index?: number }, b: { offset: number; index?: number }) =>
    a.offset - b.offset || (a.index ?? 0) - (b.index ?? 0);
  outcome.events.sort(order);
  outcome.dead.sort(order);
  return outcome;
}

const groups = fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), restart: fc.boolean() }), { minLength: 1, maxLength: 5 });

test('any grouping of a log’s records gives the same events, lateness, dead letters, watermark and state', () => {
  let late = 0;
  let refused = 0;
  fc.assert(
    fc.property(log, groups, fc.option(fc.nat({ max: 23 })), (records, grouping, skipped) => {
      const skip = skipped === null ? undefined : records[skipped % records.length].offset;
      const single = run(records, [{ size: 1, restart: false }], skip);
      late += single.events.filter((event) => event.late).length;
      refused += single.dead.filter(({ reason }) => reason === 'time_in_future').length;
      expect(run(records, grouping, skip)).toEqual(single);
      expect(run(records, [{ size: records.length, restart: false }], skip)).toEqual(single);
    }),
    { numRuns: 400 },
  );
  expect(late).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(10);
});

test('every event of a record is an event or a dead letter, under its own number', () => {
  fc.assert(
    fc.property(log, groups, (records, grouping) => {
      const { events, dead } = run(records, grouping, undefined);
      const found = new Map<string, string>();
      for (const { offset, index, interface: name } of events) found.set(`${offset} ${index}`, name.slice(name.indexOf('/')));
      for (const { offset, index, reason } of dead) {
        const key = `${offset} ${index ?? 0}`;
        expect(found.has(key)).toBe(false);
        found.set(key, reason === 'time_in_future' ? 'future' : '');
      }
      const expected = new Map(records.flatMap(({ offset, holds }) => holds.map((path, index) => [`${offset} ${index}`, path])));
      expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [key, path] of found) if (path !== 'future') expect([key, path]).toEqual([key, expected.get(key)]);
    }),
    { numRuns: 400 },
  );
});
