import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const LAUNCHER = new URL('../../dist/services/launcher.cjs', import.meta.url).pathname;

/** Threads of the whole process as it ends. A probe has libuv make its pool as soon as the launcher itself has run. */
function threadsAtEnd(pool: string | undefined): number {
  const probe = join(mkdtempSync(join(tmpdir(), 'weir-probe-')), 'probe.cjs');
  writeFileSync(
    probe,
    `const fs = require('node:fs');
    process.nextTick(() => fs.stat('.', () => {}));
    process.on('exit', () => console.error('threads=' + fs.readdirSync('/proc/self/task').length));`,
  );
  const { UV_THREADPOOL_SIZE: _, ...environment } = process.env;
  const run = spawnSync(process.execPath, ['-r', probe, LAUNCHER, '--version'], {
    encoding: 'utf8',
    env: pool === undefined ? environment : { ...environment, UV_THREADPOOL_SIZE: pool },
  });
  expect(run.status).toBe(0);
  return Number(/threads=(\d+)/.exec(run.stderr)?.[1]);
}

// threads of a process are listed only under Linux's /proc
test.runIf(process.platform === 'linux')('the launcher gives libuv a pool of at least eight threads, and keeps a larger one', () => {
  const eight = threadsAtEnd('8');
  expect(threadsAtEnd(undefined)).toBe(eight);
  expect(threadsAtEnd('4')).toBe(eight);
  expect(threadsAtEnd('12')).toBe(eight + 4);
});
