/**
 * Chapter 7: from windows to alerts and incidents.
 *
 * The account and merge stages send on what is above a detector's gate; the alert stage calibrates it against the
 * tenant's own clean time, compares it with the tenant's alert budget, explains what fires, and groups alerts into
 * incidents. What it writes is a contract (schemas/alert.ts, published as JSON schemas): consumers rely on every field.
 *
 * This chapter simulates three days of a small consumer app in which one phone is bombed with codes, runs the product,
 * and reads what it wrote.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, expect, test } from 'vitest';
import { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import { defaultConfig } from '../../services/commands/config.ts';

import { masterKey, tenantKey } from '../../services/commands/master-key.ts';
import { type DetectResult, runDetect } from '../../services/commands/run-detect.ts';
import { targetId } from '../../services/simulation/labels.ts';
import { tenantPlan } from '../../services/simulation/tenant-plan.ts';
import { writeSimulation } from '../../services/simulation/write-files.ts';
import { openReader } from '../../services/storage/open-reader.ts';
import { listAlerts, listIncidents } from '../../services/storage/records.ts';

/** A key of one's own, so that the guide leaves nothing in anybody's home. */
const ENVIRONMENT = { WEIR_KEY: 'a key that is only for the guide' };
const LATENESS = 2 * 60_000;

let folder: string;
let log: string;
let phone: string;
let alerts: AlertRecord[];

function detect(data: string): Promise<DetectResult> {
  return runDetect({
    files: [log],
    tenant: 'shop',
    data: join(folder, data),
    alerts: join(folder, `${data}.ndjson`),
    environment: ENVIRONMENT,
  });
}

function linesOf(path: string): unknown[] {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-guide-'));
  const plan = tenantPlan('consumer', 11, {
    name: 'shop',
    days: 3,
    accounts: 300,
    eventsPerDay: 4000,
    scenarios: [{ scenario: 'sms_bombing' }],
  });
  const { files, labels } = writeSimulation(folder, { tenants: [plan] }, 'nginx-json');
  log = files[0].path;
  const { key } = masterKey(defaultConfig(folder).config, folder, ENVIRONMENT);
  phone = targetId(tenantKey(key, 'shop'), labels.campaigns[0].targets[0]);
  await detect('data');
  alerts = linesOf(join(folder, 'data.ndjson')).map((line) => AlertRecord.parse(line));
});

test('the attack is named: its alert is about the phone that was bombed, under its hash', () => {
  const named = alerts.filter((alert) => alert.detector === 'sms_bombing');
  expect(named.map((alert) => alert.entity)).toContainEqual({ kind: 'target', id: phone });
});

test('every record is as the published JSON schemas say', async () => {
  const schema = (name: string) => JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), 'utf8'));
  const ajv = new Ajv2020({ strict: false });
  const checkAlert = ajv.compile(schema('alert'));
  const checkIncident = ajv.compile(schema('incident'));
  const reader = await openReader(join(folder, 'data'));
  const stored = await listAlerts(reader);
  const incidents = await listIncidents(reader);
  await reader.close();
  for (const alert of [...alerts, ...stored]) expect([checkAlert(alert), checkAlert.errors]).toEqual([true, null]);
  for (const incident of incidents) expect([checkIncident(incident), checkIncident.errors]).toEqual([true, null]);
  expect(incidents.length).toBeGreaterThan(0);
  // the schemas are strict: a field more is refused
  expect(checkAlert({ ...alerts[0], severity_text: 'bad' })).toBe(false);
});

test('the explanation is the score: bias and contributions add up to it', () => {
  for (const alert of alerts) {
    const sum = alert.reasons.reduce((total, reason) => total + reason.contribution, alert.bias);
    expect(sum).toBeCloseTo(alert.score, 6);
    expect(alert.reasons.length).toBeGreaterThan(0);
  }
});

test('the counterfactual ends below the score that alerted, each change a real one', () => {
  for (const { counterfactual, score } of alerts) {
    for (const change of counterfactual) {
      expect(change.from).not.toBe(change.to);
      expect(change.step).toBeGreaterThan(0);
    }
    const last = counterfactual.at(-1);
    if (last !== undefined) expect(last.score).toBeLessThan(score);
  }
});

test('an alert is due when the window has ended and its stragglers have been waited for', () => {
  for (const { window, detected_at } of alerts) expect(Date.parse(detected_at)).toBe(Date.parse(window.end) + LATENESS);
});

test('incidents hold the alerts, and no alert is outside of one', async () => {
  const reader = await openReader(join(folder, 'data'));
  const stored = await listAlerts(reader);
  const incidents = (await listIncidents(reader)).map((record) => IncidentRecord.parse(record));
  await reader.close();
  const held = new Set(incidents.flatMap((incident) => incident.alert_ids));
  expect(stored.filter((alert) => !held.has(alert.alert_id))).toEqual([]);
  expect(stored.map((alert) => alert.alert_id).sort()).toEqual([...new Set(alerts.map((alert) => alert.alert_id))].sort());
});

test('the same log elsewhere gives the same ids; the same log again adds nothing', async () => {
  await detect('elsewhere');
  const ids = (name: string) =>
    linesOf(join(folder, `${name}.ndjson`))
      .map((line) => (line as AlertRecord).alert_id)
      .sort();
  expect(ids('elsewhere')).toEqual(ids('data'));
  const before = ids('data');
  const again = await detect('data');
  expect(again.runs.every((run) => run.nothingNew)).toBe(true);
  expect(ids('data')).toEqual(before);
});
