import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesOf, isPattern } from '../../services/drivers/embedded/file-pattern.ts';
import { behindOf, HEAD_BYTES, identityOf, newIdentity } from '../../services/drivers/embedded/identity.ts';
import { siblingsOf } from '../../services/drivers/embedded/siblings.ts';
import { openFollowed, type TailSource } from '../../services/drivers/embedded/tail-source.ts';
import { recogniseFile } from '../../services/drivers/embedded/tails.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-parts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, text: string | Uint8Array = name): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('patterns', () => {
  it('stand for characters of one name', () => {
    for (const sub of ['a', 'b', '.hidden']) mkdirSync(join(folder, sub));
    for (const name of ['a/access.log', 'b/access.log', 'b/access.log.1', '.hidden/access.log', 'b/.x.log', 'b/[1].log']) write(name);
    symlinkSync(join(folder, 'a/access.log'), join(folder, 'b/link.log'));
    const found = (pattern: string): string[] => filesOf(join(folder, pattern)).map((path) => path.slice(folder.length + 1));
    expect(found('*/access.log')).toEqual(['a/access.log', 'b/access.log']);
    expect(found('?/*.log')).toEqual(['a/access.log', 'b/[1].log', 'b/access.log', 'b/link.log']);
    expect(found('b/access.log.?')).toEqual(['b/access.log.1']);
    expect(found('b/[1]*')).toEqual(['b/[1].log']);
    expect(found('b/.*.log')).toEqual(['b/.x.log']);
    expect(found('none/*.log')).toEqual([]);
    expect(isPattern(write('odd*name.log'))).toBe(false);
    expect(isPattern(join(folder, '*.log'))).toBe(true);
  });
});

describe('rotated files', () => {
  it('are found by their names, the newest first', async () => {
    const at = (name: string, minutes: number): void => utimesSync(write(name), 1_000_000 + minutes * 60, 1_000_000 + minutes * 60);
    at('app.log', 9);
    at('app.log.1', 8);
    at('app.log.2.gz', 7);
    at('app-20261121.log', 6);
    at('app.log-20261120.gz', 5);
    at('app.log.2026-11-19', 4);
    at('app.log.old', 3);
    for (const other of ['app.log.swp', 'app.logger', 'application.log', 'app.log.1.gz', 'app.log.tmp', 'app-server.log']) at(other, 10);
    const names = (await siblingsOf(join(folder, 'app.log'))).map(({ path }) => basename(path));
    expect(names).toEqual(['app.log.1', 'app.log.2.gz', 'app-20261121.log', 'app.log-20261120.gz', 'app.log.2026-11-19', 'app.log.old']);
  });

  it('of the same moment are told apart by their numbers', async () => {
    for (const n of [10, 2, 1]) utimesSync(write(`app.log.${n}`), 1_000, 1_000);
    const names = (await siblingsOf(join(folder, 'app.log'))).map(({ path }) => basename(path));
    expect(names).toEqual(['app.log.1', 'app.log.2', 'app.log.10']);
  });
});

describe('a file that is followed', () => {
  const opened = async (path: string): Promise<TailSource> => (await (await openFollowed(path, 65_536)).from(0)) as TailSource;
  const read = async (source: TailSource): Promise<string> => {
    const buffer = new Uint8Array(100);
    return new TextDecoder().decode(buffer.subarray(0, await source.read(buffer, 0)));
  };

  it('is read as it grows', async () => {
    const path = write('a.log', 'one\n');
    const source = await opened(path);
    expect(await read(source)).toBe('one\n');
    expect(await read(source)).toBe('');
    appendFileSync(path, 'two\n');
    expect(await read(source)).toBe('two\n');
    expect(source.truncated).toBe(false);
    await source.close();
  });

  it.each([
    ['shorter', 'x\n'],
    ['of the same length', 'xxxxxxx\n'],
    ['longer', `${'x'.repeat(90)}\n`],
    ['longer, with the same beginning', `header\n${'x'.repeat(80)}\n`],
  ])('gives nothing of what is written after it was truncated: %s', async (_, after) => {
    const path = write('a.log', 'header\n');
    const source = await opened(path);
    await read(source);
    appendFileSync(path, 'a\n');
    await read(source);
    truncateSync(path);
    appendFileSync(path, after);
    expect(await read(source)).toBe('');
    expect(source.truncated).toBe(true);
    await source.close();
  });
});

describe('a file that begins as a known one', () => {
  const text = (length: number, fill: string): string => fill.repeat(length);
  const known = (head: string, all: string, offset: number) => ({
    tenant: 't',
    source: 's',
    path: 'a',
    format: 'f',
    lines: 0,
    partition: identityOf('t', Buffer.from(head)),
    head: Math.min(HEAD_BYTES, head.length),
    offset,
    behind: behindOf(Buffer.from(all.slice(Math.max(0, offset - 256), offset))),
  });
  const recognised = async (name: string, content: string, one: ReturnType<typeof known>): Promise<boolean> => {
    const file = await openFollowed(write(name, content), 65_536);
    try {
      return (await recogniseFile('t', file, [one])) !== undefined;
    } finally {
      await file.close();
    }
  };

  it('is the same when it has the same bytes where reading stood', async () => {
    const all = `header\n${text(500, 'a')}${text(500, 'b')}`;
    const one = known('header\n', all, 700);
    expect(await recognised('same', all, one)).toBe(true);
    expect(await recognised('grown', `${all}more`, one)).toBe(true);
    expect(await recognised('other', `header\n${text(1_000, 'c')}`, one)).toBe(false);
    expect(await recognised('shorter', 'header\nx', one)).toBe(false);
  });

  it('is the same, with its end lost, when all of a long head is', async () => {
    const all = text(9_000, 'a');
    expect(await recognised('cut', all.slice(0, 5_000), known(all.slice(0, HEAD_BYTES), all, 8_000))).toBe(true);
  });

  it('gets a name of its own when it is another one', () => {
    const head = Buffer.from('header\n');
    const first = newIdentity('t', head, new Set());
    expect(first).toBe(identityOf('t', head));
    const second = newIdentity('t', head, new Set([first]));
    expect(newIdentity('t', head, new Set([first, second]))).not.toBe(second);
    expect(second).not.toBe(first);
  });
});
