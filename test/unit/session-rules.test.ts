import { describe, expect, test } from 'vitest';
import type { EventBatch } from '../../services/core/batch.ts';
import { FLAG, IDENTITY_ORIGINS, type IdentityOrigin } from '../../services/core/batch.ts';
import type { Emit, Stage } from '../../services/core/stage.ts';
import { DAY, HOUR, MINUTE } from '../../services/core/watermark.ts';
import { createIdentifyStage } from '../../services/identify/identify-stage.ts';
import { accountAt, isLogout, NOBODY, namesForSession, releasedBefore, UNDECIDED } from '../../services/identify/session-rules.ts';
import { SESSION_LIMITS, type SessionLimits } from '../../services/identify/tenant-sessions.ts';
import { namedIn, type SessionEvent, sessionBatch } from '../support/session-events.ts';

const WAIT = 2 * MINUTE;
const T0 = Date.UTC(2026, 4, 4, 9);

/** Every event of one session, at minutes behind T0, given in this order and then ended; who each was said to be. */
function whose(events: (Partial<SessionEvent> & { minute: number })[], limits?: SessionLimits): string[] {
  const stage = createIdentifyStage({ task: 0, partitions: 1, waits: { shop: WAIT }, limits });
  const given = events.map(
    ({ minute, ...rest }, id): SessionEvent => ({ at: T0 + minute * MINUTE, session: 's1', account: '', id, ...rest }),
  );
  const emits = [
    ...given.flatMap((event) => stage.process(sessionBatch([event]))),
    ...stage.control({ kind: 'end', tenant: 'shop', upstream: 'in', provisional: true }),
  ];
  const named = namedIn(eventsOf(emits));
  return given.map(({ id }) => named.get(id) as string);
}

function eventsOf(emits: readonly Emit[]): EventBatch[] {
  return emits.flatMap((emit) => (emit.output === 'events' ? [emit.value] : []));
}

describe('an event of a session that names nobody', () => {
  test('is the account that logged in last, before it or at the same moment', () => {
    expect(whose([{ minute: 0, account: 'ann' }, { minute: 0 }, { minute: 5 }, { minute: 600 }])).toEqual([
      'ann',
      'ann by session',
      'ann by session',
      'ann by session',
    ]);
    expect(whose([{ minute: 0, account: 'ann' }, { minute: 4 }, { minute: 5, account: 'ben' }, { minute: 6 }])).toEqual([
      'ann',
      'ann by session',
      'ben',
      'ben by session',
    ]);
  });

  test('is the first to log in, if that is not long after it', () => {
    expect(whose([{ minute: 0 }, { minute: 1.9 }, { minute: 2, account: 'ann' }, { minute: 3, account: 'ben' }])).toEqual([
      'ann by session',
      'ann by session',
      'ann',
      'ben',
    ]);
    expect(whose([{ minute: 0 }, { minute: 2.01, account: 'ann' }])).toEqual(['-', 'ann']);
  });

  test('is nobody behind a logout, or before one that nobody is known to have logged in before', () => {
    const out = 'POST shop.example/api/logout';
    expect(whose([{ minute: 0, account: 'ann' }, { minute: 3, interface: out }, { minute: 3.5 }, { minute: 9 }])).toEqual([
      'ann',
      'ann by session',
      '-',
      '-',
    ]);
    expect(whose([{ minute: 0 }, { minute: 0.5, interface: out }, { minute: 1, account: 'ann' }])).toEqual(['-', '-', 'ann']);
    expect(whose([{ minute: 0, account: 'ann' }, { minute: 1, interface: out, status: 403 }, { minute: 2 }])).toEqual([
      'ann',
      'ann by session',
      'ann by session',
    ]);
    expect(whose([{ minute: 0, account: 'ann', interface: out }, { minute: 1 }, { minute: 2, account: 'ben' }])).toEqual([
      'ann',
      'ben by session',
      'ben',
    ]);
  });

  test('is nobody once the session was quiet for more than a day', () => {
    const day = DAY / MINUTE;
    expect(whose([{ minute: 0, account: 'ann' }, { minute: day }, { minute: 2 * day }, { minute: 3 * day + 1 }])).toEqual([
      'ann',
      'ann by session',
      'ann by session',
      '-',
    ]);
  });

  test('is nobody where its session has no id', () => {
    expect(
      whose([
        { minute: 0, account: 'ann', session: '' },
        { minute: 1, session: '' },
      ]),
    ).toEqual(['ann', '-']);
  });

  test('takes the roles of the account with it', () => {
    const stage = createIdentifyStage({ task: 0, partitions: 1, waits: { shop: WAIT } });
    const login: SessionEvent = { at: T0, session: 's1', account: 'root', id: 0, flags: FLAG.admin };
    stage.process(sessionBatch([login, { ...login, account: '', flags: FLAG.login, at: T0 + 1, id: 1 }]));
    const [batch] = eventsOf(stage.control({ kind: 'end', tenant: 'shop', upstream: 'in', provisional: true }));
    expect(batch.columns.flags[0]).toBe(FLAG.admin | FLAG.login);
  });
});

describe('who is named for a session', () => {
  const names = (origin: IdentityOrigin, flags = 0, status = 200): boolean =>
    namesForSession(flags, IDENTITY_ORIGINS.indexOf(origin), status);

  test('is whom the event names, when it was not refused', () => {
    for (const origin of ['consumer', 'api_key', 'jwt', 'jwt_verified', 'certificate', 'remote_user'] as const) {
      expect(names(origin)).toBe(true);
      expect(names(origin, 0, 302)).toBe(true);
      expect(names(origin, 0, 500)).toBe(true);
      for (const status of [401, 403, 404, 429]) expect(names(origin, 0, status)).toBe(false);
      expect(names(origin, FLAG.failure)).toBe(false);
      expect(names(origin, FLAG.anonymous)).toBe(false);
    }
  });

  test('is nobody whom a cookie or a header alone says', () => {
    for (const origin of ['cookie', 'header', 'address', 'host', 'session'] as const) expect(names(origin, FLAG.login)).toBe(false);
    expect(whose([{ minute: 0, account: 'ann', origin: 'cookie' }, { minute: 1 }])).toEqual(['ann', '-']);
  });

  test('of a form only where it is the form of a login that went well', () => {
    expect(names('login_field')).toBe(false);
    expect(names('login_field', FLAG.login)).toBe(true);
    expect(names('login_field', FLAG.login, 503)).toBe(false);
    expect(names('login_field', FLAG.login | FLAG.failure)).toBe(false);
    expect(whose([{ minute: 0, account: 'victim', flags: FLAG.login | FLAG.failure }, { minute: 1 }])).toEqual(['victim', '-']);
  });
});

test.each([
  ['POST shop.example/logout', true],
  ['GET shop.example/api/v1/user/sign-out', true],
  ['GET shop.example/account/LogOff.aspx', true],
  ['POST shop.example/auth/logout/all', true],
  ['POST shop.example/contracts/{id}/sign-off', false],
  ['GET shop.example/logouts-report', false],
  ['POST shop.example/login', false],
])('%s ends a session: %s', (id, is) => expect(isLogout(id)).toBe(is));

test('a time before all that is known cannot be told yet, one within it can', () => {
  const times = Float64Array.of(10, 20, 30);
  const accounts = Int32Array.of(4, NOBODY, 5);
  const at = (time: number, before = NOBODY): number => accountAt(time, times, accounts, 0, 3, before, 6);
  expect([9, 10, 19, 20, 23, 24, 30, 99].map((time) => at(time))).toEqual([4, 4, 4, NOBODY, NOBODY, 5, 5, 5]);
  expect(at(3)).toBe(NOBODY);
  expect(at(3, 7)).toBe(7);
  expect(accountAt(40, times, accounts, 0, 2, NOBODY, 6)).toBe(UNDECIDED);
});

describe('what account tasks hear of time', () => {
  const mark = (time: number) => ({ kind: 'watermark', tenant: 'shop', upstream: 'in', upstreams: 1, time }) as const;

  test('is behind by the wait, so that what has waited is not late there', () => {
    const stage = createIdentifyStage({ task: 1, partitions: 3, waits: { shop: WAIT } });
    stage.process(sessionBatch([{ at: T0 + 1, session: 's1', account: '', id: 0 }]));
    expect(stage.control(mark(T0 + 2 * MINUTE)).map(({ output, value }) => [output, value])).toEqual([
      ['control', { kind: 'watermark', tenant: 'shop', upstream: 'identify/1', upstreams: 3, time: T0 }],
    ]);
    const emits = stage.control(mark(T0 + 3 * MINUTE));
    expect(emits.map(({ output }) => output)).toEqual(['events', 'control']);
    expect(emits[1].value).toMatchObject({ time: T0 + MINUTE });
    expect(releasedBefore(T0 + 5 * MINUTE, 90_500)).toBe(T0 + 3 * MINUTE);
  });

  test('is nothing, and everything goes on at once, where the tenant names no session', () => {
    const stage = createIdentifyStage({ task: 0, partitions: 1, waits: { other: WAIT } });
    const batch = sessionBatch([{ at: T0, session: 's1', account: '', id: 0 }]);
    expect(stage.process(batch)).toEqual([{ output: 'events', tenant: 'shop', value: batch }]);
    expect(stage.control(mark(T0 + HOUR))).toEqual([]);
  });

  test('an event behind it goes on as it is', () => {
    const stage = createIdentifyStage({ task: 0, partitions: 1, waits: { shop: WAIT } });
    stage.control(mark(T0));
    const late: SessionEvent = { at: T0 - 1, session: 's1', account: '', id: 0 };
    expect(namedIn(eventsOf(stage.process(sessionBatch([late]))))).toEqual(new Map([[0, '-']]));
  });
});

describe('what a tenant may take', () => {
  const held = (stage: Stage<EventBatch>): unknown => stage.counters()['held\tshop\tgateway\tlogin'];
  const many = (n: number, account: (id: number) => string): SessionEvent[] =>
    Array.from({ length: n }, (_, id) => ({ at: T0 + id * 10, session: `s${id}`, account: account(id), id }));

  test('is bounded: events beyond it go on as they are, which is counted, and are not lost', () => {
    const limits = { ...SESSION_LIMITS, waiting: 30 };
    const stage = createIdentifyStage({ task: 0, partitions: 1, waits: { shop: WAIT }, limits });
    const events = many(100, () => '');
    const out = eventsOf([10, 50, 100].flatMap((to, i) => stage.process(sessionBatch(events.slice([0, 10, 50][i], to)))));
    expect(held(stage)).toBe(30);
    expect(stage.counters()).toMatchObject({ unjoined_waiting: 70 });
    out.push(...eventsOf(stage.control({ kind: 'end', tenant: 'shop', upstream: 'in', provisional: true })));
    expect(namedIn(out).size).toBe(100);
    expect(held(stage)).toBe(0);
  });

  test('of sessions, those that were not seen for longest go, and logins beyond their bound name nobody else', () => {
    const limits = { ...SESSION_LIMITS, sessions: 40, logins: 60 };
    const stage = createIdentifyStage({ task: 0, partitions: 1, waits: { shop: WAIT }, limits });
    stage.process(sessionBatch(many(100, (id) => `user-${id}`)));
    expect(stage.counters()).toMatchObject({ sessions: 60, unjoined_logins: 40 });
    stage.control({ kind: 'watermark', tenant: 'shop', upstream: 'in', upstreams: 1, time: T0 + 5 * MINUTE });
    expect(stage.counters()).toMatchObject({ sessions: 35, sessions_evicted: 25 });
  });

  test('goes with the session: nothing is left of one that is forgotten', () => {
    const stage = createIdentifyStage({ task: 0, partitions: 1, waits: { shop: WAIT } });
    stage.process(sessionBatch(many(50, (id) => `user-${id}`)));
    for (const time of [T0 + HOUR, T0 + DAY + 3 * HOUR]) {
      stage.control({ kind: 'watermark', tenant: 'shop', upstream: 'in', upstreams: 1, time });
    }
    expect(stage.counters()).toMatchObject({ sessions: 0, sessions_evicted: 0 });
    expect(stage.snapshot().groups.size).toBe(0);
  });
});
