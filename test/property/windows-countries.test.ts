import { expect, test } from 'vitest';
import type { ScoreReport } from '../../models/candidate.ts';
import type { SharedLearner } from '../../models/shared.ts';
import { FLAG } from '../../services/core/batch.ts';
import { watermarkOf } from '../../services/core/watermark.ts';
import { batchOf, type PlainEvent, random, randomEvents } from '../support/random-events.ts';
import { StageNet } from '../support/stage-net.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LATENESS = 120_000;
const START = Date.UTC(2026, 3, 6, 9);
const HOME = (68 << 8) | 69;
const NEXT_DOOR = (65 << 8) | 84;
const AWAY = [(86 << 8) | 78, (75 << 8) | 69, (66 << 8) | 82];

/** Adds up what is told of the accounts' countries. */
class CountryTap implements SharedLearner {
  readonly name = 'countries';
  /** [account-days, arrivals] by hour and country */
  readonly days = new Map<string, [number, number]>();

  absorb(report: ScoreReport): void {
    for (const [name, [days, arrivals]] of Object.entries(report.population)) {
      if (!name.startsWith('country.')) continue;
      const key = `${Math.floor(report.start / HOUR)} ${name.slice(8)}`;
      const [d, a] = this.days.get(key) ?? [0, 0];
      this.days.set(key, [d + days, a + arrivals]);
    }
  }

  close(): number {
    return 0;
  }

  save(): unknown {
    return [...this.days];
  }

  load(saved: unknown): void {
    this.days.clear();
    for (const [key, days] of saved as [string, [number, number]][]) this.days.set(key, days);
  }
}

/** Six days of accounts at home in two countries, of which some are now and then seen in others. */
function travels(): PlainEvent[] {
  const next = random(5);
  return randomEvents(3, { start: START, hours: 140, accounts: 40, events: 5000 }).map((event) => {
    const home = Number(event.account.slice(-1)) % 3 === 0 ? NEXT_DOOR : HOME;
    const country = next() < 0.04 ? AWAY[Math.floor(next() * AWAY.length)] : home;
    return { ...event, country, address: `${event.address}.${country}`, flags: event.flags & FLAG.anonymous };
  });
}

function told(events: PlainEvent[], partitions: number, restart: boolean): Map<string, [number, number]> {
  const taps: CountryTap[] = [];
  const tap = () => {
    taps.push(new CountryTap());
    return [taps[taps.length - 1]];
  };
  let net = new StageNet(partitions, undefined, undefined, undefined, tap);
  for (let i = 0; i < events.length; i += 400) {
    const part = events.slice(i, i + 400);
    net.events(batchOf(part));
    net.control({ kind: 'watermark', tenant: 'shop', upstream: 'p0', upstreams: 1, time: watermarkOf(part[part.length - 1].at, LATENESS) });
    if (restart && i === 2400) net = net.restart(3 - partitions);
  }
  net.control({ kind: 'end', tenant: 'shop', upstream: 'p0', provisional: false });
  return taps[taps.length - 1].days;
}

/**
 * The same by a plain walk over each account's hours: a country counts once a day, unless it is younger than the account and
 * three days; where an account that was there before is seen for the first time is an arrival.
 */
function counted(events: PlainEvent[]): Map<string, [number, number]> {
  const days = new Map<string, [number, number]>();
  const accounts = new Map<string, Map<number, Set<number>>>();
  for (const event of events) {
    if (event.flags & FLAG.anonymous) continue;
    const hour = Math.floor(event.at / HOUR);
    let hours = accounts.get(event.account);
    if (hours === undefined) accounts.set(event.account, (hours = new Map()));
    hours.set(hour, (hours.get(hour) ?? new Set()).add(event.country as number));
  }
  for (const hours of accounts.values()) {
    const first = new Map<number, number>();
    const last = new Map<number, number>();
    const active = new Set<number>();
    for (const [hour, countries] of hours) {
      const day = Math.floor((hour * HOUR) / DAY);
      const before = new Map(first);
      const oldest = Math.min(...before.values());
      for (const country of countries) {
        const since = before.get(country);
        const fresh = active.size > 0 && (since === undefined || (day - since < 3 && (oldest < since || active.size > day - since + 1)));
        const [d, a] = days.get(`${hour} ${country}`) ?? [0, 0];
        const counts = !fresh && last.get(country) !== day ? 1 : 0;
        const arrives = active.size > 0 && since === undefined ? 1 : 0;
        if (counts + arrives > 0) days.set(`${hour} ${country}`, [d + counts, a + arrives]);
      }
      for (const country of countries) {
        if (!first.has(country)) first.set(country, day);
        last.set(country, day);
      }
      active.add(day);
    }
  }
  return days;
}

test('account-days by country are those of a plain walk, for any number of tasks and across a restart', () => {
  const events = travels();
  const expected = counted(events);
  const sum = (country: number, which = 0) =>
    [...expected].filter(([key]) => key.endsWith(` ${country}`)).reduce((all, [, told]) => all + told[which], 0);
  expect(sum(HOME)).toBeGreaterThan(100);
  expect(sum(AWAY[0], 1)).toBeGreaterThan(10);
  // who was away once is not at home there
  expect(sum(AWAY[0])).toBeLessThan(sum(HOME) / 10);
  for (const [partitions, restart] of [
    [1, false],
    [2, false],
    [2, true],
  ] as const)
    expect(new Map([...told(events, partitions, restart)].sort())).toEqual(new Map([...expected].sort()));
});
