import type { DeadLetter } from '../../core/stage.ts';
import { type InRecord, type KafkaCluster, namedPartition, type OutRecord } from './log.ts';
import type { Names } from './names.ts';
import { deadLetterKey } from './outputs.ts';
import { REDRIVEN_HEADER } from './store-role.ts';

/** Bytes that a dead letter keeps of its record at most (ingest): one that has fewer has all of it. */
const KEPT_OF_RECORD = 8192;
/** Header of a record that was put back: where it first came from. */
const ORIGIN_HEADER = 'weir-redriven';
/** Letters of one transaction. */
const BATCH = 500;

export type StoredLetter = DeadLetter & { index: number };

export interface RedriveOptions {
  cluster: KafkaCluster;
  names: Names;
  prefix: string;
  /** partitions of our own topics */
  partitionOf(key: string): number;
  wanted(letter: StoredLetter): boolean;
  /** at most so many */
  limit: number;
  /** say what would be done */
  dryRun: boolean;
  now: number;
}

export interface Redriven {
  /** letters that were asked for and had not been put back before */
  found: number;
  putBack: number;
  /** by why it could not be: the record is gone from its topic; the letter has a part of a record that holds more */
  left: { gone: number; partial: number };
}

/**
 * Puts dead letters back on the topics that they came from, behind what is there: read anew as if they had been sent
 * again. A letter and the mark that it was put back are one transaction, under one id for the installation: twice at the
 * same time, or again after a crash, puts nothing back twice.
 */
export async function redrive(options: RedriveOptions): Promise<Redriven> {
  const { cluster, names, prefix, wanted } = options;
  const writer = cluster.writer(`${prefix}-redrive`);
  try {
    await writer.fence();
    const letters = new Map<string, StoredLetter>();
    const done = new Set<string>();
    await cluster.readAll(names.dead, (_, record) => {
      if (record.value === undefined) return;
      const letter = JSON.parse(new TextDecoder().decode(record.value)) as StoredLetter;
      const key = deadLetterKey(letter);
      if (record.headers[REDRIVEN_HEADER] !== undefined) done.add(key);
      else if (wanted(letter)) letters.set(key, letter);
    });
    for (const key of done) letters.delete(key);
    const result: Redriven = { found: Math.min(letters.size, options.limit), putBack: 0, left: { gone: 0, partial: 0 } };
    const open = [...letters].slice(0, options.limit);
    for (let from = 0; from < open.length; from += BATCH) {
      const records: OutRecord[] = [];
      for (const [key, letter] of open.slice(from, from + BATCH)) {
        const value = await wholeRecord(cluster, letter);
        if (typeof value === 'string') result.left[value]++;
        else {
          result.putBack++;
          records.push(...putBack(options, key, letter, value));
        }
      }
      if (!options.dryRun && records.length > 0) await writer.write(records);
    }
    return result;
  } finally {
    await writer.close();
  }
}

/** The bytes of what was buried: the letter has them, or else the record that it names, if it holds nothing else. */
async function wholeRecord(cluster: KafkaCluster, letter: StoredLetter): Promise<Uint8Array | 'gone' | 'partial'> {
  const raw = new TextEncoder().encode(letter.raw);
  if (letter.raw !== '' && raw.length < KEPT_OF_RECORD) return raw;
  const record: InRecord | undefined = await cluster.recordAt(namedPartition(letter.partition), letter.offset);
  if (record?.value === undefined) return 'gone';
  const startsAlike = Buffer.from(record.value.subarray(0, raw.length)).toString('utf8').startsWith(letter.raw.slice(0, 1000));
  return letter.index === 0 && startsAlike ? record.value : 'partial';
}

function putBack({ names, now, partitionOf }: RedriveOptions, key: string, letter: StoredLetter, value: Uint8Array): OutRecord[] {
  const { tenant, source, partition, offset, index } = letter;
  return [
    { ...namedPartition(partition), value, headers: { [ORIGIN_HEADER]: `${partition}@${offset}` } },
    {
      topic: names.dead,
      partition: partitionOf(key),
      key,
      value: JSON.stringify({ tenant, source, partition, offset, index }),
      headers: { tenant, source, [REDRIVEN_HEADER]: new Date(now).toISOString() },
    },
  ];
}
