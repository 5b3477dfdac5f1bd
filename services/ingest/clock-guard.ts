import { DAY, HOUR } from '../core/watermark.ts';

/** Most events that wait for a clock to be confirmed. */
export const MAX_HELD = 64;

/** What an event's arrival decides. `taken`: the event itself goes on, else it is among the held ones. */
export interface GuardStep<T> {
  taken: boolean;
  /** held events whose clock is confirmed, in the order of their arrival; they go before the event itself */
  released: T[];
  /** held events whose clock was wrong: `time_in_future` */
  refused: T[];
}

export interface Held<T> {
  at: number;
  item: T;
}

/**
 * Keeps one input's clock from being carried away by a wrong time stamp. An event more than a day ahead of the highest
 * time so far is held. The next event within an hour of a held one confirms the jump: all held ones up to a day ahead
 * of it go on, the rest are refused. An event near the old time refuses them, and so does the end of the input. The
 * first event has nothing to be compared with and is held too; there any event within a day confirms (nearer times
 * would not be held anyway), and the end of the input, or a full buffer, takes the first one's word.
 * A machine of event times alone: no clock is read.
 */
export class ClockGuard<T> {
  /** highest time that was taken, -Infinity before the first */
  highest = Number.NEGATIVE_INFINITY;
  private waiting: Held<T>[] = [];

  get held(): readonly Held<T>[] {
    return this.waiting;
  }

  /** The common case, without allocation: true when the event goes on and nothing else changes. */
  passes(at: number): boolean {
    if (this.waiting.length > 0 || at > this.highest + DAY) return false;
    if (at > this.highest) this.highest = at;
    return true;
  }

  /** Offers an event; `make` is called only when it has to be held. */
  offer(at: number, make: () => T): GuardStep<T> {
    if (this.highest === Number.NEGATIVE_INFINITY) return this.offerFirst(at, make);
    if (at <= this.highest + DAY) {
      const refused = this.take();
      this.highest = Math.max(this.highest, at);
      return { taken: true, released: [], refused };
    }
    return this.confirm(at, HOUR) ?? this.hold(at, make);
  }

  private offerFirst(at: number, make: () => T): GuardStep<T> {
    const confirmed = this.confirm(at, DAY);
    if (confirmed !== undefined) return confirmed;
    if (this.waiting.length < MAX_HELD) return this.hold(at, make);
    const settled = this.finish();
    const next = this.offer(at, make);
    return { taken: next.taken, released: settled.released.concat(next.released), refused: settled.refused.concat(next.refused) };
  }

  private confirm(at: number, distance: number): GuardStep<T> | undefined {
    let base = Number.NEGATIVE_INFINITY;
    for (const held of this.waiting) if (Math.abs(held.at - at) <= distance) base = Math.max(base, held.at);
    if (base === Number.NEGATIVE_INFINITY) return undefined;
    this.highest = Math.max(base, at);
    const limit = this.highest + DAY;
    const waiting = this.waiting;
    this.waiting = [];
    return {
      taken: true,
      released: waiting.filter((held) => held.at <= limit).map((held) => held.item),
      refused: waiting.filter((held) => held.at > limit).map((held) => held.item),
    };
  }

  private hold(at: number, make: () => T): GuardStep<T> {
    const refused = this.waiting.length >= MAX_HELD ? [(this.waiting.shift() as Held<T>).item] : [];
    this.waiting.push({ at, item: make() });
    return { taken: false, released: [], refused };
  }

  private take(): T[] {
    const items = this.waiting.map((held) => held.item);
    this.waiting = [];
    return items;
  }

  /** The input has ended: nothing is held after this. */
  finish(): { released: T[]; refused: T[] } {
    if (this.highest !== Number.NEGATIVE_INFINITY) return { released: [], refused: this.take() };
    const released: T[] = [];
    const refused: T[] = [];
    for (const held of this.waiting) {
      if (this.highest === Number.NEGATIVE_INFINITY || held.at <= this.highest + DAY) {
        this.highest = Math.max(this.highest, held.at);
        released.push(held.item);
      } else refused.push(held.item);
    }
    this.waiting = [];
    return { released, refused };
  }

  /** Takes up a state from a snapshot. */
  restore(highest: number, held: Held<T>[]): void {
    this.highest = highest;
    this.waiting = held.slice();
  }
}
