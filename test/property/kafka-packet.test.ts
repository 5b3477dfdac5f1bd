import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchBuilder, COLUMN_NAMES, type EventBatch } from '../../services/core/batch.ts';
import type { ControlRecord } from '../../services/core/control.ts';
import { type Entry, PacketWriter, readPacket } from '../../services/drivers/kafka/packet.ts';
import { rowText } from '../support/canonical-outputs.ts';

const TEXT_COLUMNS = new Set<string>(['account', 'interface', 'address', 'target', 'session']);
const encoder = new TextEncoder();

const name = fc.string({ unit: 'grapheme', maxLength: 12 });
const seeds = fc.array(fc.array(fc.nat(), { minLength: COLUMN_NAMES.length, maxLength: COLUMN_NAMES.length }), { maxLength: 12 });

/** A batch of rows in which every column takes any value that it can hold, texts among a few; some columns alike throughout. */
const batch: fc.Arbitrary<EventBatch> = fc
  .record({ tenant: name, source: name, partition: name, rows: seeds, texts: fc.array(name, { maxLength: 5 }), alike: fc.nat() })
  .map(({ tenant, source, partition, rows, texts, alike }) => {
    const builder = new BatchBuilder(tenant, source, partition, 1);
    const references = [0, ...texts.map(encode).map((bytes) => builder.addString(bytes, 0, bytes.length))];
    for (const values of rows) {
      const row = builder.addRow();
      COLUMN_NAMES.forEach((column, i) => {
        const value = (alike >>> (i % 31)) & 1 ? rows[0][i] : values[i];
        builder.columns[column][row] = TEXT_COLUMNS.has(column) ? references[value % references.length] : value % 3 === 0 ? 0 : value;
      });
    }
    return builder.build();
  });

function encode(text: string): Uint8Array {
  return encoder.encode(text);
}

const time = fc.integer({ min: -(2 ** 40), max: 2 ** 45 });
const control: fc.Arbitrary<ControlRecord> = fc.oneof(
  fc.record({ kind: fc.constant('watermark'), tenant: name, upstream: name, upstreams: fc.nat(), time }, { noNullPrototype: true }),
  fc.record({ kind: fc.constant('idle'), tenant: name, upstream: name }, { noNullPrototype: true }),
  fc.record({ kind: fc.constant('end'), tenant: name, upstream: name, provisional: fc.boolean() }, { noNullPrototype: true }),
  fc.record({ kind: fc.constant('silence'), tenant: name, time }, { noNullPrototype: true }),
  fc.record({ kind: fc.constant('restart') }, { noNullPrototype: true }),
  fc.record(
    { kind: fc.constant('shared'), tenant: name, epoch: fc.integer({ min: -1000, max: 2 ** 40 }), knowledge: fc.uint8Array() },
    { noNullPrototype: true },
  ),
  fc.record(
    { kind: fc.constant('feedback'), tenant: name, incident: name, mark: fc.constantFrom('attack', 'benign', 'expected'), until: time },
    { noNullPrototype: true },
  ),
) as fc.Arbitrary<ControlRecord>;

const entry: fc.Arbitrary<Entry> = fc.oneof(
  batch.map((value): Entry => ({ kind: 'events', batch: value })),
  fc.uint8Array().map((bytes): Entry => ({ kind: 'bytes', bytes })),
  control.map((record): Entry => ({ kind: 'control', record })),
);

function pack(entries: readonly Entry[]): Uint8Array {
  const writer = new PacketWriter();
  for (const one of entries) {
    if (one.kind === 'events') writer.events(one.batch);
    else if (one.kind === 'bytes') writer.bytes(one.bytes);
    else writer.control(one.record);
  }
  return writer.finish();
}

function plain(one: Entry): unknown {
  if (one.kind === 'control') return one.record.kind === 'shared' ? { ...one.record, knowledge: [...one.record.knowledge] } : one.record;
  if (one.kind === 'bytes') return [...one.bytes];
  const { tenant, source, partition, n } = one.batch;
  return [tenant, source, partition, Array.from({ length: n }, (_, row) => rowText(one.batch, row))];
}

describe('a packet', () => {
  test('gives back what was put in, in order', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
        expect([...readPacket(pack(entries))].map(plain)).toEqual(entries.map(plain));
      }),
    );
  });

  test('is found at any place in a larger buffer, and does not change when it is packed again', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), fc.nat({ max: 9 }), (entries, before) => {
        const packet = pack(entries);
        const buffer = new Uint8Array(before + packet.length + 3).fill(7);
        buffer.set(packet, before);
        const read = [...readPacket(buffer.subarray(before, before + packet.length))];
        expect(pack(read)).toEqual(packet);
      }),
    );
  });

  test('that is cut short is refused', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 3 }), fc.nat(), (entries, at) => {
        const packet = pack(entries);
        const cut = packet.subarray(0, 1 + (at % (packet.length - 1)));
        const whole = entries.map(plain);
        // cut between two entries it is a shorter packet
        try {
          const read = [...readPacket(cut)].map(plain);
          expect(read).toEqual(whole.slice(0, read.length));
          expect(read.length).toBeLessThan(whole.length);
        } catch (error) {
          expect((error as { code?: string }).code).toBe('snapshot_corrupt');
        }
      }),
    );
  });

  test('of a newer program is refused', () => {
    expect(() => [...readPacket(Uint8Array.of(2))]).toThrow(expect.objectContaining({ code: 'snapshot_newer' }));
  });
});
