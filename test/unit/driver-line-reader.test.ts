import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '../../services/core/raw.ts';
import { openInput } from '../../services/drivers/embedded/byte-source.ts';
import { LineReader } from '../../services/drivers/embedded/line-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-reader-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const origin = { tenant: 't', source: 's', partition: 'p' };
const decoder = new TextDecoder();

interface Piece {
  offset: number;
  line: number;
  text: string;
  skipped?: number;
  unterminated?: boolean;
}

async function readAll(path: string, size: number, from = { offset: 0, lines: 0 }): Promise<{ pieces: Piece[]; reader: LineReader }> {
  const opened = await openInput(path, 4096);
  const reader = new LineReader(origin, await opened.from(from.offset), from);
  const pieces: Piece[] = [];
  for (let chunk = await reader.next(size); chunk !== undefined; chunk = await reader.next(size)) {
    pieces.push({ ...chunk, text: decoder.decode(chunk.bytes) });
  }
  const tail = reader.tail();
  if (tail !== undefined) pieces.push({ ...tail, text: decoder.decode(tail.bytes) });
  await reader.close();
  return { pieces, reader };
}

describe('line reader', () => {
  it('hands out every byte once, in whole lines, at the right offset and line, plain and compressed, from any position', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 30 })),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        fc.nat(),
        async (texts, size, compressed, cut) => {
          const lines = texts.map((text) => text.replaceAll('\n', '').toWellFormed());
          const whole = Buffer.from(lines.join('\n'));
          const path = join(folder, 'lines');
          writeFileSync(path, compressed ? gzipSync(whole) : whole);
          const { pieces } = await readAll(path, size);
          expect(pieces.map((piece) => piece.text).join('')).toBe(whole.toString());
          let offset = 0;
          let line = 1;
          for (const piece of pieces) {
            expect(piece).toMatchObject({ offset, line });
            expect(piece.text.endsWith('\n') || piece === pieces.at(-1)).toBe(true);
            offset += Buffer.byteLength(piece.text);
            line += piece.text.split('\n').length - 1;
          }
          if (pieces.length === 0) return;
          const again = pieces[cut % pieces.length];
          const rest = await readAll(path, size, { offset: again.offset, lines: again.line - 1 });
          expect(rest.pieces.map((piece) => piece.text).join('')).toBe(whole.subarray(again.offset).toString());
        },
      ),
      { numRuns: 60 },
    );
  });

  it('skips a line beyond the limit and keeps its beginning, and goes on behind it', async () => {
    const long = 'x'.repeat(MAX_LINE_BYTES * 2);
    const path = join(folder, 'long');
    writeFileSync(path, `a\n${long}\nb\nc`);
    const { pieces } = await readAll(path, 300_000);
    expect(pieces.map(({ text, ...piece }) => ({ ...piece, text: text.slice(0, 3) }))).toMatchObject([
      { text: 'a\n', offset: 0, line: 1 },
      { text: 'xxx', offset: 2, line: 2, skipped: long.length + 1 },
      { text: 'b\n', offset: 3 + long.length, line: 3 },
      { text: 'c', offset: 5 + long.length, line: 4, unterminated: true },
    ]);
    expect(pieces[1].text.length).toBeLessThan(10_000);
  });

  it('gives what a damaged compressed file still holds, and says what is wrong', async () => {
    const path = join(folder, 'cut.gz');
    const packed = gzipSync(Buffer.from('line of a log\n'.repeat(200_000).replace(/line/g, () => String(Math.random()))));
    writeFileSync(path, packed);
    truncateSync(path, packed.length >> 1);
    const { pieces, reader } = await readAll(path, 65_536);
    expect(pieces.length).toBeGreaterThan(1);
    expect(reader.problem).toContain('cut short');
  });

  it('reads on when a plain file grew', async () => {
    const path = join(folder, 'grows');
    writeFileSync(path, 'one\ntw');
    const reader = new LineReader(origin, await (await openInput(path, 4096)).from(0), { offset: 0, lines: 0 });
    expect(decoder.decode((await reader.next(100))?.bytes)).toBe('one\n');
    expect(await reader.next(100)).toBeUndefined();
    expect(reader.unterminated).toBe(2);
    writeFileSync(path, 'o\nthree\n', { flag: 'a' });
    expect(decoder.decode((await reader.next(100))?.bytes)).toBe('two\nthree\n');
    expect(reader.position).toEqual({ offset: 14, lines: 3 });
    await reader.close();
  });

  it('names what cannot be read', async () => {
    await expect(openInput(join(folder, 'none'), 10)).rejects.toMatchObject({
      code: 'input_missing',
      message: expect.stringContaining('none'),
    });
    await expect(openInput(folder, 10)).rejects.toMatchObject({ code: 'input_unreadable', message: expect.stringContaining('folder') });
  });
});
