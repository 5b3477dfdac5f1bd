import { counter, gauge, histogram } from './catalogue.ts';
import { HistogramRecorder, type Sample } from './samples.ts';

/** Counts what becomes of writes to a store. */
export class StoreMeter {
  private readonly failures = new Map<string, number>();
  private readonly writes = new HistogramRecorder();

  /** A write was acknowledged. @param took ms, failed attempts before it included */
  wrote(took: number): void {
    this.writes.observe(took / 1000);
  }

  /** An attempt failed and will be made again. */
  failed(error: Error): void {
    const reason = reasonOf(error);
    this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
  }

  /** @param since ms since the epoch at which writing began to fail; undefined: it works @param now ms */
  samples(since: number | undefined, now: number): Sample[] {
    return [
      gauge('weir_store_outage_seconds', {}, since === undefined ? 0 : Math.max(0, now - since) / 1000),
      histogram('weir_store_write_duration_seconds', {}, this.writes),
      ...[...this.failures].map(([reason, count]) => counter('weir_store_failures_total', { reason }, count)),
    ];
  }
}

/** The database's name of its error, or the system's of a broken connection: both are of closed lists. */
function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { type, code } = at as { type?: unknown; code?: unknown };
    for (const name of [type, code]) if (typeof name === 'string' && /^[A-Z][A-Z_]{2,60}$/.test(name)) return name;
  }
  return 'other';
}
