import { describe, expect, test } from 'vitest';
import { layRecords } from '../../services/core/raw.ts';
import { logHeader, type SimulatedFormat, writeLine } from '../../services/simulation/formats/write-line.ts';
import type { TenantKind } from '../../services/simulation/plan.ts';
import { buildWorld, simulateWorld } from '../../services/simulation/simulate.ts';
import { tenantPlan } from '../../services/simulation/tenant-plan.ts';
import { eventsOf, ingest, type PlainEvent, stageOf } from '../support/ingest-events.ts';

const encoder = new TextEncoder();

/** Lines of a small tenant's log, without their line feeds. */
function linesOf(kind: TenantKind, format: SimulatedFormat): string[] {
  const world = buildWorld(tenantPlan(kind, 5, { days: 1, accounts: 40, eventsPerDay: 600, scenarios: [], hardNegatives: [] }));
  const { nuisances } = world;
  const shape = { login: nuisances.logsLogin, session: nuisances.logsSession, code: nuisances.logsCode, records: nuisances.logsRecords };
  return [...simulateWorld(world)].slice(0, 400).map((event) => writeLine(format, event, shape).trimEnd());
}

/** Events of records, as they would be of the lines of a file, but for where they are. */
function readTopic(values: readonly string[], format: SimulatedFormat): object[] {
  const stage = stageOf({ format });
  const records = values.map((value, offset) => ({ offset, value: encoder.encode(value) }));
  const emits = [
    ...stage.process({ tenant: 'shop', source: 'gateway', partition: 'log/0', ...layRecords(records) }),
    ...stage.control({ kind: 'end', tenant: 'shop', upstream: 'log/0', provisional: false }),
  ];
  expect(emits.filter((emit) => emit.output === 'dead')).toEqual([]);
  return eventsOf(emits).map(withoutPlace);
}

function withoutPlace({ offset: _, index: __, ...event }: PlainEvent): object {
  return event;
}

/** The lines as different producers would send them. */
const WAYS: Record<string, (lines: readonly string[]) => string[]> = {
  'one a record': (lines) => [...lines],
  'some lines a record': (lines) => inThrees(lines).map((part) => `${part.join('\n')}\n`),
  'by Filebeat': (lines) =>
    lines.map((message) =>
      JSON.stringify({ '@timestamp': '2026-03-02T10:00:05.000Z', message, log: { offset: 1 }, agent: { type: 'filebeat' } }),
    ),
  'by Vector, lines as they are': (lines) =>
    lines.map((message) =>
      JSON.stringify({ file: '/a.log', host: 'web', message, source_type: 'file', timestamp: '2026-03-02T10:00:05Z' }),
    ),
  'by Fluent Bit': (lines) => lines.map((log) => JSON.stringify({ date: 1.5, log: `${log}\n`, stream: 'stdout' })),
};
/** Only what is JSON. */
const JSON_WAYS: typeof WAYS = {
  'by Vector, parsed': (lines) =>
    lines.map((line) => JSON.stringify({ file: '/a.log', source_type: 'file', message_key: 'k', ...JSON.parse(line) })),
  'arrays (APISIX, HTTP)': (lines) => inThrees(lines).map((part) => `[${part.join(',')}]`),
  'over several lines': (lines) => lines.map((line) => JSON.stringify(JSON.parse(line), null, 2)),
};

function inThrees(lines: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(lines.length / 3) }, (_, i) => lines.slice(3 * i, 3 * i + 3));
}

/** Parsed and written anew, a record has other bytes, and so another content hash. */
const alike = (event: object): object => ({ ...event, content: 0 });

describe.each(['nginx-json', 'combined', 'apisix', 'kong', 'envoy-json'] as const)('%s in a topic is what it is in a file', (format) => {
  const lines = linesOf('consumer', format);
  const expected = ingest(lines.map((line) => `${line}\n`).join(''), { format }).events.map(withoutPlace);

  test.each(Object.entries(format === 'combined' ? WAYS : { ...WAYS, ...JSON_WAYS }))('%s', (_, send) => {
    expect(expected).toHaveLength(lines.length);
    expect(readTopic(send(lines), format).map(alike)).toEqual(expected.map(alike));
  });
});

describe('Zeek as JSON in a topic is what its columns are in a file', () => {
  const rows = linesOf('network', 'zeek-conn');
  const header = logHeader('zeek-conn');
  const columns = (/^#fields\t(.*)$/m.exec(header)?.[1] ?? '').split('\t');
  const expected = ingest(header + rows.map((row) => `${row}\n`).join(''), { format: 'zeek-conn' }).events.map(withoutPlace);
  /** As Zeek writes JSON: what is unset is left out, numbers and truth values are such. */
  const lines = rows.map((row) => {
    const values = row
      .split('\t')
      .map((text, i) => [
        columns[i],
        text === 'T' || (text !== 'F' && (/^[\d.]+$/.test(text) && !/\..*\./.test(text) ? Number(text) : text)),
      ]);
    return JSON.stringify(Object.fromEntries(values.filter(([, value]) => value !== '-' && value !== '(empty)')));
  });

  test.each(Object.entries({ ...WAYS, ...JSON_WAYS }))('%s', (_, send) => {
    expect(expected).toHaveLength(rows.length);
    expect(readTopic(send(lines), 'zeek-conn').map(alike)).toEqual(expected.map(alike));
  });
});
