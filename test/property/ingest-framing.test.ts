import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineFramer, type RawPiece } from '../../services/ingest/records/framing.ts';

const LIMIT = 24;
const input = fc
  .array(fc.oneof(fc.string({ maxLength: 8 }), fc.string({ minLength: 20, maxLength: 60 })), { maxLength: 12 })
  .chain((lines) =>
    fc.record({ text: fc.constantFrom(lines.join('\n'), `${lines.join('\n')}\n`), cuts: fc.array(fc.nat({ max: 80 }), { maxLength: 20 }) }),
  );

interface Line {
  offset: number;
  line: number;
  length: number;
  skipped: boolean;
  unterminated: boolean;
}

/** The lines that pieces hold, with where each begins. */
function linesOf(pieces: readonly RawPiece[]): Line[] {
  const lines: Line[] = [];
  for (const piece of pieces) {
    if (piece.skipped !== undefined) {
      lines.push({
        offset: piece.offset,
        line: piece.line,
        length: piece.skipped,
        skipped: true,
        unterminated: piece.unterminated === true,
      });
      continue;
    }
    let start = 0;
    let number = piece.line;
    while (start < piece.bytes.length) {
      const feed = piece.bytes.indexOf(10, start);
      const end = feed < 0 ? piece.bytes.length : feed + 1;
      lines.push({ offset: piece.offset + start, line: number++, length: end - start, skipped: false, unterminated: feed < 0 });
      start = end;
    }
  }
  return lines;
}

function frame(bytes: Uint8Array, cuts: readonly number[]): { lines: Line[]; position: number } {
  const framer = new LineFramer(LIMIT);
  const pieces: RawPiece[] = [];
  let at = 0;
  for (const cut of cuts) {
    pieces.push(...framer.push(bytes.slice(at, at + cut)));
    at += cut;
  }
  pieces.push(...framer.push(bytes.slice(at)));
  pieces.push(...framer.end());
  return { lines: linesOf(pieces), position: framer.position };
}

/** The lines by plain splitting. */
function naive(bytes: Uint8Array): Line[] {
  const lines: Line[] = [];
  let start = 0;
  while (start < bytes.length) {
    const feed = bytes.indexOf(10, start);
    const end = feed < 0 ? bytes.length : feed + 1;
    const content = feed < 0 ? end - start : end - start - 1;
    lines.push({ offset: start, line: lines.length + 1, length: end - start, skipped: content > LIMIT, unterminated: feed < 0 });
    start = end;
  }
  return lines;
}

test('any chunking gives the same lines at the same places, over-long ones counted whole', () => {
  fc.assert(
    fc.property(input, ({ text, cuts }) => {
      const bytes = new TextEncoder().encode(text);
      const { lines, position } = frame(bytes, cuts);
      expect(lines).toEqual(naive(bytes));
      expect(position).toBe(bytes.length);
    }),
    { numRuns: 1500 },
  );
});

test('reading goes on from a position as if it had never stopped', () => {
  const bytes = new TextEncoder().encode('one\ntwo\nthree\nfour');
  const first = new LineFramer();
  const before = first.push(bytes.slice(0, 10));
  const second = new LineFramer(undefined, first.position, first.nextLine);
  const after = [...second.push(bytes.slice(first.position)), ...second.end()];
  expect(linesOf([...before, ...after])).toEqual(naive(bytes));
});

test('a line of 10 MB is not kept', () => {
  const framer = new LineFramer();
  const pieces: RawPiece[] = [];
  for (let i = 0; i < 160; i++) pieces.push(...framer.push(new Uint8Array(1 << 16).fill(0x61)));
  pieces.push(...framer.push(new TextEncoder().encode('\nnext\n')));
  expect(pieces.map((piece) => [piece.offset, piece.skipped ?? 0, piece.bytes.length])).toEqual([
    [0, 160 * 65536 + 1, 8192],
    [160 * 65536 + 1, 0, 5],
  ]);
});
