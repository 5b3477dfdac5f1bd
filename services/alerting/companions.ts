import type { Candidate } from '../../models/candidate.ts';
import { DAY } from '../core/watermark.ts';

/** What one detector last said of an entity, when it was rare enough to count. */
interface Companion {
  detector: string;
  start: number;
  end: number;
  evidence: number;
  /** expected entities a day at this evidence */
  exceedances: number;
}

export type CompanionsState = [string, Companion[]][];

/** Entities remembered; beyond it the ones that were noted first leave. */
const ENTITIES_KEPT = 20_000;

/** Actors of an interface, interfaces of an account, that are taken for the other side of what it does. */
const LINKED = 3;

/** Rare scores of the last day by entity, so that several detectors on one entity in overlapping windows strengthen each other. */
export class Companions {
  private readonly byEntity = new Map<string, Companion[]>();

  /** Notes a score; only those expected on fewer than one entity a day are kept, per detector the latest. */
  note(entity: string, candidate: Candidate, exceedances: number): void {
    if (exceedances >= 1) return;
    const { detector, end, evidence } = candidate;
    const list = (this.byEntity.get(entity) ?? []).filter((other) => other.detector !== detector);
    list.push({ detector, start: Math.max(candidate.start, end - DAY), end, evidence, exceedances });
    this.byEntity.delete(entity);
    this.byEntity.set(entity, list);
    if (this.byEntity.size > ENTITIES_KEPT) this.byEntity.delete(this.byEntity.keys().next().value as string);
  }

  /** Other detectors' scores of the entity whose windows overlap the candidate's. */
  of(entity: string, candidate: Candidate): Companion[] {
    const start = Math.max(candidate.start, candidate.end - DAY);
    return (this.byEntity.get(entity) ?? []).filter(
      (other) => other.detector !== candidate.detector && other.start < candidate.end && start < other.end,
    );
  }

  /**
   * What is said of the other side of the same events: of the few actors behind an interface's window, and of the
   * interfaces that lead an account's. Where many are named, none of them is the other side.
   */
  linked(candidate: Candidate): Companion[] {
    if (candidate.view !== 'account' && candidate.view !== 'interface') return [];
    const named =
      candidate.view === 'account'
        ? candidate.related.filter(({ kind }) => kind === 'interface').slice(0, LINKED)
        : candidate.actorCount <= LINKED
          ? candidate.actors
          : [];
    return named.flatMap(({ kind, id }) => this.of(`${kind} ${id}`, candidate));
  }

  /** Forgets what ended more than a day ago. */
  prune(time: number): void {
    for (const [entity, list] of this.byEntity) {
      const kept = list.filter((companion) => companion.end > time - DAY);
      if (kept.length === 0) this.byEntity.delete(entity);
      else if (kept.length < list.length) this.byEntity.set(entity, kept);
    }
  }

  toJSON(): CompanionsState {
    return [...this.byEntity];
  }

  restore(state: CompanionsState): void {
    for (const [entity, list] of state) this.byEntity.set(entity, [...list]);
  }
}
