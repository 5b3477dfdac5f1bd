import { type Fate, parseLedgerCounter } from '../core/topology-contract.ts';
import { counter, gauge } from './catalogue.ts';
import type { MetricSample } from './samples.ts';

const TOTALS = {
  read: 'weir_events_read_total',
  windowed: 'weir_events_windowed_total',
  late: 'weir_events_late_total',
} as const;

/** Events of one fate. */
export interface Line {
  fate: Fate;
  tenant: string;
  source: string;
  reason: string;
  count: number;
}

/**
 * Makes metrics of the stages' ledger counters. These are state: they move with a task from process to process, and are
 * taken back by a restore. A process's metrics only grow, or `rate` would see jumps: so each task's growth since it was
 * opened (after its replay) is added up.
 */
export class LedgerMeter {
  private readonly totals = new Map<string, Line>();
  private readonly tasks = new Map<string, Readonly<Record<string, number>>>();

  /** A task begins to work aloud with these counters: what they hold was counted elsewhere. */
  open(task: string, counters: Readonly<Record<string, number>>): void {
    this.tasks.set(task, { ...counters });
  }

  /** The task's counters now. A task that was not opened is opened with nothing counted before. */
  update(task: string, counters: Readonly<Record<string, number>>): void {
    const before = this.tasks.get(task) ?? {};
    for (const [name, count] of Object.entries(counters)) {
      const line = this.lineOf(name);
      if (line !== undefined && line.fate !== 'held') line.count += Math.max(0, count - (before[name] ?? 0));
    }
    this.tasks.set(task, { ...counters });
  }

  /** The task has gone to another process, or was thrown away. */
  close(task: string): void {
    this.tasks.delete(task);
  }

  samples(): MetricSample[] {
    const levels = new Map<string, Line>();
    for (const counters of this.tasks.values()) {
      for (const [name, count] of Object.entries(counters)) {
        const parsed = parseLedgerCounter(name);
        if (parsed?.fate !== 'held') continue;
        const level = levels.get(name) ?? { ...parsed, count: 0 };
        level.count += count;
        levels.set(name, level);
      }
    }
    return [...this.totals.values(), ...levels.values()].flatMap(samplesOf);
  }

  private lineOf(name: string): Line | undefined {
    const known = this.totals.get(name);
    if (known !== undefined) return known;
    const parsed = parseLedgerCounter(name);
    if (parsed === undefined || parsed.fate === 'held') return undefined;
    const line = { ...parsed, count: 0 };
    this.totals.set(name, line);
    return line;
  }
}

/** What is said of a line of the ledger. */
export function samplesOf({ fate, tenant, source, reason, count }: Line): MetricSample[] {
  const of = { tenant, source };
  if (fate === 'held') return [gauge('weir_events_held', of, count)];
  if (fate === 'dead') return [counter('weir_events_dead_total', { ...of, reason }, count)];
  if (fate === 'dropped') return [counter('weir_events_dropped_total', { ...of, reason }, count)];
  const total = counter(TOTALS[fate], of, count);
  return fate === 'windowed' && reason === 'session' ? [total, counter('weir_events_joined_total', of, count)] : [total];
}
