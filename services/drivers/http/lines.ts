import { Refusal } from './refusal.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Lines as they are, closed by a newline, without a byte order mark. */
export function closedLines(body: Buffer): Uint8Array {
  const text = withoutMark(body);
  if (text.length === 0 || text[text.length - 1] === NEWLINE) return text;
  return Buffer.concat([text, Buffer.from('\n')]);
}

/**
 * The values of a JSON text, each on a line of its own: the elements of an array, or values that follow each other.
 * Line breaks between tokens become blanks, all other bytes stay as they are. Whether an element is a record, and
 * sound within, is for the parser to say.
 * @throws Refusal 400 for what cannot be JSON as a whole: brackets without partner, an open string, a line break in one
 */
export function jsonLines(body: Buffer): Uint8Array {
  const text = withoutMark(body);
  const out = Buffer.allocUnsafe(text.length + (text.length >> 1) + 2);
  let length = 0;
  /** brackets open within the value in hand */
  let depth = 0;
  let inList = false;
  let inString = false;
  /** bytes of the value in hand */
  let begun = false;
  /** a comma was the last thing in the list */
  let comma = false;
  const close = (): void => {
    if (begun) out[length++] = NEWLINE;
    begun = false;
  };
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (inString) {
      out[length++] = byte;
      if (byte === BACKSLASH && at + 1 < text.length) out[length++] = text[++at];
      else if (byte === QUOTE) {
        inString = false;
        if (depth === 0 && !inList) close();
      } else if (byte === NEWLINE) throw broken(at);
      continue;
    }
    if (depth === 0) {
      if (byte === OPEN_LIST && !inList && !begun) {
        inList = true;
        comma = false;
        continue;
      }
      if (inList && byte === COMMA) {
        if (!begun) throw broken(at);
        close();
        comma = true;
        continue;
      }
      if (inList && byte === CLOSE_LIST) {
        if (comma && !begun) throw broken(at);
        close();
        inList = false;
        continue;
      }
      if (byte <= SPACE) {
        if (!inList) close();
        else if (begun) out[length++] = SPACE;
        continue;
      }
      if (byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT) throw broken(at);
    }
    begun = true;
    comma = false;
    if (byte === QUOTE) inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--;
    out[length++] = byte === NEWLINE || byte === RETURN ? SPACE : byte;
    if (depth === 0 && !inList && (byte === CLOSE_OBJECT || byte === CLOSE_LIST)) close();
  }
  if (inString || depth > 0 || inList) throw broken(text.length);
  close();
  return out.subarray(0, length);
}

function broken(at: number): Refusal {
  return new Refusal(400, `the body is no JSON: it breaks at byte ${at + 1}`);
}

function withoutMark(body: Buffer): Buffer {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
}
