import type { AlertRecord } from '../../../schemas/alert.ts';
import type { Found } from './judge-log.ts';
import { about, judgeLog } from './judge-log.ts';
import type { LogEvent, LogRandom, Person } from './office-log.ts';
import { CLAIM_START, DAY, HOUR, MINUTE, officeLog, peopleOf, person } from './office-log.ts';

/** Incidents on days that are in question, beside those on ordinary days of the same kind. */
export interface DayCounts {
  incidents: number;
  days: number;
  usualIncidents: number;
  usualDays: number;
}

/** One claim, measured once. */
export interface Measured {
  /** undefined: one seed shows too little, `days` of all seeds together decide */
  holds: boolean | undefined;
  days?: Record<string, DayCounts>;
  /** figures for people */
  text: string;
}

const date = (day: number): string => new Date(CLAIM_START + day * DAY).toISOString().slice(0, 10);
const dayOf = (time: string): number => (Date.parse(time) - CLAIM_START) / DAY;

/** Bulk exports by accounts in their first hour are caught; ordinary new accounts raise at most twice the rate of old ones. */
export async function dayZero(seed: number, { newcomers = 1000, staff = 150, days = 22 } = {}): Promise<Measured> {
  const thieves = 6;
  const first = 15;
  const isNew = (id: string): boolean => id.startsWith('new-');
  const theftAt = new Map<string, number>();
  const plan = {
    seed,
    days,
    staff,
    newcomers: (random: LogRandom): Person[] =>
      Array.from({ length: newcomers }, (_, i) => person(random, `new-${i}`, first + (i % (days - first)))),
    extra: (day: number, random: LogRandom): LogEvent[] => {
      // one account a working day comes, and takes all that it can in its first hour
      if (day < first || day % 7 >= 5 || theftAt.size >= thieves) return [];
      const thief = person(random, `thief-${theftAt.size}`, day);
      const at = CLAIM_START + day * DAY + (9 + random.int(8)) * HOUR;
      theftAt.set(thief.name, at);
      return theft(random, thief, at);
    },
  };
  const found = await judgeLog(officeLog(plan));
  const caught = [...theftAt].flatMap(([name, at]) => {
    const delay = Math.min(
      ...found.alerts
        .filter(({ entity, severity }) => severity !== 'info' && entity.id === name)
        .map(({ detected_at }) => Date.parse(detected_at) - at),
    );
    return delay <= 2 * HOUR ? [delay / MINUTE] : [];
  });
  // account days, by who works on a weekday: what alerts are counted per
  const accountDays = { old: 0, young: 0 };
  for (const one of peopleOf(plan)) {
    for (let day = one.from; day < days; day++) {
      if (isNew(one.name) && day < one.from + 7) accountDays.young++;
      else if (!isNew(one.name) && day >= 14) accountDays.old++;
    }
  }
  const raised = (chosen: (alert: AlertRecord) => boolean): number =>
    found.alerts.filter((alert) => alert.severity !== 'info' && alert.entity.kind === 'account' && chosen(alert)).length;
  const young = raised(({ entity }) => isNew(entity.id)) / accountDays.young;
  const old = raised(({ entity, window }) => entity.id.startsWith('staff-') && dayOf(window.end) > 14) / accountDays.old;
  // one alert in all account days of the old is what cannot be told from none
  const allowed = 2 * Math.max(old, 1 / accountDays.old);
  return {
    holds: caught.length === theftAt.size && young <= allowed,
    text: `${caught.length} of ${theftAt.size} bulk exports of the first hour caught (after ${caught.map((minutes) => minutes.toFixed(0)).join(', ')} minutes); alerts per 1,000 account days: new ${(1000 * young).toFixed(2)}, old ${(1000 * old).toFixed(2)}; ${about(found, isNew).length} incidents name a new account`,
  };
}

/** A person that comes and takes: some lists, then contact data of record after record, and exports. */
function theft(random: LogRandom, { name: account, address, agent }: Person, begin: number): LogEvent[] {
  const events: LogEvent[] = [];
  let at = begin;
  const push = (request: string, bytes: number): void => {
    events.push({ at, account, address, agent, request, status: 200, bytes: Math.round(random.logNormal(bytes, 0.3)) });
    at += 2_000 + random.next() * 7_000;
  };
  for (let i = 0; i < 3; i++) push('GET /api/cases', 9_000);
  for (let i = 0; i < 6; i++) push('GET /api/export', 400_000);
  for (let i = 0; i < 250; i++) push(`GET /api/cases/${100_000 + random.int(50_000)}/contact`, 900);
  return events;
}

/** A batch of every week raises nothing from its second week on. */
export async function weeklyBatch(seed: number, { staff = 40, weeks = 5 } = {}): Promise<Measured> {
  const found = await judgeLog(
    officeLog({
      seed,
      days: 7 * weeks + 1,
      staff,
      extra: (day, random) => (day % 7 === 6 ? batch(random, day) : []),
    }),
  );
  const concerned = (id: string): boolean => id === 'batch-weekly' || id === '10.9.0.9' || id.endsWith('/api/cases/{id}/history');
  // the batch's own day and the one after: what is said of the interface in mid-week is said of others
  const ofBatch = about(found, concerned).filter(({ started_at }) => [6, 0].includes(dayOf(started_at) % 7));
  const byWeek = Array.from(
    { length: weeks },
    (_, week) => ofBatch.filter(({ started_at }) => Math.floor((dayOf(started_at) - 6) / 7) === week).length,
  );
  return {
    holds: byWeek.slice(1).every((count) => count === 0),
    text: `incidents by week: ${byWeek.join(', ')}${describe(ofBatch.filter(({ started_at }) => dayOf(started_at) >= 13))}`,
  };
}

function batch(random: LogRandom, day: number): LogEvent[] {
  const count = 2_500 + random.poisson(400);
  const begin = CLAIM_START + day * DAY + 2 * HOUR + random.next() * 20 * MINUTE;
  return Array.from({ length: count }, (_, i) => ({
    at: begin + i * 1_800 + random.next() * 500,
    account: 'batch-weekly',
    address: '10.9.0.9',
    agent: 'batch/3.1',
    request: i % 40 === 0 ? 'GET /api/export' : `GET /api/cases/${100_000 + i * 7}/history`,
    status: 200,
    bytes: Math.round(random.logNormal(i % 40 === 0 ? 400_000 : 4_000, 0.2)),
  }));
}

/** Growth of 3 % a day of accounts whose days differ by `spread` is caught before the level has doubled. */
export async function slowGrowth(seed: number, { staff = 80, history = 35, spread = 0.05 } = {}): Promise<Measured> {
  const doubled = Math.log(2) / Math.log(1.03);
  const growing = ['staff-1', 'staff-2'];
  const found = await judgeLog(
    officeLog({
      seed,
      days: history + Math.ceil(doubled),
      staff,
      habits: (one) => {
        if (growing.includes(one.name)) Object.assign(one, { spread, daily: Math.max(one.daily, 50) });
      },
      factor: ({ name }, day) => (growing.includes(name) && day >= history ? 1.03 ** (day - history) : 1),
    }),
  );
  const after = growing.map((name) => {
    const times = found.alerts
      .filter(({ entity, severity, window }) => severity !== 'info' && entity.id === name && dayOf(window.end) > history + 2)
      .map(({ detected_at }) => dayOf(detected_at) - history);
    return Math.min(...times);
  });
  const others = new Set(
    found.alerts
      .filter(({ entity, severity }) => severity !== 'info' && entity.id.startsWith('staff-') && !growing.includes(entity.id))
      .map(({ entity }) => entity.id),
  );
  return {
    holds: after.every((day) => day <= doubled),
    text: `caught after ${after.map((day) => (Number.isFinite(day) ? day.toFixed(1) : 'never')).join(', ')} days (doubled after ${doubled.toFixed(1)}); of ${staff - growing.length} others ${others.size} alerted in ${history + Math.ceil(doubled)} days`,
  };
}

/** A stop of ten minutes of an interface alarms within them. */
export async function tenMinuteStop(seed: number, { perHour = 300, days = 9 } = {}): Promise<Measured> {
  const stop = CLAIM_START + (days - 1) * DAY + 14 * HOUR + 23 * MINUTE + 17_000;
  const quiet = '/api/prices';
  const found = await judgeLog(
    officeLog({
      seed,
      days,
      staff: 20,
      extra: (day, random) => pricesOf(day, random, perHour).filter(({ at }) => at < stop || at >= stop + 10 * MINUTE),
    }),
  );
  const alarms = found.alerts.filter(({ detector, entity }) => detector === 'interface_silent' && entity.id.endsWith(quiet));
  const within = alarms.filter(({ window }) => Date.parse(window.end) > stop && Date.parse(window.end) <= stop + 12 * MINUTE);
  const minutes = within.length === 0 ? undefined : (Date.parse(within[0].window.end) - stop) / MINUTE;
  return {
    holds: within.length > 0 && alarms.length === within.length,
    text: `${perHour} requests an hour: ${minutes === undefined ? 'not seen' : `seen ${minutes.toFixed(1)} minutes after it stopped`}; ${alarms.length - within.length} false stops in ${days} days`,
  };
}

/** An interface that customers of other firms ask at all hours, by day more. */
function pricesOf(day: number, random: LogRandom, perHour: number): LogEvent[] {
  const events: LogEvent[] = [];
  for (let hour = 0; hour < 24; hour++) {
    const mean = perHour * (0.7 + 0.3 * Math.sin(((hour - 8) / 24) * 2 * Math.PI)) * Math.exp(0.08 * random.normal());
    for (let left = random.poisson(mean); left > 0; left--) {
      const customer = Math.floor(random.next() ** 1.5 * 120);
      events.push({
        at: CLAIM_START + day * DAY + (hour + random.next()) * HOUR,
        account: `customer-${customer}`,
        address: `198.51.${customer % 90}.${customer}`,
        agent: 'client/2.0',
        request: 'GET /api/prices',
        status: 200,
        bytes: 700,
      });
    }
  }
  return events;
}

/**
 * A new level is raised, by each detector that sees it once, and no more when it has lasted for ten days (seven until it is
 * learned, three that a window reaches back).
 */
export async function levelShift(seed: number, { marked = false, staff = 40, days = 44, factor = 5 } = {}): Promise<Measured> {
  const shift = 22;
  const who = 'staff-5';
  let said = -1;
  const found = await judgeLog(officeLog({ seed, days, staff, factor: ({ name }, day) => (name === who && day >= shift ? factor : 1) }), {
    expected: (incidents, day) => {
      if (!marked || said >= 0) return [];
      const raised = incidents.filter(({ entity, started_at }) => entity.id === who && dayOf(started_at) >= shift);
      if (raised.length > 0) said = day;
      return raised.map(({ incident_id }) => incident_id);
    },
  });
  const raised = about(found, (id) => id === who).filter(({ started_at }) => dayOf(started_at) >= shift);
  const starts = raised.map(({ started_at }) => dayOf(started_at) - shift).sort((a, b) => a - b);
  const late = starts.filter((at) => at > 10).length;
  const byDetector = new Map<string, number>();
  for (const { detectors } of raised) for (const detector of detectors) byDetector.set(detector, (byDetector.get(detector) ?? 0) + 1);
  return {
    holds: raised.length > 0 && late === 0 && [...byDetector.values()].every((count) => count === 1),
    text: `raised on ${starts.length === 0 ? 'no day' : `days ${starts.map((at) => at.toFixed(1)).join(', ')}`} after the shift${marked ? `, marked on day ${said - shift}` : ''} (${[...new Set(raised.flatMap(({ detectors }) => detectors))].join(' ')})`,
  };
}

/**
 * A working Saturday raises no more than working days do, a public holiday no more than free days, where the calendar knows
 * them. Two days a seed decide nothing: those of all seeds do (`daysAlike`). Beside it the same log without a calendar.
 */
export async function calendarDays(seed: number, { staff = 60, weeks = 4 } = {}): Promise<Measured> {
  const holiday = 7 * (weeks - 1) + 2;
  const work = 7 * (weeks - 1) + 5;
  const steady = (day: number, random: LogRandom): LogEvent[] => pricesOf(day, random, 120);
  const plan = { seed, days: 7 * weeks, staff, holidays: [holiday], workdays: [work], extra: steady };
  const told = await judgeLog(officeLog(plan), { calendar: { [date(holiday)]: 'holiday', [date(work)]: 'work' } });
  const untold = await judgeLog(officeLog(plan));
  const on = ({ incidents }: Found, ...days: number[]): Found['incidents'] =>
    incidents.filter(({ detected_at }) => days.includes(Math.floor(dayOf(detected_at))));
  const usual = Array.from({ length: 7 * weeks }, (_, day) => day).filter((day) => day !== holiday && day !== work);
  const working = usual.filter((day) => day % 7 < 5);
  const free = usual.filter((day) => day % 7 >= 5);
  const beside = (day: number, others: number[]): DayCounts => ({
    incidents: on(told, day).length,
    days: 1,
    usualIncidents: on(told, ...others).length,
    usualDays: others.length,
  });
  const counts = (found: Found): string => `${on(found, holiday).length} and ${on(found, work).length}`;
  return {
    holds: undefined,
    days: { 'the holiday': beside(holiday, free), 'the working Saturday': beside(work, working) },
    text: `incidents on the holiday and on the working Saturday: ${counts(told)} (without the calendar ${counts(untold)}); on ${working.length} working days ${on(told, ...working).length}, on ${free.length} free ones ${on(told, ...free).length}${describe([...on(told, holiday), ...on(told, work)])}`,
  };
}

/**
 * Whether the days in question of all seeds raise no more than the usual ones do: the chance of so many among all incidents,
 * if each day were like any other (binomial), is above 5 %.
 */
export function daysAlike(measured: readonly Measured[]): Measured {
  const names = [...new Set(measured.flatMap(({ days }) => Object.keys(days ?? {})))];
  const all = names.map((name) => {
    const sum: DayCounts = { incidents: 0, days: 0, usualIncidents: 0, usualDays: 0 };
    for (const { days } of measured) for (const key of Object.keys(sum) as (keyof DayCounts)[]) sum[key] += days?.[name]?.[key] ?? 0;
    const share = sum.days / (sum.days + sum.usualDays);
    const chance = chanceOfSoMany(sum.incidents, sum.incidents + sum.usualIncidents, share);
    return { name, sum, chance };
  });
  return {
    holds: all.every(({ chance }) => chance > 0.05),
    text: all
      .map(
        ({ name, sum, chance }) =>
          `${name}: ${sum.incidents} incidents in ${sum.days} days, usual days of the kind ${sum.usualIncidents} in ${sum.usualDays} (so many by chance: ${(100 * chance).toFixed(0)} %)`,
      )
      .join('; '),
  };
}

/** P(X >= count) of a binomial count. */
function chanceOfSoMany(count: number, trials: number, share: number): number {
  let below = 0;
  let mass = (1 - share) ** trials;
  for (let k = 0; k < count; k++) {
    below += mass;
    mass *= ((trials - k) / (k + 1)) * (share / (1 - share));
  }
  return 1 - below;
}

function describe(incidents: Found['incidents']): string {
  return incidents
    .map(({ title, detectors, started_at }) => `\n      ${started_at.slice(5, 16)} ${title} (${detectors.join(' ')})`)
    .join('');
}
