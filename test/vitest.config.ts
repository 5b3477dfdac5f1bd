import { defineConfig } from 'vitest/config';

/** Tiers, each a folder of test/. `npm test` runs them all; `npm test -- --project unit` one of them. */
const TIERS = ['unit', 'property', 'conformance', 'golden', 'guide', 'live'];

/** ms; whole runs of the program are slow on a busy machine */
const TEST_TIMEOUT = 60_000;

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
      test: { name, include: [`test/${name}/**/*.test.ts`], globalSetup: name === 'live' ? ['test/support/live-setup.ts'] : [] },
    })),
  },
});
