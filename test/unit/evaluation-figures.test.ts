import { describe, expect, it } from 'vitest';
import type { ComparatorAlert } from '../../models/comparators/contract.ts';
import type { LabelledBenign, LabelledCampaign } from '../../models/evaluation/campaign.ts';
import { compare, FACTORS, ownLine, ruleOutcomes } from '../../models/evaluation/compare.ts';
import { evaluationReport } from '../../models/evaluation/evaluation-report.ts';
import { GROUPS, groupOf, timeGoal } from '../../models/evaluation/goals.ts';
import { halfway } from '../../models/evaluation/halfway.ts';
import { attribute, hardNegativeResults } from '../../models/evaluation/hard-negatives.ts';
import { HourlyCounts, isOdd } from '../../models/evaluation/hourly-z.ts';
import { evaluateIncidents } from '../../models/evaluation/incidents.ts';
import type { JudgedTenant } from '../../models/evaluation/judged-tenant.ts';
import { precisionRecall } from '../../models/evaluation/precision-recall.ts';
import { quartiles } from '../../models/evaluation/quartiles.ts';
import { rateOf } from '../../models/evaluation/rate.ts';
import { runReport, upTo } from '../../models/evaluation/report.ts';
import { gammaShare } from '../../models/special.ts';
import type { IncidentRecord } from '../../schemas/alert.ts';
import { ALERT_SCHEMA_VERSION } from '../../schemas/alert.ts';
import { SCENARIOS } from '../../services/simulation/scenarios/list.ts';
import { seeded } from '../support/synthetic-windows.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 2, 2);
const iso = (hours: number): string => new Date(T0 + hours * HOUR).toISOString();

let next = 0;
function incident(wish: Partial<IncidentRecord> & { account?: string; names?: string[]; at?: number }): IncidentRecord {
  const { account = 'ann', names = [account], at = 0, ...rest } = wish;
  return {
    schema_version: ALERT_SCHEMA_VERSION,
    incident_id: (++next).toString(16).padStart(32, '0'),
    revision: 1,
    tenant: 'shop',
    title: 'odd',
    severity: 'medium',
    score: 0.5,
    status: 'open',
    entity: { kind: 'account', id: account },
    actors: names.map((id) => ({ kind: 'account' as const, id, contribution: 1 })),
    actor_count: names.length,
    detectors: ['x'],
    alert_ids: [],
    started_at: iso(at),
    ended_at: iso(at + 1),
    detected_at: iso(at + 1),
    final: true,
    summary: 'why',
    config_version: 'c',
    ...rest,
  };
}

function campaign(id: string, account: string, from: number, to: number, wish: Partial<LabelledCampaign> = {}): LabelledCampaign {
  return {
    id,
    tenant: 'shop',
    scenario: { number: 12, name: 'bulk_export' },
    intensity: 1,
    start: iso(from),
    end: iso(to),
    interfaces: [],
    targets: [],
    accounts: [account],
    sources: [],
    ...wish,
  };
}

function note(id: string, name: string, wish: Partial<LabelledBenign>): LabelledBenign {
  return { id, tenant: 'shop', name, start: iso(0), end: iso(240), interfaces: [], accounts: [], sources: [], ...wish };
}

describe('the gamma law', () => {
  it('is that of exponential, Poisson and normal squared', () => {
    expect(gammaShare(1, 2)).toBeCloseTo(1 - Math.exp(-2), 12);
    // P(X >= 3) of Poisson with mean 4
    expect(gammaShare(3, 4)).toBeCloseTo(1 - Math.exp(-4) * (1 + 4 + 8), 12);
    // a squared normal below one
    expect(gammaShare(0.5, 0.5)).toBeCloseTo(0.6826894921370859, 12);
    expect(gammaShare(200, 200)).toBeCloseTo(0.5094, 4);
    expect([gammaShare(2, 0), gammaShare(2, 1000)]).toEqual([0, 1]);
  });
});

describe('a rate', () => {
  it('has Garwood’s exact interval', () => {
    const ten = rateOf([{ count: 10, of: 20 }]);
    expect(ten).toMatchObject({ count: 10, of: 20, rate: 0.5 });
    expect(ten.low * 20).toBeCloseTo(4.7954, 3);
    expect(ten.high * 20).toBeCloseTo(18.3904, 3);
    const none = rateOf([{ count: 0, of: 1 }]);
    expect([none.rate, none.low]).toEqual([0, 0]);
    expect(none.high).toBeCloseTo(3.6889, 3);
  });

  it('is less sure where tenants differ, never surer than Poisson', () => {
    const even = rateOf(Array.from({ length: 6 }, () => ({ count: 3, of: 10 })));
    const uneven = rateOf([18, 0, 0, 0, 0, 0].map((count) => ({ count, of: 10 })));
    expect(uneven.rate).toBe(even.rate);
    expect(even.low * 60).toBeCloseTo(rateOf([{ count: 18, of: 60 }]).low * 60, 9);
    // chi-square 90 over 5 degrees of freedom: eighteen times the spread, as sure as a count of one
    expect(uneven.low).toBeCloseTo((18 * -Math.log(0.975)) / 60, 9);
    expect(uneven.high).toBeCloseTo((18 * 5.5716) / 60, 4);
  });

  it('of nothing looked at says nothing', () => {
    expect(rateOf([])).toEqual({ count: 0, of: 0, rate: 0, low: 0, high: Number.POSITIVE_INFINITY });
  });
});

it('quartiles are those of R', () => {
  expect(quartiles([4, 1, 3, 2])).toEqual({ of: 4, low: 1.75, median: 2.5, high: 3.25 });
  expect(quartiles([7])).toEqual({ of: 1, low: 7, median: 7, high: 7 });
  expect(quartiles([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])?.median).toBe(Number.POSITIVE_INFINITY);
  expect(quartiles([])).toBeUndefined();
});

describe('the intensity at which half is found', () => {
  const level = (intensity: number, found: number, of: number) => Array.from({ length: of }, (_, i) => ({ intensity, found: i < found }));

  it('lies where the law passes through one half', () => {
    // symmetric in the logarithm about 0.2
    const half = halfway([...level(0.05, 2, 20), ...level(0.2, 10, 20), ...level(0.8, 18, 20)]);
    expect(half?.at).toBeCloseTo(0.2, 2);
    expect(half?.low).toBeLessThan(0.2);
    expect(half?.low).toBeGreaterThan(0.05);
    expect(half?.high).toBeGreaterThan(0.2);
    expect(half?.high).toBeLessThan(0.8);
  });

  it('has an interval that holds the truth as often as it says', () => {
    const random = seeded(5);
    const [middle, slope] = [0.3, 2];
    let held = 0;
    for (let run = 0; run < 120; run++) {
      const campaigns = [0.1, 0.2, 0.4, 0.8].flatMap((intensity) =>
        Array.from({ length: 15 }, () => ({ intensity, found: random() < 1 / (1 + (middle / intensity) ** slope) })),
      );
      const half = halfway(campaigns);
      if ((half?.low ?? 0) <= middle && middle <= (half?.high ?? Number.POSITIVE_INFINITY)) held++;
    }
    expect(held).toBeGreaterThanOrEqual(108);
    expect(held).toBeLessThan(120);
  });

  it('is open where all or none were found, and unknown with one intensity', () => {
    const all = halfway([...level(0.1, 9, 9), ...level(1, 9, 9)]);
    expect(all).toMatchObject({ at: undefined, low: undefined, stays: 'above' });
    expect(all?.high).toBeLessThan(0.1);
    const none = halfway([...level(0.1, 0, 9), ...level(1, 0, 9)]);
    expect(none).toMatchObject({ at: undefined, high: undefined, stays: 'below' });
    expect(none?.low).toBeGreaterThan(1);
    expect(halfway(level(1, 3, 9))).toBeUndefined();
  });
});

describe('an hourly z-score', () => {
  const counts = (days: number[]): Uint32Array => Uint32Array.from(days.flatMap((count) => [0, count, ...Array(22).fill(9)]));

  it('compares with the same hour of the days before, three at least', () => {
    expect(isOdd(counts([10, 12, 14, 18]), 3 * 24 + 1)).toBe(false); // mean 12, deviation 2: exactly 3
    expect(isOdd(counts([10, 12, 14, 19]), 3 * 24 + 1)).toBe(true);
    expect(isOdd(counts([10, 12, 14, 5]), 3 * 24 + 1)).toBe(true);
    expect(isOdd(counts([10, 12, 90]), 2 * 24 + 1)).toBe(false);
    expect(isOdd(counts([5, 5, 5, 8]), 3 * 24 + 1)).toBe(false); // at least one request of deviation
    expect(isOdd(counts([5, 5, 5, 9]), 3 * 24 + 1)).toBe(true);
  });

  it('sees a campaign by its own events alone', () => {
    const of = (ordinary: number[], own: number) => {
      const watch = new HourlyCounts(T0, 96);
      ordinary.forEach((count, day) => {
        for (let i = 0; i < count; i++) watch.take(T0 + day * DAY + HOUR + i, 'GET a', '');
      });
      for (let i = 0; i < own; i++) watch.take(T0 + 3 * DAY + HOUR + i, 'GET a', 'c');
      return watch.sees({ id: 'c', start: T0 + 3 * DAY, end: T0 + 3 * DAY + 2 * HOUR }, ['GET a']);
    };
    expect(of([10, 12, 14, 12], 7)).toBe(true);
    expect(of([10, 12, 14, 12], 6)).toBe(false);
    // odd without it too: that it comes in the same hour is luck
    expect(of([10, 12, 14, 30], 7)).toBe(false);
    expect(of([10, 12, 14, 12], 0)).toBe(false);
  });
});

it('scenarios have groups, and names that exist have the goals', () => {
  const groups = Object.fromEntries(SCENARIOS.map((scenario) => [scenario.name, groupOf(scenario)]));
  const of = (group: string) => Object.keys(groups).filter((name) => groups[name] === group);
  expect(of('low-and-slow')).toEqual(['slow_stuffing', 'account_enumeration', 'scraping', 'scraping_cohort', 'marketing_fraud']);
  expect(of('reported apart')).toEqual(['quiet_takeover', 'account_sharing', 'baseline_poisoning']);
  expect(new Set(Object.values(groups))).toEqual(new Set(GROUPS));
  expect(SCENARIOS.filter(({ name }) => timeGoal(name) !== undefined)).toHaveLength(17);
  expect(timeGoal('probing')).toBe(10 * 60_000);
  expect(timeGoal('interface_silent')).toBeUndefined();
});

it('precision and recall are swept over the strength of incidents', () => {
  const campaigns = [campaign('c1', 'ann', 0, 1), campaign('c2', 'bob', 0, 1)];
  const incidents = [
    incident({ account: 'ann', score: 0.9 }),
    incident({ account: 'eve', score: 0.8 }),
    incident({ account: 'ann', score: 0.8 }),
    incident({ account: 'tim', score: 0.3, severity: 'info' }),
    incident({ account: 'bob', score: 0.2 }),
  ];
  const { points, averagePrecision } = precisionRecall(evaluateIncidents(incidents, [], campaigns, { tenantDays: 4 }), incidents, 4);
  expect(points).toEqual([
    { score: 0.9, recall: 0.5, precision: 1, falsePerTenantDay: 0 },
    { score: 0.8, recall: 0.5, precision: 2 / 3, falsePerTenantDay: 0.25 },
    { score: 0.2, recall: 1, precision: 0.75, falsePerTenantDay: 0.25 },
  ]);
  expect(averagePrecision).toBeCloseTo(0.5 + 0.5 * 0.75, 12);
});

describe('a false incident', () => {
  const batch = note('n1', 'nightly_batch', { accounts: ['batch'], interfaces: ['GET list'] });
  const nat = note('n2', 'office_nat', { accounts: ['u1', 'u2'], sources: ['10.0.0.1'], interfaces: ['GET list'] });
  const release = note('n3', 'release', { interfaces: ['GET new'] });
  const sale = note('n4', 'flash_sale', { start: iso(10), end: iso(20) });
  const all = [batch, nat, release, sale];

  it('is put down to benign behaviour that it is about', () => {
    expect(attribute(incident({ account: 'batch' }), all).notes).toEqual(['n1']);
    const at = (id: string, names: string[]) => incident({ entity: { kind: 'interface', id }, names });
    expect(attribute(at('GET list', ['x1', 'x2', 'x3', 'u1', 'u2']), all).notes).toEqual(['n2']);
    expect(attribute(at('GET new', []), all).notes).toEqual(['n3']);
  });

  it('and to nothing that is there at the same time only', () => {
    const at = (id: string, names: string[]) => incident({ entity: { kind: 'interface', id }, names });
    expect(attribute(at('GET list', ['x1', 'x2', 'x3', 'x4', 'x5', 'u1']), all).notes).toEqual([]);
    expect(attribute(incident({ account: 'batch', at: 300 }), all).notes).toEqual([]);
    expect(attribute(incident({ account: 'batch', tenant: 'other' }), all).notes).toEqual([]);
    expect(attribute(incident({ account: 'eve', at: 12 }), all)).toEqual({ notes: [], meanwhile: ['flash_sale'] });
  });

  it('counts once for a kind, by its occurrences', () => {
    const twin = note('n5', 'nightly_batch', { accounts: ['batch2'] });
    const results = hardNegativeResults(
      [...all, twin],
      [incident({ account: 'batch' }), incident({ account: 'batch', at: 5 }), incident({ account: 'u1' })].map((one) =>
        attribute(one, all),
      ),
    );
    expect(results.map(({ name, raised, incidents }) => [name, raised.hits, raised.of, incidents])).toEqual([
      ['nightly_batch', 1, 2, 2],
      ['office_nat', 1, 1, 1],
      ['flash_sale', 0, 1, 0],
      ['release', 0, 1, 0],
    ]);
  });
});

it('counts sorted times', () => {
  const times = Float64Array.of(1, 3, 3, 9);
  expect([0, 1, 2, 3, 9, 10].map((at) => upTo(times, at))).toEqual([0, 1, 1, 3, 4, 4]);
});

describe('the report of a run', () => {
  const slow = { number: 2, name: 'slow_stuffing' };
  const tenant: JudgedTenant = {
    tenant: 'shop',
    kind: 'consumer',
    seed: 1,
    start: T0,
    end: T0 + 4 * DAY,
    events: 1000,
    incidents: [
      incident({ account: 'ann', at: 50 }),
      incident({ account: 'eve', at: 30 }),
      incident({ account: 'eve', at: 95 }),
      incident({ account: 'bot1', at: 71, names: ['bot1', 'x', 'y', 'z', 'a', 'b'] }),
    ],
    alerts: [],
    volume: { alerts: 8, incidents: 4, revisions: 12 },
    campaigns: [
      campaign('c1', 'ann', 50, 52),
      campaign('c2', 'bob', 60, 62, { intensity: 0.3 }),
      campaign('c3', 'bot1', 70, 80, { scenario: slow, intensity: 0.3 }),
      campaign('c4', 'kim', 70, 80, { scenario: slow, intensity: 1 }),
    ],
    benign: [note('n', 'newcomer', { accounts: ['eve'], start: iso(20), end: iso(40) })],
    traffic: new Map([
      ['c1', { times: Float64Array.of(T0 + 50 * HOUR, T0 + 50.5 * HOUR, T0 + 51.5 * HOUR), share: 0.5, seenByZ: true }],
      ['c3', { times: Float64Array.of(T0 + 70 * HOUR), share: 0.001, seenByZ: false }],
    ]),
    explanationError: 1e-9,
  };
  const report = runReport({ budget: 0.5, tenants: [tenant] });

  it('counts recall by group and scenario, beside luck', () => {
    expect(report.all.recall).toMatchObject({ hits: 1, of: 4 });
    expect(report.groups.map(({ group, recall }) => [group, recall.hits, recall.of])).toEqual([
      ['low-and-slow', 0, 2],
      ['others', 1, 2],
    ]);
    expect(report.scenarios.map(({ scenario }) => scenario)).toEqual(['2 slow_stuffing', '12 bulk_export']);
    expect(report.all.chance.recall).toBe(0);
    expect(report.all.beyond_chance).toBe(0.25);
  });

  it('counts time and events to the first alert, against the goal', () => {
    const [stuffing, bulk] = report.scenarios;
    expect(bulk.delay).toMatchObject({ median: HOUR });
    expect(bulk.events).toMatchObject({ median: 2 });
    expect([bulk.goal, bulk.met]).toEqual([15 * 60_000, false]);
    expect(bulk.in_time).toMatchObject({ hits: 0, of: 2 });
    expect([stuffing.delay, stuffing.met]).toEqual([undefined, false]);
  });

  it('counts false incidents by day, kind and cause, and sets vague ones aside', () => {
    const { false_incidents } = report;
    expect(false_incidents.rate).toMatchObject({ count: 2, of: 4, rate: 0.5 });
    expect(false_incidents.by_day.map(({ rate }) => rate.count)).toEqual([0, 1, 0, 1]);
    expect(false_incidents.by_kind.map(({ kind, rate }) => [kind, rate.count])).toEqual([['consumer', 2]]);
    expect(false_incidents.attributed).toBe(1);
    expect(false_incidents.all.map(({ entity, attributed }) => [entity.id, attributed])).toEqual([
      ['eve', ['newcomer']],
      ['eve', []],
    ]);
    expect(report.vague).toBe(1);
    expect(report.precision).toMatchObject({ hits: 1, of: 3 });
    expect(report.volume).toEqual({ alerts: 2, incidents: 1, revisions: 3 });
  });

  it('tells which low-and-slow campaigns a z-score does not see', () => {
    expect(report.low_and_slow_kinds).toMatchObject([
      { kind: 'consumer', all: { hits: 0, of: 2 }, seen_by_z: 0, unseen: { hits: 0, of: 1 } },
    ]);
    expect(report.campaigns.map(({ seen_by_z }) => seen_by_z)).toEqual([true, undefined, false, undefined]);
  });

  it('sweeps intensities', () => {
    expect(report.sweep.map(({ of }) => of)).toEqual(['all', 'low-and-slow', 'others']);
    expect(report.sweep[0].points.map(({ size, recall }) => [size, recall.hits, recall.of])).toEqual([
      [0.3, 0, 2],
      [1, 1, 2],
    ]);
  });

  it('holds budgets and goals against what came', () => {
    const quieter = { ...tenant, incidents: tenant.incidents.slice(0, 1) };
    const whole = evaluationReport(
      [
        { budget: 0.5, tenants: [tenant] },
        { budget: 0.3, tenants: [quieter] },
        { budget: 3, tenants: [tenant] },
      ],
      { about: [], remarks: [] },
    );
    expect(whole.budgets.map(({ realised }) => realised)).toEqual([1, 0, 0.5 / 3]);
    expect(whole.generous.budget).toBe(3);
    const met = Object.fromEntries(whole.goals.map((line) => [line.goal, line.met]));
    expect(met).toMatchObject({
      'at most one false incident a tenant and day': true,
      'low-and-slow: recall of 95 % at that': false,
      'low-and-slow that an hourly z-score does not see: 95 %': false,
      'that in at least 3 kinds of tenant': false,
      'from at least 20 seeds': false,
      'other scenarios at full intensity: 90 %': true,
      'other scenarios at a third of it: 85 %': false,
      'budget of 0.5 a day kept: at most 1.2 of it realised': true,
      'at 0.3 a day: recall of 75 %': false,
      'explanations add up to the score within 1e-6, on every alert': true,
    });
  });

  it('asks for three kinds of tenant, and counts those alone that the z-score is blind for', () => {
    const seen = (kind: string, n: number, seenByZ: boolean): JudgedTenant => {
      const name = `${kind}${n}`;
      return {
        ...tenant,
        tenant: name,
        kind,
        seed: n,
        incidents: [incident({ tenant: name, account: 'ann', at: 50 })],
        campaigns: [campaign('c', 'ann', 50, 52, { tenant: name, scenario: slow })],
        benign: [],
        traffic: new Map([['c', { times: Float64Array.of(), share: 0, seenByZ }]]),
      };
    };
    const of = (kinds: string[], blind = true) => {
      const tenants = kinds.flatMap((kind) => Array.from({ length: 20 }, (_, n) => seen(kind, n, !blind)));
      const { goals } = evaluationReport([{ budget: 1, tenants }], { about: [], remarks: [] });
      return goals.filter(({ goal }) => /kinds of tenant|seeds/.test(goal)).map(({ met }) => met);
    };
    expect(of(['consumer', 'office', 'partners'])).toEqual([true, true]);
    expect(of(['consumer', 'office'])).toEqual([false, true]);
    expect(of(['consumer', 'office', 'partners'], false)).toEqual([undefined, true]);
  });

  it('meets no goal of recall by raising too much', () => {
    const loud = {
      ...tenant,
      incidents: [...tenant.incidents, ...Array.from({ length: 9 }, (_, i) => incident({ account: 'eve', at: i }))],
    };
    const { goals } = evaluationReport([{ budget: 1, tenants: [loud] }], { about: [], remarks: [] });
    expect(goals.find(({ goal }) => goal.startsWith('other scenarios at full'))?.met).toBe(false);
    expect(goals.find(({ goal }) => goal.startsWith('budget of 1'))?.met).toBe(false);
  });
});

describe('plain rules beside Weir', () => {
  const rule = { name: 'rule', title: 'a rule', source: 'a book', threshold: 1 };
  const tenantOf = (name: string): JudgedTenant => ({
    tenant: name,
    kind: 'consumer',
    seed: 1,
    start: T0,
    end: T0 + 4 * DAY,
    events: 1,
    incidents: [incident({ tenant: name, account: 'ann', at: 50 })],
    alerts: [],
    volume: { alerts: 0, incidents: 0, revisions: 0 },
    campaigns: [campaign('c', 'ann', 50, 52, { tenant: name, scenario: { number: 5, name: 'scraping' } })],
    benign: [],
  });
  /** strong ones on benign accounts, one of middle strength on the attacker, many weak ones */
  const alertsOf = (tenant: string, strong: number): ComparatorAlert[] => {
    const alert = (id: string, hour: number, score: number): ComparatorAlert => ({
      tenant,
      entity: { kind: 'account', id },
      actors: [],
      start: T0 + hour * HOUR,
      end: T0 + (hour + 0.5) * HOUR,
      detectedAt: T0 + (hour + 1) * HOUR,
      score,
    });
    return [
      ...Array.from({ length: strong }, (_, i) => alert(`b${i}`, 10 + i, 9)),
      alert('ann', 50, 5),
      ...Array.from({ length: 30 }, (_, i) => alert(`w${i}`, 2 * i, 1.5)),
      alert('below', 3, 0.7),
    ];
  };
  const tenantsWith = (strong: readonly number[]) =>
    ['t1', 't2', 't3', 't4'].map(tenantOf).map((tenant, i) => ({
      ...tenant,
      comparators: new Map([[rule.name, ruleOutcomes(rule, alertsOf(tenant.tenant, strong[i]), tenant)]]),
    }));

  it('are judged at multiples of their threshold, the published one among them', () => {
    expect(FACTORS).toContain(1);
    expect(FACTORS[0]).toBeCloseTo(0.5066, 4);
    const outcomes = ruleOutcomes(rule, alertsOf('t1', 2), tenantOf('t1'));
    const at = (least: number) => outcomes[FACTORS.findIndex((factor) => factor >= least)];
    expect(at(0.5)).toMatchObject({ falseIncidents: 33, found: 1 });
    expect(at(1)).toMatchObject({ falseIncidents: 32, found: 1, lowAndSlow: 1 });
    expect(at(2)).toMatchObject({ falseIncidents: 2, found: 1 });
    expect(at(6)).toMatchObject({ falseIncidents: 2, found: 0 });
    expect(at(10)).toMatchObject({ falseIncidents: 0, found: 0 });
  });

  it('are judged at their defaults by what counts for Weir', () => {
    const tenants = tenantsWith([2, 2, 2, 2]);
    const [defaults] = compare(tenants, [rule]);
    expect(defaults).toMatchObject({ at: 'defaults', recall: { hits: 4, of: 4 }, low_and_slow: { hits: 4, of: 4 } });
    expect(defaults.false_incidents).toMatchObject({ count: 4 * 32, of: 16 });
    expect(ownLine('Weir', tenants)).toMatchObject({ recall: { hits: 4 }, false_incidents: { count: 0 }, chance: 0 });
  });

  it('are swept on other tenants than those that they are judged on', () => {
    // t1 and t3 are one half, t2 and t4 the other: on the second no threshold below its strong false ones keeps the goal
    const [, swept] = compare(tenantsWith([2, 9, 2, 9]), [rule]);
    expect(swept.at).toBe('swept');
    expect(swept.thresholds?.[0]).toBeGreaterThan(9);
    expect(swept.thresholds?.[1]).toBeGreaterThan(1.5);
    expect(swept.thresholds?.[1]).toBeLessThan(5);
    // nothing of the first half, with the threshold of the first all of the second, false ones included
    expect(swept.recall).toMatchObject({ hits: 2, of: 4 });
    expect(swept.false_incidents).toMatchObject({ count: 18, of: 16 });
  });
});
