import type { TestProject } from 'vitest/node';
import { startBroker } from './broker.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** host:port of the broker that all live tests share */
    kafka: string;
  }
}

/**
 * Starts the broker that the live tests share, unless WEIR_TEST_KAFKA names one; vitest calls it before the first live
 * test of a run, and not at all when none is to run.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.WEIR_TEST_KAFKA;
  if (given) {
    project.provide('kafka', given);
    return undefined;
  }
  const broker = await startBroker();
  project.provide('kafka', broker.bootstrap);
  return () => broker.remove();
}
