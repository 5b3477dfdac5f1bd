import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GroupedAlert } from '../../models/evaluation/rebuilt-incidents.ts';
import { rebuiltIncidents } from '../../models/evaluation/rebuilt-incidents.ts';
import { IncidentRecord } from '../../schemas/alert.ts';
import { parseLabels } from '../../schemas/labels.ts';
import { readAlertLines } from '../../services/commands/read-alert-lines.ts';
import { explanationError } from '../../services/evaluation/explanation-error.ts';
import { TUNED_ON, usedFor, usedForTenant } from '../../services/evaluation/known-seeds.ts';
import { labels as labelsOfPlan } from '../../services/simulation/simulate.ts';
import { tenantPlan } from '../../services/simulation/tenant-plan.ts';
import { FIRST_TRAINING_SEED, trainingPlans } from '../../services/training/training-plans.ts';

const HOUR = 3_600_000;
const iso = (hours: number): string => new Date(Date.UTC(2026, 2, 2) + hours * HOUR).toISOString();
const INCIDENT = 'b'.repeat(32);

let next = 0;
function alert(wish: Partial<GroupedAlert> & { at?: number }): GroupedAlert {
  const { at = 0, ...rest } = wish;
  return {
    alert_id: (++next).toString(16).padStart(32, '0'),
    incident_id: INCIDENT,
    tenant: 'shop',
    entity: { kind: 'account', id: 'ann' },
    related: [],
    window: { start: iso(at), end: iso(at + 1), size: '1h' },
    detected_at: iso(at + 1.1),
    score: 0.4,
    severity: 'low',
    title: 'odd',
    detector: 'bulk_export',
    ...rest,
  };
}

describe('incidents put together from alerts', () => {
  it('are about the interface or target of the strongest that has one, by the actors of all', () => {
    const [one, ...more] = rebuiltIncidents([
      alert({ at: 5, score: 0.9, severity: 'high', title: 'strongest' }),
      alert({
        at: 2,
        entity: { kind: 'interface', id: 'GET a' },
        score: 0.3,
        detector: 'scraping',
        related: [{ kind: 'source', id: '10.0.0.1' }],
      }),
      alert({
        at: 8,
        entity: { kind: 'interface', id: 'GET b' },
        score: 0.5,
        related: [
          { kind: 'account', id: 'ann' },
          { kind: 'account', id: 'bob' },
        ],
      }),
    ]);
    expect(more).toEqual([]);
    expect(one).toMatchObject({
      entity: { kind: 'interface', id: 'GET b' },
      title: 'strongest',
      severity: 'high',
      score: 0.9,
      detectors: ['bulk_export', 'scraping'],
      started_at: iso(2),
      ended_at: iso(9),
      detected_at: iso(3.1),
    });
    expect(one.actors.map(({ id }) => id)).toEqual(['ann', 'bob', '10.0.0.1']);
    expect(one.alert_ids).toHaveLength(3);
    expect(IncidentRecord.safeParse(one).success).toBe(true);
  });

  it('are one for each incident and tenant', () => {
    const rebuilt = rebuiltIncidents([alert({}), alert({ tenant: 'other' }), alert({ incident_id: 'c'.repeat(32) }), alert({ at: 1 })]);
    expect(rebuilt.map(({ tenant, alert_ids }) => [tenant, alert_ids.length])).toEqual([
      ['shop', 2],
      ['other', 1],
      ['shop', 1],
    ]);
    expect(rebuilt[0].entity).toEqual({ kind: 'account', id: 'ann' });
  });
});

describe('files of alerts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-alerts-'));
  const put = (text: string): string => {
    const path = join(folder, `${++next}.ndjson`);
    writeFileSync(path, text);
    return path;
  };

  it('hold alerts and incidents, what explains them may be missing', () => {
    const one = alert({});
    const [incident] = rebuiltIncidents([one]);
    const read = readAlertLines([put(`${JSON.stringify(one)}\n\n${JSON.stringify(incident)}\n`), put(JSON.stringify(alert({ at: 3 })))]);
    expect(read.alerts.map(({ window }) => window.start)).toEqual([iso(0), iso(3)]);
    expect(read.incidents).toEqual([incident]);
  });

  it.each([
    ['{', /:1 is not JSON/],
    ['{"a":1}', /neither an alert .* nor an incident/],
    [`\n${JSON.stringify({ ...alert({}), score: 3 })}`, /:2 is no alert: score/],
  ])('are refused with the line: %s', (text, message) => {
    expect(() => readAlertLines([put(text)])).toThrow(message);
  });

  it('that are not there are named', () => {
    expect(() => readAlertLines(['none.ndjson'])).toThrow('there is no file of alerts none.ndjson');
  });
});

describe('labels', () => {
  it('of a simulation are read as they are written', () => {
    const written = labelsOfPlan({
      tenants: [
        tenantPlan('office', 7, { days: 3, accounts: 30, eventsPerDay: 500, scenarios: [{ scenario: 'probing' }], hardNegatives: 'all' }),
      ],
    });
    const read = parseLabels(JSON.stringify(written));
    expect(written.campaigns).toHaveLength(1);
    expect(read.campaigns).toMatchObject(written.campaigns.map(({ events: _, ...campaign }) => campaign));
    expect(read.benign).toEqual(written.benign);
    expect(read.tenants).toEqual([]);
  });

  const least = { id: 'c', tenant: 'shop', scenario: { name: 'own' }, start: '2026-03-02T09:00:00+01:00', end: '2026-03-02T10:00Z' };
  it('of others need little', () => {
    expect(parseLabels(JSON.stringify({ version: 1, campaigns: [least] })).campaigns[0]).toMatchObject({
      accounts: [],
      scenario: { number: 0 },
    });
  });

  it.each([
    ['{', /not JSON/],
    ['{"version":2,"campaigns":[]}', /version/],
    [JSON.stringify({ version: 1, campaigns: [{ ...least, start: 'yesterday' }] }), /campaigns.0.start: an ISO 8601 time/],
    [JSON.stringify({ version: 1, campaigns: [{ ...least, end: '2026-03-01T10:00Z' }] }), /c ends .* before it starts/],
  ])('that say nothing are refused: %s', (text, message) => {
    expect(() => parseLabels(text)).toThrow(message);
  });
});

it('seeds that served before are known', () => {
  expect([299, 300, 419, 420, 901, 1299, 1300].map(usedFor)).toEqual([
    undefined,
    'tuning',
    'tuning',
    undefined,
    undefined,
    'tuning',
    undefined,
  ]);
  expect(TUNED_ON.every(([first, last]) => first <= last)).toBe(true);
  // no tenant of an evaluation is one of training
  expect(usedFor(FIRST_TRAINING_SEED / 1000 - 1)).toBeUndefined();
  expect(usedFor(FIRST_TRAINING_SEED / 1000)).toBe('training');
  expect(trainingPlans(1, 3).map(({ plan }) => usedForTenant(plan.seed))).toEqual(['training', 'training', 'training']);
  expect([usedForTenant(400_001), usedForTenant(7)]).toEqual(['tuning', undefined]);
});

it('an explanation is as wrong as its parts do not add up', () => {
  expect(explanationError({ bias: 0.1, reasons: [{ contribution: 0.25 }, { contribution: 0.5 }], score: 0.8 })).toBeCloseTo(0.05, 12);
  expect(explanationError({ bias: 0.5, reasons: [], score: 0.5 })).toBe(0);
});
