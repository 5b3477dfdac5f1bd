#!/usr/bin/env node
/**
 * Starts the program. libuv reads UV_THREADPOOL_SIZE once, at its first asynchronous file access, and the loader of ES
 * modules makes one before any line of theirs runs: so this file is CommonJS, which is loaded synchronously.
 * The embedded store, compression and file reads share that pool; with the default of 4 a few slow calls hold up the rest.
 */
const LEAST_POOL = 8;

if (!(Number(process.env.UV_THREADPOOL_SIZE) >= LEAST_POOL)) process.env.UV_THREADPOOL_SIZE = String(LEAST_POOL);

import('./main.ts').then(
  ({ main }) => main(process.argv),
  (error: unknown) => {
    process.stderr.write(`weir cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 3;
  },
);
