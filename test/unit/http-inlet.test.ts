import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Inlet } from '../../services/drivers/http/inlet.ts';
import { closedLines, jsonLines } from '../../services/drivers/http/lines.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-inlet-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (found: Uint8Array): string => new TextDecoder().decode(found);

async function readAll(inlet: Inlet, from: number): Promise<string> {
  const source = inlet.from(from);
  const buffer = new Uint8Array(7); // reads never fit the lines
  let all = '';
  for (let n = await source.read(buffer, 0); n > 0; n = await source.read(buffer, 0)) all += text(buffer.subarray(0, n));
  await source.close();
  return all;
}

async function opened(segmentBytes?: number, at = 0): Promise<Inlet> {
  const inlet = await Inlet.open(folder, { segmentBytes });
  await inlet.continueAt(at);
  return inlet;
}

describe('inlet', () => {
  it('gives back what was appended, in order, over segments that roll and go', async () => {
    const inlet = await opened(20);
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i}\n`);
    for (const line of lines.slice(0, 10)) await inlet.append(bytes(line));
    await Promise.all(lines.slice(10).map((line) => inlet.append(bytes(line))));
    const all = lines.join('');
    expect(await readAll(inlet, 0)).toBe(all);
    expect(inlet.end).toBe(all.length);
    expect(readdirSync(folder).length).toBeGreaterThan(3);
    await inlet.forget(40);
    expect(inlet.first).toBeGreaterThan(0);
    expect(inlet.first).toBeLessThanOrEqual(40);
    expect(await readAll(inlet, 40)).toBe(all.slice(40));
    await inlet.forget(all.length);
    await inlet.close();
    const again = await opened(20, all.length);
    await again.append(bytes('more\n'));
    expect(await readAll(again, all.length)).toBe('more\n');
    await again.close();
  });

  it('cuts off half a line that a crash has left', async () => {
    const inlet = await opened();
    await inlet.append(bytes('one\ntwo\n'));
    await inlet.close();
    const [name] = readdirSync(folder);
    appendFileSync(join(folder, name), 'thr');
    const again = await opened();
    expect(again.end).toBe(8);
    await again.append(bytes('three\n'));
    expect(await readAll(again, 0)).toBe('one\ntwo\nthree\n');
    await again.close();
    expect(readFileSync(join(folder, name), 'utf8')).toBe('one\ntwo\nthree\n');
  });

  it('keeps nothing of a first line that was never complete, however long', async () => {
    writeFileSync(join(folder, '0000000000000000.ndjson'), 'x'.repeat(200_000));
    const inlet = await opened();
    expect(inlet.end).toBe(0);
    await inlet.append(bytes('a\n'));
    expect(await readAll(inlet, 0)).toBe('a\n');
    await inlet.close();
  });

  it('takes nothing before it is known where reading goes on, and positions only grow', async () => {
    const inlet = await Inlet.open(folder);
    let done = false;
    const appended = inlet.append(bytes('early\n')).then(() => {
      done = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    expect(await inlet.continueAt(1_000)).toBe(1_000);
    await appended;
    expect(inlet.end).toBe(1_006);
    expect(await readAll(inlet, 1_000)).toBe('early\n');
    await inlet.close();
  });

  it('refuses a folder in which a segment was shortened', async () => {
    const inlet = await opened(4);
    for (const line of ['aaaa\n', 'bbbb\n', 'cccc\n']) await inlet.append(bytes(line));
    await inlet.close();
    truncateSync(join(folder, '0000000000000000.ndjson'), 2);
    await expect(Inlet.open(folder)).rejects.toMatchObject({ code: 'snapshot_corrupt' });
  });

  it('counts as waiting what nobody has read', async () => {
    const inlet = await opened();
    await inlet.append(bytes('0123456789\n'));
    expect(inlet.waiting).toBe(11);
    await readAll(inlet, 0);
    expect(inlet.waiting).toBe(0);
    await inlet.close();
  });
});

describe('bodies', () => {
  const json = (body: string): string => text(jsonLines(Buffer.from(body)));

  it('an array, values that follow each other, and a value over several lines become a line each', () => {
    expect(json('[{"a":1},\n {"b":[1,2]}]')).toBe('{"a":1}\n{"b":[1,2]}\n');
    expect(json('{"a":\n1}\n{"b":2}\r\n')).toBe('{"a": 1}\n{"b":2}\n');
    expect(json('{"a":1}{"b":"]}\\"\\\\"}')).toBe('{"a":1}\n{"b":"]}\\"\\\\"}\n');
    expect(json('\ufeff[1, "x", null , [1]]')).toBe('1\n"x"\nnull \n[1]\n');
    expect(json('[]')).toBe('');
    expect(json(' \n')).toBe('');
  });

  it('refuses what cannot be JSON as a whole', () => {
    for (const body of ['[', '[{"a":1}', '{"a":1', '{"a":"x\n"}', ']', '[1,]', '[,1]', '{}}', '"abc', '[1]2]']) {
      expect(() => json(body), body).toThrow(expect.objectContaining({ status: 400 }));
    }
  });

  it('keeps every value of any JSON, pretty or not', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 8 }), fc.constantFrom(undefined, 1, '\t'), (values, indent) => {
        const lines = json(JSON.stringify(values, undefined, indent))
          .split('\n')
          .filter(Boolean);
        expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(values)));
      }),
    );
  });

  it('closes the last line of text and drops a byte order mark', () => {
    const lines = (body: string): string => text(closedLines(Buffer.from(body)));
    expect(lines('\ufeffa\nb')).toBe('a\nb\n');
    expect(lines('a\n')).toBe('a\n');
    expect(lines('')).toBe('');
  });
});
