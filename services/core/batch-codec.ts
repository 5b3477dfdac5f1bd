import { BatchBuilder, COLUMN_NAMES, type EventBatch, type EventColumns } from './batch.ts';
import type { ByteReader, ByteWriter } from './codec.ts';
import { WeirError } from './errors.ts';

/** How a column is written: not at all when every value is 0; one value when all are alike; else as it lies in memory, little-endian. */
const FORM = { alike: 1, raw: 2 } as const;

type Column = EventColumns[keyof EventColumns];

/**
 * Writes a batch: tenant, source, partition, rows, columns (name, form u8, values)…, '', strings (length)…, heap.
 */
export function writeBatch(writer: ByteWriter, { tenant, source, partition, n, columns, heap }: EventBatch): void {
  writer.string(tenant);
  writer.string(source);
  writer.string(partition);
  writer.uint(n);
  for (const name of COLUMN_NAMES) {
    const column = columns[name].subarray(0, n) as Column;
    const alike = sameThroughout(column);
    if (alike && column[0] === 0) continue;
    writer.string(name);
    writer.u8(alike ? FORM.alike : FORM.raw);
    if (alike) writer.f64(column[0]);
    else writer.block(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  writer.string('');
  writer.uint(heap.count);
  for (let i = 1; i <= heap.count; i++) writer.uint(heap.ends[i] - heap.ends[i - 1]);
  writer.block(heap.bytes.subarray(0, heap.ends[heap.count]));
}

function sameThroughout(column: Column): boolean {
  const first = column[0];
  for (let i = 1; i < column.length; i++) if (column[i] !== first) return false;
  return true;
}

/** Reads what `writeBatch` wrote; the strings are a view into the source. Throws WeirError `snapshot_newer` for a column that this program does not have. */
export function readBatch(reader: ByteReader): EventBatch {
  const tenant = reader.string();
  const source = reader.string();
  const partition = reader.string();
  const n = reader.uint();
  const { columns } = new BatchBuilder(tenant, source, partition, n);
  for (let name = reader.string(); name !== ''; name = reader.string()) {
    const column: Column | undefined = columns[name as keyof EventColumns];
    if (column === undefined)
      throw new WeirError('snapshot_newer', `a batch of events has a column ${name}, which this program does not know`);
    if (reader.u8() === FORM.alike) column.fill(reader.f64());
    else new Uint8Array(column.buffer, column.byteOffset, n * column.BYTES_PER_ELEMENT).set(reader.block());
  }
  const count = reader.uint();
  const ends = new Uint32Array(count + 1);
  for (let i = 1; i <= count; i++) ends[i] = ends[i - 1] + reader.uint();
  return { tenant, source, partition, n, columns, heap: { bytes: reader.block(), ends, count } };
}
