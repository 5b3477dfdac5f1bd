import { createHash } from 'node:crypto';
import type { EntityRef, IncidentRecord } from '../../schemas/alert.ts';
import { ALERT_SCHEMA_VERSION } from '../../schemas/alert.ts';
import type { Comparator, ComparatorAlert } from './contract.ts';

/** Alerts of one entity that lie no further apart belong together. */
const GAP_MS = 3_600_000;
/** An incident spans at most this, as Weir's do. */
const LONGEST_MS = 48 * 3_600_000;
const MOST_ACTORS = 50;

/**
 * Folds a comparator's alerts into incidents, by which it is judged as Weir is: alerts of one entity within an hour of
 * one another, at most 48 hours together. An incident is detected when its first alert was, and names the first fifty
 * actors of its alerts, the strongest alert first.
 * @param threshold alerts with a score below it are left out; left out: the published one
 */
export function comparatorIncidents(
  comparator: Pick<Comparator, 'name' | 'title' | 'threshold'>,
  alerts: readonly ComparatorAlert[],
  threshold: number = comparator.threshold,
): IncidentRecord[] {
  const byEntity = new Map<string, ComparatorAlert[]>();
  for (const alert of alerts) {
    if (alert.score < threshold) continue;
    const key = JSON.stringify([alert.tenant, alert.entity.kind, alert.entity.id]);
    const of = byEntity.get(key);
    if (of === undefined) byEntity.set(key, [alert]);
    else of.push(alert);
  }
  const incidents: IncidentRecord[] = [];
  for (const of of byEntity.values()) {
    of.sort((a, b) => a.start - b.start || a.end - b.end);
    let together: ComparatorAlert[] = [];
    let end = 0;
    for (const alert of of) {
      if (together.length > 0 && (alert.start - end > GAP_MS || Math.max(end, alert.end) - together[0].start > LONGEST_MS)) {
        incidents.push(incidentOf(comparator, together));
        together = [];
      }
      end = together.length === 0 ? alert.end : Math.max(end, alert.end);
      together.push(alert);
    }
    if (together.length > 0) incidents.push(incidentOf(comparator, together));
  }
  return incidents.sort((a, b) =>
    a.detected_at < b.detected_at ? -1 : a.detected_at > b.detected_at ? 1 : a.incident_id < b.incident_id ? -1 : 1,
  );
}

function incidentOf({ name, title }: Pick<Comparator, 'name' | 'title'>, alerts: readonly ComparatorAlert[]): IncidentRecord {
  const [first] = alerts;
  const start = first.start;
  const end = Math.max(...alerts.map((alert) => alert.end));
  const score = Math.max(...alerts.map((alert) => alert.score));
  const actors = actorsOf(alerts);
  return {
    schema_version: ALERT_SCHEMA_VERSION,
    incident_id: createHash('sha256')
      .update(JSON.stringify([name, first.tenant, first.entity.kind, first.entity.id, start]))
      .digest('hex')
      .slice(0, 32),
    revision: 1,
    tenant: first.tenant,
    title,
    severity: 'medium',
    // rises with the score and stays within 0 … 1
    score: score / (1 + score),
    status: 'open',
    entity: first.entity,
    actors: actors.slice(0, MOST_ACTORS).map((actor) => ({ ...actor, contribution: 1 / actors.length })),
    actor_count: actors.length,
    detectors: [name],
    alert_ids: [],
    started_at: new Date(start).toISOString(),
    ended_at: new Date(end).toISOString(),
    detected_at: new Date(Math.min(...alerts.map((alert) => alert.detectedAt))).toISOString(),
    final: true,
    summary: `${alerts.length} ${alerts.length === 1 ? 'alert' : 'alerts'} of the rule: ${title}`,
    config_version: 'published',
  };
}

/** Actors of the alerts, those of the strongest alert first, each once; the entity itself is no actor of its own. */
function actorsOf(alerts: readonly ComparatorAlert[]): EntityRef[] {
  const actors = new Map<string, EntityRef>();
  for (const alert of [...alerts].sort((a, b) => b.score - a.score || a.start - b.start)) {
    for (const actor of alert.actors) {
      const key = `${actor.kind} ${actor.id}`;
      if (!actors.has(key)) actors.set(key, actor);
    }
  }
  return [...actors.values()];
}
