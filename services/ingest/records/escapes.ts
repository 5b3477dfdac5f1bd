import { hexDigit } from './json-scanner.ts';
import { invalidUtf8At } from './utf8.ts';
import type { Workspace } from './workspace.ts';

const BACKSLASH = 0x5c;
const U = 0x75;
const X = 0x78;

/**
 * Writes what a gateway's escaped text stood for into scratch and returns where it starts (it ends at `scratch`): `\"`,
 * `\\`, `\n`, `\xHH` (nginx, Apache) and `\uHHHH` (JSON, Go). -1 when that would be no text (control characters, no UTF-8: a TLS
 * greeting, say) or there is no room: then the escaped form is all that can be kept.
 */
export function unescaped(workspace: Workspace, start: number, end: number): number {
  if (!workspace.hasRoom(end - start)) return -1;
  const { bytes } = workspace;
  const from = workspace.scratch;
  let to = from;
  let high = false;
  for (let i = start; i < end; i++) {
    let c = bytes[i];
    if (c === BACKSLASH && i + 1 < end) {
      const e = bytes[++i];
      if (e === X && i + 2 < end && hexDigit(bytes[i + 1]) >= 0 && hexDigit(bytes[i + 2]) >= 0) {
        c = (hexDigit(bytes[i + 1]) << 4) | hexDigit(bytes[i + 2]);
        i += 2;
      } else if (e === U && i + 4 < end) {
        const code = hex4(bytes, i + 1);
        if (code < 0x20 || (code >= 0xd800 && code <= 0xdfff)) return -1;
        i += 4;
        if (code >= 0x80) {
          high = true;
          if (code >= 0x800) {
            bytes[to++] = 0xe0 | (code >> 12);
            bytes[to++] = 0x80 | ((code >> 6) & 0x3f);
          } else bytes[to++] = 0xc0 | (code >> 6);
          bytes[to++] = 0x80 | (code & 0x3f);
          continue;
        }
        c = code;
      } else if (e === 0x6e || e === 0x72 || e === 0x74 || e === 0x62 || e === 0x66 || e === 0x76 || e === 0x61) return -1;
      else c = e;
    }
    if (c < 0x20 || c === 0x7f) return -1;
    if (c >= 0x80) high = true;
    bytes[to++] = c;
  }
  if (high && invalidUtf8At(bytes, from, to) >= 0) return -1;
  workspace.scratch = to;
  return from;
}

function hex4(bytes: Uint8Array, at: number): number {
  let code = 0;
  for (let i = at; i < at + 4; i++) {
    const digit = hexDigit(bytes[i]);
    if (digit < 0) return -1;
    code = (code << 4) | digit;
  }
  return code;
}

/** Whether bytes[start, end) have a backslash. */
export function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === BACKSLASH) return true;
  return false;
}

/** Position of the quote that closes a text (a backslash escapes the next byte); -1 without one. */
export function quoteEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c === BACKSLASH) i++;
    else if (c === 0x22) return i;
  }
  return -1;
}
