import { FLAG, IDENTITY_ORIGINS, type IdentityOrigin } from '../core/batch.ts';
import { MINUTE } from '../core/watermark.ts';

/**
 * Whose an event of a session is. Told by event time alone, so that it does not matter in which order events come:
 *
 * 1. An event that names an account keeps it.
 * 2. One that names none is the account of the latest login of its session at or before it.
 * 3. Where there is none, it is the account of the first login behind it, if that comes within the wait and no logout
 *    comes before it.
 * 4. Else nobody is named: its address stands in for it, as for any other event.
 *
 * A login is an event that names an account and was not refused (`namesForSession`); a logout ends what was before it
 * (`isLogout`). A session of which nothing was seen for a day is forgotten: what comes then begins anew.
 * An event that is behind its tenant's watermark when it comes is not joined, and joins none.
 */

/** Minutes without an event after which a session is forgotten. */
export const FORGOTTEN_AFTER = 24 * 60;

/** Nobody: no login, or a logout. */
export const NOBODY = -1;
/** Not to be said before later events are known. */
export const UNDECIDED = -2;

/**
 * Origins that are as sure as a session is: a cookie or a header that merely says a name would be made surer than it is by
 * going over to the other events of its session, of which the client chooses both.
 */
const SURE: readonly IdentityOrigin[] = ['consumer', 'api_key', 'jwt', 'jwt_verified', 'certificate', 'remote_user'];
const IS_SURE = Uint8Array.from(IDENTITY_ORIGINS, (origin) => (SURE.includes(origin) ? 1 : 0));
const LOGIN_FIELD = IDENTITY_ORIGINS.indexOf('login_field');
export const SESSION_ORIGIN = IDENTITY_ORIGINS.indexOf('session');

/**
 * Whether an event with a session names the account of the session's other events: it names one itself, surely enough, and
 * was not refused, since a failed login names whoever was tried. What was typed into a form counts where that is a login.
 */
export function namesForSession(flags: number, origin: number, status: number): boolean {
  if ((flags & (FLAG.anonymous | FLAG.failure | FLAG.flow)) !== 0) return false;
  if (status >= 400 && (status < 500 || (flags & FLAG.login) !== 0)) return false;
  return IS_SURE[origin] === 1 || (origin === LOGIN_FIELD && (flags & FLAG.login) !== 0);
}

/** Whether an event that went to this interface (its id, as text) ended the session, if it was not refused. */
export function isLogout(id: string): boolean {
  return LOGOUT.test(id);
}

/** A segment of its own, or the end of one: /logout, /user/signOut, /auth/log-off, /api/doLogout. */
const LOGOUT = /(log[-_]?(out|off)|sign[-_]?out)(\.[a-z]+)?($|\/)/i;

/** Whether an event was carried out, as far as a logout is concerned. */
export function succeeded(flags: number, status: number): boolean {
  return (flags & FLAG.failure) === 0 && status < 400;
}

/**
 * The account of an event at `at`, ms.
 * @param times when the session's logins and logouts were, ascending, in [from, to); of those at one moment the last counts
 * @param accounts who logged in, NOBODY for a logout
 * @param before whose the session was before all of these, NOBODY for none
 * @param wait how long behind an event a login may come, ms
 * @returns the account, NOBODY, or UNDECIDED where only what comes behind these can tell
 */
export function accountAt(
  at: number,
  times: Float64Array,
  accounts: Int32Array,
  from: number,
  to: number,
  before: number,
  wait: number,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle] <= at) low = middle + 1;
    else high = middle;
  }
  const latest = low > from ? accounts[low - 1] : before;
  if (latest !== NOBODY) return latest;
  if (low === to) return UNDECIDED;
  return times[low] - at <= wait ? accounts[low] : NOBODY;
}

/**
 * From when on a waiting event can be told from logins behind it: the minute whose last event was `wait` before `time`.
 * Also the watermark of what goes on: everything before it has gone on.
 */
export function releasedBefore(time: number, wait: number): number {
  return Math.floor((time - wait) / MINUTE) * MINUTE;
}
