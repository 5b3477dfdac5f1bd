/** Control characters (line breaks too) and marks that reorder text: what a log writes must not steer the reader's terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
const STEERING = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text of unknown origin made safe for a terminal and for one line: control characters show as `\xNN`. */
export function plainText(text: string): string {
  return text.replace(STEERING, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** As `plainText`, keeping line breaks and tabs. */
export function plainLines(text: string): string {
  return text.replace(STEERING, (char) => (char === '\n' || char === '\t' ? char : plainText(char)));
}
