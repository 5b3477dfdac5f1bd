import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import type { ExplanationOptions } from './explanation.ts';
import { renderExplanation } from './explanation.ts';
import { renderFields } from './fields.ts';
import { plainText } from './plain-text.ts';
import { severityPaint } from './severity.ts';
import { formatNumber } from './table.ts';
import { formatSpan, shortTime } from './times.ts';

export interface IncidentViewOptions extends ExplanationOptions {
  /** most alerts explained, the one that gives the incident its title first, then the strongest; the rest is counted */
  alerts?: number;
  /** most actors named */
  actors?: number;
}

const ALERTS_SHOWN = 3;
const ACTORS_SHOWN = 10;

/** One incident with the explanations of its strongest alerts: what `weir incidents show`, `weir demo` and the end of `weir detect` print. */
export function renderIncident(incident: IncidentRecord, alerts: readonly AlertRecord[], options: IncidentViewOptions): string {
  const { style, zone } = options;
  const head = `${severityPaint(incident.severity, style)(incident.severity.toUpperCase())}  ${style.bold(plainText(incident.title))}\n`;
  const named = (alert: AlertRecord): number => Number(incident.title.startsWith(alert.title));
  const strongest = [...alerts].sort((a, b) => named(b) - named(a) || b.score - a.score || (a.alert_id < b.alert_id ? -1 : 1));
  const fields = renderFields(
    [
      [
        'incident',
        `${incident.incident_id}  revision ${incident.revision}, ${incident.status}${incident.final ? '' : ', provisional: the input may go on'}`,
      ],
      ['tenant', incident.tenant],
      [incident.entity.kind, incident.entity.id],
      ['when', `${formatSpan(incident.started_at, incident.ended_at, zone)} (${zone}), detected ${shortTime(incident.detected_at, zone)}`],
      ['score', scoreText(incident, alerts)],
      ['actors', actorsText(incident, options.actors ?? ACTORS_SHOWN)],
      ['summary', incident.summary],
    ],
    style,
  );
  const shown = strongest.slice(0, options.alerts ?? ALERTS_SHOWN);
  const explained = shown.map((alert) => {
    const title = `  ${severityPaint(alert.severity, style)('●')} ${style.bold(plainText(alert.title))}`;
    const where = style.dim(
      plainText(
        `  ${alert.entity.kind} ${alert.entity.id}${knownBy(alert)}, ${formatSpan(alert.window.start, alert.window.end, zone)}, ${alert.detector}${endedBefore(alert, incident) ? '; it has lasted since' : ''}`,
      ),
    );
    return `\n${title}\n  ${where}\n${renderExplanation(alert, { ...options, indent: '    ' })}`;
  });
  const rest = Math.max(incident.alert_ids.length, alerts.length) - shown.length;
  return (
    head +
    fields +
    explained.join('') +
    (rest > 0
      ? `\n  ${style.dim(`and ${rest === 1 ? '1 more alert' : `${formatNumber(rest)} more alerts`} (weir incidents show ${incident.incident_id.slice(0, 12)} --all)`)}\n`
      : '')
  );
}

/** How an actor is known, and how surely. */
function knownBy({ entity, identity }: AlertRecord): string {
  if (entity.kind !== 'account' && entity.kind !== 'source') return '';
  return ` (known by ${identity.origin}, confidence ${identity.confidence.toFixed(2)})`;
}

/** Several detectors that say different things of one incident weigh more together than each alone. */
function scoreText(incident: IncidentRecord, alerts: readonly AlertRecord[]): string {
  const score = incident.score.toFixed(2);
  const alone = Math.max(...alerts.map((alert) => alert.score)).toFixed(2);
  if (alerts.length === 0 || alone === score) return score;
  return incident.detectors.length > 1
    ? `${score} (${incident.detectors.join(', ')} together; the strongest alert alone ${alone})`
    : `${score} (grew since its alert, ${alone})`;
}

/** An alert of a condition that outlived its first incident: this one takes it up. */
function endedBefore(alert: AlertRecord, incident: IncidentRecord): boolean {
  return Date.parse(alert.window.end) < Date.parse(incident.started_at);
}

function actorsText(incident: IncidentRecord, limit: number): string {
  const named = incident.actors.slice(0, limit).map(({ kind, id }) => `${kind} ${id}`);
  if (named.length === 0) return 'none named';
  const more = Math.max(incident.actor_count, incident.actors.length) - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${formatNumber(more)} more` : ''}`;
}
