import type { Candidate, ScoreReport } from '../../models/candidate.ts';
import { EVIDENCE_BUCKETS, evidenceBucket, packReport } from '../../models/candidate.ts';
import type { Detector } from '../../models/detector.ts';
import type { Term } from '../../models/evidence.ts';
import { scoreTerms } from '../../models/evidence.ts';
import type { View } from '../../models/windows.ts';
import type { AlertRecord, IncidentRecord, Severity } from '../../schemas/alert.ts';
import type { AlertConfig } from '../../services/alerting/alert-config.ts';
import type { Emit, Stage } from '../../services/core/stage.ts';
import { HOUR, MINUTE } from '../../services/core/watermark.ts';

/** 2026-03-02, a Monday, 00:00 UTC. */
export const START = Date.UTC(2026, 2, 2);

export function severityOf(evidence: number): Severity {
  return evidence >= 20 ? 'critical' : evidence >= 14 ? 'high' : evidence >= 8 ? 'medium' : 'low';
}

/** A detector that exists by declaration only: the alert stage sees its candidates, never its terms(). */
export function declared(name: string, view: View, extra: Partial<Detector> = {}): Detector {
  return {
    name,
    view,
    window: '1h',
    title: `${name} on {key}`,
    features: ['requests'],
    needs: [],
    gate: 3,
    terms: () => undefined,
    severity: severityOf,
    ...extra,
  };
}

export const DETECTORS: Detector[] = [
  declared('volume', 'account'),
  declared('novelty', 'account'),
  declared('login_abuse', 'interface'),
  declared('latency', 'interface'),
  declared('probing', 'source'),
  declared('bombing', 'target'),
];

export const CONFIG: AlertConfig = {
  configVersion: 'c1',
  model: { name: 'baseline', version: '1' },
  tenants: {
    shop: { timeZone: 'UTC', alertBudget: 1, lateness: 2 * MINUTE },
    other: { timeZone: 'Asia/Kolkata', alertBudget: 1, lateness: 2 * MINUTE },
  },
};

/** A term that gives about the wanted evidence: a Poisson count of mean 1, so the surprise of n grows with n. */
export function countTerm(feature: string, value: number, mean = 1, group = feature): Term {
  return { feature, value, law: { kind: 'count', mean, dispersion: 0.05 }, baseline: { scope: 'own', size: 504 }, group, weight: 1 };
}

export interface CandidateWish {
  detector: string;
  id: string;
  /** end of the hour or minute pane */
  end: number;
  view?: View;
  start?: number;
  terms?: Term[];
  lead?: string;
  actors?: { kind: 'account' | 'source'; id: string; weight: number }[];
  size?: Candidate['size'];
}

/** A candidate of evidence near 24 unless the terms say otherwise. */
export function candidate(wish: CandidateWish): Candidate {
  const view = wish.view ?? DETECTORS.find((detector) => detector.name === wish.detector)?.view ?? 'account';
  const terms = wish.terms ?? [countTerm('requests', 60), countTerm('new_objects', 60), countTerm('failures', 3)];
  return {
    detector: wish.detector,
    view,
    entity: { kind: view, id: wish.id },
    start: wish.start ?? wish.end - HOUR,
    end: wish.end,
    size: wish.size ?? '1h',
    firedAt: wish.end,
    terms,
    evidence: scoreTerms(terms).evidence,
    flags: 0,
    identity: { origin: 'consumer', confidence: 0.9 },
    related: wish.lead === undefined ? [] : [{ kind: 'interface', id: wish.lead }],
    actors: wish.actors ?? [],
    actorCount: wish.actors?.length ?? 0,
    samples: [
      {
        source: 'gateway',
        partition: 'f1',
        offset: 120,
        at: wish.end - 1000,
        content: 7,
        interesting: true,
        interface: 'POST shop/login',
        address: '203.0.113.9',
        account: wish.id,
        status: 401,
      },
      {
        source: 'gateway',
        partition: 'f1',
        offset: 20,
        at: wish.end - 2000,
        content: 3,
        interesting: false,
        interface: 'GET shop/items/{id}',
        address: '2001:db8:1:2::9',
        account: wish.id,
        status: 200,
      },
    ],
    provisional: false,
  };
}

export function report(start: number, view: View, candidates: Candidate[], extra: Partial<ScoreReport> = {}): ScoreReport {
  return { tenant: 'shop', view, start, minute: false, histograms: {}, pane: {}, population: {}, interfaces: [], candidates, ...extra };
}

/** A histogram of evidences. */
export function histogram(evidences: readonly number[]): number[] {
  const counts = new Array<number>(EVIDENCE_BUCKETS).fill(0);
  for (const evidence of evidences) counts[evidenceBucket(evidence)]++;
  return counts;
}

export interface Outcome {
  alerts: AlertRecord[];
  incidents: IncidentRecord[];
  shared: { tenant: string; epoch: number; knowledge: unknown }[];
}

export function outcomeOf(emits: readonly Emit[], into: Outcome = { alerts: [], incidents: [], shared: [] }): Outcome {
  for (const emit of emits) {
    if (emit.output === 'alerts') into.alerts.push(...emit.value);
    else if (emit.output === 'incidents') into.incidents.push(...emit.value);
    else if (emit.output === 'shared')
      into.shared.push({
        tenant: emit.tenant,
        epoch: emit.value.epoch,
        knowledge: JSON.parse(new TextDecoder().decode(emit.value.knowledge)),
      });
    else throw new Error(`unexpected output ${emit.output}`);
  }
  return into;
}

/** Feeds reports of one upstream in order of their end, a watermark after each hour, and the end. */
export function run(
  stage: Stage<Uint8Array>,
  reports: readonly ScoreReport[],
  options: { end?: 'final' | 'provisional' | 'open'; until?: number; into?: Outcome } = {},
): Outcome {
  const outcome = options.into ?? { alerts: [], incidents: [], shared: [] };
  const endOf = (entry: ScoreReport): number => entry.start + (entry.minute ? MINUTE : HOUR);
  const byEnd = [...reports].sort((a, b) => endOf(a) - endOf(b));
  const tenants = [...new Set(reports.map((entry) => entry.tenant))].sort();
  for (let i = 0; i < byEnd.length; i++) {
    outcomeOf(stage.process(packReport(byEnd[i])), outcome);
    const next = byEnd[i + 1];
    if (next === undefined || endOf(next) > endOf(byEnd[i])) {
      for (const tenant of tenants)
        outcomeOf(stage.control({ kind: 'watermark', tenant, upstream: 'account-0', upstreams: 1, time: endOf(byEnd[i]) }), outcome);
    }
  }
  for (const tenant of tenants) {
    if (options.until !== undefined)
      outcomeOf(stage.control({ kind: 'watermark', tenant, upstream: 'account-0', upstreams: 1, time: options.until }), outcome);
    if (options.end !== 'open')
      outcomeOf(stage.control({ kind: 'end', tenant, upstream: 'account-0', provisional: options.end === 'provisional' }), outcome);
  }
  return outcome;
}

/** The last revision of each incident. */
export function latest(incidents: readonly IncidentRecord[]): IncidentRecord[] {
  const last = new Map<string, IncidentRecord>();
  for (const incident of incidents) last.set(incident.incident_id, incident);
  return [...last.values()];
}
