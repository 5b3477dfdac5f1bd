import { FLAG } from '../services/core/batch.ts';
import type { ClosedWindow } from './windows.ts';
import { SOURCE_FEATURES } from './windows.ts';

const DEVICES = SOURCE_FEATURES.indexOf('devices');
const ACCOUNTS = SOURCE_FEATURES.indexOf('accounts');
/** Kinds of client programs in an hour that no household has (as in features/account-close.ts). */
const MANY_DEVICES = 6;
/** Kinds of client programs, and sessions, that one actor has in an hour: with more, who it is shows at the hour's close. */
export const ONE_ACTOR = 2;
/** Accounts in an hour that no household has. */
const MANY_ACCOUNTS = 20;

/**
 * Whether a window of the source view shows an address that many people share: a carrier's translation, an office, a
 * proxy. By the kinds of programs or the sessions behind it, or by its accounts with at least a few kinds: who tries
 * passwords reaches as many accounts, with one kind of program.
 */
export function isSharedSource(window: ClosedWindow): boolean {
  if ((window.flags & FLAG.shared) !== 0) return true;
  const devices = window.values[DEVICES];
  return devices >= MANY_DEVICES || (devices >= MANY_DEVICES / 2 && hasManyAccounts(window));
}

/** Whether many accounts act from an address, whoever they are. */
export function hasManyAccounts({ values }: ClosedWindow): boolean {
  return values[ACCOUNTS] >= MANY_ACCOUNTS;
}
