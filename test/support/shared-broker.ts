import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';

/** host:port of the broker that all live tests of a run share. Tests that stop or freeze a broker start their own. */
export function sharedBroker(): string {
  return inject('kafka');
}

/** A prefix for topics, groups and transactional ids that no other test has; at most 32 characters. */
export function uniquePrefix(name = 'test'): string {
  return `${name.slice(0, 19)}-${randomBytes(6).toString('hex')}`;
}
