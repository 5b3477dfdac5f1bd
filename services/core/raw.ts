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
}

/** Longest line that is read as a record; longer ones are dead-lettered `line_too_long`. */
export const MAX_LINE_BYTES = 1 << 20;
