import type { SourceConfig, TenantConfig } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import { type RawChunk, sampleBytes } from '../core/raw.ts';
import type { Emit } from '../core/stage.ts';
import { openInput } from '../drivers/embedded/byte-source.ts';
import { detectFormat } from '../ingest/detect.ts';
import { loadTokenKeys } from '../ingest/identity/token-key-loader.ts';
import { createNormaliseStage, type GuessReport } from '../ingest/normalise.ts';
import { type FormatName, type NormaliseDeps, normaliseSlice } from '../ingest/normalise-config.ts';
import { LineFramer, type RawPiece } from '../ingest/records/framing.ts';

/** Uncompressed bytes of a log that are looked at: enough for thousands of records, quick for any log. */
const SAMPLE_BYTES = 16 << 20;
const CHUNK_BYTES = 256 << 10;

export interface SampleRead {
  format: FormatName;
  /** why this format: how well it reads the log, or `named` */
  reason: string;
  /** the log goes on behind what was read */
  more: boolean;
  guess: GuessReport;
}

/**
 * Reads the beginning of a log through the normalise stage itself, so that what is said of it is what a run would see.
 * @param known what is known of addresses
 * @param key the tenant's hash key, four 32-bit words; zeros where nothing of the outcomes is kept or shown
 * @param take gets the stage's outcomes as they come, and says whether to go on
 * @throws WeirError for a file that is missing, unreadable, or fits no format
 */
export async function readSample(
  path: string,
  source: SourceConfig,
  tenant: TenantConfig,
  known: NormaliseDeps,
  key: Uint32Array,
  take: (emits: readonly Emit[]) => boolean,
): Promise<SampleRead> {
  const input = await openInput(path, sampleBytes(path));
  const detected = source.format === undefined ? detectFormat(input.head) : { format: source.format, reason: 'named' };
  const { format, reason } = detected;
  if (format === undefined) throw new WeirError('input_format', `${path}: ${reason}; name the format with --format`);
  const stage = sampleStage(source, format, tenant, known, key);
  const chunkOf = (piece: RawPiece): RawChunk => ({ ...piece, tenant: source.tenant, source: source.name, partition: path });
  const framer = new LineFramer();
  const bytes = await input.from(0);
  let size = 0;
  let wanted = true;
  try {
    let ended = false;
    while (wanted && !ended && size < SAMPLE_BYTES) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const read = await bytes.read(buffer, 0);
      ended = read === 0;
      size += read;
      for (const piece of ended ? framer.end() : framer.push(buffer.subarray(0, read)))
        if (wanted) wanted = take(stage.process(chunkOf(piece)));
    }
    if (wanted) take(stage.control({ kind: 'end', tenant: source.tenant, upstream: path, provisional: true }));
    return { format, reason, more: !ended, guess: stage.describeGuess() };
  } finally {
    await bytes.close();
  }
}

/** The normalise stage for a sample of a source's records, alone. @param key as for `readSample` */
export function sampleStage(
  source: SourceConfig,
  format: FormatName,
  tenant: TenantConfig,
  known: NormaliseDeps,
  key: Uint32Array,
): ReturnType<typeof createNormaliseStage> {
  return createNormaliseStage(
    {
      tenant: source.tenant,
      source: source.name,
      format,
      partitions: 1,
      upstreams: 1,
      ...normaliseSlice(source, tenant),
      tokenKeys: loadTokenKeys(source),
      key,
    },
    known,
  );
}
