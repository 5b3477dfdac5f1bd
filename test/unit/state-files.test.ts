import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { writeDurably } from '../../services/state/durable-file.ts';
import { makeFolder } from '../../services/state/make-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('makeFolder', () => {
  test('makes those above it, and one that is there is fine', () => {
    const deep = join(folder, 'a', 'b', 'c');
    makeFolder(deep);
    makeFolder(deep);
    expect(lstatSync(deep).isDirectory()).toBe(true);
  });

  test('below a file it fails', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => makeFolder(join(folder, 'file'))).toThrow(/EEXIST/);
    expect(() => makeFolder(join(folder, 'file', 'x', 'y'))).toThrow(/ENOTDIR|EEXIST/);
  });

  test.skipIf(!existsSync('/proc/self'))('ends where the file system makes no folders', () => {
    expect(() => makeFolder('/proc/self/x/y')).toThrow(/ENOENT|EACCES|EPERM/);
  });
});

describe('writeDurably', () => {
  test('replaces a file, makes its folder, and leaves nothing beside it', () => {
    const path = join(folder, 'new', 'file');
    writeDurably(path, 'one');
    writeDurably(path, 'two');
    expect([readFileSync(path, 'utf8'), readdirSync(join(folder, 'new'))]).toEqual(['two', ['file']]);
  });

  test('follows a link', () => {
    mkdirSync(join(folder, 'linked'));
    const [target, link] = [join(folder, 'linked', 'target'), join(folder, 'linked', 'link')];
    writeFileSync(target, 'one');
    symlinkSync('target', link);
    writeDurably(link, 'two');
    expect([readFileSync(target, 'utf8'), lstatSync(link).isSymbolicLink()]).toEqual(['two', true]);
  });

  // a named pipe, not a device: a failure of this test must not take /dev/null away from the machine it runs on
  test.skipIf(process.platform === 'win32')('writes into what is no ordinary file and leaves it what it is', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
    let read = '';
    reader.stdout.on('data', (piece) => {
      read += piece;
    });
    writeDurably(pipe, 'text');
    const is = lstatSync(pipe);
    if (!is.isFIFO()) reader.kill(); // it would wait for ever
    await once(reader, 'close');
    expect([read, is.isFIFO()]).toEqual(['text', true]);
  });
});
