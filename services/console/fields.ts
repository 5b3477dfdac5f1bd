import { plainText } from './plain-text.ts';
import type { Style } from './style.ts';
import { textWidth } from './text-width.ts';

/** Names and values one below the other, values aligned. Values are made safe here. */
export function renderFields(fields: readonly (readonly [name: string, value: string])[], style: Style, indent = '  '): string {
  const width = Math.max(...fields.map(([name]) => textWidth(name)));
  return fields
    .map(([name, value]) => `${indent}${style.dim(name)}${' '.repeat(width - textWidth(name) + 2)}${plainText(value)}\n`)
    .join('');
}
