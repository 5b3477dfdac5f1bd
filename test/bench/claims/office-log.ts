import { Sfc32 } from '../../../services/core/sfc32.ts';

/** 2026-03-02T00:00:00Z, a Monday; the tenant's zone is UTC. */
export const CLAIM_START = Date.UTC(2026, 2, 2);
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** One request of the log. */
export interface LogEvent {
  /** ms UTC */
  at: number;
  account: string;
  address: string;
  agent: string;
  /** method and path */
  request: string;
  status: number;
  bytes: number;
}

const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
];

/** Random numbers of a log. */
export class LogRandom extends Sfc32 {
  constructor(seed: number, stream: number) {
    super(seed, stream, 0x51ed27, 15);
  }
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }
  logNormal(mean: number, sigma: number): number {
    return mean * Math.exp(sigma * this.normal() - (sigma * sigma) / 2);
  }
  poisson(mean: number): number {
    if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count++;
    return count;
  }
}

/** A member of staff: how much a day, when, from where. */
export interface Person {
  name: string;
  address: string;
  agent: string;
  /** requests of an ordinary day */
  daily: number;
  /** how much days differ, in ln units, beside chance */
  spread: number;
  /** first local day, counted from the log's begin */
  from: number;
  /** hour at which work begins */
  begins: number;
  /** records that are its own business */
  portfolio: number;
  /** share of requests for contact data */
  contacts: number;
}

export function person(random: LogRandom, name: string, from: number): Person {
  return {
    name,
    from,
    address: `10.${20 + random.int(4)}.${random.int(200)}.${1 + random.int(250)}`,
    agent: AGENTS[random.int(AGENTS.length)],
    daily: Math.min(160, Math.max(8, random.logNormal(40, 0.6))),
    spread: 0.35,
    begins: 7 + random.int(3),
    portfolio: random.int(50_000),
    contacts: 0.02 + 0.1 * random.next(),
  };
}

/** One person's requests of a day; `factor` of the usual amount. `day` counts from the log's begin. */
export function workday(random: LogRandom, one: Person, day: number, factor = 1): LogEvent[] {
  const events: LogEvent[] = [];
  const count = random.poisson(one.daily * factor * Math.exp(one.spread * random.normal()));
  const midnight = CLAIM_START + day * DAY;
  // visits of some minutes with pauses between them
  while (events.length < count) {
    let at = midnight + (one.begins + 9.5 * random.next()) * HOUR;
    const visit = 2 + random.poisson(5);
    for (let i = 0; i < visit && events.length < count; i++) {
      events.push(request(random, one, at));
      at += 4_000 + random.next() ** 2 * 90_000;
    }
  }
  return events;
}

function request(random: LogRandom, one: Person, at: number): LogEvent {
  const { name: account, address, agent } = one;
  const kind = random.next();
  const record = random.next() < 0.75 ? one.portfolio + random.int(400) : random.int(50_000);
  const status = random.next() < 0.985 ? 200 : 404;
  const of = (text: string, bytes: number): LogEvent => ({
    at,
    account,
    address,
    agent,
    request: text,
    status,
    bytes: Math.round(random.logNormal(bytes, 0.4)),
  });
  if (kind < 0.3) return of('GET /api/cases', 9_000);
  if (kind < 0.38) return of(`GET /api/search?q=${random.int(1e6).toString(36)}`, 6_000);
  if (kind < 0.38 + one.contacts) return of(`GET /api/cases/${100_000 + record}/contact`, 900);
  if (kind < 0.94) return of(`GET /api/cases/${100_000 + record}`, 3_500);
  if (kind < 0.996) return of(`POST /api/cases/${100_000 + record}/notes`, 300);
  return of('GET /api/export', 60_000);
}

/** What an office does: staff on working days, some of them a little on others. */
export interface OfficePlan {
  seed: number;
  days: number;
  staff: number;
  /** local days, counted from the begin, on which nobody is expected though it is a weekday, or all are though it is none */
  holidays?: readonly number[];
  workdays?: readonly number[];
  /** how much of its usual amount a person does on a day; default 1 */
  factor?(one: Person, day: number): number;
  /** people whose habits are others than those of the staff; changes them in place */
  habits?(one: Person): void;
  /** more people, beside the staff */
  newcomers?(random: LogRandom): Person[];
  /** more events of a day */
  extra?(day: number, random: LogRandom, staff: readonly Person[]): LogEvent[];
}

/** The people of a plan: staff first, then newcomers. */
export function peopleOf({ seed, staff, habits, newcomers }: OfficePlan): Person[] {
  const random = new LogRandom(seed, 1);
  const people = Array.from({ length: staff }, (_, i) => person(random, `staff-${i}`, 0));
  if (habits !== undefined) for (const one of people) habits(one);
  return [...people, ...(newcomers?.(random) ?? [])];
}

/** The log of an office, day by day, in the order of time. */
export function* officeLog(plan: OfficePlan): Generator<LogEvent[]> {
  const people = peopleOf(plan);
  const random = new LogRandom(plan.seed, 2);
  for (let day = 0; day < plan.days; day++) {
    const weekend = day % 7 >= 5;
    const working = plan.workdays?.includes(day) === true || (!weekend && plan.holidays?.includes(day) !== true);
    const events: LogEvent[] = [];
    for (const one of people) {
      if (day < one.from) continue;
      const present = working ? random.next() < 0.92 : random.next() < 0.04;
      const today = present ? workday(random, one, day, (working ? 1 : 0.4) * (plan.factor?.(one, day) ?? 1)) : [];
      for (const event of today) events.push(event);
    }
    for (const event of plan.extra?.(day, random, people) ?? []) events.push(event);
    yield events.sort((a, b) => a.at - b.at);
  }
}

/** The log's lines, in nginx-json. */
export function lineOf({ at, account, address, agent, request: text, status, bytes }: LogEvent): string {
  return `${JSON.stringify({
    time_iso8601: new Date(at).toISOString().replace('Z', '+00:00'),
    remote_addr: address,
    ...(account === '' ? {} : { http_x_consumer_id: account }),
    host: 'office.example',
    request: `${text} HTTP/1.1`,
    status,
    body_bytes_sent: bytes,
    request_time: '0.050',
    http_user_agent: agent,
  })}\n`;
}
