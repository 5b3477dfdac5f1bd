import type { ClosedWindow } from './windows.ts';
import { SOURCE_FEATURES } from './windows.ts';

const DEVICES = SOURCE_FEATURES.indexOf('devices');
const ACCOUNTS = SOURCE_FEATURES.indexOf('accounts');
/** Kinds of client programs in an hour that no household has (as in features/account-close.ts). */
const MANY_DEVICES = 6;
/** Accounts in an hour that no household has. Who tries passwords reaches as many, with one kind of program. */
const MANY_ACCOUNTS = 20;

/**
 * Whether a window of the source view shows an address that many people share: a carrier's translation, an office, a
 * proxy. By the kinds of programs alone, or by accounts with at least a few of these.
 */
export function isSharedSource({ values }: ClosedWindow): boolean {
  return values[DEVICES] >= MANY_DEVICES || (values[ACCOUNTS] >= MANY_ACCOUNTS && values[DEVICES] >= MANY_DEVICES / 2);
}
