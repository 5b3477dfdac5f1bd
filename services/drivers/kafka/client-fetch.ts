import type { Broker, FetchedPartition, FetchRequest, FetchResponse, RawMessage } from './client-brokers.ts';
import type { InRecord } from './log.ts';

const READ_COMMITTED = 1;
/** Key of the control record that aborts a transaction: version 0, type 0. */
const ABORT = Buffer.from([0, 0, 0, 0]);
const LONE_FETCH_BYTES = 1 << 20;

/**
 * Fetches committed records, with two faults of the client's own decoding put right:
 * - It takes the broker's list of aborted transactions to be in order of their first offsets. It is in order of their
 *   ends, so records of transactions that overlap could pass for committed. Here every record of an aborted
 *   transaction is marked like a control record, which the client hides, and the list is emptied.
 * - A record batch that compaction has emptied brings no record, and the client would fetch it for ever. Where it lies, a
 *   hidden record is put in its place, so that the next offset is tried.
 */
export async function fetchCommitted(fetch: Broker['fetch'], request: FetchRequest): Promise<FetchResponse> {
  const response = await fetch({ ...request, isolationLevel: READ_COMMITTED });
  for (const { topicName, partitions } of response.responses) {
    const asked = request.topics.find(({ topic }) => topic === topicName)?.partitions;
    for (const part of partitions) {
      const from = asked?.find(({ partition }) => partition === part.partition)?.fetchOffset;
      if (part.messages.length === 0 && from !== undefined && Number(from) < stableEnd(part)) {
        part.messages = await fetchAlone(fetch, topicName, part, from);
      }
      hideAborted(part);
    }
  }
  return response;
}

/** Offset behind the last record that is settled: committed, or outside of transactions. */
export function stableEnd({ lastStableOffset, highWatermark }: FetchedPartition): number {
  const stable = Number(lastStableOffset ?? -1);
  return stable >= 0 ? stable : Number(highWatermark);
}

/** A fetch that comes back empty below the end had no room, or met an emptied batch: alone there is always room. */
async function fetchAlone(fetch: Broker['fetch'], topic: string, part: FetchedPartition, from: string): Promise<RawMessage[]> {
  const { responses } = await fetch({
    isolationLevel: READ_COMMITTED,
    maxWaitTime: 0,
    minBytes: 0,
    maxBytes: LONE_FETCH_BYTES,
    topics: [{ topic, partitions: [{ partition: part.partition, fetchOffset: from, maxBytes: LONE_FETCH_BYTES }] }],
  });
  const found = responses[0]?.partitions[0];
  if (found === undefined) return [];
  part.abortedTransactions = found.abortedTransactions;
  if (found.messages.length > 0 || Number(from) >= stableEnd(found)) return found.messages;
  return [
    {
      offset: from,
      key: null,
      value: null,
      timestamp: '0',
      headers: {},
      isControlRecord: true,
      batchContext: { producerId: '-1', inTransaction: false },
    },
  ];
}

/** The rule of Kafka's own client: an aborted transaction is open from its first offset to its producer's abort marker. */
export function hideAborted(part: FetchedPartition): void {
  const { messages, abortedTransactions } = part;
  part.abortedTransactions = [];
  if (!abortedTransactions?.length) return;
  const starts = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, first: Number(firstOffset) }))
    .sort((a, b) => a.first - b.first);
  const open = new Set<string>();
  let next = 0;
  for (const message of messages) {
    const offset = Number(message.offset);
    while (next < starts.length && starts[next].first <= offset) open.add(starts[next++].producerId);
    const { producerId, inTransaction } = message.batchContext;
    if (message.isControlRecord) {
      if (message.key !== null && ABORT.equals(message.key)) open.delete(producerId);
    } else if (inTransaction && open.has(producerId)) message.isControlRecord = true;
  }
}

/** A record as the driver takes it. */
export function inRecord({
  offset,
  key,
  value,
  headers,
  timestamp,
}: Pick<RawMessage, 'offset' | 'key' | 'value' | 'headers' | 'timestamp'>): InRecord {
  return {
    offset: Number(offset),
    key: key ?? undefined,
    value: value ?? undefined,
    headers: headers === undefined ? {} : textHeaders(headers),
    timestamp: Number(timestamp),
  };
}

/** Headers as text; of a name that comes more than once the last. */
function textHeaders(headers: NonNullable<RawMessage['headers']>): Record<string, string> {
  const text: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined && last !== null) text[name] = last.toString();
  }
  return text;
}
