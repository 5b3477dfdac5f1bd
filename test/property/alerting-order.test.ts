import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Candidate, ScoreReport } from '../../models/candidate.ts';
import { EVIDENCE_BUCKETS, packReport } from '../../models/candidate.ts';
import type { SharedLearner } from '../../models/shared.ts';
import { createAlertStage } from '../../services/alerting/alert-stage.ts';
import type { StageSnapshot } from '../../services/core/stage.ts';
import { HOUR, MINUTE } from '../../services/core/watermark.ts';
import type { Outcome } from '../support/alerting-reports.ts';
import { CONFIG, candidate, countTerm, DETECTORS, outcomeOf, report, START } from '../support/alerting-reports.ts';

/** A learner that keeps a sum, so that a report absorbed twice, never, or in the wrong hour shows. */
function summing(): SharedLearner {
  let sums = new Map<string, number>();
  return {
    name: 'sums',
    absorb: (of) => sums.set(of.tenant, (sums.get(of.tenant) ?? 0) + (of.population.all ?? []).reduce((a, b) => a + b, 0)),
    close: (tenant, hour) => ({ hour, sum: sums.get(tenant) ?? 0 }),
    save: () => [...sums],
    load: (state) => (sums = new Map(state as [string, number][])),
  };
}

const HOURS = 40;
const LEADS = ['POST shop/login', 'GET shop/items/{id}', 'GET shop/export'];

/** Deterministic pseudo-random numbers of a seed (mulberry32, Tommy Ettinger, public domain). */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What happens in a tenant: scored entities of each hour, and some minutes, with the candidates above the gate. */
function scenario(seed: number): {
  start: number;
  minute: boolean;
  view: 'account' | 'interface';
  entity: string;
  candidate?: Candidate;
  detector: string;
  evidence: number;
}[] {
  const next = random(seed);
  const rows: ReturnType<typeof scenario> = [];
  for (let hour = 0; hour < HOURS; hour++) {
    const start = START + hour * HOUR;
    for (const detector of DETECTORS.filter((each) => each.view === 'account' || each.view === 'interface')) {
      const view = detector.view as 'account' | 'interface';
      for (let i = 0; i < (view === 'account' ? 30 : 5); i++) {
        const entity = view === 'interface' ? LEADS[i % LEADS.length] + (i >= LEADS.length ? i : '') : `a${i}`;
        const strong = next() < 0.02;
        const minute = next() < 0.1;
        const at = minute ? start + Math.floor(next() * 60) * MINUTE : start;
        const terms = [
          countTerm('requests', strong ? 20 + Math.floor(next() * 60) : Math.floor(next() * 6)),
          countTerm('new_objects', strong ? 40 : 1),
        ];
        const made = candidate({
          detector: detector.name,
          id: entity,
          view,
          terms,
          end: at + (minute ? MINUTE : HOUR),
          start,
          lead: view === 'account' ? LEADS[Math.floor(next() * 3)] : undefined,
          actors: view === 'interface' ? [{ kind: 'account', id: `a${Math.floor(next() * 30)}`, weight: 1 }] : undefined,
        });
        rows.push({
          start: at,
          minute,
          view,
          entity,
          detector: detector.name,
          evidence: made.evidence,
          candidate: made.evidence >= detector.gate ? made : undefined,
        });
      }
    }
  }
  return rows;
}

/** The reports of `tasks` tasks that share the entities: task of an entity = hash of its name by `salt`. */
function reportsOf(rows: ReturnType<typeof scenario>, tasks: number, salt: number): ScoreReport[][] {
  const all = Array.from({ length: tasks }, () => new Map<string, ScoreReport>());
  for (const row of rows) {
    let hash = salt;
    for (const letter of row.entity) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
    const of = all[hash % tasks];
    const key = `${row.start} ${row.minute} ${row.view}`;
    let made = of.get(key);
    if (made === undefined) of.set(key, (made = report(row.start, row.view, [], { minute: row.minute })));
    const bucket = Math.min(EVIDENCE_BUCKETS - 1, Math.floor(row.evidence * 4));
    if (!row.minute) {
      for (const histograms of [made.histograms, made.pane]) {
        const counts = (histograms[row.detector] ??= new Array<number>(EVIDENCE_BUCKETS).fill(0));
        counts[bucket]++;
      }
    }
    const population = (made.population.all ??= [0, 0, 0]);
    population[row.entity.length % 3]++;
    const seen = made.interfaces.find(([id]) => id === row.entity);
    if (row.view === 'interface' && seen === undefined) made.interfaces.push([row.entity, 3, 2, 1]);
    if (row.candidate !== undefined) made.candidates.push(row.candidate);
  }
  return all.map((of) => [...of.values()]);
}

const endOf = (of: ScoreReport): number => of.start + (of.minute ? MINUTE : HOUR);

/** Delivers the tasks' reports shuffled between watermarks that come every `stride` minutes; restarts the stage at `restartAt`. */
function deliver(tasks: ScoreReport[][], stride: number, seed: number, restartAt = Number.POSITIVE_INFINITY): Outcome {
  const next = random(seed);
  const create = () => createAlertStage({ ...CONFIG, upstreams: tasks.length }, { detectors: DETECTORS, learners: [summing()] });
  let stage = create();
  const outcome: Outcome = { alerts: [], incidents: [], shared: [] };
  const left = tasks.map((reports) => [...reports].sort((a, b) => endOf(a) - endOf(b)));
  const last = START + HOURS * HOUR;
  // as tasks do: the first thing that they say is a time before everything
  for (let task = 0; task < tasks.length; task++)
    outcomeOf(
      stage.control({ kind: 'watermark', tenant: 'shop', upstream: `account-${task}`, upstreams: tasks.length, time: START }),
      outcome,
    );
  for (let time = START + stride * MINUTE; ; time += stride * MINUTE) {
    const now = Math.min(time, last);
    const upstreams = tasks.map((_, task) => task).sort(() => next() - 0.5);
    for (const task of upstreams) {
      const due: ScoreReport[] = [];
      while (left[task].length > 0 && endOf(left[task][0]) <= now) due.push(left[task].shift() as ScoreReport);
      due.sort(() => next() - 0.5);
      for (const each of due) outcomeOf(stage.process(packReport(each)), outcome);
      outcomeOf(
        stage.control({ kind: 'watermark', tenant: 'shop', upstream: `account-${task}`, upstreams: tasks.length, time: now }),
        outcome,
      );
    }
    if (now >= restartAt) {
      restartAt = Number.POSITIVE_INFINITY;
      const snapshot = copied(stage.snapshot());
      stage = create();
      stage.restore(snapshot);
      expect(stage.snapshot()).toEqual(snapshot);
    }
    if (now === last) break;
  }
  for (let task = 0; task < tasks.length; task++) {
    outcomeOf(stage.control({ kind: 'end', tenant: 'shop', upstream: `account-${task}`, provisional: false }), outcome);
  }
  return outcome;
}

function copied(snapshot: StageSnapshot): StageSnapshot {
  return {
    ...snapshot,
    groups: new Map([...snapshot.groups].map(([group, bytes]) => [group, bytes.slice()])),
    common: snapshot.common.slice(),
  };
}

it('gives the same records for any split of the keys, order of arrival, pace of watermarks and restart', () => {
  let alerts = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 2, max: 4 }),
      fc.constantFrom(1, 7, 60, 240, 10_000),
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 1, max: HOURS - 1 }),
      (seed, tasks, stride, order, restart) => {
        const rows = scenario(seed);
        const expected = deliver(reportsOf(rows, 1, 0), 60, 1);
        const split = deliver(reportsOf(rows, tasks, order), stride, order, START + restart * HOUR + 17 * MINUTE);
        expect(JSON.stringify(split)).toBe(JSON.stringify(expected));
        alerts += expected.alerts.length;
        expect(expected.shared.map((version) => version.epoch)).toEqual(Array.from({ length: HOURS + 2 }, (_, i) => START / HOUR + i));
      },
    ),
    { numRuns: 12 },
  );
  expect(alerts).toBeGreaterThan(50);
});
