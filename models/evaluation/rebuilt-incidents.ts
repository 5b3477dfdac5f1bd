import type { AlertRecord, EntityRef, IncidentRecord } from '../../schemas/alert.ts';
import { ALERT_SCHEMA_VERSION } from '../../schemas/alert.ts';

/** What incidents can be made of again. */
export type GroupedAlert = Pick<
  AlertRecord,
  'alert_id' | 'incident_id' | 'tenant' | 'entity' | 'related' | 'window' | 'detected_at' | 'score' | 'severity'
> &
  Partial<Pick<AlertRecord, 'title' | 'detector' | 'final' | 'config_version'>>;

const MOST_ACTORS = 50;

/**
 * Incidents as far as their alerts tell: those of one incident_id together, about the strongest one's interface or target
 * where one has such, else about the strongest one's entity, by the accounts and sources that the alerts are about or name.
 * Weir's own records know more (who of those named matters, incidents that joined), so give them where they are at hand.
 */
export function rebuiltIncidents(alerts: readonly GroupedAlert[]): IncidentRecord[] {
  const groups = new Map<string, GroupedAlert[]>();
  for (const alert of alerts) {
    const key = `${alert.tenant} ${alert.incident_id}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [alert]);
    else group.push(alert);
  }
  return [...groups.values()].map(rebuilt);
}

function rebuilt(alerts: GroupedAlert[]): IncidentRecord {
  const ranked = [...alerts].sort((a, b) => b.score - a.score || (a.alert_id < b.alert_id ? -1 : 1));
  const [strongest] = ranked;
  const about = ranked.find(({ entity }) => entity.kind === 'interface' || entity.kind === 'target') ?? strongest;
  const actors = actorsOf(ranked);
  return {
    schema_version: ALERT_SCHEMA_VERSION,
    incident_id: strongest.incident_id,
    revision: 1,
    tenant: strongest.tenant,
    title: strongest.title ?? '',
    severity: strongest.severity,
    score: strongest.score,
    status: 'open',
    entity: about.entity,
    actors: actors.slice(0, MOST_ACTORS),
    actor_count: actors.length,
    detectors: [...new Set(ranked.flatMap(({ detector }) => detector ?? []))].sort(),
    alert_ids: alerts.map(({ alert_id }) => alert_id),
    started_at: first(alerts.map(({ window }) => window.start)),
    ended_at: last(alerts.map(({ window }) => window.end)),
    detected_at: first(alerts.map(({ detected_at }) => detected_at)),
    final: alerts.every(({ final }) => final !== false),
    summary: '',
    config_version: strongest.config_version ?? '',
  };
}

/** Accounts and sources, those of the strongest alert first, each with the score of that alert. */
function actorsOf(ranked: readonly GroupedAlert[]): IncidentRecord['actors'] {
  const actors = new Map<string, EntityRef & { contribution: number }>();
  for (const { entity, related, score } of ranked) {
    for (const { kind, id } of [entity, ...related]) {
      if ((kind === 'account' || kind === 'source') && !actors.has(`${kind} ${id}`))
        actors.set(`${kind} ${id}`, { kind, id, contribution: score });
    }
  }
  return [...actors.values()];
}

function first(times: readonly string[]): string {
  return times.reduce((a, b) => (Date.parse(b) < Date.parse(a) ? b : a));
}

function last(times: readonly string[]): string {
  return times.reduce((a, b) => (Date.parse(b) > Date.parse(a) ? b : a));
}
