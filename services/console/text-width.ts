/** Escape sequences that set colours; they take no place. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character itself
const COLOUR = /\u001b\[\d+m/g;

/** Columns that a terminal needs for the text: two for East Asian wide characters and emoji, none for marks that combine. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text.replace(COLOUR, '')) width += charWidth(char.codePointAt(0) as number);
  return width;
}

/** Cuts to at most `columns`, with `…` where something is missing. The text must be without colours. */
export function cutText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const char of text) {
    width += charWidth(char.codePointAt(0) as number);
    if (width > columns - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

/** Unicode East Asian Width W and F, in ranges wide enough for logs; combining marks and joiners are 0. */
function charWidth(code: number): number {
  if (code < 0x300) return 1;
  if ((code >= 0x300 && code <= 0x36f) || code === 0x200b || code === 0x200d || (code >= 0xfe00 && code <= 0xfe0f)) return 0;
  if (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  ) {
    return 2;
  }
  return 1;
}
