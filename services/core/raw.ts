/** Raw bytes of whole records of one input partition, in order: what the normalise stage takes. */
export interface RawChunk {
  tenant: string;
  source: string;
  /** identity of the input partition */
  partition: string;
  /** byte offset of bytes[0] in the partition (uncompressed) */
  offset: number;
  /** 1-based line number of the first line, as far as this run knows; 0 unknown */
  line: number;
  /** whole lines, the last one with or without its newline */
  bytes: Uint8Array;
  /** a line longer than the limit that was skipped: `bytes` holds its beginning only, `skipped` its whole length */
  skipped?: number;
  /** the input ended inside the last line (no newline at the end of a finished input, or a compressed stream cut short) */
  unterminated?: boolean;
  /** `bytes` are records of a log, not lines of a file: then `offset` is the first one's and `line` is 0 */
  records?: LogRecords;
}

/**
 * Records of a log, end to end in a chunk's bytes with one line feed between two (behind the last it may be missing).
 * What a record is the log says: it may hold one event, an array of them, or several lines. Its events carry its offset and
 * their number in it. An empty record (a tombstone) holds none.
 */
export interface LogRecords {
  /** byte in `bytes` at which each record begins, ascending */
  starts: Uint32Array;
  /** each one's offset in its partition, ascending */
  offsets: Float64Array;
}

/** Lays records of a log out as a chunk has them; a value that is undefined (a tombstone) is an empty record. */
export function layRecords(
  records: readonly { offset: number; value: Uint8Array | undefined }[],
): Required<Pick<RawChunk, 'offset' | 'line' | 'bytes' | 'records'>> {
  const size = records.reduce((sum, { value }) => sum + (value?.length ?? 0) + 1, 0);
  const bytes = new Uint8Array(size);
  const starts = new Uint32Array(records.length);
  const offsets = new Float64Array(records.length);
  let at = 0;
  records.forEach(({ offset, value }, i) => {
    starts[i] = at;
    offsets[i] = offset;
    if (value !== undefined) bytes.set(value, at);
    at += value?.length ?? 0;
    bytes[at++] = 0x0a;
  });
  return { offset: records[0]?.offset ?? 0, line: 0, bytes, records: { starts, offsets } };
}

/** Longest line, or document over several lines, that is read as a record; longer ones are dead-lettered `line_too_long`. */
export const MAX_LINE_BYTES = 1 << 20;

/** Bytes of standard input's beginning that are looked at: they have to be waited for. */
const PIPE_SAMPLE = 1 << 16;

/** Bytes of an input's beginning to look at, for its format and its first event: of a file at least one line, however long. */
export function sampleBytes(path: string): number {
  return path === '-' ? PIPE_SAMPLE : MAX_LINE_BYTES + 1;
}
