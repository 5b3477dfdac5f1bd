import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AlertRecord, BASELINE_SCOPES, ENTITY_KINDS, SEVERITIES, WINDOW_SIZES } from '../../schemas/alert.ts';
import { appendWindowRow, TsvWriter } from '../../schemas/window-row.ts';
import { findAlert } from '../../services/storage/records.ts';
import { openStore, type Store } from '../../services/storage/store.ts';
import { alertOf, idOf } from '../support/records.ts';

let folder: string;
let store: Store;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-roundtrip-'));
  store = await openStore({ path: folder });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Any text that UTF-8 can hold, control characters included. */
const text = fc.string({ unit: 'binary', maxLength: 30 });
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0); // JSON has no −0
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const time = fc.integer({ min: Date.parse('1990-01-01'), max: Date.parse('2199-12-31') }).map((ms) => new Date(ms).toISOString());
const entity = fc.record({ kind: fc.constantFrom(...ENTITY_KINDS), id: text });
const reason = fc.record({
  feature: text,
  value: number,
  expected: fc.record({ low: number, high: number }),
  baseline: fc.record({ scope: fc.constantFrom(...BASELINE_SCOPES), size: number }),
  contribution: number,
  text,
});
const changes: fc.Arbitrary<Partial<AlertRecord>> = fc.record({
  tenant: text,
  title: text,
  entity,
  related: fc.array(entity, { maxLength: 3 }),
  identity: fc.record({ origin: text, confidence: unit }),
  window: fc.record({ start: time, end: time, size: fc.constantFrom(...WINDOW_SIZES) }),
  detected_at: time,
  final: fc.boolean(),
  score: unit,
  severity: fc.constantFrom(...SEVERITIES),
  bias: number,
  reasons: fc.array(reason, { maxLength: 3 }),
  counterfactual: fc.array(fc.record({ feature: text, from: number, to: number, step: number, score: number }), { maxLength: 2 }),
  evidence: fc.array(fc.record({ source: text, partition: text, offset: fc.maxSafeNat(), at: time, summary: text }), { maxLength: 2 }),
});

test('every alert record comes back from the store as it went in', async () => {
  let n = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(changes, { minLength: 5, maxLength: 10 }), async (batch) => {
      const alerts = batch.map((change) => alertOf(++n, change));
      store.alerts(alerts);
      await store.flush();
      for (const alert of alerts) expect(await findAlert(store, alert.alert_id)).toEqual(JSON.parse(JSON.stringify(alert)));
    }),
    { numRuns: 12 },
  );
  expect(idOf(n)).toMatch(/^[0-9a-f]{32}$/);
});

test('every window row comes back from the store as it went in', async () => {
  let start = Date.parse('1990-01-01');
  const row = fc.record({
    key: text.filter((key) => key !== ''),
    values: fc.array(fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constant(0), fc.integer()), { maxLength: 22 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(row, { minLength: 1, maxLength: 20, selector: ({ key }) => key }), async (rows) => {
      start += 3_600_001;
      const out = new TsvWriter(16);
      for (const { key, values } of rows)
        appendWindowRow(out, { tenant: 'shop', view: 'source', size: '1h', key, start, end: start + 1, final: true, values });
      store.windows(out.take());
      await store.flush();
      const found = await store.rows<{ key: string; start: string; list: number[] }>(
        'SELECT key, start, values AS list FROM windows_raw FINAL WHERE start = fromUnixTimestamp64Milli({start:Int64})',
        { start },
      );
      const trimmed = (values: number[]) => values.slice(0, values.findLastIndex((value) => value !== 0) + 1);
      expect(new Map(found.map(({ key, list }) => [key, list]))).toEqual(new Map(rows.map(({ key, values }) => [key, trimmed(values)])));
      expect(new Set(found.map((stored) => stored.start))).toEqual(new Set([new Date(start).toISOString()]));
    }),
    { numRuns: 20 },
  );
});
