import type { ByteReader, ByteWriter } from '../core/codec.ts';

/** What a sample needs to be chosen by content. */
export interface Ranked {
  /** hash of the record's bytes */
  content: number;
  /** an event that shows something (failure, refusal, sensitive read): kept before others */
  interesting: boolean;
  partition: string;
  offset: number;
}

/** Statuses lie below this; what is above is the traits of the event's address. */
const STATUSES = 1024;

/** Status and traits (FLAG bits from TRAIT_SHIFT on) of a sample as one number: the status itself where nothing is known. */
export function packStatus(status: number, traits: number): number {
  return status + STATUSES * traits;
}

/** What `packStatus` packed; `traits` is left out where there are none. */
export function unpackStatus(packed: number): { status: number; traits?: number } {
  const traits = Math.floor(packed / STATUSES);
  return traits === 0 ? { status: packed } : { status: packed % STATUSES, traits };
}

export interface SampleCodec<S extends Ranked> {
  write(sample: S, writer: ByteWriter): void;
  read(reader: ByteReader): S;
}

/**
 * Evidence samples of open panes: of all events offered, the few with the smallest rank stay (interesting ones before
 * others, then by content), whatever the order of arrival. Kept as plain objects: few are ever replaced.
 */
export class SampleKeeper<S extends Ranked> {
  private readonly limit: number;
  private readonly codec: SampleCodec<S>;
  private readonly kept: (S[] | undefined)[] = [];
  /** rank from which an offer is refused without looking further, per pane; infinite until the pane is full */
  private worst = new Float64Array(64).fill(Number.POSITIVE_INFINITY);

  constructor(limit: number, codec: SampleCodec<S>) {
    this.limit = limit;
    this.codec = codec;
  }

  /** Rank of an event: smaller is kept. */
  static rank(content: number, interesting: boolean): number {
    return interesting ? content : content + 0x1_0000_0000;
  }

  /** True when an event of this rank would be kept: then `add` it. */
  wants(pane: number, rank: number): boolean {
    return pane >= this.worst.length || rank <= this.worst[pane];
  }

  add(pane: number, sample: S): void {
    if (pane >= this.worst.length) {
      const wider = new Float64Array(Math.max(pane + 1, this.worst.length * 2)).fill(Number.POSITIVE_INFINITY);
      wider.set(this.worst);
      this.worst = wider;
    }
    let list = this.kept[pane];
    if (list === undefined) {
      list = [];
      this.kept[pane] = list;
    }
    // Kept in order: the list is so short that inserting beats sorting.
    let at = list.length;
    list.push(sample);
    while (at > 0 && compareSamples(sample, list[at - 1]) < 0) {
      list[at] = list[at - 1];
      at--;
    }
    list[at] = sample;
    if (list.length > this.limit) list.pop();
    if (list.length === this.limit) {
      const last = list[this.limit - 1];
      this.worst[pane] = SampleKeeper.rank(last.content, last.interesting);
    }
  }

  /** Best first. */
  of(pane: number): readonly S[] {
    return this.kept[pane] ?? [];
  }

  clear(pane: number): void {
    if (this.kept[pane] === undefined) return;
    this.kept[pane] = undefined;
    this.worst[pane] = Number.POSITIVE_INFINITY;
  }

  /** Offers a pane what another one has kept. */
  absorb(into: number, pane: number): void {
    for (const sample of this.of(pane)) if (this.wants(into, SampleKeeper.rank(sample.content, sample.interesting))) this.add(into, sample);
  }

  write(pane: number, writer: ByteWriter): void {
    const list = this.kept[pane];
    if (list === undefined) {
      writer.u8(0);
      return;
    }
    writer.u8(list.length);
    for (const sample of this.of(pane)) this.codec.write(sample, writer);
  }

  merge(pane: number, reader: ByteReader): void {
    const count = reader.u8();
    for (let i = 0; i < count; i++) {
      const sample = this.codec.read(reader);
      if (this.wants(pane, SampleKeeper.rank(sample.content, sample.interesting))) this.add(pane, sample);
    }
  }
}

/** By rank; equal content (the same line twice) by position, which the canonical form leaves out. */
function compareSamples(a: Ranked, b: Ranked): number {
  const rank = SampleKeeper.rank(a.content, a.interesting) - SampleKeeper.rank(b.content, b.interesting);
  if (rank !== 0) return rank;
  if (a.partition !== b.partition) return a.partition < b.partition ? -1 : 1;
  return a.offset - b.offset;
}
