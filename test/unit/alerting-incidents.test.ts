import { describe, expect, it } from 'vitest';
import { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import { createAlertStage } from '../../services/alerting/alert-stage.ts';
import { DAY, HOUR } from '../../services/core/watermark.ts';
import type { Outcome } from '../support/alerting-reports.ts';
import { CONFIG, candidate, countTerm, DETECTORS, latest, report, run, START } from '../support/alerting-reports.ts';

const stage = () => createAlertStage(CONFIG, { detectors: DETECTORS, learners: [] });
const LOGIN = 'POST shop/login';
const at = (hour: number): number => START + hour * HOUR;

function checked(outcome: Outcome): Outcome {
  for (const alert of outcome.alerts) AlertRecord.parse(alert);
  for (const incident of outcome.incidents) IncidentRecord.parse(incident);
  const known = new Set(outcome.incidents.map((incident) => incident.incident_id));
  for (const alert of outcome.alerts) expect(known).toContain(alert.incident_id);
  return outcome;
}

/** One hour's candidates of accounts, as a report. */
function accounts(hour: number, ids: string[], lead?: string, detector = 'volume') {
  return report(
    at(hour),
    'account',
    ids.map((id) => candidate({ detector, id, end: at(hour + 1), lead })),
  );
}

function login(hour: number, actors: string[] = [], id = LOGIN) {
  return report(at(hour), 'interface', [
    candidate({
      detector: 'login_abuse',
      id,
      end: at(hour + 1),
      terms: [countTerm('failing_callers', 60), countTerm('single_callers', 60), countTerm('failures', 3)],
      actors: actors.map((actor) => ({ kind: 'account' as const, id: actor, weight: 1 })),
    }),
  ]);
}

describe('incidents', () => {
  it('are one per entity', () => {
    const { alerts, incidents } = checked(run(stage(), [accounts(9, ['a', 'b']), accounts(10, ['a'], undefined, 'novelty')]));
    expect(alerts.map((alert) => [alert.entity.id, alert.detector])).toEqual([
      ['a', 'volume'],
      ['b', 'volume'],
      ['a', 'novelty'],
    ]);
    const last = latest(incidents);
    expect(last).toHaveLength(2);
    const a = last.find((incident) => incident.entity.id === 'a');
    expect(a).toMatchObject({ detectors: ['novelty', 'volume'], actor_count: 1, revision: 2, status: 'open' });
    expect(a?.alert_ids).toHaveLength(2);
    expect(a?.summary).toContain('account a');
  });

  it('of interfaces that overlap in time are one when the same detector or the same actors are behind them', () => {
    const weak = report(at(9), 'interface', [
      candidate({
        detector: 'latency',
        id: 'GET shop/x',
        end: at(10),
        terms: [countTerm('records', 18)],
        actors: [{ kind: 'account', id: 'x', weight: 1 }],
      }),
    ]);
    const { incidents } = checked(run(stage(), [weak, login(9, ['x', 'y']), login(10, [], 'POST shop/register')]));
    const last = latest(incidents);
    expect(last).toHaveLength(1);
    expect(last[0].alert_ids).toHaveLength(3);
    expect([LOGIN, 'POST shop/register']).toContain(last[0].entity.id);
    expect(incidents.map((incident) => incident.revision)).toEqual([1, 2]);
  });

  it('of an interface end when others come after some quiet hours; the same actors, or a short pause, go on', () => {
    const count = (hour: number, actors: string[]) =>
      latest(checked(run(stage(), [login(9, ['x', 'y']), login(hour, actors)])).incidents).length;
    expect(count(20, ['p', 'q'])).toBe(2);
    expect(count(20, ['x', 'q'])).toBe(1);
    expect(count(13, ['p', 'q'])).toBe(1);
    // nobody is named: nothing says that it is another story
    expect(count(20, [])).toBe(1);
  });

  it('of interfaces under two attacks at one time stay two', () => {
    const other = candidate({ detector: 'latency', id: 'GET shop/x', end: at(10), actors: [{ kind: 'account', id: 'q', weight: 1 }] });
    const { incidents } = checked(run(stage(), [report(at(9), 'interface', [other]), login(9, ['x', 'y'])]));
    expect(
      latest(incidents)
        .map((incident) => incident.entity.id)
        .sort(),
    ).toEqual(['GET shop/x', LOGIN]);
  });

  it('of interfaces that fail at one time are one, whoever called them', () => {
    const failing = (id: string, actor: string) =>
      candidate({
        detector: 'latency',
        id,
        end: at(10),
        terms: [countTerm('server_errors', 40)],
        actors: [{ kind: 'account', id: actor, weight: 1 }],
      });
    const two = [report(at(9), 'interface', [failing('GET shop/a', 'x'), failing('GET shop/b', 'y')])];
    const pair = latest(checked(run(stage(), two)).incidents);
    expect(pair).toHaveLength(1);
    expect(pair[0].entity.kind).toBe('interface');
    expect(pair[0].severity).not.toBe('info');

    const three = [report(at(9), 'interface', [failing('GET shop/a', 'x'), failing('GET shop/b', 'y'), failing('GET shop/c', 'z')])];
    const service = latest(checked(run(stage(), three)).incidents);
    expect(service).toHaveLength(1);
    expect(service[0]).toMatchObject({ entity: { kind: 'tenant', id: 'shop' }, severity: 'info' });
    expect(service[0].title).toContain('3 interfaces');
    expect(service[0].actors).toEqual([]);
    expect(service[0].actor_count).toBe(0);
    expect(pair[0].summary).toContain('2 callers met it');
  });

  it('of the service take nobody in: what is attacked meanwhile, or fails a day later, is its own', () => {
    const failing = (id: string, hour: number) =>
      candidate({ detector: 'latency', id, end: at(hour + 1), terms: [countTerm('server_errors', 40)] });
    const outage = report(
      at(9),
      'interface',
      ['GET shop/a', 'GET shop/b', 'GET shop/c'].map((id) => failing(id, 9)),
    );
    const { alerts, incidents } = checked(
      run(stage(), [outage, login(9, ['x']), accounts(9, ['a'], 'GET shop/a'), report(at(20), 'interface', [failing('GET shop/a', 20)])]),
    );
    const last = latest(incidents);
    expect(last.map((incident) => [incident.entity.kind, incident.severity === 'info']).sort()).toEqual([
      ['account', false],
      ['interface', false],
      ['interface', false],
      ['tenant', true],
    ]);
    expect(alerts.filter((alert) => alert.detector === 'latency')).toHaveLength(4);
  });

  it('of the service leave out who slows down in the hour after, and who answers with more', () => {
    const trouble = (id: string, hour: number, feature: string) =>
      candidate({ detector: 'latency', id, end: at(hour + 1), terms: [countTerm(feature, 40)] });
    const outage = report(
      at(9),
      'interface',
      ['GET shop/a', 'GET shop/b', 'GET shop/c'].map((id) => trouble(id, 9, 'server_errors')).concat(trouble('GET shop/d', 9, 'slow')),
    );
    const after = report(at(10), 'interface', [trouble('GET shop/e', 10, 'slow'), trouble('GET shop/f', 10, 'typical_size')]);
    const last = latest(checked(run(stage(), [outage, after])).incidents);
    expect(last.map(({ entity, severity }) => [entity.id, severity === 'info']).sort()).toEqual([
      ['GET shop/e', false],
      ['GET shop/f', false],
      ['shop', true],
    ]);
  });

  it('of one interface under attack take in its trouble', () => {
    const failing = candidate({ detector: 'latency', id: LOGIN, end: at(10), terms: [countTerm('server_errors', 20)] });
    const { incidents } = checked(run(stage(), [report(at(9), 'interface', [failing]), login(9, ['x'])]));
    expect(latest(incidents)).toHaveLength(1);
  });

  it('of an actor whose own alerts say more than what was seen at its interface name no bystanders', () => {
    const seen = candidate({
      detector: 'login_abuse',
      id: LOGIN,
      end: at(10),
      terms: [countTerm('failures', 40)],
      actors: ['a', 'b', 'c'].map((id) => ({ kind: 'account' as const, id, weight: 1 })),
    });
    const { incidents } = checked(run(stage(), [report(at(9), 'interface', [seen]), accounts(9, ['a'], LOGIN)]));
    const [one, ...others] = latest(incidents);
    expect(others).toEqual([]);
    expect(one.actors.map((actor) => actor.id)).toEqual(['a']);
    expect(one.actor_count).toBe(1);
    expect(one.title).toBe(`volume on a at ${LOGIN}`);
  });

  it('name the account that explains an amount, and not who else called there', () => {
    const seen = (features: string[]) =>
      candidate({
        detector: 'login_abuse',
        id: LOGIN,
        end: at(10),
        terms: [...features, 'failures'].map((feature, i) => countTerm(feature, i < 2 ? 60 : 3)),
        actors: ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ kind: 'account' as const, id, weight: 1 })),
      });
    const named = (...features: string[]): string[] => {
      const { incidents } = checked(run(stage(), [report(at(9), 'interface', [seen(features)]), accounts(9, ['a'], LOGIN)]));
      return latest(incidents)[0].actors.map((actor) => actor.id);
    };
    expect(named('requests', 'mean_size')).toEqual(['a']);
    // what is said of kinds of callers is said of all of them
    expect(named('failing_callers', 'single_callers')).toHaveLength(6);
  });

  it('of one resource that fails are trouble of it, however many of its interfaces', () => {
    const failing = (id: string) =>
      candidate({ detector: 'latency', id, end: at(10), terms: [countTerm('server_errors', 40)], actors: [] });
    const ids = ['GET shop/orders', 'POST shop/orders', 'GET shop/orders/{id}', 'GET shop/orders/{id}/items'];
    const last = latest(checked(run(stage(), [report(at(9), 'interface', ids.map(failing))])).incidents);
    expect(last).toHaveLength(1);
    expect(last[0].entity.kind).toBe('interface');
    expect(last[0].severity).not.toBe('info');
  });

  it('of a cohort leave out who is far stronger than the others, and of whom another detector speaks', () => {
    const each = ['a', 'b', 'c', 'd', 'e'].map((id) =>
      candidate({ detector: 'volume', id, lead: LOGIN, end: at(10), terms: id === 'c' ? undefined : [countTerm('requests', 40)] }),
    );
    const last = latest(checked(run(stage(), [report(at(9), 'account', each)])).incidents);
    expect(last.map((incident) => [incident.entity.id, incident.actor_count]).sort()).toEqual([
      [LOGIN, 4],
      ['c', 1],
    ]);
    const others = latest(checked(run(stage(), [accounts(9, ['a', 'b'], LOGIN), accounts(9, ['c', 'd'], LOGIN, 'novelty')])).incidents);
    expect(others).toHaveLength(4);
  });

  it('of actors who ask for what does not exist are about the actors', () => {
    const last = latest(checked(run(stage(), [accounts(9, ['a', 'b', 'c', 'd'], 'GET shop/{missing}')])).incidents);
    expect(last).toHaveLength(1);
    expect(last[0]).toMatchObject({ entity: { kind: 'account' }, actor_count: 4 });
  });

  it('of a crowd leave out who is far stronger than the others', () => {
    const each = ['a', 'b', 'c', 'd', 'e'].map((id) =>
      candidate({
        detector: 'volume',
        id,
        lead: `GET shop/${id}`,
        end: at(10),
        terms: id === 'c' ? undefined : [countTerm('requests', 40)],
      }),
    );
    const last = latest(checked(run(stage(), [report(at(9), 'account', each)])).incidents);
    expect(last.map((incident) => [incident.entity.id, incident.actor_count]).sort()).toEqual([
      ['a', 4],
      ['c', 1],
    ]);
  });

  it('of interfaces hours apart are two', () => {
    const { incidents } = checked(run(stage(), [login(2), login(15, [], 'GET shop/export')]));
    expect(latest(incidents)).toHaveLength(2);
  });

  it('take in an account that stands behind the alert of its leading interface, and no other', () => {
    const { alerts, incidents } = checked(
      run(stage(), [login(9, ['x', 'a']), accounts(9, ['a', 'c'], LOGIN), accounts(9, ['b'], 'GET shop/me')]),
    );
    const last = latest(incidents);
    const one = last.find((incident) => incident.entity.id === LOGIN);
    expect(one?.actors.map((actor) => actor.id).sort()).toEqual(['a', 'x']);
    const of = (id: string) => alerts.find((alert) => alert.entity.id === id)?.incident_id;
    expect([of('a'), of('b'), of('c')].map((incident) => incident === one?.incident_id)).toEqual([true, false, false]);
  });

  it('become a cohort with the fourth account of one leading interface within a day; the earlier ones are retracted', () => {
    const outcome = checked(
      run(stage(), [accounts(9, ['a'], LOGIN), accounts(10, ['b'], LOGIN), accounts(12, ['c'], LOGIN), accounts(20, ['d'], LOGIN)]),
    );
    const last = latest(outcome.incidents);
    const cohort = last.filter((incident) => incident.status !== 'retracted');
    expect(cohort).toHaveLength(1);
    expect(cohort[0]).toMatchObject({ entity: { kind: 'interface', id: LOGIN }, actor_count: 4 });
    expect(cohort[0].alert_ids.sort()).toEqual(outcome.alerts.map((alert) => alert.alert_id).sort());
    expect(cohort[0].incident_id).toBe(outcome.alerts[0].incident_id);
    expect(last.filter((incident) => incident.status === 'retracted').map((incident) => incident.summary)).toEqual([
      `Joined incident ${cohort[0].incident_id}.`,
      `Joined incident ${cohort[0].incident_id}.`,
    ]);
  });

  it('of a cohort in one hour are told once', () => {
    const ids = Array.from({ length: 60 }, (_, i) => `a${i}`);
    const { alerts, incidents } = checked(run(stage(), [accounts(9, ids, LOGIN)]));
    expect(alerts).toHaveLength(60);
    expect(incidents).toHaveLength(1);
    expect(incidents[0].actors).toHaveLength(50);
    expect(incidents[0].actor_count).toBe(60);
    expect(incidents[0].title).toBe('Volume on each of 60 accounts, mostly at POST shop/login');
  });

  it('of accounts with different leading interfaces stay apart, but many by one detector within a day are a crowd', () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const slow = ids.map((id, i) => accounts(9 + 26 * i, [id], `GET shop/${id}`));
    expect(latest(checked(run(stage(), slow)).incidents)).toHaveLength(5);
    const mixed = ids.map((id, i) => accounts(9 + i, [id], `GET shop/${id}`, i % 2 === 0 ? 'volume' : 'novelty'));
    expect(latest(checked(run(stage(), mixed)).incidents)).toHaveLength(5);
    const fast = ids.map((id, i) => accounts(9 + 5 * i, [id], `GET shop/${id}`));
    const crowd = latest(checked(run(stage(), fast)).incidents).filter((incident) => incident.status !== 'retracted');
    expect(crowd).toHaveLength(1);
    expect(crowd[0]).toMatchObject({ entity: { kind: 'account' }, actor_count: 5, title: 'Volume on each of 5 accounts' });
  });

  it('of one account alone become the interface incident when the account stands behind that alert', () => {
    const { alerts, incidents } = checked(run(stage(), [accounts(9, ['a', 'b'], LOGIN), login(9, ['a'])], { end: 'open' }));
    const byEntity = new Map(alerts.map((alert) => [alert.entity.id, alert.incident_id]));
    expect(latest(incidents).filter((incident) => incident.status === 'open')).toHaveLength(
      byEntity.get('b') === byEntity.get(LOGIN) ? 1 : 2,
    );
    expect(byEntity.get('a')).toBe(byEntity.get(LOGIN));
  });

  it('never span more than two days: a condition that lasts is raised again', () => {
    const reports = Array.from({ length: 120 }, (_, hour) => login(hour));
    const { alerts, incidents } = checked(run(stage(), reports, { until: at(120) + 3 * DAY }));
    expect(alerts).toHaveLength(3);
    const last = latest(incidents);
    expect(last).toHaveLength(3);
    for (const incident of last) {
      expect(Date.parse(incident.ended_at) - Date.parse(incident.started_at)).toBeLessThanOrEqual(2 * DAY);
      expect(incident.status).toBe('closed');
      expect(incident.revision).toBe(2);
    }
  });

  it('say once that an account is on another level, until that is learned', () => {
    const reports = Array.from({ length: 220 }, (_, hour) => accounts(hour, ['a']));
    const { alerts, incidents } = checked(run(stage(), reports, { until: at(220) + 3 * DAY }));
    expect(latest(incidents).map(({ started_at }) => started_at.slice(0, 10))).toEqual(['2026-03-02', '2026-03-10']);
    expect(alerts).toHaveLength(2);
  });

  it('grow without a new revision until alerts have doubled', () => {
    const names = ['p1', 'p2', 'p3', 'p4', 'p5'];
    const detectors = [...DETECTORS, ...names.map((name) => ({ ...DETECTORS[0], name, severity: () => 'medium' as const }))];
    const machine = createAlertStage(CONFIG, { detectors, learners: [] });
    const reports = names.map((name, i) => accounts(9 + i, ['a'], undefined, name));
    const { incidents } = run(machine, reports, { end: 'open' });
    expect(incidents.map((incident) => incident.alert_ids.length)).toEqual([1, 2, 4]);
  });

  it('of sources and targets name them', () => {
    const { incidents } = checked(
      run(stage(), [
        report(at(9), 'source', [candidate({ detector: 'probing', id: '203.0.113.7', end: at(10) })]),
        report(at(9), 'target', [
          candidate({
            detector: 'bombing',
            id: 'feedbeef00112233',
            end: at(10),
            actors: [
              { kind: 'source', id: '198.51.100.1', weight: 9 },
              { kind: 'source', id: '198.51.100.2', weight: 0.1 },
            ],
          }),
        ]),
      ]),
    );
    const target = incidents.find((incident) => incident.entity.kind === 'target');
    expect(target?.actors.map((actor) => actor.id)).toEqual(['198.51.100.1']);
    expect(target?.actor_count).toBe(2);
    expect(incidents.find((incident) => incident.entity.kind === 'source')?.actors.map((actor) => actor.id)).toEqual(['203.0.113.7']);
  });

  it('of other tenants are never joined', () => {
    const mine = login(9);
    const theirs = { ...login(9), tenant: 'zzz' };
    const { incidents } = checked(run(stage(), [mine, theirs]));
    expect(new Set(incidents.map((incident) => `${incident.tenant} ${incident.incident_id}`)).size).toBe(2);
  });
});
