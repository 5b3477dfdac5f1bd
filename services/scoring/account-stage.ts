import type { EventBatch } from '../core/batch.ts';
import { heapString, selectRows } from '../core/batch.ts';
import { ByteReader, ByteWriter } from '../core/codec.ts';
import type { ControlRecord } from '../core/control.ts';
import { partitionOf } from '../core/key-groups.ts';
import type { Emit, LateEvent, Stage, StageSnapshot } from '../core/stage.ts';
import { checkVersion } from '../core/state-version.ts';
import { ledgerCounter } from '../core/topology-contract.ts';
import { isIdentifyTask } from '../identify/identify-stage.ts';
import { SESSION_ORIGIN } from '../identify/session-rules.ts';
import { AccountKeeper } from './account-keeper.ts';
import { readAccountState, writeAccountState } from './account-snapshot.ts';
import { ModelSchedule } from './model-schedule.ts';
import { PaneClock } from './pane-clock.ts';
import type { ViewStageConfig, ViewStageDeps } from './tenant-settings.ts';
import type { ViewScoringOptions } from './view-scoring.ts';

/**
 * The account stage: an account lives in one task, so its windows are made and scored here, and what its interfaces,
 * sources and targets get from it is exact.
 */
export function createAccountStage(config: ViewStageConfig, deps: ViewStageDeps = {}): Stage<EventBatch> {
  const schedule = new ModelSchedule(deps.models ?? new Map(), config.switches ?? []);
  const learned: ViewScoringOptions = {
    models: (tenant, start) => schedule.at(tenant, start),
    observe: deps.observe,
    documented: deps.documented,
  };
  const keepers = new Map<string, AccountKeeper>();
  const counters: Record<string, number> = {};
  const upstream = `account-${config.task}`;
  const emits: Emit[] = [];
  const clock: PaneClock = new PaneClock(upstream, config.partitions, keeperOf, (tenant, value) =>
    emits.push({ output: 'control', tenant, value }),
  );

  function keeperOf(tenant: string): AccountKeeper {
    let keeper = keepers.get(tenant);
    if (keeper === undefined) {
      keeper = new AccountKeeper(tenant, config, learned, emits, (end) => clock.provisional(tenant, end));
      keepers.set(tenant, keeper);
    }
    return keeper;
  }

  function isJoined(tenant: string): boolean {
    return (config.tenants[tenant] ?? config.defaults).joined === true;
  }

  /** Of a tenant whose config has changed, what came before may still speak: it would be waited for in vain. */
  function isHeard(record: ControlRecord): boolean {
    return !('upstream' in record) || isIdentifyTask(record.upstream) === isJoined(record.tenant);
  }

  function count(name: string, by: number): void {
    counters[name] = (counters[name] ?? 0) + by;
  }

  function taken(): Emit[] {
    return emits.splice(0, emits.length);
  }

  /** The batch without what a shipper has sent again. */
  function withoutRepeats(batch: EventBatch, time: number): EventBatch {
    const taken = keeperOf(batch.tenant).requests.take(batch, time);
    if (taken === undefined) return batch;
    const kept = selectRows(batch, taken);
    count(ledgerCounter('dropped', batch.tenant, batch.source, 'duplicate'), batch.n - kept.n);
    return kept;
  }

  function processEvents(received: EventBatch): Emit[] {
    const time = clock.time(received.tenant);
    const batch = withoutRepeats(received, time);
    const late = keeperOf(batch.tenant).state.add(batch, time, clock.settled(batch.tenant));
    const joined = isJoined(batch.tenant) ? joinedRows(batch, late) : 0;
    count(ledgerCounter('windowed', batch.tenant, batch.source), batch.n - late.length - joined);
    if (joined > 0) count(ledgerCounter('windowed', batch.tenant, batch.source, 'session'), joined);
    if (late.length > 0) {
      count(ledgerCounter('late', batch.tenant, batch.source), late.length);
      emits.push({ output: 'late', tenant: batch.tenant, value: late.map((row) => lateEvent(batch, row, time)) });
    }
    return taken();
  }

  return {
    name: 'account',
    process: processEvents,
    control(record: ControlRecord): Emit[] {
      if (record.kind === 'model') schedule.add(record);
      else if (isHeard(record)) clock.control(record);
      if ('tenant' in record) keepers.get(record.tenant)?.requests.forget(clock.time(record.tenant));
      return taken();
    },
    snapshot(): StageSnapshot {
      const common = new ByteWriter();
      clock.save(common);
      const groups = new Map<number, ByteWriter>();
      for (const [tenant, keeper] of [...keepers].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const writerOf = (group: number): ByteWriter => {
          let writer = groups.get(group);
          if (writer === undefined) {
            writer = new ByteWriter();
            groups.set(group, writer);
          }
          return writer;
        };
        writeAccountState(tenant, keeper, writerOf, (group) => partitionOf(group, config.partitions) === config.task);
      }
      return {
        stage: 'account',
        version: ACCOUNT_STATE_VERSION,
        groups: new Map([...groups].map(([group, writer]) => [group, writer.finish()])),
        common: common.finish(),
      };
    },
    restore(snapshot: StageSnapshot): void {
      checkVersion(snapshot, ACCOUNT_STATE_VERSION);
      const common = new ByteReader(snapshot.common);
      clock.load(common);
      for (const bytes of snapshot.groups.values()) {
        const reader = new ByteReader(bytes);
        while (!reader.done) readAccountState(reader, keeperOf);
      }
    },
    counters: () => ({ ...counters }),
  };
}

/** Version of what `snapshot` writes. */
export const ACCOUNT_STATE_VERSION = 17;

/** Rows that a session has joined to an account, without the late ones. */
function joinedRows({ n, columns }: EventBatch, late: readonly number[]): number {
  let joined = 0;
  for (let row = 0; row < n; row++) if (columns.origin[row] === SESSION_ORIGIN) joined++;
  for (const row of late) if (columns.origin[row] === SESSION_ORIGIN) joined--;
  return joined;
}

function lateEvent(batch: EventBatch, row: number, time: number): LateEvent {
  const c = batch.columns;
  return {
    tenant: batch.tenant,
    source: batch.source,
    partition: batch.partition,
    offset: c.offset[row],
    index: c.index[row],
    at: c.at[row],
    delay: time - c.at[row],
    account: heapString(batch.heap, c.account[row]),
    interface: heapString(batch.heap, c.interface[row]),
  };
}
