import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import type { InventoryFact } from './inventory.ts';
import type { DeadLetter, LateEvent, ShadowScore } from './stage.ts';
import type { Fate } from './topology-contract.ts';

/** One line of the ledger: events of one tenant and source with one fate, since the beginning of the run's state. */
export interface LedgerEntry {
  /** name of the run: `main` or a backfill */
  run: string;
  tenant: string;
  source: string;
  fate: Fate;
  reason: string;
  count: number;
}

/** What tells a dead letter from any other. */
export type DeadLetterKey = Required<Pick<DeadLetter, 'tenant' | 'source' | 'partition' | 'offset' | 'index'>>;

/**
 * Where outcomes go. Calls may buffer; `flush` resolves when all that was given before is durable. `pending` is the
 * number of bytes taken but not yet written: the driver stops reading while it is above its limit. Records may be given
 * again after a crash: a sink dedupes by key, or is cut back to a recorded length, or says that it is at least once.
 */
export interface Sink {
  alerts(records: AlertRecord[]): void;
  incidents(records: IncidentRecord[]): void;
  /** TSV rows of the windows table */
  windows(rows: Uint8Array): void;
  late(events: LateEvent[]): void;
  dead(letters: DeadLetter[]): void;
  /** the whole ledger at a committed cut; replaces what the run said before */
  ledger(entries: LedgerEntry[]): void;
  /** provisional alerts and incidents that the grown input no longer supports */
  retract(tenant: string, alertIds: string[], incidentIds: string[]): void;
  /** dead letters of a provisional end (half a last line, times that nothing confirmed): the grown input decides anew. For sinks that keep them */
  takeBack?(letters: readonly DeadLetterKey[]): void;
  /** for sinks that keep them: what champion and challenger said of the tenant's windows */
  shadow?(tenant: string, scores: ShadowScore[]): void;
  /** for sinks that keep them: what was seen of the tenant's interfaces; what is given again adds nothing */
  inventory?(tenant: string, facts: InventoryFact[]): void;
  pending(): number;
  flush(): Promise<void>;
}
