import type { ByteReader, ByteWriter } from './codec.ts';

/**
 * Shared knowledge by epoch. An epoch is an hour pane of the tenant; version e is a pure function of what happened in
 * epochs <= e - 2, made in one place and sent to every task. A task closes panes of hour e under exactly version e, and
 * waits until it is there: so what a task knows never depends on how far the others have come.
 * The maker sends every version in turn, up to (hour of its own time) + 1.
 */
export class Epochs {
  private readonly versions = new Map<string, Map<number, Uint8Array>>();
  private readonly newest = new Map<string, number>();

  /** Takes version `epoch` of a tenant. */
  add(tenant: string, epoch: number, knowledge: Uint8Array): void {
    const known = this.versions.get(tenant) ?? new Map<number, Uint8Array>();
    this.versions.set(tenant, known);
    known.set(epoch, knowledge);
    this.newest.set(tenant, Math.max(epoch, this.newest.get(tenant) ?? Number.NEGATIVE_INFINITY));
  }

  /** True when panes of this hour may be closed. */
  has(tenant: string, hour: number): boolean {
    return (this.newest.get(tenant) ?? Number.NEGATIVE_INFINITY) >= hour;
  }

  /** The knowledge that holds in this hour: version `hour`, or the last one before it. Undefined when nothing was known yet. */
  at(tenant: string, hour: number): { epoch: number; knowledge: Uint8Array } | undefined {
    let best = Number.NEGATIVE_INFINITY;
    const known = this.versions.get(tenant);
    if (known === undefined) return undefined;
    for (const epoch of known.keys()) if (epoch <= hour && epoch > best) best = epoch;
    const knowledge = known.get(best);
    return knowledge === undefined ? undefined : { epoch: best, knowledge };
  }

  /** Versions that no pane from `hour` on can ask for go. */
  forgetBefore(tenant: string, hour: number): void {
    const keep = this.at(tenant, hour)?.epoch;
    const known = this.versions.get(tenant);
    if (known === undefined || keep === undefined) return;
    for (const epoch of known.keys()) if (epoch < keep) known.delete(epoch);
  }

  write(writer: ByteWriter): void {
    writer.uint(this.versions.size);
    for (const tenant of [...this.versions.keys()].sort()) {
      const known = this.versions.get(tenant) as Map<number, Uint8Array>;
      writer.string(tenant);
      writer.uint(known.size);
      for (const epoch of [...known.keys()].sort((a, b) => a - b)) {
        writer.int(epoch);
        writer.block(known.get(epoch) as Uint8Array);
      }
    }
  }

  read(reader: ByteReader): void {
    const tenants = reader.uint();
    for (let t = 0; t < tenants; t++) {
      const tenant = reader.string();
      const count = reader.uint();
      for (let i = 0; i < count; i++) {
        const epoch = reader.int();
        this.add(tenant, epoch, reader.block().slice());
      }
    }
  }
}
