import type { ControlRecord } from '../../core/control.ts';
import { HOUR, watermarkOf } from '../../core/watermark.ts';

export interface FollowOptions {
  /** ms between looks at inputs that had nothing more */
  pollEvery: number;
  /** ms after which an input that brings nothing is idle, and a tenant whose inputs all are is silent */
  idleAfter: number;
  /** the wall clock, ms */
  now(): number;
  /** wait for files that are not there yet, or cannot be read; else that is an error at the start */
  patient?: boolean;
  /** ms for which a file that was replaced is still looked at: what else writes to it has until then. Default a minute */
  grace?: number;
  /** everything that is there has been read */
  onCaughtUp?(): void;
}

/** An input as far as its silence matters. */
export interface Hearable {
  tenant: string;
  partition: string;
  lateness: number;
  /** its watermark, ms */
  reached: number | undefined;
  /** all that is there has been read */
  exhausted: boolean;
}

/** A tenant is live when its events are about as old as they are when they come: within this of the clock. */
const LIVE_WITHIN = HOUR;

/**
 * Decides by the clock, for inputs that are followed: an input that has been quiet for a while is idle and no longer
 * holds its tenant back; when all inputs of a live tenant are quiet, its time goes on with the clock. What is decided
 * here goes into the journal before it is used.
 */
export class Quiet {
  private readonly options: FollowOptions;
  private readonly heardAt = new Map<Hearable, number>();
  private readonly idle = new Set<Hearable>();
  private readonly live = new Set<string>();
  private readonly silent = new Map<string, number>();

  constructor(options: FollowOptions) {
    this.options = options;
  }

  /** The input has brought something. */
  heard(input: Hearable): void {
    this.heardAt.set(input, this.options.now());
    this.idle.delete(input);
  }

  /** It was said to be idle and has not spoken since. */
  isIdle(input: Hearable): boolean {
    return this.idle.has(input);
  }

  /** Events of the input have been parsed up to its watermark. */
  parsed(input: Hearable): void {
    if (input.reached === undefined) return;
    if (Math.abs(this.options.now() - input.lateness - input.reached) <= LIVE_WITHIN) this.live.add(input.tenant);
  }

  /** What is to be said now. */
  decide(inputs: readonly Hearable[]): ControlRecord[] {
    const now = this.options.now();
    const records: ControlRecord[] = [];
    const quiet = (input: Hearable): boolean =>
      input.exhausted && now - (this.heardAt.get(input) ?? this.remember(input, now)) >= this.options.idleAfter;
    for (const tenant of new Set(inputs.map((input) => input.tenant))) {
      const own = inputs.filter((input) => input.tenant === tenant);
      for (const input of own) {
        if (this.idle.has(input) || !quiet(input)) continue;
        this.idle.add(input);
        records.push({ kind: 'idle', tenant, upstream: input.partition });
      }
      if (!this.live.has(tenant) || !own.every(quiet)) continue;
      const time = watermarkOf(now, Math.max(...own.map((input) => input.lateness)));
      const before = Math.max(this.silent.get(tenant) ?? 0, ...own.map((input) => input.reached ?? 0));
      if (time <= before) continue;
      this.silent.set(tenant, time);
      records.push({ kind: 'silence', tenant, time });
    }
    return records;
  }

  private remember(input: Hearable, now: number): number {
    this.heardAt.set(input, now);
    return now;
  }
}
