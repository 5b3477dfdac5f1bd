import type { Raised } from './incidents.ts';

export type MarksState = [string, number][];

/** What people marked as expected or benign: not raised again for that entity and detector until the mark ends; nothing else is hidden. */
export class Marks {
  private readonly until = new Map<string, number>();

  /** @param until ms UTC of event time */
  add(raised: readonly Raised[], until: number): void {
    for (const [kind, id, detector] of raised) {
      const key = `${detector} ${kind} ${id}`;
      this.until.set(key, Math.max(until, this.until.get(key) ?? 0));
    }
  }

  /** A mark `attack` takes back what an earlier mark had hidden. */
  remove(raised: readonly Raised[]): void {
    for (const [kind, id, detector] of raised) this.until.delete(`${detector} ${kind} ${id}`);
  }

  hides(detector: string, entity: string, at: number): boolean {
    return (this.until.get(`${detector} ${entity}`) ?? 0) > at;
  }

  prune(time: number): void {
    for (const [key, until] of this.until) if (until <= time) this.until.delete(key);
  }

  toJSON(): MarksState {
    return [...this.until];
  }

  restore(state: MarksState): void {
    for (const [key, until] of state) this.until.set(key, until);
  }
}
