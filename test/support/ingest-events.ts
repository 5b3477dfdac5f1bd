import { type ColumnName, heapString } from '../../services/core/batch.ts';
import type { DeadLetter, Emit } from '../../services/core/stage.ts';
import { NO_ADDRESS_DATA } from '../../services/ingest/addresses/addresses.ts';
import { createNormaliseStage, type NormaliseStage } from '../../services/ingest/normalise.ts';
import type { NormaliseConfig, NormaliseDeps } from '../../services/ingest/normalise-config.ts';
import { LineFramer } from '../../services/ingest/records/framing.ts';

/** One row of a batch, readable. */
export type PlainEvent = Record<Exclude<ColumnName, 'account' | 'interface' | 'address' | 'target' | 'session'>, number> & {
  account: string;
  interface: string;
  address: string;
  target: string;
  session: string;
  task: number;
};

const TEXTS = new Set(['account', 'interface', 'address', 'target', 'session']);

export function eventsOf(emits: readonly Emit[]): PlainEvent[] {
  const events: PlainEvent[] = [];
  for (const emit of emits) {
    if (emit.output !== 'events') continue;
    const { columns, heap, n } = emit.value;
    for (let row = 0; row < n; row++) {
      const entries = Object.entries(columns).map(([name, column]) => [
        name,
        TEXTS.has(name) ? heapString(heap, column[row]) : column[row],
      ]);
      events.push({ ...Object.fromEntries(entries), task: emit.partition ?? -1 } as PlainEvent);
    }
  }
  return events.sort((a, b) => a.offset - b.offset || a.index - b.index);
}

export function deadOf(emits: readonly Emit[]): DeadLetter[] {
  return emits.flatMap((emit) => (emit.output === 'dead' ? emit.value : []));
}

export function watermarksOf(emits: readonly Emit[]): number[] {
  return emits.flatMap((emit) => (emit.output === 'control' && emit.value.kind === 'watermark' ? [emit.value.time] : []));
}

export function stageOf(config: Partial<NormaliseConfig> = {}, deps: NormaliseDeps = { addresses: NO_ADDRESS_DATA }): NormaliseStage {
  return createNormaliseStage(
    { tenant: 'shop', source: 'gateway', format: 'nginx-json', partitions: 1, upstreams: 1, key: [1, 2, 3, 4], ...config },
    deps,
  );
}

/** Runs a whole input through a stage, the end included. */
export function ingest(
  text: string | Uint8Array,
  config: Partial<NormaliseConfig> = {},
  deps?: NormaliseDeps,
): { events: PlainEvent[]; dead: DeadLetter[]; emits: Emit[]; stage: NormaliseStage } {
  const stage = stageOf(config, deps);
  const framer = new LineFramer();
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const emits: Emit[] = [];
  for (const piece of [...framer.push(bytes), ...framer.end()])
    emits.push(...stage.process({ tenant: 'shop', source: 'gateway', partition: 'input', ...piece }));
  emits.push(...stage.control({ kind: 'end', tenant: 'shop', upstream: 'input', provisional: false }));
  return { events: eventsOf(emits), dead: deadOf(emits), emits, stage };
}
