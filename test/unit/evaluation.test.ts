import { describe, expect, it } from 'vitest';
import type { LabelledBenign, LabelledCampaign } from '../../models/evaluation/campaign.ts';
import { chanceRecall, evaluateIncidents } from '../../models/evaluation/incidents.ts';
import { wilson } from '../../models/evaluation/wilson.ts';
import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import { ALERT_SCHEMA_VERSION } from '../../schemas/alert.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 2, 2, 9);
const iso = (hours: number): string => new Date(T0 + hours * HOUR).toISOString();
const LOGIN = 'POST shop/login';
const bots = Array.from({ length: 200 }, (_, i) => `bot${i}`);

const campaign: LabelledCampaign = {
  id: 'c1',
  tenant: 'shop',
  scenario: { number: 2, name: 'low-and-slow stuffing' },
  intensity: 1,
  start: iso(0),
  end: iso(6),
  interfaces: [LOGIN],
  side_interfaces: ['GET shop/me'],
  targets: ['feedbeef00112233'],
  accounts: bots,
  sources: [],
};

let next = 0;
function incident(wish: Partial<IncidentRecord> & { names?: string[]; hours?: [number, number] }): IncidentRecord {
  const { names = [], hours = [1, 2], ...rest } = wish;
  return {
    schema_version: ALERT_SCHEMA_VERSION,
    incident_id: (++next).toString(16).padStart(32, '0'),
    revision: 1,
    tenant: 'shop',
    title: 't',
    severity: 'medium',
    score: 0.5,
    status: 'open',
    entity: { kind: 'interface', id: LOGIN },
    actors: names.map((id) => ({ kind: 'account' as const, id, contribution: 1 })),
    actor_count: names.length,
    detectors: ['x'],
    alert_ids: [],
    started_at: iso(hours[0]),
    ended_at: iso(hours[1]),
    detected_at: iso(hours[1]),
    final: true,
    summary: '',
    config_version: 'c',
    ...rest,
  };
}

const judge = (incidents: IncidentRecord[], benign: LabelledBenign[] = [], alerts: AlertRecord[] = []) =>
  evaluateIncidents(incidents, alerts, [campaign], { tenantDays: 2, benign });

describe('an incident counts', () => {
  it('when it is about the campaign’s interface and a fifth of whom it names took part', () => {
    const result = judge([incident({ names: ['bot1', 'x1', 'x2', 'x3', 'x4'] })]);
    expect(result.recall).toMatchObject({ hits: 1, of: 1 });
    expect(result.falseIncidents).toBe(0);
    expect(result.medianDelay).toBe(2 * HOUR);
  });

  it('when it is about the target, or about an account and names 5 % of them', () => {
    expect(judge([incident({ entity: { kind: 'target', id: 'feedbeef00112233' } })]).recall.hits).toBe(1);
    expect(judge([incident({ entity: { kind: 'account', id: 'bot0' }, names: bots.slice(0, 10) })]).recall.hits).toBe(1);
  });
});

describe('an incident earns nothing', () => {
  it('when it names everyone', () => {
    const everyone = Array.from({ length: 46 }, (_, i) => `customer${i}`).concat(bots.slice(0, 4));
    const result = judge([incident({ names: everyone })]);
    expect(result.recall.hits).toBe(0);
    expect(result.incidents[0].class).toBe('partial');
  });

  it('when it names everyone at the very interface, however it is counted', () => {
    const everyone = [
      ...bots.slice(0, 40),
      ...Array.from({ length: 161 }, (_, i) => `customer${i}`), // one too many: 40 of 201 are less than a fifth
    ];
    expect(judge([incident({ names: everyone })]).recall.hits).toBe(0);
    expect(judge([incident({ names: everyone.slice(0, 200) })]).recall.hits).toBe(1);
    // interfaces among the actors are no actors that took part
    const padded = incident({ names: everyone });
    padded.actors.push({ kind: 'interface', id: LOGIN, contribution: 1 });
    expect(judge([padded]).recall.hits).toBe(0);
  });

  it('when it names everyone every hour of every day: recall stays nought, luck finds nothing either', () => {
    const all = Array.from({ length: 48 }, (_, hour) =>
      incident({ hours: [hour - 24, hour - 23], names: Array.from({ length: 400 }, (_, i) => `customer${i}`).concat(bots.slice(0, 90)) }),
    );
    expect(judge(all).recall.hits).toBe(0);
  });

  it('when it names everyone and is about something else: it is about nothing of the campaign', () => {
    expect(judge([incident({ entity: { kind: 'interface', id: 'GET shop/news' }, names: bots.slice(0, 50) })]).recall.hits).toBe(0);
    expect(judge([incident({ entity: { kind: 'tenant', id: 'shop' }, names: bots.slice(0, 50) })]).recall.hits).toBe(0);
  });

  it('when it never ends', () => {
    expect(judge([incident({ names: ['bot1'], hours: [-30, 19] })]).recall.hits).toBe(0);
    expect(judge([incident({ names: ['bot1'], hours: [-30, 18] })]).recall.hits).toBe(1);
  });

  it('when it names one account of two hundred', () => {
    expect(judge([incident({ entity: { kind: 'account', id: 'bot7' }, names: ['bot7'] })]).recall.hits).toBe(0);
  });

  it('when it is about an interface that the campaign only passes', () => {
    const result = judge([incident({ entity: { kind: 'interface', id: 'GET shop/me' } })]);
    expect(result.recall.hits).toBe(0);
    expect(result.falseIncidents).toBe(0);
  });

  it('when it is informational, retracted, of another tenant, or elsewhere in time', () => {
    const results = judge([
      incident({ severity: 'info' }),
      incident({ status: 'retracted' }),
      incident({ tenant: 'other' }),
      incident({ hours: [20, 21] }),
    ]);
    expect(results.recall.hits).toBe(0);
    expect(results.incidents.map((entry) => entry.class)).toEqual(['informational', 'false', 'false']);
    expect(results.falsePerTenantDay).toBe(1);
  });
});

it('counts an incident by its last revision, once', () => {
  const first = incident({ entity: { kind: 'account', id: 'bot7' }, names: ['bot7'] });
  const second = { ...first, revision: 2, entity: { kind: 'interface' as const, id: LOGIN }, actors: [] };
  const result = judge([second, first]);
  expect(result.incidents).toHaveLength(1);
  expect(result.recall.hits).toBe(1);
  expect(
    judge([
      incident({ hours: [30, 31] }),
      { ...incident({ hours: [30, 31] }), incident_id: 'a'.repeat(32) },
      { ...incident({ hours: [30, 32] }), incident_id: 'a'.repeat(32), revision: 2 },
    ]).falseIncidents,
  ).toBe(2);
});

it('says why a false incident came', () => {
  const travel: LabelledBenign = {
    id: 'n1',
    tenant: 'shop',
    name: 'travelling user',
    start: iso(20),
    end: iso(40),
    interfaces: [],
    accounts: ['tom'],
    sources: [],
  };
  const result = judge(
    [
      incident({ entity: { kind: 'account', id: 'tom' }, hours: [25, 26] }),
      incident({ entity: { kind: 'account', id: 'ann' }, hours: [25, 26] }),
    ],
    [travel],
  );
  expect(result.falseByNote).toEqual({ 'travelling user': 1, unattributed: 1 });
});

it('measures the delay by the first alert that names the campaign', () => {
  const alert = (id: string, entity: string, hour: number) =>
    ({
      alert_id: id,
      entity: { kind: 'interface', id: entity },
      window: { start: iso(hour - 1), end: iso(hour), size: '1h' },
      detected_at: iso(hour),
    }) as unknown as AlertRecord;
  const alerts = [alert('1', 'GET shop/x', 1), alert('2', LOGIN, 3), alert('3', LOGIN, 5)];
  const result = judge([incident({ alert_ids: ['1', '2', '3'], hours: [0, 5], detected_at: iso(1) })], [], alerts);
  expect(result.medianDelay).toBe(3 * HOUR);
});

describe('luck', () => {
  const DAY = 24;
  const run = new Map([['shop', { start: Date.parse(iso(-5 * DAY)), end: Date.parse(iso(3 * DAY)) }]]);

  it('finds all where the same is alerted every day', () => {
    const always = Array.from({ length: 10 }, (_, day) => incident({ hours: [day * DAY - 120, day * DAY - 97] }));
    // the campaign takes 6 hours from hour 0: there is room 1 and 2 days later, and 1 to 5 days earlier
    expect(chanceRecall(always, [campaign], run)).toEqual({ recall: 1, campaigns: 1, moves: 7 });
  });

  it('finds the share of the days on which it would have been named, never its own day', () => {
    const third = [incident({}), incident({ hours: [-DAY, 1 - DAY] }), incident({ hours: [2 * DAY, 2 * DAY + 1] })];
    expect(chanceRecall(third, [campaign], run).recall).toBeCloseTo(2 / 7, 12);
    expect(chanceRecall([incident({})], [campaign], run).recall).toBe(0);
    // elsewhere, about something else, informational, retracted: nothing
    const nothing = [
      incident({ hours: [-DAY, 1 - DAY], entity: { kind: 'interface', id: 'GET shop/news' } }),
      incident({ hours: [-DAY, 1 - DAY], severity: 'info' }),
      incident({ hours: [-DAY, 1 - DAY], status: 'retracted' }),
      incident({ hours: [-DAY, 1 - DAY], tenant: 'other' }),
    ];
    expect(chanceRecall(nothing, [campaign], run).recall).toBe(0);
  });

  it('moves nothing out of the run, and no campaign onto itself', () => {
    const long = { ...campaign, end: iso(2 * DAY + 3) };
    const short = new Map([['shop', { start: Date.parse(iso(-2 * DAY)), end: Date.parse(iso(5 * DAY)) }]]);
    // 51 hours: three days at least, and it does not fit 3 days later or earlier
    expect(chanceRecall([], [long], short)).toEqual({ recall: 0, campaigns: 0, moves: 0 });
    expect(chanceRecall([], [campaign], new Map())).toEqual({ recall: 0, campaigns: 0, moves: 0 });
  });
});

it('gives Wilson intervals', () => {
  // Newcombe 1998, table I: 81 of 263 and 0 of 20
  expect(wilson(81, 263).low).toBeCloseTo(0.2553, 4);
  expect(wilson(81, 263).high).toBeCloseTo(0.3662, 4);
  expect(wilson(0, 20).high).toBeCloseTo(0.1611, 4);
});
