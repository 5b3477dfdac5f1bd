import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import { A, I, isRolled, LEVEL, type Level, NOVELTY, noveltyOf, type Rolled, rolledLevel } from '../levels.ts';
import { SHARE, SHARES, sharePart, shareWhole } from '../shares.ts';
import type { ClosedWindow } from '../windows.ts';

/**
 * Screens: whether a window is worth a trained scorer's time although no detector of the baselines said a decade. They
 * compare with expected means only, since surprises cost more than all else; what they let through, beside what the
 * baselines say, is measured in docs/models-features.md. They must stay wide: what they hold back no model sees.
 */

/** An amount that is looked at from `least` on, when it is more than `times` what is expected of it. */
interface Amount {
  level: number;
  least: number;
  times: number;
}

const amount = (name: Level, least: number, times: number): Amount => ({ level: LEVEL[name], least, times });

/** Of the hour: what people vary in by themselves from day to day has to be further off. */
const HOUR: readonly Amount[] = [
  amount('requests', 10, 3.5),
  amount('kilobytes', 1500, 3),
  amount('objects', 10, 4),
  amount('new_objects', 8, 3.5),
  amount('sensitive', 5, 4),
  amount('records', 200, 6),
  amount('errors', 5, 3),
  amount('exports', 2, 3),
  amount('targets', 4, 4),
  amount('interfaces', 8, 3),
  amount('unanswered', 5, 3),
  amount('foreign_kilobytes', 1024, 3),
];
/** Of the last 24 hours, and three and seven days of it. */
const DAY: readonly Amount[] = [
  amount('kilobytes', 5000, 3),
  amount('new_objects', 20, 3),
  amount('sensitive', 15, 3),
  amount('exports', 4, 3),
  amount('targets', 8, 4),
];
const LONG: readonly Amount[] = [
  amount('kilobytes', 15_000, 1.7),
  amount('objects', 80, 1.8),
  amount('new_objects', 50, 1.8),
  amount('sensitive', 20, 1.7),
  amount('records', 500, 2),
];
const THREE_DAYS = 3;
/** Requests of one minute that hands hardly make. */
const MOST_A_MINUTE = 60;

/** Whether an account's window is worth a look. No surprise is computed. */
export function accountScreen(window: ClosedWindow, b: AccountBaselines): boolean {
  const { values } = window;
  const known = b.lifeDays;
  if (acts(values, known) || ((window.flags & FLAG.flow) !== 0 && reaches(values, known, b))) return true;
  if (known >= 2) {
    if (values[A.new_networks] + values[A.new_countries] + values[A.new_devices] > 0) return true;
    if (b.fresh(NOVELTY.new_environment) > 0 || noveltyOf(values, NOVELTY.two_places) > 0) return true;
  }
  for (let i = 0; i < HOUR.length; i++) {
    const { level, least, times } = HOUR[i];
    const value = b.amount('1h', level);
    if (value >= least && value > times * b.hourMean(level)) return true;
  }
  for (let i = 0; i < DAY.length; i++) {
    const { level, least, times } = DAY[i];
    const value = b.amount('1d', level);
    if (value >= least && value > times * b.dayMean(level)) return true;
  }
  return known >= THREE_DAYS && (longer(window, b) || oddTime(window, b, known));
}

/** What few accounts do at all, and errors as far as they are most of what it does. */
function acts(values: Float64Array, known: number): boolean {
  if (values[A.login_success_new] > 0 || values[A.sends] >= 3 || values[A.registers] >= 2 || values[A.login_failures] >= 4) return true;
  if (values[A.benefits] >= (known < 1 ? 1 : 3) || values[A.peak_minute] >= MOST_A_MINUTE) return true;
  const refused = values[A.refused] + values[A.missing];
  return refused >= 6 && refused > 0.4 * values[A.requests];
}

/** Services in a day, new to it, that a host of settled ways uses less often than this. */
const SETTLED = 0.25;

/** A host of settled ways at a service that it never used, or one of which nothing is known that calls abroad. */
function reaches(values: Float64Array, known: number, b: AccountBaselines): boolean {
  if (known < 1) return values[A.foreign] > 0;
  return known >= 2 && values[A.new_interfaces] > 0 && b.novelty(NOVELTY.new_interfaces).mean < SETTLED;
}

/** Three days of more than it takes: what is taken slowly shows in no hour. */
function longer(window: ClosedWindow, b: AccountBaselines): boolean {
  for (let i = 0; i < LONG.length; i++) {
    const { level, least, times } = LONG[i];
    if (!isRolled(level)) continue;
    const value = rolledLevel(window, '3d', level);
    if (value >= least && value > THREE_DAYS * times * b.dayMean(level)) return true;
  }
  return false;
}

/** A block of the day that it hardly uses, more hours of a day, or more minutes of an hour, than it is ever there, or gaps as even as a clock's. */
function oddTime({ values, calendar }: ClosedWindow, b: AccountBaselines, known: number): boolean {
  const requests = values[A.requests];
  if (requests < 8) return false;
  if (known >= 5 && b.blockShare(calendar.hour, calendar.working) < 0.04) return true;
  if (values[A.active_minutes] >= 36 && values[A.active_minutes] > 2 * b.activeMinutes().mean) return true;
  const { today, mean } = b.activeHours();
  if (today >= 9 && today > 2 * mean) return true;
  return requests >= 25 && values[A.gap_regularity] >= 850 && values[A.gap_regularity] > b.regularity().mean + 150;
}

/** Requests of an hour below which an interface's volume says nothing. */
const LEAST_REQUESTS = 10;
/** Hours of past from which little, or much that is new, says something. */
const DAY_HOURS = 24;
const KNOWN_HOURS = 48;

/** A share that is looked at when it is `times` what is usual and `deviations` more. */
interface Part {
  share: number;
  size: '1h' | Rolled;
  least: number;
  times: number;
  deviations: number;
  novelty: boolean;
}

const part = (name: string, size: '1h' | Rolled, times: number, deviations: number, least = size === '1h' ? 3 : 8): Part => ({
  share: SHARE[name],
  size,
  least,
  times,
  deviations,
  novelty: SHARES[SHARE[name]].novelty === true,
});

const PARTS: readonly Part[] = [
  part('failures', '1h', 1.15, 3),
  part('failures', '1d', 1.2, 4),
  part('refused', '1h', 1.15, 3),
  part('refused', '1d', 1.3, 4),
  part('missing', '1h', 1.15, 3),
  part('client_errors', '1h', 1.15, 3),
  part('server_errors', '1h', 1.15, 3),
  part('slow', '1h', 1.2, 4),
  part('anonymous_ok', '1h', 1.15, 3),
  part('anonymous_ok', '1d', 1.3, 6),
  part('new_source_failures', '1h', 1.15, 3),
  part('new_source_failures', '1d', 1.2, 5),
  part('failing_callers', '1d', 1.2, 5),
  part('login_success_new', '1h', 1.3, 3, 2),
  part('new_source_requests', '1h', 1.2, 4),
  part('new_callers', '1h', 1.2, 4),
  part('young_callers', '1h', 1.3, 4),
  part('single_callers', '1h', 1.15, 3),
  part('single_callers', '1d', 1.2, 5),
  part('few_callers', '1h', 1.1, 3),
  part('new_country_requests', '1h', 1.3, 4),
  part('new_country_requests', '1d', 1.3, 6),
  part('run_targets', '1h', 1.15, 3),
  part('targets', '1h', 1.1, 3),
  part('neighbours', '1h', 1.3, 4),
  part('neighbours', '1d', 1.3, 6),
  part('new_object_reads', '1h', 1.1, 3),
  part('new_object_reads', '1d', 1.2, 5),
  part('objects', '1h', 1.05, 3),
  part('top_caller', '1h', 1.2, 3),
  part('top_caller', '1d', 1.3, 6),
  part('external', '1h', 1.05, 3),
  part('shared_prefixes', '1h', 1.2, 4),
  part('shared_devices', '1h', 1.05, 3),
  part('shared_devices', '1d', 1.1, 5),
];

/** Whether an interface's window is worth a look. */
export function interfaceScreen(window: ClosedWindow, b: InterfaceBaselines): boolean {
  const { values, calendar } = window;
  const requests = values[I.requests];
  const expected = b.requests(calendar).mean;
  if (requests >= LEAST_REQUESTS && requests > 2.5 * expected) return true;
  const { hours } = b;
  if (expected > 12 && requests < 0.25 * expected && hours >= DAY_HOURS && !window.partial) return true;
  for (let i = 0; i < PARTS.length; i++) {
    const { share, size, least, times, deviations, novelty } = PARTS[i];
    const value = sharePart(window, size, share);
    if (value < least || (novelty && hours < KNOWN_HOURS)) continue;
    const whole = shareWhole(window, size, share);
    const usual = b.usual(share, size === '1d');
    if (value > times * whole * usual + deviations * Math.sqrt(whole * usual * (1 - usual))) return true;
  }
  if (requests < LEAST_REQUESTS) return false;
  const size = b.size();
  if (size !== undefined && values[I.bytes_out] > 2 * requests * size.law.center) return true;
  const duration = b.duration();
  if (duration !== undefined && values[I.duration_ms] > 1.8 * requests * duration.law.center) return true;
  const each = b.perCaller();
  return each !== undefined && requests > 2 * values[I.callers] * each.law.center;
}
