import type { Rewrite } from '../records/columns.ts';
import { hexDigit } from '../records/json-scanner.ts';
import { invalidUtf8At } from '../records/utf8.ts';
import type { Workspace } from '../records/workspace.ts';
import { scaledOf } from '../values/numbers.ts';

const COLON = 0x3a;
/** Digits of the largest whole number. */
const MOST_DIGITS = 16;

/** Puts a whole number, not negative, into scratch and returns where it starts. */
export function putNumber(workspace: Workspace, value: number): number {
  if (!workspace.hasRoom(MOST_DIGITS)) return workspace.scratch;
  const { bytes } = workspace;
  const from = workspace.scratch;
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  workspace.scratch += digits;
  let rest = value;
  for (let at = workspace.scratch - 1; at >= from; at--) {
    bytes[at] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return from;
}

/** `192.0.2.1:443` and `2001:db8::1:443` without the port, which is always there. */
export const withoutPort: Rewrite = (workspace, start, end) => {
  const { bytes } = workspace;
  if (bytes[start] === 0x5b) return workspace.put(bytes, start, end);
  let colon = end;
  while (colon > start && bytes[colon] !== COLON) colon--;
  return workspace.put(bytes, start, colon === start ? end : colon);
};

/** `fe80::1%17` without the zone: which of the server's links it is. */
export const withoutZone: Rewrite = (workspace, start, end) => {
  const zone = workspace.bytes.subarray(start, end).indexOf(0x25);
  return workspace.put(workspace.bytes, start, zone < 0 ? end : start + zone);
};

/** Percent-decoded as often as it was encoded, twice at most: `%2520` and `%20` are spaces. A value that would be no text stays as it is. */
export const urlDecoded: Rewrite = (workspace, start, end) => {
  const { bytes } = workspace;
  const from = workspace.put(bytes, start, end);
  let to = workspace.scratch;
  for (let round = 0; round < 2; round++) {
    let write = from;
    let clean = true;
    let encoded = false;
    for (let i = from; i < to; i++) {
      let c = bytes[i];
      if (c === 0x25 && i + 2 < to && hexDigit(bytes[i + 1]) >= 0 && hexDigit(bytes[i + 2]) >= 0) {
        c = (hexDigit(bytes[i + 1]) << 4) | hexDigit(bytes[i + 2]);
        i += 2;
        encoded = true;
        if (c < 0x20 || c === 0x7f) clean = false;
      }
      bytes[write++] = c;
    }
    to = write;
    if (!encoded) break;
    if (!clean || invalidUtf8At(bytes, from, to) >= 0) {
      workspace.scratch = from;
      return workspace.put(bytes, start, end);
    }
  }
  workspace.scratch = to;
  return from;
};

/** `+` is a space (IIS). */
export const plusIsSpace: Rewrite = (workspace, start, end) => {
  const from = workspace.put(workspace.bytes, start, end);
  const { bytes } = workspace;
  for (let i = from; i < workspace.scratch; i++) if (bytes[i] === 0x2b) bytes[i] = 0x20;
  return from;
};

/** Milliseconds of one or more durations in seconds, negative ones (none) left out; -1 when all are. */
export function sumOfSeconds(workspace: Workspace, spans: readonly (readonly [number, number])[]): number {
  let sum = -1;
  for (const [start, end] of spans) {
    const micros = workspace.bytes[start] === 0x2d ? -1 : scaledOf(workspace.bytes, start, end, 6);
    if (micros >= 0) sum = Math.max(sum, 0) + micros;
  }
  return sum < 0 ? -1 : Math.round(sum / 1000);
}
