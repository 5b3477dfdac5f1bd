import type { Broker, Brokers } from './client-brokers.ts';
import { kindOf, rootOf } from './client-errors.ts';
import { fetchCommitted, inRecord, stableEnd } from './client-fetch.ts';
import type { InRecord, TopicPartition } from './log.ts';

/** ms */
const PATIENCE = 60_000;
const PARTITION_BYTES = 1 << 20;
const REQUEST_BYTES = 8 << 20;
const LONGEST_WAIT = 200;

interface Place {
  partition: number;
  /** offset of the next fetch */
  at: number;
  /** offset to stop before */
  end: number;
}

/** Reads without a consumer group: plain fetches, so nothing is committed and nobody's partitions move. */
export class ClientReader {
  private readonly brokers: Brokers;

  constructor(brokers: Brokers) {
    this.brokers = brokers;
  }

  async recordAt({ topic, partition }: TopicPartition, offset: number): Promise<InRecord | undefined> {
    const place: Place = { partition, at: offset, end: offset + 1 };
    let found: InRecord | undefined;
    const settled = await this.attempt(`read ${topic}/${partition}`, () => this.brokers.offsets(topic, 'end'));
    if (offset >= (settled.get(partition) ?? 0)) return undefined;
    const step = () =>
      this.fetch(topic, [place], (_, record) => {
        if (record.offset === offset) found = record;
      });
    try {
      while (place.at < place.end) await this.attempt(`read ${topic}/${partition}`, step);
    } catch (error) {
      if (!isOutOfRange(error)) throw error;
    }
    return found;
  }

  async readAll(
    topic: string,
    take: (from: TopicPartition, record: InRecord) => void,
    from: ReadonlyMap<number, number> = new Map(),
  ): Promise<void> {
    const what = `read ${topic}`;
    const ends = await this.attempt(what, () => this.brokers.offsets(topic, 'end'));
    const starts = await this.attempt(what, () => this.brokers.offsets(topic, 'first'));
    const places = [...ends].map(
      ([partition, end]): Place => ({ partition, at: Math.max(starts.get(partition) ?? 0, from.get(partition) ?? 0), end }),
    );
    for (;;) {
      const open = places.filter(({ at, end }) => at < end);
      if (open.length === 0) return;
      await this.attempt(what, async () => {
        try {
          await this.fetch(topic, open, take);
        } catch (error) {
          if (!isOutOfRange(error)) throw error;
          // retention has removed what was still to be read
          const now = await this.brokers.offsets(topic, 'first');
          for (const place of open) place.at = Math.max(place.at, now.get(place.partition) ?? 0);
        }
      });
    }
  }

  private attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.brokers.attempt(what, work, { patience: PATIENCE });
  }

  /** One fetch from each leader of the places, which go on behind what was delivered; repeatable at any point. */
  private async fetch(topic: string, places: readonly Place[], take: (from: TopicPartition, record: InRecord) => void): Promise<void> {
    const byLeader = new Map<Broker, Place[]>();
    for (const place of places) {
      const leader = await this.brokers.leader(topic, place.partition);
      const here = byLeader.get(leader);
      if (here === undefined) byLeader.set(leader, [place]);
      else here.push(place);
    }
    for (const [leader, here] of byLeader) {
      const partitions = here.map(({ partition, at }) => ({ partition, fetchOffset: String(at), maxBytes: PARTITION_BYTES }));
      const request = { maxWaitTime: LONGEST_WAIT, minBytes: 1, maxBytes: REQUEST_BYTES, topics: [{ topic, partitions }] };
      const { responses } = await fetchCommitted((ask) => leader.fetch(ask), request);
      for (const part of responses.flatMap((response) => response.partitions)) {
        const place = here.find(({ partition }) => partition === part.partition);
        if (place === undefined) continue;
        for (const message of part.messages) {
          const offset = Number(message.offset);
          if (offset < place.at) continue;
          place.at = offset + 1;
          if (offset < place.end && !message.isControlRecord) take({ topic, partition: place.partition }, inRecord(message));
        }
        // a log that was cut short (an unclean election) never comes to the end that it once had
        place.end = Math.min(place.end, Math.max(place.at, stableEnd(part)));
      }
    }
  }
}

function isOutOfRange(error: unknown): boolean {
  return kindOf(error) === 'final' && rootOf(error).type === 'OFFSET_OUT_OF_RANGE';
}
