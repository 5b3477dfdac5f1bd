import { defineConfig } from 'vitest/config';

/** Tiers, each a folder of test/. `npm test` runs them all; `npm test -- --project unit` one of them. */
const TIERS = ['unit', 'property', 'conformance', 'golden', 'guide', 'live'];

/** ms; whole runs of the program, and servers, are slow on a busy machine: this is how long a failure may take to show */
const TEST_TIMEOUT = 120_000;
const LIVE_TIMEOUT = 300_000;

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: TEST_TIMEOUT,
    hookTimeout: TEST_TIMEOUT,
    passWithNoTests: true,
    projects: TIERS.map((name) => ({
      extends: true,
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        ...(name === 'live' ? { globalSetup: ['test/support/live-setup.ts'], testTimeout: LIVE_TIMEOUT, hookTimeout: LIVE_TIMEOUT } : {}),
      },
    })),
  },
});
