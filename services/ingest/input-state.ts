import { ByteReader, ByteWriter } from '../core/codec.ts';
import type { DeadReason } from '../core/stage.ts';
import { ClockGuard, type Held } from './clock-guard.ts';
import { ColumnHeader } from './records/column-header.ts';
import { PartialLines } from './records/partial-lines.ts';
import { type HeldRow, ROW_NUMBERS, Row } from './row.ts';

/** What the stage keeps of one input partition. */
export class InputState {
  readonly partition: string;
  readonly guard = new ClockGuard<HeldRow>();
  readonly header = new ColumnHeader();
  /** last watermark sent, ms */
  watermark = Number.NEGATIVE_INFINITY;
  /** offsets of records that are not to be read: each stopped the program */
  readonly skips = new Set<number>();
  /** lines that a container runtime has split and whose rest has not come */
  readonly partial = new PartialLines();

  constructor(partition: string) {
    this.partition = partition;
  }
}

export interface LedgerState {
  read: number;
  parsed: number;
  dead: ReadonlyMap<DeadReason, number>;
}

/** Packs the inputs' states and the ledger for a snapshot. */
export function packInputs(inputs: readonly InputState[], ledger: LedgerState): Uint8Array {
  const writer = new ByteWriter();
  writer.uint(ledger.read);
  writer.uint(ledger.parsed);
  writer.uint(ledger.dead.size);
  for (const [reason, count] of [...ledger.dead].sort()) {
    writer.string(reason);
    writer.uint(count);
  }
  writer.uint(inputs.length);
  for (const input of [...inputs].sort((a, b) => (a.partition < b.partition ? -1 : 1))) {
    writer.string(input.partition);
    writer.f64(input.watermark);
    input.partial.pack(writer);
    writer.uint(input.header.separator);
    writer.string(input.header.unset);
    writer.string(input.header.empty);
    writer.uint(input.header.columns.length);
    for (const column of input.header.columns) writer.string(column);
    writer.uint(input.skips.size);
    for (const offset of input.skips) writer.uint(offset);
    writer.f64(input.guard.highest);
    writer.uint(input.guard.held.length);
    for (const held of input.guard.held) packHeld(writer, held);
  }
  return writer.finish();
}

function packHeld(writer: ByteWriter, held: Held<HeldRow>): void {
  writer.f64(held.at);
  const { item } = held;
  for (const name of ROW_NUMBERS) writer.f64(item.row[name]);
  writer.u8((item.anonymous ? 1 : 0) | (item.target === undefined ? 0 : 2) | (item.session === undefined ? 0 : 4));
  writer.block(item.account);
  writer.block(item.interface);
  writer.block(item.address);
  if (item.target !== undefined) writer.block(item.target);
  if (item.session !== undefined) writer.block(item.session);
  writer.uint(item.found.length);
  for (const { type, masked, shape, hash } of item.found) {
    writer.string(type);
    writer.u8(masked ? 1 : 0);
    writer.string(shape);
    writer.u32(hash);
  }
  writer.string(item.raw);
}

/** Reads what `packInputs` wrote. */
export function unpackInputs(bytes: Uint8Array): { inputs: InputState[]; ledger: LedgerState } {
  const reader = new ByteReader(bytes);
  const read = reader.uint();
  const parsed = reader.uint();
  const dead = new Map<DeadReason, number>();
  for (let n = reader.uint(); n > 0; n--) {
    const reason = reader.string() as DeadReason;
    dead.set(reason, reader.uint());
  }
  const inputs: InputState[] = [];
  for (let n = reader.uint(); n > 0; n--) {
    const input = new InputState(reader.string());
    input.watermark = reader.f64();
    input.partial.unpack(reader);
    input.header.separator = reader.uint();
    input.header.unset = reader.string();
    input.header.empty = reader.string();
    const columns: string[] = [];
    for (let k = reader.uint(); k > 0; k--) columns.push(reader.string());
    input.header.columns = columns;
    for (let k = reader.uint(); k > 0; k--) input.skips.add(reader.uint());
    const highest = reader.f64();
    const held: Held<HeldRow>[] = [];
    for (let k = reader.uint(); k > 0; k--) held.push(unpackHeld(reader));
    input.guard.restore(highest, held);
    inputs.push(input);
  }
  return { inputs, ledger: { read, parsed, dead } };
}

function unpackHeld(reader: ByteReader): Held<HeldRow> {
  const at = reader.f64();
  const row = new Row();
  for (const name of ROW_NUMBERS) row[name] = reader.f64();
  const bits = reader.u8();
  const block = () => reader.block().slice();
  const item: HeldRow = {
    row,
    anonymous: (bits & 1) !== 0,
    account: block(),
    interface: block(),
    address: block(),
    target: (bits & 2) === 0 ? undefined : block(),
    session: (bits & 4) === 0 ? undefined : block(),
    found: Array.from({ length: reader.uint() }, () => ({
      type: reader.string(),
      masked: reader.u8() === 1,
      shape: reader.string(),
      hash: reader.u32(),
    })),
    raw: reader.string(),
  };
  return { at, item };
}
