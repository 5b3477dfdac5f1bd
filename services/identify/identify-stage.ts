import type { EventBatch } from '../core/batch.ts';
import { ByteReader, ByteWriter } from '../core/codec.ts';
import type { ControlRecord } from '../core/control.ts';
import type { Emit, Stage, StageSnapshot } from '../core/stage.ts';
import { checkVersion } from '../core/state-version.ts';
import { ledgerCounter } from '../core/topology-contract.ts';
import { type TrackerState, type Watermark, WatermarkTracker } from '../core/watermark.ts';
import { releasedBefore } from './session-rules.ts';
import { readSessions, writeSessions } from './sessions-snapshot.ts';
import { SESSION_LIMITS, type SessionLimits, TenantSessions } from './tenant-sessions.ts';

export interface IdentifyConfig {
  /** this task, of `partitions` */
  task: number;
  partitions: number;
  /** how long events wait for a login, ms, by tenant: those whose sources name sessions */
  waits: Readonly<Record<string, number>>;
  limits?: SessionLimits;
}

/** Version of what `snapshot` writes. */
export const IDENTIFY_STATE_VERSION = 1;

/** How tasks of this stage name themselves in watermarks: no input partition has such a name. */
const UPSTREAM = 'identify/';

/** Whether a watermark's upstream is a task of this stage. */
export function isIdentifyTask(upstream: string): boolean {
  return upstream.startsWith(UPSTREAM);
}

interface TenantState {
  sessions: TenantSessions;
  /** the watermark that account tasks were told */
  told: number;
  /** an input has ended for now only */
  endsProvisionally: boolean;
  ended: boolean;
}

interface SavedTenant {
  over: number;
  told: number | null;
  endsProvisionally: boolean;
  ended: boolean;
  unjoined: TenantSessions['unjoined'];
}

interface SavedCommon {
  watermarks: TrackerState[];
  tenants: [string, SavedTenant][];
}

/**
 * The identify stage of tenants whose sources name sessions: an event that names nobody waits, by its session, for who
 * logs in; then it goes on as that account's. Events that need not wait go on at once. What it tells account tasks of
 * time is behind its own by the wait, so nothing that it lets go is late there.
 * Of a tenant that has no such source (any more), everything goes on at once.
 */
export function createIdentifyStage(config: IdentifyConfig): Stage<EventBatch> {
  const tracker = new WatermarkTracker();
  const tenants = new Map<string, TenantState>();
  const upstream = `${UPSTREAM}${config.task}`;
  const emits: Emit[] = [];

  function waits(tenant: string): boolean {
    return Object.hasOwn(config.waits, tenant);
  }

  function stateOf(tenant: string): TenantState {
    let state = tenants.get(tenant);
    if (state === undefined) {
      const wait = waits(tenant) ? config.waits[tenant] : 0;
      state = {
        sessions: new TenantSessions(tenant, wait, config.limits ?? SESSION_LIMITS),
        told: Number.NEGATIVE_INFINITY,
        endsProvisionally: false,
        ended: false,
      };
      tenants.set(tenant, state);
    }
    return state;
  }

  function taken(): Emit[] {
    return emits.splice(0, emits.length);
  }

  /** Minutes before `time` are over (Infinity: all). */
  function advance(tenant: string, { sessions }: TenantState, time: number): void {
    for (const batch of sessions.advance(time)) emits.push({ output: 'events', tenant, value: batch });
  }

  function tell(tenant: string, state: TenantState, time: number): void {
    const mark = releasedBefore(time, state.sessions.wait);
    if (!Number.isFinite(mark) || mark <= state.told) return;
    state.told = mark;
    const value: ControlRecord = { kind: 'watermark', tenant, upstream, upstreams: config.partitions, time: mark };
    emits.push({ output: 'control', tenant, value });
  }

  function moved(tenant: string, time: number | undefined): void {
    if (time === undefined) return;
    const state = stateOf(tenant);
    advance(tenant, state, time);
    tell(tenant, state, time);
  }

  function watermark(record: Watermark): void {
    const time = tracker.report(record);
    const state = stateOf(record.tenant);
    // the inputs go on behind their end: they can end again
    if (state.ended && !tracker.allEnded(record.tenant)) state.ended = false;
    moved(record.tenant, time);
  }

  /** When all inputs have ended, time goes on to the highest that any has reached, whichever ended last; then all goes on. */
  function end({ tenant, upstream: input, provisional }: Extract<ControlRecord, { kind: 'end' }>): void {
    const state = stateOf(tenant);
    if (provisional) state.endsProvisionally = true;
    moved(tenant, tracker.end(tenant, input));
    if (!tracker.allEnded(tenant) || state.ended) return;
    moved(tenant, tracker.raise(tenant, tracker.highest(tenant)));
    tell(tenant, state, tracker.time(tenant));
    advance(tenant, state, Number.POSITIVE_INFINITY);
    state.ended = true;
    emits.push({ output: 'control', tenant, value: { kind: 'end', tenant, upstream, provisional: state.endsProvisionally } });
  }

  /** What stands before the stage is named anew, and so is it: account tasks have to be told the time again. */
  function restart(): void {
    tracker.reopen();
    for (const [tenant, state] of tenants) {
      Object.assign(state, { told: Number.NEGATIVE_INFINITY, endsProvisionally: false, ended: false });
      if (waits(tenant)) continue;
      advance(tenant, state, Number.POSITIVE_INFINITY);
      tenants.delete(tenant);
    }
  }

  return {
    name: 'identify',

    process(batch: EventBatch): Emit[] {
      const { tenant } = batch;
      const value = waits(tenant) ? stateOf(tenant).sessions.take(batch) : batch;
      return value === undefined ? [] : [{ output: 'events', tenant, value }];
    },

    control(record: ControlRecord): Emit[] {
      if (record.kind === 'restart') restart();
      if (!('tenant' in record) || !waits(record.tenant)) return taken();
      if (record.kind === 'watermark') watermark(record);
      else if (record.kind === 'idle') moved(record.tenant, tracker.idle(record.tenant, record.upstream));
      else if (record.kind === 'silence') moved(record.tenant, tracker.raise(record.tenant, record.time));
      else if (record.kind === 'end') end(record);
      return taken();
    },

    snapshot(): StageSnapshot {
      const groups = new Map<number, ByteWriter>();
      const writerOf = (group: number): ByteWriter => {
        let writer = groups.get(group);
        if (writer === undefined) {
          writer = new ByteWriter();
          groups.set(group, writer);
        }
        return writer;
      };
      const names = [...tenants.keys()].sort();
      for (const name of names) writeSessions(stateOf(name).sessions, writerOf);
      const common: SavedCommon = {
        watermarks: tracker.save(),
        tenants: names.map((name) => {
          const { sessions, told, endsProvisionally, ended } = stateOf(name);
          const { over, unjoined } = sessions;
          return [name, { over, told: Number.isFinite(told) ? told : null, endsProvisionally, ended, unjoined }];
        }),
      };
      return {
        stage: 'identify',
        version: IDENTIFY_STATE_VERSION,
        groups: new Map([...groups].map(([group, writer]) => [group, writer.finish()])),
        common: new TextEncoder().encode(JSON.stringify(common)),
      };
    },

    /** Several tasks' states can be read into one, before a `restart`: they hold the same times. */
    restore(snapshot: StageSnapshot): void {
      checkVersion(snapshot, IDENTIFY_STATE_VERSION);
      const common = JSON.parse(new TextDecoder().decode(snapshot.common)) as SavedCommon;
      tracker.restore(common.watermarks);
      for (const [name, { over, told, endsProvisionally, ended, unjoined }] of common.tenants) {
        const state = stateOf(name);
        state.sessions.over = Math.max(state.sessions.over, over);
        state.told = Math.max(state.told, told ?? Number.NEGATIVE_INFINITY);
        state.endsProvisionally ||= endsProvisionally;
        state.ended ||= ended;
        for (const kind of ['waiting', 'logins', 'sessions'] as const) state.sessions.unjoined[kind] += unjoined[kind];
      }
      for (const bytes of snapshot.groups.values()) {
        const reader = new ByteReader(bytes);
        while (!reader.done) readSessions(reader, (tenant) => stateOf(tenant).sessions);
      }
    },

    counters(): Record<string, number> {
      const counters: Record<string, number> = { sessions: 0, unjoined_waiting: 0, unjoined_logins: 0, sessions_evicted: 0 };
      for (const [tenant, { sessions }] of tenants) {
        for (const [source, held] of sessions.held) counters[ledgerCounter('held', tenant, source, 'login')] = held;
        counters.sessions += sessions.sessions.count;
        counters.unjoined_waiting += sessions.unjoined.waiting;
        counters.unjoined_logins += sessions.unjoined.logins;
        counters.sessions_evicted += sessions.unjoined.sessions;
      }
      return counters;
    },
  };
}
