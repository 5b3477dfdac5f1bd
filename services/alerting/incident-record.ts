import { fusedEvidence } from '../../models/calibration/fusion.ts';
import type { Detector } from '../../models/detector.ts';
import { FULL_EVIDENCE } from '../../models/evidence.ts';
import type { IncidentRecord, Severity } from '../../schemas/alert.ts';
import { ALERT_SCHEMA_VERSION } from '../../schemas/alert.ts';
import { isoTime } from './alert-record.ts';
import { leadingActors } from './incident-actors.ts';
import type { Incident } from './incident-types.ts';
import { formatNumber } from './reason-texts.ts';
import { mostTelling, strongestOf, tellingPlace } from './telling.ts';

/** One state of an incident as a record. */
export function incidentRecord(
  tenant: string,
  incident: Incident,
  detectors: ReadonlyMap<string, Detector>,
  state: { revision: number; status: IncidentRecord['status']; severity: Severity; configVersion: string },
): IncidentRecord {
  const names = [...new Set([...incident.members.map((member) => member.detector), ...Object.keys(incident.shifts)])].sort();
  const { actors, count } = leadingActors(incident);
  return {
    schema_version: ALERT_SCHEMA_VERSION,
    incident_id: incident.id,
    revision: state.revision,
    tenant,
    title: titleOf(incident, detectors),
    severity: state.severity,
    score: scoreOf(incident),
    status: state.status,
    entity: incident.entity,
    actors: actors.map(({ kind, id, contribution }) => ({ kind, id, contribution })),
    actor_count: count,
    detectors: names,
    alert_ids: incident.members.map((member) => member.alert),
    started_at: isoTime(incident.startedAt),
    ended_at: isoTime(incident.endedAt),
    detected_at: isoTime(incident.detectedAt),
    final: incident.shiftFinal && incident.members.every((member) => member.final),
    summary:
      state.status === 'retracted'
        ? `Joined incident ${incident.into}.`
        : summaryOf(
            incident,
            detectors,
            actors.map((actor) => actor.id),
            count,
          ),
    config_version: state.configVersion,
  };
}

/** Fused evidence of the detectors, in units of score. */
function scoreOf(incident: Incident): number {
  const best = new Map<string, number>();
  for (const member of incident.members) best.set(member.detector, Math.max(best.get(member.detector) ?? 0, member.evidence));
  return Math.min(1, fusedEvidence([...best.values()]) / FULL_EVIDENCE);
}

function titleOf(incident: Incident, detectors: ReadonlyMap<string, Detector>): string {
  if (incident.kind === 'shift') return 'The behaviour of the whole population changed at once';
  if (incident.kind === 'service')
    return `Trouble of the service: ${formatNumber(incident.entities.size)} interfaces fail, slow down or stop at once`;
  if (incident.kind === 'cohort') return `${titleOfMany(incident, detectors)}, mostly at ${incident.entity.id}`;
  if (incident.kind === 'crowd') return titleOfMany(incident, detectors);
  const telling = mostTelling(incident);
  const title = telling?.title ?? '';
  if (incident.kind === 'interface') {
    const others = incident.entities.size - 1;
    const place = telling?.kind === 'interface' ? '' : ` at ${incident.entity.id}`;
    return `${title}${place}${others > 0 ? ` (and at ${others} more ${others === 1 ? 'interface' : 'interfaces'})` : ''}`;
  }
  return title;
}

/** What one detector says of most actors of a cohort or a crowd, as said of each of them; of several the most telling. */
function titleOfMany(incident: Incident, detectors: ReadonlyMap<string, Detector>): string {
  const kind = incident.members.find((member) => member.kind !== 'interface')?.kind ?? 'account';
  const saidOf = new Map<string, Set<string>>();
  for (const { detector, id, kind: ofKind } of incident.members) {
    if (ofKind !== kind) continue;
    const ids = saidOf.get(detector);
    if (ids === undefined) saidOf.set(detector, new Set([id]));
    else ids.add(id);
  }
  const most = Math.max(...[...saidOf.values()].map((ids) => ids.size));
  const [detector, ids] = [...saidOf]
    .filter(([, { size }]) => 2 * size > most)
    .sort(([a], [b]) => tellingPlace(a) - tellingPlace(b) || (a < b ? -1 : 1))[0];
  const each = `each of ${formatNumber(ids.size)} ${plural(kind)}`;
  const title = (detectors.get(detector)?.title ?? '{key}').replace(/^(Host|Privileged account|Service) /, '').replaceAll('{key}', each);
  return title.slice(0, 1).toUpperCase() + title.slice(1);
}

function summaryOf(incident: Incident, detectors: ReadonlyMap<string, Detector>, actors: string[], actorCount: number): string {
  const span = `${isoTime(incident.startedAt).slice(0, 16)}Z to ${isoTime(incident.endedAt).slice(0, 16)}Z`;
  if (incident.kind === 'shift') {
    const views = [...new Set(Object.keys(incident.shifts).map((name) => plural(detectors.get(name)?.view ?? 'account')))].sort();
    const count = Object.values(incident.shifts).reduce((sum, n) => sum + n, 0);
    return `From ${span} a large share of all ${views.join(' and ')} was raised at the same time; ${formatNumber(count)} ${count === 1 ? 'verdict was' : 'verdicts were'} not raised one by one (${Object.keys(incident.shifts).sort().join(', ')}).`;
  }
  const strongest = strongestOf(incident);
  const alerts = `${formatNumber(incident.alertCount)} ${incident.alertCount === 1 ? 'alert' : 'alerts'}`;
  const others = [...incident.entities].filter((id) => id !== incident.entity.id);
  const also =
    (incident.kind === 'interface' || incident.kind === 'service') && others.length > 0
      ? ` ${incident.kind === 'service' ? 'In trouble:' : 'Also on'} ${others.sort().slice(0, 3).join(', ')}${others.length > 3 ? ` and ${others.length - 3} more` : ''}.`
      : '';
  const who = whoOf(incident, actors, actorCount);
  const lead = incident.kind === 'entity' && incident.lead !== '' ? ` Mostly on ${incident.lead}.` : '';
  const reason = strongest === undefined || strongest.text === '' ? '' : ` Strongest: ${strongest.text}.`;
  return `From ${span}: ${alerts} on ${incident.entity.kind} ${incident.entity.id}.${lead}${also}${who}${reason}`;
}

/** Who stands behind it; of trouble, who met it. */
function whoOf(incident: Incident, actors: string[], actorCount: number): string {
  if (incident.kind === 'service') return incident.actorCount === 0 ? '' : ` ${formatNumber(incident.actorCount)} callers met it.`;
  if (actors.length === 0 || (incident.kind === 'entity' && actorCount <= 1)) return '';
  const count = formatNumber(actorCount);
  const leading = actors.slice(0, 3).join(', ');
  if (incident.members.every((member) => member.trouble !== ''))
    return ` ${count} ${actorCount === 1 ? 'caller' : 'callers'} met it, most of all ${leading}.`;
  return actorCount === 1 ? ` By ${leading}.` : ` ${count} actors, led by ${leading}.`;
}

function plural(kind: string): string {
  return `${kind}s`;
}
