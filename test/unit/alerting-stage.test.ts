import { describe, expect, it } from 'vitest';
import { packReport } from '../../models/candidate.ts';
import { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import { createAlertStage } from '../../services/alerting/alert-stage.ts';
import { DAY, HOUR, MINUTE } from '../../services/core/watermark.ts';
import {
  CONFIG,
  candidate,
  countTerm,
  DETECTORS,
  declared,
  histogram,
  latest,
  outcomeOf,
  report,
  run,
  START,
} from '../support/alerting-reports.ts';

const at = (hour: number): number => START + hour * HOUR;
const create = (config = CONFIG, detectors = DETECTORS) => createAlertStage(config, { detectors, learners: [] });
const volume = (hour: number, ids: string[], terms?: ReturnType<typeof countTerm>[]) =>
  report(
    at(hour),
    'account',
    ids.map((id) => candidate({ detector: 'volume', id, end: at(hour + 1), terms })),
  );
/** A term of evidence near 4: above the gate, below every threshold. */
const WEAK = [countTerm('requests', 8)];

describe('an alert', () => {
  const terms = [
    countTerm('login_failures', 214, 3),
    countTerm('requests', 30, 12, 'amount'),
    countTerm('objects', 25, 12, 'amount'),
    countTerm('new_objects_7d', 30, 4),
    countTerm('devices', 2, 1.9),
  ];
  const { alerts } = run(create(), [volume(9, ['li.na'], terms)]);
  const [alert] = alerts;

  it('is exactly a record of the schema', () => {
    expect(alerts).toHaveLength(1);
    AlertRecord.parse(alert);
    expect(alert).toMatchObject({
      tenant: 'shop',
      detector: 'volume',
      entity: { kind: 'account', id: 'li.na' },
      title: 'volume on li.na',
      window: { start: '2026-03-02T09:00:00.000Z', end: '2026-03-02T10:00:00.000Z', size: '1h' },
      detected_at: '2026-03-02T10:02:00.000Z',
      final: true,
      bias: 0,
      model: { name: 'baseline', version: '1' },
      config_version: 'c1',
    });
  });

  it('adds up', () => {
    const sum = alert.reasons.reduce((total, reason) => total + reason.contribution, alert.bias);
    expect(Math.abs(sum - alert.score)).toBeLessThan(1e-9);
    const contributions = alert.reasons.filter((reason) => reason.feature !== 'other').map((reason) => reason.contribution);
    expect(contributions).toEqual([...contributions].sort((a, b) => b - a));
    for (const contribution of contributions) expect(contribution).toBeGreaterThanOrEqual(0.01 * alert.score);
    expect(alert.reasons.filter((reason) => reason.feature === 'objects')).toEqual([]);
  });

  it('says what is odd, compared with what, and what would have been normal', () => {
    const texts = alert.reasons.map((reason) => reason.text);
    expect(texts).toContain('214 login failures in this hour; up to 8 are normal for this account at this time (own history, 504 windows)');
    expect(texts.find((text) => text.includes('7 days'))).toMatch(/^30 objects not seen before in 7 days; up to \d+ are normal/);
    expect(alert.counterfactual.length).toBeGreaterThan(0);
  });

  it('shows samples without what identifies a person', () => {
    expect(alert.evidence.map((sample) => sample.summary)).toEqual([
      '401 POST shop/login from 203.0.113.x, account li***a',
      '200 GET shop/items/{id} from 2001:db8:1:…, account li***a',
    ]);
    expect(alert.evidence[0]).toMatchObject({ source: 'gateway', partition: 'f1', offset: 120 });
  });

  it('has an identity of tenant, detector, entity and window only', () => {
    const again = run(create({ ...CONFIG, configVersion: 'c2' }), [volume(9, ['li.na'], [countTerm('requests', 400)])]).alerts[0];
    expect(again.alert_id).toBe(alert.alert_id);
    expect(run(create(), [volume(10, ['li.na'], terms)]).alerts[0].alert_id).not.toBe(alert.alert_id);
    expect(run(create(), [volume(9, ['li.nb'], terms)]).alerts[0].alert_id).not.toBe(alert.alert_id);
  });
});

describe('a verdict', () => {
  it('fires on strong evidence on the first day, and not on weak', () => {
    expect(run(create(), [volume(9, ['a'], WEAK)]).alerts).toEqual([]);
    expect(run(create(), [volume(9, ['a'])]).alerts).toHaveLength(1);
  });

  it('of a lasting window is one alert, however often it is sent, also days later', () => {
    const week = (hour: number, ids: string[]) =>
      report(
        at(hour),
        'account',
        ids.map((id) => candidate({ detector: 'volume', id, start: at(-160), end: at(hour + 1), size: '7d' })),
      );
    const { alerts, incidents } = run(create(), [week(2, ['a']), week(3, ['a']), week(30, ['a']), week(100, ['a']), week(101, ['b'])]);
    expect(alerts.map((alert) => alert.entity.id)).toEqual(['a', 'b']);
    // an account's level is told once: what a long window says of it days later makes no further incident
    const about = latest(incidents).filter((incident) => incident.entity.id === 'a');
    expect(about.map((incident) => incident.alert_ids)).toEqual([[alerts[0].alert_id]]);
    for (const incident of latest(incidents))
      expect(Date.parse(incident.ended_at) - Date.parse(incident.started_at)).toBeLessThanOrEqual(2 * DAY);
  });

  it('of a minute and of its hour are one alert', () => {
    const minute = report(
      at(9) + 20 * MINUTE,
      'account',
      [candidate({ detector: 'volume', id: 'a', start: at(9), end: at(9) + 21 * MINUTE })],
      { minute: true },
    );
    const { alerts } = run(create(), [minute, volume(9, ['a'])]);
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({
      window: { start: '2026-03-02T09:00:00.000Z', end: '2026-03-02T09:21:00.000Z', size: '1h' },
      detected_at: '2026-03-02T09:23:00.000Z',
    });
  });

  it('is helped by other detectors on the same entity in overlapping windows', () => {
    // novelty is off, so that only volume can fire; what it says still counts
    const config = { ...CONFIG, tenants: { shop: { ...CONFIG.tenants.shop, sensitivity: { novelty: 0 } } } };
    const scored = (detector: string, hour: number, requests: number) =>
      report(at(hour), 'account', [candidate({ detector, id: 'a', end: at(hour + 1), terms: [countTerm('requests', requests)] })]);
    const alerts = (...reports: ReturnType<typeof scored>[]) => run(create(config), reports).alerts.map((alert) => alert.detector);
    let most = 1;
    while (alerts(scored('volume', 9, most + 1)).length === 0) most++;
    expect(most).toBeGreaterThan(5);
    expect(alerts(scored('novelty', 9, 60))).toEqual([]);
    expect(alerts(scored('volume', 9, most), scored('novelty', 9, 60))).toEqual(['volume']);
    expect(alerts(scored('volume', 9, most), scored('novelty', 19, 60))).toEqual([]);
  });

  it('obeys sensitivity and overrides, scoped and expiring', () => {
    const shop = CONFIG.tenants.shop;
    const off = create({ ...CONFIG, tenants: { shop: { ...shop, sensitivity: { volume: 0 } } } });
    expect(run(off, [volume(9, ['a'])]).alerts).toEqual([]);
    const except = create({
      ...CONFIG,
      tenants: { shop: { ...shop, overrides: [{ entity: { kind: 'account', id: 'a' }, factor: 0, until: at(12) }] } },
    });
    expect(run(except, [volume(9, ['a', 'b']), volume(12, ['a'])]).alerts.map((alert) => [alert.entity.id, alert.window.start])).toEqual([
      ['b', '2026-03-02T09:00:00.000Z'],
      ['a', '2026-03-02T12:00:00.000Z'],
    ]);
  });

  it('of an informational detector is information, whatever its evidence', () => {
    const detectors = [...DETECTORS, declared('new_release', 'interface', { informational: true })];
    const { alerts, incidents } = run(create(CONFIG, detectors), [
      report(at(9), 'interface', [candidate({ detector: 'new_release', view: 'interface', id: 'GET shop/v2', end: at(10) })]),
    ]);
    expect(alerts.map((alert) => alert.severity)).toEqual(['info']);
    expect(incidents.map((incident) => incident.severity)).toEqual(['info']);
  });

  it('of an unknown detector stops the stage', () => {
    expect(() => run(create(), [report(at(9), 'account', [candidate({ detector: 'nobody', id: 'a', end: at(10) })])])).toThrow(
      'unknown detector nobody',
    );
  });
});

describe('what people mark', () => {
  it('as expected is not raised again for that entity and detector until the mark ends, and nothing else is hidden', () => {
    const stage = create();
    const first = run(stage, [volume(9, ['a', 'b'])], { end: 'open' });
    const incident = first.alerts[0].incident_id;
    stage.control({ kind: 'feedback', tenant: 'shop', incident, mark: 'expected', until: at(60) });
    const novelty = report(at(21), 'account', [candidate({ detector: 'novelty', id: 'a', end: at(22) })]);
    const { alerts } = run(stage, [volume(20, ['a', 'b']), novelty, volume(70, ['a'])], { end: 'open' });
    expect(alerts.map((alert) => [alert.detector, alert.entity.id, alert.window.start.slice(8, 13)])).toEqual([
      ['volume', 'b', '02T20'],
      ['novelty', 'a', '02T21'],
      ['volume', 'a', '04T22'],
    ]);
    expect(stage.counters().marked).toBe(1);
  });

  it('can be a closed incident; an unknown one is counted', () => {
    const stage = create();
    const { alerts } = run(stage, [volume(9, ['a'])], { end: 'open', until: at(100) });
    stage.control({ kind: 'feedback', tenant: 'shop', incident: alerts[0].incident_id, mark: 'benign', until: at(200) });
    stage.control({ kind: 'feedback', tenant: 'shop', incident: '0'.repeat(32), mark: 'benign', until: at(200) });
    expect(run(stage, [volume(120, ['a'])], { end: 'open' }).alerts).toEqual([]);
    expect(stage.counters().unknown_incident).toBe(1);
  });

  it('before the incident is raised holds from then on, through a snapshot: an end of the input had raised it provisionally', () => {
    const probe = run(create(), [volume(9, ['a'])], { end: 'open' });
    const incident = probe.alerts[0].incident_id;
    const before = create();
    before.control({ kind: 'feedback', tenant: 'shop', incident, mark: 'benign', until: at(1000) });
    const stage = create();
    stage.restore(before.snapshot());
    const { alerts } = run(stage, [volume(9, ['a', 'b']), volume(80, ['a', 'b'])], { end: 'open' });
    expect(alerts.filter(({ entity }) => entity.id === 'a')).toHaveLength(1);
    expect(alerts.filter(({ entity }) => entity.id === 'b')).toHaveLength(2);
  });
});

describe('a shift of the whole population', () => {
  const crowd = Array.from({ length: 200 }, (_, i) => `a${i}`);
  /** Hours in which everyone scores little, then one in which everyone is odd. */
  const reports = () => {
    const calm = Array.from({ length: 30 }, (_, hour) =>
      report(at(hour), 'account', [], {
        pane: { volume: histogram(crowd.map((_, i) => (i % 7) / 4)) },
        histograms: hour % 24 === 0 ? { volume: histogram(crowd.map((_, i) => (i % 9) / 4)) } : {},
      }),
    );
    const sale = report(
      at(30),
      'account',
      crowd.slice(0, 64).map((id) => candidate({ detector: 'volume', id, end: at(31), terms: [countTerm('requests', 40)] })),
      {
        pane: { volume: histogram(crowd.map((_, i) => 8 + (i % 7) / 2)) },
      },
    );
    return [...calm, sale];
  };

  it('is one informational incident instead of an alert for each', () => {
    const stage = create();
    const { alerts, incidents } = run(stage, reports());
    expect(alerts).toEqual([]);
    expect(incidents).toHaveLength(1);
    IncidentRecord.parse(incidents[0]);
    expect(incidents[0]).toMatchObject({ severity: 'info', entity: { kind: 'tenant', id: 'shop' }, detectors: ['volume'], alert_ids: [] });
    expect(incidents[0].summary).toContain('a large share of all accounts was raised at the same time');
    expect(stage.counters().population_shift).toBe(64);
  });

  it('hides nobody who stands out of it', () => {
    const all = reports();
    all[30].candidates.push(
      candidate({
        detector: 'volume',
        id: 'thief',
        end: at(31),
        terms: ['requests', 'objects', 'records', 'exports', 'devices', 'failures'].map((name) => countTerm(name, 200)),
      }),
    );
    expect(run(create(), all).alerts.map((alert) => alert.entity.id)).toEqual(['thief']);
  });

  it('is seen in minutes too, by the candidates of the last hour', () => {
    const all = reports().slice(0, 30);
    const minute = report(
      at(30) + 5 * MINUTE,
      'account',
      crowd.slice(0, 64).map((id) => candidate({ detector: 'volume', id, start: at(30), end: at(30) + 6 * MINUTE })),
      { minute: true },
    );
    const { alerts, incidents } = run(create(), [...all, minute]);
    expect(alerts).toEqual([]);
    expect(incidents.map((incident) => incident.severity)).toEqual(['info']);
  });
});

describe('time', () => {
  const mark = (upstream: string, time: number, provisional = false) => ({
    kind: 'watermark' as const,
    tenant: 'shop',
    upstream,
    upstreams: 2,
    time,
    provisional,
  });

  it('waits for all upstreams', () => {
    const stage = create();
    stage.process(packReport(volume(9, ['a'])));
    expect(outcomeOf(stage.control(mark('account-0', at(12)))).alerts).toEqual([]);
    expect(outcomeOf(stage.control(mark('merge-0', at(9)))).alerts).toEqual([]);
    expect(outcomeOf(stage.control(mark('merge-0', at(10)))).alerts).toHaveLength(1);
    expect(() => stage.process(packReport(volume(9, ['b'])))).toThrow('came after the watermark');
  });

  it('sends knowledge for every hour in order, from before the first, also through hours without reports', () => {
    const stage = create();
    outcomeOf(stage.control(mark('account-0', at(8))));
    const before = outcomeOf(stage.control(mark('merge-0', at(8)))).shared.map((version) => version.epoch - START / HOUR);
    expect(before).toEqual([8, 9]);
    stage.process(packReport(volume(9, ['a'])));
    stage.control(mark('account-0', at(15)));
    const after = outcomeOf(stage.control(mark('merge-0', at(15)))).shared.map((version) => version.epoch - START / HOUR);
    expect(after).toEqual([10, 11, 12, 13, 14, 15, 16]);
  });

  it('marks what only a provisional end closes, and what rests on it', () => {
    const stage = create();
    const all = { alerts: [], incidents: [], shared: [] };
    for (const upstream of ['account-0', 'merge-0']) outcomeOf(stage.control(mark(upstream, at(10))), all);
    stage.process(packReport(volume(10, ['a'])));
    stage.process(packReport(volume(11, ['b'])));
    for (const upstream of ['account-0', 'merge-0']) outcomeOf(stage.control(mark(upstream, at(11))), all);
    for (const upstream of ['account-0', 'merge-0']) outcomeOf(stage.control(mark(upstream, at(12), true)), all);
    for (const upstream of ['account-0', 'merge-0'])
      outcomeOf(stage.control({ kind: 'end', tenant: 'shop', upstream, provisional: true }), all);
    const { alerts, incidents } = all as ReturnType<typeof outcomeOf>;
    expect(alerts.map((alert) => [alert.entity.id, alert.final])).toEqual([
      ['a', true],
      ['b', false],
    ]);
    expect(latest(incidents).map((incident) => [incident.entity.id, incident.final])).toEqual([
      ['a', true],
      ['b', false],
    ]);
  });

  it('of tenants is their own', () => {
    const stage = create();
    stage.process(packReport(volume(9, ['a'])));
    stage.process(packReport({ ...volume(9, ['a']), tenant: 'other', start: START + 9.5 * HOUR }));
    expect(outcomeOf(stage.control({ ...mark('account-0', at(10)), upstreams: 1 })).alerts.map((alert) => alert.tenant)).toEqual(['shop']);
    const other = outcomeOf(stage.control({ ...mark('account-0', at(11)), upstreams: 1, tenant: 'other' }));
    expect(other.alerts.map((alert) => alert.tenant)).toEqual(['other']);
    expect(other.shared.length).toBeGreaterThan(0);
  });

  it('at the end tells every change that was not worth a notice before', () => {
    const names = ['p1', 'p2', 'p3'];
    const detectors = [...DETECTORS, ...names.map((name) => declared(name, 'account', { severity: () => 'medium' }))];
    const { incidents } = run(
      create(CONFIG, detectors),
      names.map((name, i) => report(at(9 + i), 'account', [candidate({ detector: name, id: 'a', end: at(10 + i) })])),
    );
    expect(incidents.map((incident) => incident.alert_ids.length)).toEqual([1, 2, 3]);
  });
});

it('snapshots lie in the key group of their tenant, and restore exactly in the middle of everything', () => {
  const reports = [
    volume(9, ['a', 'b', 'c', 'd']),
    volume(10, ['a', 'e']),
    report(at(11), 'interface', [candidate({ detector: 'login_abuse', id: 'POST shop/login', end: at(12) })]),
    volume(30, ['z']),
  ];
  const whole = run(create(), reports);
  for (let cut = 1; cut < reports.length; cut++) {
    const one = create();
    const out = run(one, reports.slice(0, cut), { end: 'open' });
    one.process(packReport(reports[cut]));
    const snapshot = one.snapshot();
    expect(snapshot.groups.size).toBe(1);
    const two = create();
    two.restore(snapshot);
    expect(two.snapshot()).toEqual(snapshot);
    const left = reports.slice(cut + 1);
    outcomeOf(
      two.control({ kind: 'watermark', tenant: 'shop', upstream: 'account-0', upstreams: 1, time: reports[cut].start + HOUR }),
      out,
    );
    run(two, left, { into: out, end: 'open' });
    outcomeOf(two.control({ kind: 'end', tenant: 'shop', upstream: 'account-0', provisional: false }), out);
    expect(out.alerts).toEqual(whole.alerts);
    expect(out.incidents).toEqual(whole.incidents);
  }
  const newer = create();
  expect(() => newer.restore({ ...create().snapshot(), version: 99 })).toThrow('version 99');
});
