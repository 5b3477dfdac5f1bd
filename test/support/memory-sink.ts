import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import type { DeadLetterKey, LedgerEntry, Sink } from '../../services/core/sink.ts';
import type { DeadLetter, LateEvent } from '../../services/core/stage.ts';

/** A sink that dedupes as the store does: the last record of an id stands, retracted ones go. */
export class MemorySink implements Sink {
  readonly byId = new Map<string, AlertRecord>();
  readonly incidentsById = new Map<string, IncidentRecord>();
  readonly rows = new Map<string, string>();
  readonly lateEvents = new Map<string, LateEvent>();
  readonly deadLetters = new Map<string, DeadLetter>();
  entries: LedgerEntry[] = [];
  readonly retracted: string[] = [];
  flushes = 0;

  alerts(records: AlertRecord[]): void {
    for (const record of records) this.byId.set(record.alert_id, record);
  }

  incidents(records: IncidentRecord[]): void {
    for (const record of records) this.incidentsById.set(record.incident_id, record);
  }

  windows(rows: Uint8Array): void {
    for (const row of new TextDecoder().decode(rows).split('\n').filter(Boolean)) {
      const cells = row.split('\t');
      this.rows.set(cells.slice(0, 3).join('\t'), cells.slice(3).join('\t'));
    }
  }

  late(events: LateEvent[]): void {
    for (const event of events) this.lateEvents.set(`${event.partition}:${event.offset}:${event.index}`, event);
  }

  dead(letters: DeadLetter[]): void {
    for (const letter of letters) this.deadLetters.set(`${letter.partition}:${letter.offset}`, letter);
  }

  ledger(entries: LedgerEntry[]): void {
    this.entries = entries;
  }

  retract(_tenant: string, alertIds: string[], incidentIds: string[]): void {
    for (const id of alertIds) this.byId.delete(id);
    for (const id of incidentIds) this.incidentsById.delete(id);
    this.retracted.push(...alertIds, ...incidentIds);
  }

  takeBack(letters: readonly DeadLetterKey[]): void {
    for (const letter of letters) this.deadLetters.delete(`${letter.partition}:${letter.offset}`);
  }

  pending(): number {
    return 0;
  }

  async flush(): Promise<void> {
    this.flushes++;
  }

  /** windows and alerts in canonical order */
  canonical(): { windows: [string, string][]; alerts: string[] } {
    return { windows: [...this.rows].sort(), alerts: [...this.byId.keys()].sort() };
  }

  /** events by fate, over tenants and sources */
  fates(): Record<string, number> {
    const fates: Record<string, number> = { read: 0, windowed: 0, late: 0, dead: 0, held: 0 };
    for (const entry of this.entries) fates[entry.fate] = (fates[entry.fate] ?? 0) + entry.count;
    return fates;
  }
}
