import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Format } from '../../../schemas/config.ts';
import { NO_ADDRESS_DATA } from '../../../services/ingest/addresses/addresses.ts';
import { createNormaliseStage } from '../../../services/ingest/normalise.ts';
import { JSON_GENERATED } from './json-lines.ts';
import { GENERATED, type GeneratedFormat, requests } from './lines.ts';

/** Lines that are made of each format; they are read again until MEGABYTES are. */
const LINES = 20_000;
const CHUNK_BYTES = 1 << 20;
/** Text read of each format in a round. */
const MEGABYTES = 50;
const ROUNDS = 3;
const PATTERNS: Partial<Record<Format, string>> = { apache: '%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\" %D' };

/** What a thread finds of one format. */
interface Speed {
  events: number;
  lines: number;
  bytes: number;
}

/**
 * Speed of the normalise stage (bytes in, events out) by format, beside JSON.parse or one regular expression with named groups
 * on the same lines: medians of a few rounds, in turns. Each format in a thread of its own, as a source has it: code that has
 * met twenty formats before is compiled for all of them, and several times slower.
 */
export async function speedTable(): Promise<string[]> {
  const rows = [
    '',
    `| format | events/s a core | MB/s | JSON.parse or one regular expression, lines/s | times as fast |`,
    '|---|---|---|---|---|',
  ];
  for (const { format } of ALL_GENERATED) {
    const { events, lines, bytes } = await new Promise<Speed>((resolve, reject) => {
      const thread = new Worker(new URL(import.meta.url), { workerData: { format } });
      thread.on('message', resolve);
      thread.on('error', reject);
    });
    rows.push(
      `| ${format} | ${thousands(events)} | ${((events * bytes) / 1e6).toFixed(0)} | ${thousands(lines)} | ${(events / lines).toFixed(2)} |`,
    );
  }
  return rows;
}

const ALL_GENERATED: readonly GeneratedFormat[] = [...GENERATED, ...JSON_GENERATED];

/** Measures one format. */
function measure(generated: GeneratedFormat): Speed {
  const text = Buffer.from(`${requests(LINES).map(generated.line).join('\n')}\n`);
  const passes = Math.max(1, Math.round((MEGABYTES * 1e6) / text.length / ROUNDS));
  const ours: number[] = [];
  const others: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push((passes * LINES) / normalised(generated.format, text, passes));
    others.push((Math.min(passes, 10) * LINES) / yardstick(generated, text, Math.min(passes, 10)));
  }
  return { events: median(ours), lines: median(others), bytes: text.length / LINES };
}

/** Seconds that the stage takes to read a text `passes` times. */
function normalised(format: Format, text: Uint8Array, passes: number): number {
  const stage = createNormaliseStage(
    { tenant: 'bench', source: 'log', format, pattern: PATTERNS[format], partitions: 1, upstreams: 1, key: [1, 2, 3, 4] },
    { addresses: NO_ADDRESS_DATA },
  );
  const chunks = chunksOf(text);
  const read = (partition: string): void => {
    let offset = 0;
    for (const bytes of chunks) {
      stage.process({ tenant: 'bench', source: 'log', partition, offset, line: 0, bytes });
      offset += bytes.length;
    }
  };
  read('first');
  const start = performance.now();
  for (let pass = 0; pass < passes; pass++) read(`pass ${pass}`);
  const took = (performance.now() - start) / 1000;
  const counters = Object.entries(stage.counters());
  const dead = counters.filter(([name]) => name.startsWith('dead')).reduce((sum, [, value]) => sum + value, 0);
  if (dead > 0) throw new Error(`${format}: ${dead} generated lines were dead-lettered, so the figure would mean nothing`);
  return took;
}

function chunksOf(text: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < text.length; ) {
    const end = at + CHUNK_BYTES >= text.length ? text.length : text.lastIndexOf(0x0a, at + CHUNK_BYTES) + 1;
    chunks.push(text.subarray(at, end));
    at = end;
  }
  return chunks;
}

/** Seconds that plain code takes for the same: bytes decoded, cut into lines, each parsed. */
function yardstick({ pattern }: GeneratedFormat, text: Uint8Array, passes: number): number {
  const decoder = new TextDecoder();
  let read = 0;
  const start = performance.now();
  for (let pass = 0; pass < passes; pass++)
    for (const line of decoder.decode(text).split('\n')) {
      if (line === '') continue;
      if (pattern === undefined ? (JSON.parse(line) as unknown) : pattern.exec(line)?.groups) read++;
    }
  const took = (performance.now() - start) / 1000;
  if (read !== passes * LINES) throw new Error('the regular expression does not take every line, so the figure would mean nothing');
  return took;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en');
}

if (!isMainThread && parentPort !== null) {
  const found = ALL_GENERATED.find(({ format }) => format === (workerData as { format: Format }).format);
  if (found !== undefined) parentPort.postMessage(measure(found));
}
