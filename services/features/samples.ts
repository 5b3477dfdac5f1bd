import type { ByteReader, ByteWriter } from '../core/codec.ts';
import type { Sample } from '../../models/candidate.ts';

/**
 * Evidence samples of open panes: of all events offered, the few with the smallest rank stay (interesting ones before
 * others, then by content), whatever the order of arrival. Kept as plain objects: few are ever replaced.
 */
export class SampleKeeper {
  private readonly limit: number;
  private readonly kept: (Sample[] | undefined)[] = [];
  /** rank above which an offer is refused without looking further, per pane; 2^32 - 1 until the pane is full */
  private worst = new Float64Array(64).fill(Number.POSITIVE_INFINITY);

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Rank of an event: smaller is kept. */
  static rank(content: number, interesting: boolean): number {
    return interesting ? content : content + 0x1_0000_0000;
  }

  /** True when an event of this rank would be kept: then `add` it. */
  wants(pane: number, rank: number): boolean {
    return this.limit > 0 && (pane >= this.worst.length || rank < this.worst[pane]);
  }

  add(pane: number, sample: Sample): void {
    if (pane >= this.worst.length) {
      const wider = new Float64Array(Math.max(pane + 1, this.worst.length * 2)).fill(Number.POSITIVE_INFINITY);
      wider.set(this.worst);
      this.worst = wider;
    }
    const list = this.kept[pane] ?? [];
    this.kept[pane] = list;
    list.push(sample);
    if (list.length < this.limit) return;
    list.sort(compareSamples);
    if (list.length > this.limit) list.length = this.limit;
    const last = list[this.limit - 1];
    this.worst[pane] = SampleKeeper.rank(last.content, last.interesting);
  }

  /** Best first. */
  of(pane: number): Sample[] {
    return (this.kept[pane] ?? []).toSorted(compareSamples);
  }

  clear(pane: number): void {
    if (this.kept[pane] === undefined) return;
    this.kept[pane] = undefined;
    this.worst[pane] = Number.POSITIVE_INFINITY;
  }

  write(pane: number, writer: ByteWriter): void {
    const list = this.kept[pane];
    writer.uint(list === undefined ? 0 : list.length);
    if (list === undefined) return;
    for (const sample of list.toSorted(compareSamples)) {
      writer.string(sample.source);
      writer.string(sample.partition);
      writer.uint(sample.offset);
      writer.uint(sample.at);
      writer.uint(sample.content);
      writer.u8(sample.interesting ? 1 : 0);
      writer.string(sample.interface);
      writer.string(sample.address);
      writer.string(sample.account);
      writer.uint(sample.status);
    }
  }

  merge(pane: number, reader: ByteReader): void {
    const count = reader.uint();
    for (let i = 0; i < count; i++) {
      const sample: Sample = {
        source: reader.string(), partition: reader.string(), offset: reader.uint(), at: reader.uint(), content: reader.uint(),
        interesting: reader.u8() === 1, interface: reader.string(), address: reader.string(), account: reader.string(), status: reader.uint(),
      };
      if (this.wants(pane, SampleKeeper.rank(sample.content, sample.interesting))) this.add(pane, sample);
    }
  }
}

/** By rank; equal content (the same line twice) by position, which the canonical form leaves out. */
function compareSamples(a: Sample, b: Sample): number {
  const rank = SampleKeeper.rank(a.content, a.interesting) - SampleKeeper.rank(b.content, b.interesting);
  if (rank !== 0) return rank;
  if (a.partition !== b.partition) return a.partition < b.partition ? -1 : 1;
  return a.offset - b.offset;
}
