import { Findings } from './findings.ts';
import { isWorthALook } from './screen.ts';
import { SPAN_LIMIT, SpanText } from './span-text.ts';
import { TextWalk } from './text-walk.ts';

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
  private readonly findings: Findings;
  private readonly walk: TextWalk;
  private readonly span = new SpanText();

  /** @param key the tenant's hash key: four 32-bit words */
  constructor(key: Uint32Array | readonly number[]) {
    this.findings = new Findings(Uint32Array.from(key));
    this.walk = new TextWalk(this.findings);
  }

  /** Reads bytes[start, end), the first 16 KiB of it. Nothing is allocated where nothing is found. */
  scan(kind: SpanKind, bytes: Uint8Array, start: number, end: number, found: Found): void {
    if (end - start > SPAN_LIMIT) end = start + SPAN_LIMIT;
    if (end <= start || (kind !== 'body' && !isWorthALook(bytes, start, end, kind, this.walk))) return;
    const isForm = kind === 'query' || (kind === 'body' && looksLikeForm(bytes, start, end));
    const { span } = this;
    span.load(bytes, start, end, isForm);
    // what was escaped may be plain now
    if (kind !== 'body' && !isWorthALook(span.bytes, span.start, span.end, kind, this.walk)) return;
    this.findings.open(found);
    this.walk.walk(span, kind, isForm);
  }
}

/** Whether a body is a form: names and values, without the spaces, braces and line feeds that others have. */
function looksLikeForm(bytes: Uint8Array, start: number, end: number): boolean {
  const last = Math.min(end, start + 256);
  let equals = false;
  for (let i = start; i < last; i++) {
    const c = bytes[i];
    if (c <= 0x20 || c === 0x7b || c === 0x22 || c === 0x3c || c === 0x5c) return false;
    if (c === 0x3d) equals = true;
  }
  return equals;
}
