const MAX_HEADER = 1024;
const ALG = [0x22, 0x61, 0x6c, 0x67, 0x22];
const VALUES = new Int8Array(256).fill(-1);
for (const [i, c] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].entries()) VALUES[c.charCodeAt(0)] = i;

/**
 * Position behind the JSON web token (RFC 7519) that begins at `at`: three parts in base64url, the first an object with
 * "alg", the second an object, or five parts of an encrypted one; 0 when there is none. `end`: of the text.
 */
export function jwtEnd(text: Uint8Array, at: number, end: number): number {
  const header = partEnd(text, at, Math.min(end, at + MAX_HEADER));
  if (text[header] !== 0x2e || !hasAlg(text, at, header)) return 0;
  const payload = partEnd(text, header + 1, end);
  if (text[payload] !== 0x2e) return 0;
  const signature = partEnd(text, payload + 1, end);
  if (isObject(text, header + 1, payload)) return signature;
  // encrypted: header, key (empty with `dir`), vector, text, tag
  if (text[signature] !== 0x2e) return 0;
  const body = partEnd(text, signature + 1, end);
  return text[body] === 0x2e ? partEnd(text, body + 1, end) : 0;
}

function partEnd(text: Uint8Array, at: number, end: number): number {
  while (at < end && VALUES[text[at]] >= 0) at++;
  return at;
}

/** `{"` in base64: eyJ. */
function isObject(text: Uint8Array, start: number, end: number): boolean {
  return end - start > 4 && text[start] === 0x65 && text[start + 1] === 0x79 && text[start + 2] === 0x4a;
}

function hasAlg(text: Uint8Array, start: number, end: number): boolean {
  let matched = 0;
  let bits = 0;
  let value = 0;
  for (let i = start; i < end; i++) {
    value = ((value << 6) | VALUES[text[i]]) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    const c = (value >> bits) & 0xff;
    matched = c === ALG[matched] ? matched + 1 : c === ALG[0] ? 1 : 0;
    if (matched === ALG.length) return true;
  }
  return false;
}
