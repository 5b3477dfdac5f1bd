import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ledgerCounter } from '../../services/core/topology-contract.ts';
import { CATALOGUE, counter, gauge, histogram } from '../../services/telemetry/catalogue.ts';
import { startTelemetry, type Telemetry, type TelemetryOptions } from '../../services/telemetry/endpoint.ts';
import { exposition } from '../../services/telemetry/exposition.ts';
import { LedgerMeter } from '../../services/telemetry/ledger-meter.ts';
import { parseListen } from '../../services/telemetry/listen-address.ts';
import { HistogramRecorder, type Sample } from '../../services/telemetry/samples.ts';
import { serveLog } from '../../services/telemetry/serve-log.ts';

/** Series of a text in Prometheus' format, by name and labels; each line has to be of the format. */
function parse(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || /^# (HELP \S+ .+|TYPE \S+ (counter|gauge|histogram|summary))$/.test(line)) continue;
    const match = /^([a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})?) (\S+)$/.exec(line);
    if (match === null) throw new Error(`no line of the format: ${line}`);
    if (series.has(match[1])) throw new Error(`twice: ${match[1]}`);
    series.set(match[1], Number(match[2].replace('Inf', 'Infinity')));
  }
  return series;
}

describe('the text of /metrics', () => {
  test('has a line a series, one series for samples of several tasks, and odd labels escaped', () => {
    const text = exposition([
      gauge('weir_queue_bytes', { stage: 'merge' }, 10),
      gauge('weir_queue_bytes', { stage: 'merge' }, 5),
      gauge('weir_queue_bytes', { stage: 'account' }, 1),
      gauge('weir_watermark_timestamp_seconds', { tenant: 'shop', stage: 'alert' }, 300),
      gauge('weir_watermark_timestamp_seconds', { tenant: 'shop', stage: 'alert' }, 200),
      gauge('weir_watermark_delay_seconds', { tenant: 'shop', stage: 'alert' }, Number.POSITIVE_INFINITY),
      counter('weir_events_dead_total', { tenant: 'shop', source: 'a"b\\c\nd', reason: 'not_json' }, 3),
      counter('weir_events_dead_total', { tenant: 'shop', source: 'a"b\\c\nd', reason: 'not_json' }, 4),
    ]);
    expect([...parse(text)]).toEqual([
      ['weir_events_dead_total{reason="not_json",source="a\\"b\\\\c\\nd",tenant="shop"}', 7],
      ['weir_queue_bytes{stage="account"}', 1],
      ['weir_queue_bytes{stage="merge"}', 15],
      ['weir_watermark_timestamp_seconds{stage="alert",tenant="shop"}', 200],
    ]);
    expect(text.match(/^# TYPE weir_queue_bytes gauge$/gm)).toHaveLength(1);
  });

  test('adds histograms up, each bucket with those below it', () => {
    const one = new HistogramRecorder([0.1, 1]);
    const other = new HistogramRecorder([0.1, 1]);
    for (const value of [0.05, 0.1, 0.5]) one.observe(value);
    for (const value of [1, 7, Number.NaN]) other.observe(value);
    const series = parse(
      exposition([
        histogram('weir_transaction_duration_seconds', { stage: 'merge' }, one),
        histogram('weir_transaction_duration_seconds', { stage: 'merge' }, other),
      ]),
    );
    const of = (suffix: string, le?: string) =>
      series.get(`weir_transaction_duration_seconds_${suffix}{stage="merge"${le === undefined ? '' : `,le="${le}"`}}`);
    expect([of('bucket', '0.1'), of('bucket', '1'), of('bucket', '+Inf'), of('count')]).toEqual([2, 4, 5, 5]);
    expect(of('sum')).toBeCloseTo(8.65, 10);
  });

  test('is refused where samples of one name disagree', () => {
    const recorder = (bounds: number[]) => histogram('weir_snapshot_duration_seconds', { stage: 'merge' }, new HistogramRecorder(bounds));
    expect(() => exposition([recorder([1]), recorder([2])])).toThrow(/different bounds/);
  });
});

test('names, units and labels of the catalogue follow the conventions, and nothing personal is a label', () => {
  const bounded = /^(tenant|source|stage|topic|partition|reason|outcome|state|severity|table|code|folder|version|model|schema)$/;
  for (const [name, { type, help, labels }] of Object.entries(CATALOGUE)) {
    expect(name).toMatch(/^weir_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    expect(name).not.toMatch(/_(ms|millis|minutes|kb|mb)(_|$)/);
    expect(help).toMatch(/\.$|:.*$/);
    for (const label of labels) expect(label).toMatch(bounded);
  }
});

describe('the endpoint', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  const errors: object[] = [];
  async function start(options: Partial<TelemetryOptions> = {}): Promise<Telemetry> {
    const telemetry = await startTelemetry({
      listen: '127.0.0.1:0',
      samples: () => [],
      health: () => ({ reasons: [] }),
      ready: () => ({ reasons: [] }),
      log: { error: (fields) => errors.push(fields) },
      ...options,
    });
    open.push(telemetry);
    return telemetry;
  }
  async function get(telemetry: Telemetry, path: string) {
    const answer = await fetch(`http://${telemetry.address}${path}`);
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  }

  test('answers a scrape with samples of that moment, the build and the process', async () => {
    let events = 1;
    const telemetry = await start({
      samples: (): Sample[] => [counter('weir_events_read_total', { tenant: 'shop', source: 'a' }, events)],
      build: { version: '1.2.3', model: 'baselines-1', schema: '2' },
    });
    const first = await get(telemetry, '/metrics');
    events = 42;
    const series = parse((await get(telemetry, '/metrics')).text);
    expect(first).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    expect(parse(first.text).get('weir_events_read_total{source="a",tenant="shop"}')).toBe(1);
    expect(series.get('weir_events_read_total{source="a",tenant="shop"}')).toBe(42);
    expect(series.get('weir_build_info{model="baselines-1",schema="2",version="1.2.3"}')).toBe(1);
    expect(series.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(series.has('nodejs_eventloop_lag_p99_seconds')).toBe(true);
    expect(series.get('process_cpu_seconds_total')).toBeGreaterThan(0);
  });

  test('says whether the process lives and works, and why not', async () => {
    const state = { health: [] as string[], ready: ['source gateway: not connected yet'] };
    const telemetry = await start({ health: () => ({ reasons: state.health }), ready: async () => ({ reasons: state.ready }) });
    expect(await get(telemetry, '/healthz')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    const waiting = await get(telemetry, '/readyz');
    expect(waiting.status).toBe(503);
    expect(JSON.parse(waiting.text)).toEqual({ status: 'failing', reasons: ['source gateway: not connected yet'] });
    state.ready = [];
    state.health = ['no record was processed for 5 min'];
    expect((await get(telemetry, '/readyz')).status).toBe(200);
    expect((await get(telemetry, '/healthz')).status).toBe(503);
    expect((await get(telemetry, '/')).status).toBe(404);
    expect((await fetch(`http://${telemetry.address}/metrics`, { method: 'POST' })).status).toBe(404);
  });

  test('stays up where a question fails, and logs it', async () => {
    const telemetry = await start({
      samples: () => {
        throw new Error('half a sample');
      },
    });
    expect(await get(telemetry, '/metrics')).toMatchObject({ status: 500, text: expect.stringContaining('half a sample') });
    expect(errors.at(-1)).toMatchObject({ event: 'telemetry_failed', url: '/metrics' });
    expect((await get(telemetry, '/healthz')).status).toBe(200);
  });

  test('names a port that another process has, and an address that is none', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const listen = `127.0.0.1:${(taken.address() as { port: number }).port}`;
    await expect(start({ listen })).rejects.toMatchObject({
      code: 'usage',
      message: `serve.listen is ${listen}: another process listens there already: stop it, or give another port`,
    });
    await new Promise((resolve) => taken.close(resolve));
    await expect(start({ listen: '127.0.0.1:99999' })).rejects.toMatchObject({ code: 'usage' });
    await expect(start({ listen: '192.0.2.1:9600' })).rejects.toThrow(/this machine has no such address/);
    expect(parseListen('[::1]:9600', 'x')).toEqual({ host: '::1', port: 9600 });
  });

  test('frees its port when closed, with a connection open', async () => {
    const first = await start();
    await get(first, '/healthz');
    await first.close();
    const second = await start({ listen: first.address });
    expect(second.address).toBe(first.address);
  });
});

describe('metrics of the ledger', () => {
  const read = ledgerCounter('read', 'shop', 'a');
  const held = ledgerCounter('held', 'shop', 'a');
  const dead = ledgerCounter('dead', 'shop', 'a', 'not_json');
  const metric = (meter: LedgerMeter, name: string) => meter.samples().find((sample) => sample.name === name)?.value;

  test('only grow while tasks come with their counts, go, and are taken back to a snapshot', () => {
    const meter = new LedgerMeter();
    meter.open('a/0', { [read]: 1000 });
    meter.update('a/0', { [read]: 1010, [dead]: 1, 'other counter': 5 });
    meter.update('a/1', { [read]: 5, [held]: 2 });
    expect([metric(meter, 'weir_events_read_total'), metric(meter, 'weir_events_dead_total'), metric(meter, 'weir_events_held')]).toEqual([
      15, 1, 2,
    ]);
    meter.close('a/0');
    meter.close('a/1');
    expect([metric(meter, 'weir_events_read_total'), metric(meter, 'weir_events_held')]).toEqual([15, undefined]);
    meter.open('a/0', { [read]: 900 });
    meter.update('a/0', { [read]: 901, [held]: 1 });
    expect([metric(meter, 'weir_events_read_total'), metric(meter, 'weir_events_held')]).toEqual([16, 1]);
    expect(
      meter
        .samples()
        .map(({ name }) => name)
        .every((name) => name in CATALOGUE),
    ).toBe(true);
  });
});

describe('the log of weir serve', () => {
  function capture(secrets: string[] = []) {
    const lines: Record<string, unknown>[] = [];
    const raw: string[] = [];
    const stream = {
      write: (text: string) => {
        raw.push(text);
        lines.push(JSON.parse(text));
      },
    };
    return { lines, raw, log: serveLog('debug', { instance: 'weir-1', secrets, stream }) };
  }

  test('is a JSON line an event, under a stable name', () => {
    const { lines, log } = capture();
    log.say('task_opened', { stage: 'account', topic: 'weir.events', partition: 3, took: 12 });
    log.say('store_away', {
      reason: 'connection',
      err: Object.assign(new Error('no'), { code: 'ECONNREFUSED', headers: { authorization: 'x' } }),
    });
    expect(lines[0]).toMatchObject({ level: 'info', event: 'task_opened', instance: 'weir-1', stage: 'account', partition: 3 });
    expect(Date.parse(lines[0].time as string)).toBeGreaterThan(0);
    expect(lines[1]).toMatchObject({ level: 'warn', event: 'store_away', err: { type: 'Error', code: 'ECONNREFUSED', message: 'no' } });
    expect(lines[1].err).not.toHaveProperty('headers');
  });

  test('says no secret, in whatever form it comes', () => {
    const password = 'p"ss w/rd';
    const { raw, log } = capture([password, 'abc', 'hunter22']);
    log.say('store_away', { err: new Error(`login with ${password} failed`), url: `http://u:${encodeURIComponent(password)}@host` });
    log.kafka({ namespace: 'Connection', level: 1, log: { message: 'authentication hunter22 failed' } });
    const text = raw.join('');
    expect(text).not.toContain(password);
    expect(text).not.toContain(JSON.stringify(password).slice(1, -1));
    expect(text).not.toContain(encodeURIComponent(password));
    expect(text).not.toContain('hunter22');
    expect(text.match(/\*\*\*/g)).toHaveLength(4); // message, stack, URL, the client's line
  });

  test('takes lines of the Kafka client at what they mean', () => {
    const { lines, log } = capture();
    log.kafka({ namespace: 'Connection', level: 1, log: { message: 'Connection error: ECONNREFUSED', broker: 'b:9092', stack: 'long' } });
    log.kafka({ namespace: 'Connection', level: 1, log: { message: 'Response', error: 'The coordinator is loading: NOT_COORDINATOR' } });
    log.kafka({ namespace: 'ConsumerGroup', level: 4, log: { message: 'Consumer has joined the group', groupId: 'g' } });
    expect(lines.map(({ level }) => level)).toEqual(['error', 'debug', 'debug']);
    expect(lines[0]).toMatchObject({ event: 'kafka_client', broker: 'b:9092', msg: 'Connection error: ECONNREFUSED' });
    expect(lines[0]).not.toHaveProperty('stack');
  });
});
