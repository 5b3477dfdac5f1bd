import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FetchedPartition, FetchRequest, FetchResponse, RawMessage } from '../../services/drivers/kafka/client-brokers.ts';
import { fetchCommitted } from '../../services/drivers/kafka/client-fetch.ts';

const COMMIT = Buffer.from([0, 0, 0, 1]);
const ABORT = Buffer.from([0, 0, 0, 0]);

interface Log {
  messages: RawMessage[];
  /** in the order in which they end, as a broker lists them */
  aborted: { producerId: string; firstOffset: string; end: number }[];
  committed: Set<number>;
}

/** A partition to which several producers write, in transactions that overlap, and one without; all have ended. */
const logs = fc
  .array(fc.record({ producer: fc.integer({ min: 0, max: 3 }), step: fc.constantFrom('write', 'write', 'write', 'commit', 'abort') }), {
    maxLength: 60,
  })
  .map((steps): Log => {
    const log: Log = { messages: [], aborted: [], committed: new Set() };
    const open = new Map<number, number[]>();
    const put = (producer: number, key: Buffer | null, isControlRecord: boolean) => {
      const offset = log.messages.length;
      const batchContext = { producerId: String(producer), inTransaction: producer > 0 };
      log.messages.push({ offset: `${offset}`, key, value: null, timestamp: '0', headers: {}, isControlRecord, batchContext });
      return offset;
    };
    const end = (producer: number, commit: boolean) => {
      const written = open.get(producer);
      if (written === undefined) return;
      open.delete(producer);
      const marker = put(producer, commit ? COMMIT : ABORT, true);
      if (commit) for (const offset of written) log.committed.add(offset);
      else log.aborted.push({ producerId: String(producer), firstOffset: String(written[0]), end: marker });
    };
    for (const { producer, step } of steps) {
      if (producer === 0) log.committed.add(put(0, null, false));
      else if (step === 'write') open.set(producer, [...(open.get(producer) ?? []), put(producer, null, false)]);
      else end(producer, step === 'commit');
    }
    for (const producer of [...open.keys()]) end(producer, producer % 2 === 0);
    return log;
  });

/** What a broker answers: records from an offset, at most so many, and the aborted transactions that reach into them. */
function answer({ messages, aborted }: Log, { topics }: FetchRequest, most: number): FetchResponse {
  const from = Number(topics[0].partitions[0].fetchOffset);
  const part = messages.slice(from, from + most).map((message) => ({ ...message }));
  const end = from + part.length;
  const partition: FetchedPartition = {
    partition: 0,
    highWatermark: `${messages.length}`,
    lastStableOffset: `${messages.length}`,
    abortedTransactions: aborted.filter((one) => one.end >= from && Number(one.firstOffset) < end).map(({ end: _, ...one }) => one),
    messages: part,
  };
  return { responses: [{ topicName: 't', partitions: [partition] }] };
}

function ask(from: number): FetchRequest {
  return { topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: `${from}`, maxBytes: 1 }] }] };
}

describe('a fetch of committed records', () => {
  it('hides exactly what was aborted, wherever it begins and however much it takes', async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.nat(), fc.integer({ min: 1, max: 20 }), async (log, start, most) => {
        const begin = start % (log.messages.length + 1);
        const seen: number[] = [];
        for (let from = begin; from < log.messages.length; ) {
          const { responses } = await fetchCommitted(async (request) => answer(log, request, most), ask(from));
          const [{ messages, abortedTransactions }] = responses[0].partitions;
          expect(abortedTransactions).toEqual([]);
          seen.push(...messages.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset)));
          from = Number(messages.at(-1)?.offset) + 1;
        }
        expect(seen).toEqual([...log.committed].filter((offset) => offset >= begin).sort((a, b) => a - b));
      }),
    );
  });

  it('passes a batch that compaction has emptied, and waits at the end', async () => {
    const asked: number[] = [];
    const fetch = async (request: FetchRequest): Promise<FetchResponse> => {
      asked.push(Number(request.topics[0].partitions[0].fetchOffset));
      return { responses: [{ topicName: 't', partitions: [{ partition: 0, highWatermark: '9', lastStableOffset: '7', messages: [] }] }] };
    };
    const [hidden] = (await fetchCommitted(fetch, ask(5))).responses[0].partitions[0].messages;
    expect(hidden).toMatchObject({ offset: '5', isControlRecord: true });
    expect(asked).toEqual([5, 5]);
    expect((await fetchCommitted(fetch, ask(7))).responses[0].partitions[0].messages).toEqual([]);
    expect(asked).toEqual([5, 5, 7]);
  });

  it('asks alone for a partition that had no room among others', async () => {
    const log: Log = { messages: [], aborted: [], committed: new Set() };
    for (let offset = 0; offset < 3; offset++) {
      const batchContext = { producerId: '-1', inTransaction: false };
      log.messages.push({ offset: `${offset}`, key: null, value: null, timestamp: '0', headers: {}, isControlRecord: false, batchContext });
    }
    let most = 0;
    const { responses } = await fetchCommitted(async (request) => answer(log, request, most++), ask(1));
    expect(responses[0].partitions[0].messages.map(({ offset }) => offset)).toEqual(['1']);
  });
});
