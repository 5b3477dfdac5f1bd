import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LineFault } from '../../services/ingest/format.ts';
import { nginxTemplate, writtenInNginx } from '../../services/ingest/formats/nginx-pattern.ts';
import { InputState } from '../../services/ingest/input-state.ts';
import { TemplateLines } from '../../services/ingest/patterns/template-lines.ts';
import { JsonScanner, KIND } from '../../services/ingest/records/json-scanner.ts';
import { RecordView } from '../../services/ingest/records/record-view.ts';
import { Workspace } from '../../services/ingest/records/workspace.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a variable may hold, as the gateway has it before it is written. */
const word = fc.stringMatching(/^[A-Za-z0-9_.:/+-]{1,12}$/).filter((text) => text !== '-');
const client = fc.string({ unit: fc.constantFrom(...'ab 1-"\\[]/:,.é王\u{1f600}'), minLength: 0, maxLength: 14 });
const number = fc.integer({ min: 0, max: 1e9 }).map(String);
const time = fc
  .date({ min: new Date('2001-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => `${date.toISOString().slice(0, 19)}+00:00`);

interface Value {
  name: string;
  value: string;
  /** its value can hold what stands around it */
  free: boolean;
  quoted: boolean;
}

const value: fc.Arbitrary<Value> = fc.oneof(
  word.map((text) => ({ name: 'http_referer', value: text, free: false, quoted: false })),
  number.map((text) => ({ name: 'request_length', value: text, free: false, quoted: false })),
  time.map((text) => ({ name: 'time_iso8601', value: text, free: false, quoted: false })),
  client.map((text) => ({ name: 'http_x_free', value: text, free: true, quoted: false })),
  client.map((text) => ({ name: 'http_user_agent', value: text, free: true, quoted: true })),
);

/** nginx's escape=default: quotes, backslashes and what is not printable ASCII as \xHH, nothing at all a dash; with `none` as it is. */
function written(text: string, mode: string): string {
  if (mode === 'none') return text;
  if (text === '') return '-';
  return [...encoder.encode(text)]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
        ? `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(byte),
    )
    .join('');
}

/** Reads a line by a pattern; the values by variable, or what was said. */
function readBy(pattern: string, names: readonly string[], line: string): Map<string, string> | LineFault {
  const template = nginxTemplate(pattern);
  const workspace = new Workspace();
  const scanner = new JsonScanner([], names.length, {});
  const view = new RecordView(workspace, scanner);
  const lines = new TemplateLines('nginx', template, new Map(names.map((name, slot) => [name, [{ slot, rank: 0 }]])), writtenInNginx);
  const bytes = encoder.encode(line);
  workspace.load(bytes);
  view.float(0);
  view.place(0, bytes.length);
  const fault: LineFault = { reason: 'not_this_format', detail: '' };
  if (!lines.read(view, { input: new InputState('x'), cut: false, headless: false }, fault)) return { ...fault };
  return new Map(
    names.flatMap((name, slot) =>
      view.kinds[slot] === KIND.absent ? [] : [[name, decoder.decode(workspace.bytes.subarray(view.starts[slot], view.ends[slot]))]],
    ),
  );
}

describe('lines of a format string', () => {
  test('what was written is read, or the line says that it can be read in several ways', () => {
    let read = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, fc.constantFrom(' ', ' - ', '|', ' | ', '\t', ', ')), { minLength: 1, maxLength: 6 }),
        fc.constantFrom('default', 'none'),
        (parts, mode) => {
          const values = parts.map(([part], i) => ({
            ...part,
            name: `${part.name}${part.name.startsWith('http_x') || part.name === 'http_user_agent' ? `_${i}` : ''}`,
          }));
          fc.pre(new Set(values.map(({ name }) => name)).size === values.length);
          const around = (text: string, quoted: boolean): string => (quoted ? `"${text}"` : text);
          const join = (texts: string[]): string => texts.map((text, i) => (i === 0 ? text : `${parts[i][1]}${text}`)).join('');
          const pattern = `escape=${mode} '${join(values.map(({ name, quoted }) => around(`$${name}`, quoted)))}'`;
          const line = join(values.map(({ value: text, quoted }) => around(written(text, mode), quoted)));
          fc.pre(!line.endsWith(' ')); // spaces at the end of a line are not kept
          const result = readBy(
            pattern,
            values.map(({ name }) => name),
            line,
          );
          if (!(result instanceof Map)) {
            // only values that nothing encloses can be taken for what stands around them
            expect(result.detail).toMatch(/more than one way/);
            expect(values.some(({ free, quoted }) => free && (mode === 'none' || !quoted))).toBe(true);
            return;
          }
          read++;
          for (const { name, value: text } of values)
            expect(result.get(name) ?? '', `${pattern} of ${line}`).toBe(text === '-' ? '' : text);
        },
      ),
      { numRuns: 2000, seed: 33 },
    );
    expect(read).toBeGreaterThan(500);
  });
});
