import { sipHash } from '../../core/hash.ts';
import type { Found } from './scanner.ts';

/** Longest normal form that is hashed, bytes; more of it is left out. */
const MOST = 1024;
/** Type in front of the hashed value, so that one text as two types has two hashes. */
const HEAD = 2;
const MASK = 0x2a;
/** Longest shape: whoever sends requests writes masks. */
const MOST_SHAPE = 20;

/** Takes a value's normal form together and tells of it as type, shape and keyed hash. Forgets it with the next one. */
export class Findings {
  private readonly key: Uint32Array;
  private readonly buffer = new Uint8Array(MOST + HEAD);
  private readonly out = new Uint32Array(2);
  private length = 0;
  private found: Found = () => {};
  /** types told of since `open`, as bits */
  seen = 0;

  constructor(key: Uint32Array) {
    this.key = key;
  }

  /** Begins a span. */
  open(found: Found): void {
    this.found = found;
    this.seen = 0;
  }

  /** Begins a value. */
  begin(): void {
    this.length = 0;
  }

  push(c: number): void {
    if (this.length < MOST) this.buffer[HEAD + this.length++] = c;
  }

  /** Letters as capitals; all else as it is. */
  pushUpper(c: number): void {
    this.push(c >= 0x61 && c <= 0x7a ? c & 0xdf : c);
  }

  pushLower(c: number): void {
    this.push(c >= 0x41 && c <= 0x5a ? c | 0x20 : c);
  }

  pushSpan(text: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end; i++) this.push(text[i]);
  }

  /** Tells of the value that was taken together. */
  tell(type: number, masked: boolean): void {
    const { buffer, length } = this;
    buffer[0] = type;
    buffer[1] = masked ? 1 : 0;
    const shape = masked ? shapeOf(buffer, HEAD, HEAD + length) : '';
    let end = HEAD + length;
    if (masked) end = this.withoutMasks();
    sipHash(this.key, buffer, 0, end, this.out);
    this.seen |= 1 << type;
    this.found(type, masked, shape, this.out[0]);
    buffer.fill(0, 0, HEAD + length);
    this.length = 0;
  }

  /** The same value behind 4 or 8 signs is the same: runs of masks are hashed as one. */
  private withoutMasks(): number {
    const { buffer } = this;
    let to = HEAD;
    for (let i = HEAD; i < HEAD + this.length; i++) {
      if (buffer[i] === MASK && to > HEAD && buffer[to - 1] === MASK) continue;
      buffer[to++] = buffer[i];
    }
    return to;
  }
}

/**
 * Which characters are visible: `3*4` is three, masks, four. An @ stands for itself, and a domain that is whole is left out
 * (`1*@`). Runs of masks count as one, for their length is often not that of what they hide. Cut to 20 characters.
 */
export function shapeOf(text: Uint8Array, start: number, end: number): string {
  let shape = '';
  let visible = 0;
  for (let i = start; i < end && shape.length < MOST_SHAPE; i++) {
    const c = text[i];
    if (c === 0x40) {
      shape += visible > 0 ? `${visible}@` : '@';
      visible = 0;
      if (!hasMask(text, i, end)) return shape;
    } else if (c === MASK) {
      if (i > start && text[i - 1] === MASK) continue;
      shape += visible > 0 ? `${visible}*` : '*';
      visible = 0;
    } else if ((c & 0xc0) !== 0x80) visible++;
  }
  return shape.length < MOST_SHAPE && visible > 0 ? `${shape}${visible}` : shape;
}

function hasMask(text: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (text[i] === MASK) return true;
  return false;
}
