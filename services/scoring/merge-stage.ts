import { ByteReader, ByteWriter } from '../core/codec.ts';
import type { ControlRecord } from '../core/control.ts';
import { keyGroup } from '../core/key-groups.ts';
import type { Emit, Stage, StageSnapshot } from '../core/stage.ts';
import { checkVersion } from '../core/state-version.ts';
import { partialTenant, readPartials } from '../features/partials.ts';
import { MergeKeeper } from './merge-keeper.ts';
import { readMergeState, writeMergeState } from './merge-snapshot.ts';
import { ModelSchedule } from './model-schedule.ts';
import { PaneClock } from './pane-clock.ts';
import type { ViewStageConfig, ViewStageDeps } from './tenant-settings.ts';
import type { ViewScoringOptions } from './view-scoring.ts';

/** The merge stage: panes of interfaces, sources and targets, put together from what account tasks report. */
export function createMergeStage(config: ViewStageConfig, deps: ViewStageDeps = {}): Stage<Uint8Array> {
  const schedule = new ModelSchedule(deps.models ?? new Map(), config.switches ?? []);
  const learned: ViewScoringOptions = {
    models: (tenant, start) => schedule.at(tenant, start),
    observe: deps.observe,
    documented: deps.documented,
  };
  const keepers = new Map<string, MergeKeeper>();
  const emits: Emit[] = [];
  const clock: PaneClock = new PaneClock(`merge-${config.task}`, config.partitions, keeperOf, (tenant, value) =>
    emits.push({ output: 'control', tenant, value }),
  );

  function keeperOf(tenant: string): MergeKeeper {
    let keeper = keepers.get(tenant);
    if (keeper === undefined) {
      keeper = new MergeKeeper(tenant, config, learned, emits, (end) => clock.provisional(tenant, end));
      keepers.set(tenant, keeper);
    }
    return keeper;
  }

  return {
    name: 'merge',
    process(record: Uint8Array): Emit[] {
      readPartials(record, keeperOf(partialTenant(record)));
      return emits.splice(0, emits.length);
    },
    control(record: ControlRecord): Emit[] {
      if (record.kind === 'model') schedule.add(record);
      else clock.control(record);
      return emits.splice(0, emits.length);
    },
    snapshot(): StageSnapshot {
      const common = new ByteWriter();
      clock.save(common);
      const groups = new Map<number, ByteWriter>();
      for (const [tenant, keeper] of [...keepers].sort(([a], [b]) => (a < b ? -1 : 1))) {
        common.string(tenant);
        common.int(keeper.next ?? -1);
        common.int(keeper.lastBusy ?? -1);
        writeMergeState(tenant, keeper, (key) => {
          const group = keyGroup(key, 0, key.length);
          let writer = groups.get(group);
          if (writer === undefined) {
            writer = new ByteWriter();
            groups.set(group, writer);
          }
          return writer;
        });
      }
      const packed = new Map([...groups].map(([group, writer]) => [group, writer.finish()]));
      return { stage: 'merge', version: MERGE_STATE_VERSION, groups: packed, common: common.finish() };
    },
    restore(snapshot: StageSnapshot): void {
      checkVersion(snapshot, MERGE_STATE_VERSION);
      const common = new ByteReader(snapshot.common);
      clock.load(common);
      while (!common.done) {
        const keeper = keeperOf(common.string());
        const next = common.int();
        const lastBusy = common.int();
        if (next >= 0) keeper.next = keeper.next === undefined ? next : Math.min(keeper.next, next);
        if (lastBusy >= 0) keeper.lastBusy = Math.max(keeper.lastBusy ?? -1, lastBusy);
      }
      for (const bytes of snapshot.groups.values()) {
        const reader = new ByteReader(bytes);
        while (!reader.done) readMergeState(reader, keeperOf);
      }
    },
    counters: () => ({}),
  };
}

/** Version of what `snapshot` writes. */
export const MERGE_STATE_VERSION = 12;
