import { describe, expect, test } from 'vitest';
import { ALL_DETECTORS } from '../../models/detectors/index.ts';
import { coverageOf, gapsOf } from '../../services/commands/coverage.ts';
import { explain } from '../../services/commands/parse-explain.ts';
import { Sample, type Survey } from '../../services/commands/survey.ts';
import { NO_ADDRESS_DATA } from '../../services/ingest/addresses/addresses.ts';
import type { NormaliseConfig } from '../../services/ingest/normalise-config.ts';
import type { RecordTrace } from '../../services/ingest/records/record-trace.ts';
import { ingest } from '../support/ingest-events.ts';
import { JSON_CASES, type JsonCase } from '../support/json-records.ts';

/** What is said of the records of a text. */
function traced(text: string, config: Partial<NormaliseConfig>): RecordTrace[] {
  const traces: RecordTrace[] = [];
  const { events } = ingest(text, config, { addresses: NO_ADDRESS_DATA, trace: (trace) => traces.push(trace) });
  // what is traced is what the stage makes of it all
  expect(events.length + ingest(text, config).dead.length).toBe(traces.length);
  expect(events).toEqual(ingest(text, config).events);
  return traces;
}

const fieldsOf = (trace: RecordTrace): Record<string, string[]> =>
  Object.fromEntries(explain(trace).fields.map(({ field, value, from }) => [field, [value, from]]));
const caseOf = (name: string): JsonCase => JSON_CASES.find((each) => `${each.format}: ${each.name}` === name) as JsonCase;

function surveyOf(text: string, config: Partial<NormaliseConfig>): Survey {
  const { emits, stage } = ingest(text, config);
  const seen = new Sample();
  seen.take(emits);
  return { path: 'x', format: config.format ?? 'nginx-json', reason: 'named', more: false, guess: stage.describeGuess(), ...seen.result() };
}

describe('which name of a record gave which field', () => {
  test('nested JSON', () => {
    const [trace] = traced(`${JSON.stringify(caseOf('kong: of today').record)}\n`, { format: 'kong', session: 'request.id' });
    expect(fieldsOf(trace)).toMatchObject({
      time: ['2026-03-02T10:15:30.250Z', 'started_at + latencies.request'],
      account: ['alice', 'consumer.username (consumer, confidence 0.98)'],
      address: ['203.0.113.9', 'client_ip (the peer)'],
      interface: ['POST shop.example.com/api/orders/{id}', 'request.method, request.headers.host, request.uri'],
      status: ['201', 'response.status'],
      bytesIn: ['41', 'request.size'],
      bytesOut: ['512', 'response.size'],
      duration: ['125 ms', 'latencies.request'],
      device: ['okhttp/4.12', 'request.headers.user-agent'],
      session: [expect.any(String), 'request.id'],
    });
    expect(explain(trace).missing).toEqual(['country', 'asn', 'target']);
  });

  test('attributes, a duration between two times, connections and their sampling', () => {
    const [span] = traced(`${JSON.stringify(caseOf('otel: a span of OTLP, new names').record)}\n`, { format: 'otel' });
    expect(fieldsOf(span)).toMatchObject({
      duration: ['125 ms', 'endTimeUnixNano - startTimeUnixNano'],
      status: ['201', '/attributes/http.response.status_code'],
      account: ['alice', expect.stringContaining('/attributes/user.id')],
    });
    const [flow] = traced(`${JSON.stringify(caseOf('goflow2: NetFlow, a call').record)}\n`, { format: 'goflow2' });
    expect(fieldsOf(flow)).toMatchObject({
      bytesIn: ['4100', 'bytes x sampling_rate'],
      interface: ['tcp 10.0.0.2:5432', 'proto, dst_addr, dst_port'],
    });
    expect(explain(flow).missing).toEqual([]);
  });

  test('a line of text, and an address that a proxy reports', () => {
    const [trace] = traced('10.0.0.1 - - [02/Mar/2026:10:15:30 +0000] "GET /a/7 HTTP/1.1" 200 12 "-" "curl/8.1" "198.51.100.7"\n', {
      format: 'combined',
      trustedProxies: ['10.0.0.0/8'],
    });
    expect(fieldsOf(trace)).toMatchObject({ address: ['198.51.100.7', expect.stringContaining('reported by the proxy 10.0.0.1')] });
    expect(fieldsOf(trace).account[1]).toContain('nobody is named');
  });

  test('a record that is none says what was found, and why it is none; secrets are not shown', () => {
    const [trace] = traced('{"msec":"soon","remote_addr":"203.0.113.9","http_cookie":"sid=secret"}\n', { format: 'nginx-json' });
    const { dead, fields } = explain(trace);
    expect(dead).toMatchObject({ reason: 'bad_time' });
    expect(fields).toContainEqual({ field: 'address', value: '203.0.113.9', from: 'remote_addr' });
    expect(fields).toContainEqual({ field: 'cookie', value: '…', from: 'http_cookie' });
  });
});

describe('what a log lacks', () => {
  const bare = '{"msec":1772446530.25,"remote_addr":"203.0.113.9","request_method":"GET","request_uri":"/a"}\n';

  test('names the detectors that are blind for it, and the variable to log', () => {
    const survey = surveyOf(bare, { format: 'nginx-json' });
    const coverage = ALL_DETECTORS.map((detector) => coverageOf(detector, survey));
    const gaps = gapsOf(survey, coverage);
    const status = gaps.find(({ field }) => field === 'status');
    expect(status?.blind).toContain('probing');
    expect(status?.remedy).toBe('no event has a status (fields.status): log $status');
    // every detector that is blind is named by a gap, and the other way round
    const blind = new Set(coverage.filter(({ sight }) => sight === 'blind').map(({ detector }) => detector));
    expect(new Set(gaps.flatMap((gap) => gap.blind))).toEqual(blind);
    expect(gaps.find(({ field }) => field === 'duration')?.remedy).toContain('$request_time');
  });

  test('a source of requests and connections is judged by its own of each', () => {
    const lines = ['suricata: a request', 'suricata: a connection'].map((name) => `${JSON.stringify(caseOf(name).record)}\n`);
    const both = surveyOf(lines.join(''), { format: 'suricata' });
    const sight = (survey: Survey, name: string) =>
      coverageOf(ALL_DETECTORS.find((detector) => detector.name === name) as never, survey).sight;
    expect([sight(both, 'probing'), sight(both, 'beaconing')]).toEqual(['active', 'active']);
    // that connections have accounts says nothing of requests
    expect(sight(both, 'scraping')).toBe('blind');
    const requests = surveyOf(lines[0], { format: 'suricata' });
    expect([sight(requests, 'probing'), sight(requests, 'beaconing')]).toEqual(['active', 'not for this log']);
  });
});
