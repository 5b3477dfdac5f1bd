import { unpackReport } from '../../models/candidate.ts';
import type { View } from '../../models/windows.ts';
import { type EventBatch, heapString } from '../../services/core/batch.ts';
import type { ByteReader } from '../../services/core/codec.ts';
import type { Emit } from '../../services/core/stage.ts';
import { readSample } from '../../services/features/account-tenant.ts';
import type { PaneSpec } from '../../services/features/hour-panes.ts';
import { partialTenant, readPartials } from '../../services/features/partials.ts';
import { INTERFACE_SPEC, SOURCE_SPEC, TARGET_SPEC } from '../../services/features/specs.ts';

const decoder = new TextDecoder();
const TEXTS = new Set(['account', 'interface', 'address', 'target', 'session']);

/** One row of a batch, its texts spelled out. */
export function rowText({ tenant, source, partition, columns, heap }: EventBatch, row: number): string {
  const values = Object.entries(columns).map(([name, column]) => (TEXTS.has(name) ? heapString(heap, column[row]) : column[row]));
  return JSON.stringify([tenant, source, partition, ...values]);
}

/**
 * What a stage said, without what nobody may rely on: the order of the keys within one saying (rows of the windows table,
 * packed panes) and of the members of a set, and how rows were packed together. All else as it is, in order.
 */
export function canonicalOutputs(emits: readonly Emit[]): string[] {
  const texts: string[] = [];
  let loose: string[] = [];
  const settle = (): void => {
    texts.push(...loose.sort());
    loose = [];
  };
  for (const emit of emits) {
    const where = `${emit.output} ${emit.tenant} ${emit.partition ?? ''}`;
    switch (emit.output) {
      case 'windows':
        loose.push(
          ...decoder
            .decode(emit.value)
            .trimEnd()
            .split('\n')
            .map((row) => `${where} ${row}`),
        );
        break;
      case 'partials':
        loose.push(...partialTexts(emit.value).map((text) => `${where} ${text}`));
        break;
      case 'candidates':
        texts.push(`${where} ${JSON.stringify(unpackReport(emit.value))}`);
        break;
      case 'events':
        for (let row = 0; row < emit.value.n; row++) texts.push(`${where} ${rowText(emit.value, row)}`);
        break;
      case 'shared':
        settle();
        texts.push(`${where} ${emit.value.epoch} ${decoder.decode(emit.value.knowledge)}`);
        break;
      case 'late':
      case 'dead':
        settle();
        for (const one of emit.value) texts.push(`${where} ${JSON.stringify(one)}`);
        break;
      default:
        settle();
        texts.push(`${where} ${JSON.stringify(emit.value)}`);
    }
  }
  settle();
  return texts;
}

/** The keys' minutes and panes of a packed record, each with its sets in order. */
export function partialTexts(record: Uint8Array): string[] {
  const tenant = partialTenant(record);
  const keys: string[] = [];
  const texts: string[] = [];
  const keyText = (view: View, at: string, key: Uint8Array, flags: number, reader: ByteReader): string => {
    const spec = view === 'interface' ? INTERFACE_SPEC : view === 'source' ? SOURCE_SPEC : TARGET_SPEC;
    const callers = view === 'interface' ? callersOf : () => [];
    return JSON.stringify([tenant, view, at, decoder.decode(key), flags, ...paneOf(spec, reader), ...callers(reader)]);
  };
  readPartials(record, {
    keys: () => undefined,
    key: (_, key, flags) => keys.push(`${decoder.decode(key)} ${flags}`),
    minute: (index, minute, counters, reader) => {
      const sample = [reader.uint(), Buffer.from(reader.block()).toString('base64')];
      texts.push(JSON.stringify([tenant, keys[index], minute, [...counters], sample]));
    },
    pane: (view, hour, key, flags, reader) => texts.push(keyText(view, `hour ${hour}`, key, flags, reader)),
    look: (view, mark, key, flags, reader) => texts.push(keyText(view, `mark ${mark}`, key, flags, reader)),
  });
  return texts;
}

function paneOf({ sets }: PaneSpec, reader: ByteReader): unknown[] {
  const marks = reader.uint();
  const counters = Array.from({ length: reader.u8() }, () => reader.uint());
  const members = sets.map(({ bits }) =>
    Array.from({ length: reader.uint() }, () => [reader.u32(), bits === true ? reader.uint() : 0]).sort((a, b) => a[0] - b[0]),
  );
  const samples = Array.from({ length: reader.u8() }, () => readSample(reader));
  return [marks, counters, members, samples];
}

function callersOf(reader: ByteReader): unknown[] {
  return Array.from({ length: reader.u8() }, () => [decoder.decode(reader.block()), reader.uint()]);
}
