import { FORMATS } from '../../schemas/config.ts';
import { detectFormat as detect } from './detect.ts';
import { defaultLateness, type FormatName } from './normalise-config.ts';

/** Format of an input by its first bytes, undefined when none fits; `detect.ts` says why as well. */
export function detectFormat(head: Uint8Array): FormatName | undefined {
  return detect(head).format;
}

/** How late events of a format come by default, ms. */
export function latenessOf(format: string): number {
  return (FORMATS as readonly string[]).includes(format) ? defaultLateness(format as FormatName) : defaultLateness('nginx-json');
}
