import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import type { Sink } from '../core/sink.ts';
import type { DeadLetter, DeadReason, LateEvent } from '../core/stage.ts';

/** First places of a kind of dead letter that are kept for the summary. */
const PLACES = 3;
/** Strongest alerts of an incident that are kept for the summary. */
const ALERTS_PER_INCIDENT = 3;

export interface DeadTally {
  reason: DeadReason;
  count: number;
  /** the first ones, in the order in which they came */
  places: { partition: string; source: string; line: number; offset: number; detail: string }[];
}

/** Watches what a run gives to its sinks, and keeps the little that the summary at its end needs. */
export class DetectTally implements Sink {
  readonly deadLetters = new Map<DeadReason, DeadTally>();
  lateEvents = 0;
  /** longest delay of a late event, ms */
  longestDelay = 0;
  /** newest state of each incident that this run touched */
  readonly incidentsById = new Map<string, IncidentRecord>();
  /** strongest alerts by the incident that they were raised in */
  readonly strongest = new Map<string, AlertRecord[]>();
  readonly alertIds = new Set<string>();

  alerts(records: AlertRecord[]): void {
    for (const alert of records) {
      this.alertIds.add(alert.alert_id);
      const kept = (this.strongest.get(alert.incident_id) ?? []).filter((other) => other.alert_id !== alert.alert_id);
      kept.push(alert);
      kept.sort((a, b) => b.score - a.score || (a.alert_id < b.alert_id ? -1 : 1));
      this.strongest.set(alert.incident_id, kept.slice(0, ALERTS_PER_INCIDENT));
    }
  }

  incidents(records: IncidentRecord[]): void {
    for (const incident of records) this.incidentsById.set(incident.incident_id, incident);
  }

  windows(): void {}

  late(events: LateEvent[]): void {
    this.lateEvents += events.length;
    for (const event of events) this.longestDelay = Math.max(this.longestDelay, event.delay);
  }

  dead(letters: DeadLetter[]): void {
    for (const { reason, partition, source, line, offset, detail } of letters) {
      const tally = this.deadLetters.get(reason) ?? { reason, count: 0, places: [] };
      this.deadLetters.set(reason, tally);
      tally.count++;
      if (tally.places.length < PLACES) tally.places.push({ partition, source, line, offset, detail });
    }
  }

  ledger(): void {}

  retract(_tenant: string, alertIds: string[], incidentIds: string[]): void {
    for (const id of alertIds) this.alertIds.delete(id);
    for (const id of incidentIds) this.incidentsById.delete(id);
  }

  pending(): number {
    return 0;
  }

  async flush(): Promise<void> {}

  /**
   * Alerts of this run that an incident holds, as far as they are kept. Some were raised in another incident: in one that
   * was joined into it, or in one that it takes up where that one became too long.
   */
  alertsOf(incident: IncidentRecord): AlertRecord[] {
    const ids = new Set(incident.alert_ids);
    return [...this.strongest.values()].flat().filter((alert) => ids.has(alert.alert_id));
  }

  /** Incidents that stand, the most severe first. */
  standing(): IncidentRecord[] {
    return [...this.incidentsById.values()]
      .filter((incident) => incident.status !== 'retracted')
      .sort((a, b) => b.score - a.score || (a.incident_id < b.incident_id ? -1 : 1));
  }
}
