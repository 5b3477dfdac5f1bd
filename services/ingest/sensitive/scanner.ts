/** What part of a log a span is: decides how it is escaped and where field names stand. */
export type SpanKind = 'query' | 'path' | 'body';

/**
 * Told of each value that was found.
 * @param type its number in SENSITIVE_TYPES
 * @param masked part of it is hidden by * x X • #
 * @param shape which places of a masked value are visible: `3*4` is 138****1234; empty when it is not masked
 * @param hash keyed hash of the normalised value, 0..2^32-1; of a masked one: of what is visible
 */
export type Found = (type: number, masked: boolean, shape: string, hash: number) => void;

/**
 * Looks for sensitive data in spans of a log as they stand there: percent-encoded, + for a space, JSON escapes.
 * One for each tenant; not to be shared between threads. Keeps nothing of what it reads.
 */
export class SensitiveScanner {
  private readonly key: Uint32Array;

  /** @param key the tenant's hash key: four 32-bit words */
  constructor(key: Uint32Array | readonly number[]) {
    this.key = Uint32Array.from(key);
  }

  /** Reads bytes[start, end), the first 16 KiB of it. */
  scan(_kind: SpanKind, _bytes: Uint8Array, _start: number, _end: number, _found: Found): void {}
}
