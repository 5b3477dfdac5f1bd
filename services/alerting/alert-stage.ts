import { unpackReport } from '../../models/candidate.ts';
import type { Detector } from '../../models/detector.ts';
import type { LearnedModels } from '../../models/learned/learned-models.ts';
import type { SharedKnowledge, SharedLearner } from '../../models/shared.ts';
import type { ControlRecord } from '../core/control.ts';
import { WeirError } from '../core/errors.ts';
import { keyGroupOf } from '../core/key-groups.ts';
import type { Emit, Stage, StageSnapshot } from '../core/stage.ts';
import type { TrackerState } from '../core/watermark.ts';
import { WatermarkTracker } from '../core/watermark.ts';
import type { AlertConfig } from './alert-config.ts';
import type { WaitingPane } from './report-queue.ts';
import { ReportQueue } from './report-queue.ts';
import type { TenantAlertsState, VerdictCounts } from './tenant-alerts.ts';
import { TenantAlerts } from './tenant-alerts.ts';

/** Version of the stage's snapshots; a change of the state's meaning or of what it makes of it takes the next one. */
export const ALERT_STAGE_VERSION = 8;

/** Shared knowledge of hour h holds from epoch h + 2 on. */
const KNOWLEDGE_DELAY = 2;

/** Hours without a pane that are still passed one by one; of a longer gap only the last hours are. */
const LONGEST_WALK = 21 * 24;
const KEPT_OF_GAP = 72;

type Feedback = Extract<ControlRecord, { kind: 'feedback' }>;

/** Marks on unknown incidents that are kept; more push the oldest out. */
const MOST_UNHEARD = 1000;

interface TenantState {
  queue: ReportQueue;
  alerts: TenantAlerts;
  /** number (core/window Panes) of the first hour whose knowledge has not been sent; undefined before the first report */
  hour: number | undefined;
  /** end of the latest pane that was processed, ms UTC */
  processed: number;
  /** marks on incidents that this state has not raised (yet: what a provisional end raised comes again when the input grows) */
  unheard: Feedback[];
  /** a provisional end has been announced: panes beyond the firm time may be replaced */
  provisional: boolean;
}

interface SavedTenant {
  tenant: string;
  panes: WaitingPane[];
  alerts: TenantAlertsState;
  hour: number | null;
  processed: number | null;
  /** left out: none */
  unheard?: Feedback[];
  /** left out: false */
  provisional?: boolean;
}

interface SavedCommon {
  watermarks: TrackerState[];
  firm: TrackerState[];
  learners: [string, unknown][];
  counts: VerdictCounts & StageCounts;
}

interface StageCounts {
  reports: number;
  unknown_incident: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The alert stage: calibration, verdicts, alerts, incidents and shared knowledge of every tenant. Takes packed
 * ScoreReports of all account and merge tasks and waits until the tenant's watermark covers them, so that what it
 * emits depends on event time only, not on the split of the keys or the order of arrival.
 *
 * Control: `watermark`, `idle`, `silence`, `end` (upstream = a task), `feedback`, `config`.
 * Emits: `alerts`, `incidents`, `shadow` scores of panes that will not be replaced, and for every hour that the tenant's time has passed, in order and without gaps from
 * two hours before its first time on, `shared` with epoch = number of the hour (core/window Panes) + 2.
 * @throws Error from `process` for a report of a pane that the watermark has passed: an upstream broke its promise
 */
export function createAlertStage(
  config: AlertConfig,
  deps: { detectors: readonly Detector[]; learners: readonly SharedLearner[]; models?: ReadonlyMap<string, LearnedModels> },
): Stage<Uint8Array> {
  const detectors = new Map(deps.detectors.map((detector) => [detector.name, detector]));
  const models = deps.models ?? new Map<string, LearnedModels>();
  const watermarks = new WatermarkTracker();
  /** the same without provisional marks and ends: what this time covers will not be replaced */
  const firm = new WatermarkTracker();
  const tenants = new Map<string, TenantState>();
  const counts: VerdictCounts & StageCounts = {
    reports: 0,
    candidates: 0,
    alerts: 0,
    continued: 0,
    marked: 0,
    population_shift: 0,
    unseconded: 0,
    unknown_incident: 0,
  };
  let configVersion = config.configVersion;

  function tenantOf(name: string): TenantState {
    let state = tenants.get(name);
    if (state === undefined) {
      state = {
        queue: new ReportQueue(),
        alerts: new TenantAlerts(name, config, detectors, models, counts),
        hour: undefined,
        processed: Number.NEGATIVE_INFINITY,
        unheard: [],
        provisional: false,
      };
      tenants.set(name, state);
      watermarks.expect(name, config.upstreams ?? 1);
      firm.expect(name, config.upstreams ?? 1);
    }
    return state;
  }

  /** The tenant's time has come to `time` (Infinity at the end): panes that end by then, and the hours between, in order of time. */
  function advance(name: string, time: number): Emit[] {
    const state = tenantOf(name);
    const emits: Emit[] = [];
    // The first time that is known is at most the start of the first hour with a pane: tasks wait there for its version
    // of the knowledge, which knows nothing, like the one after it.
    const first = Math.min(time, state.queue.earliest ?? Number.POSITIVE_INFINITY);
    if (state.hour === undefined && Number.isFinite(first)) state.hour = state.alerts.panes.hourOf(first) - KNOWLEDGE_DELAY;
    for (const group of state.queue.take(time)) {
      passHours(name, state, group[0].end - 1, emits);
      for (const { report } of group) for (const learner of deps.learners) learner.absorb(report);
      const provisional = state.provisional && group[0].end > firm.time(name);
      const { alerts, incidents } = state.alerts.pane(group, configVersion, provisional);
      const shadow = provisional ? [] : group.flatMap(({ report }) => report.shadow ?? []);
      if (shadow.length > 0) emits.push({ output: 'shadow', tenant: name, value: shadow });
      if (alerts.length > 0) emits.push({ output: 'alerts', tenant: name, value: alerts });
      if (incidents.length > 0) emits.push({ output: 'incidents', tenant: name, value: incidents });
      state.processed = group[0].end;
      if (incidents.length > 0) state.unheard = state.unheard.filter((mark) => !heard(state, mark));
    }
    passHours(name, state, Number.isFinite(time) ? time : state.processed, emits);
    return emits;
  }

  function heard({ alerts }: TenantState, { incident, mark, until }: Feedback): boolean {
    return alerts.feedback(incident, mark, until);
  }

  function moved(name: string, time: number | undefined): Emit[] {
    return time === undefined ? [] : advance(name, time);
  }

  /** Hours that end at or before `time` are over. */
  function passHours(name: string, state: TenantState, time: number, emits: Emit[]): void {
    if (state.hour === undefined) return;
    // Years without an event are not walked hour by hour: nothing is learned in them, and no pane asks for their versions.
    const last = state.alerts.panes.hourOf(time);
    if (last - state.hour > LONGEST_WALK) state.hour = last - KEPT_OF_GAP;
    while (state.alerts.panes.hourStart(state.hour + 1) <= time) {
      // hours before the first pane are no past: how many there are depends on where the watermark began
      const closed = Number.isFinite(state.processed) ? state.alerts.pass(state.hour, configVersion) : [];
      if (closed.length > 0) emits.push({ output: 'incidents', tenant: name, value: closed });
      const knowledge: SharedKnowledge = {};
      for (const learner of deps.learners) knowledge[learner.name] = learner.close(name, state.alerts.panes.hourStart(state.hour));
      emits.push({
        output: 'shared',
        tenant: name,
        value: { epoch: state.hour + KNOWLEDGE_DELAY, knowledge: encoder.encode(JSON.stringify(knowledge)) },
      });
      state.hour++;
    }
  }

  /** All upstreams have ended: what still waits is processed, and every change of an incident told. */
  function finish(name: string, state: TenantState): Emit[] {
    const emits = advance(name, Number.POSITIVE_INFINITY);
    const incidents = state.alerts.flush(configVersion);
    if (incidents.length > 0) emits.push({ output: 'incidents', tenant: name, value: incidents });
    return emits;
  }

  return {
    name: 'alert',

    process(packed: Uint8Array): Emit[] {
      const report = unpackReport(packed);
      const state = tenantOf(report.tenant);
      const { end } = state.queue.add(report);
      counts.reports++;
      if (end <= watermarks.time(report.tenant) || end < state.processed) {
        throw new Error(
          `report of tenant ${report.tenant}, ${report.view} pane ending ${new Date(end).toISOString()}, came after the watermark that covers it (${new Date(Math.max(watermarks.time(report.tenant), state.processed)).toISOString()})`,
        );
      }
      return [];
    },

    control(record: ControlRecord): Emit[] {
      switch (record.kind) {
        case 'watermark': {
          // A task counts the tasks of its own stage; here account and merge tasks report alike.
          const mark = { ...record, upstreams: config.upstreams ?? record.upstreams };
          if (record.provisional === true) tenantOf(record.tenant).provisional = true;
          else firm.report(mark);
          return moved(record.tenant, watermarks.report(mark));
        }
        case 'idle':
          firm.idle(record.tenant, record.upstream);
          return moved(record.tenant, watermarks.idle(record.tenant, record.upstream));
        case 'silence':
          firm.raise(record.tenant, record.time);
          return moved(record.tenant, watermarks.raise(record.tenant, record.time));
        case 'end': {
          const state = tenantOf(record.tenant);
          if (record.provisional) state.provisional = true;
          else firm.end(record.tenant, record.upstream);
          const time = watermarks.end(record.tenant, record.upstream);
          return watermarks.allEnded(record.tenant) ? finish(record.tenant, state) : moved(record.tenant, time);
        }
        case 'feedback': {
          const state = tenantOf(record.tenant);
          if (heard(state, record)) return [];
          counts.unknown_incident++;
          state.unheard = [...state.unheard, record].slice(-MOST_UNHEARD);
          return [];
        }
        case 'restart':
          watermarks.reopen();
          // a provisional mark moved one of the two only: what is firm from here on is what has been reached
          for (const name of watermarks.tenantNames()) firm.raise(name, watermarks.time(name));
          firm.reopen();
          for (const state of tenants.values()) state.provisional = false;
          return [];
        case 'config':
          configVersion = record.version;
          return [];
        default:
          return [];
      }
    },

    snapshot(): StageSnapshot {
      const groups = new Map<number, SavedTenant[]>();
      for (const tenant of [...tenants.keys()].sort()) {
        const state = tenantOf(tenant);
        const group = keyGroupOf(tenant);
        const saved: SavedTenant = {
          tenant,
          panes: state.queue.toJSON(),
          alerts: state.alerts.toJSON(),
          hour: state.hour ?? null,
          processed: Number.isFinite(state.processed) ? state.processed : null,
          ...(state.unheard.length === 0 ? {} : { unheard: state.unheard }),
          ...(state.provisional ? { provisional: true } : {}),
        };
        groups.set(group, [...(groups.get(group) ?? []), saved]);
      }
      const common: SavedCommon = {
        watermarks: watermarks.save(),
        firm: firm.save(),
        learners: deps.learners.map((learner) => [learner.name, learner.save()]),
        counts: { ...counts },
      };
      return {
        stage: 'alert',
        version: ALERT_STAGE_VERSION,
        groups: new Map([...groups].map(([group, saved]) => [group, encoder.encode(JSON.stringify(saved))])),
        common: encoder.encode(JSON.stringify(common)),
      };
    },

    restore(snapshot: StageSnapshot): void {
      if (snapshot.version !== ALERT_STAGE_VERSION) {
        throw new WeirError(
          'snapshot_newer',
          `snapshot of the alert stage has version ${snapshot.version}, this program reads ${ALERT_STAGE_VERSION}`,
        );
      }
      const common = JSON.parse(decoder.decode(snapshot.common)) as SavedCommon;
      watermarks.restore(common.watermarks);
      firm.restore(common.firm);
      // the version stays the one that this stage was made with: what was judged under another bears that one
      Object.assign(counts, common.counts);
      const learned = new Map(common.learners);
      for (const learner of deps.learners) if (learned.has(learner.name)) learner.load(learned.get(learner.name));
      for (const bytes of snapshot.groups.values()) {
        for (const saved of JSON.parse(decoder.decode(bytes)) as SavedTenant[]) {
          const state = tenantOf(saved.tenant);
          state.queue = ReportQueue.from(saved.panes);
          state.alerts.restore(saved.alerts);
          state.hour = saved.hour ?? undefined;
          state.processed = saved.processed ?? Number.NEGATIVE_INFINITY;
          state.unheard = saved.unheard ?? [];
          state.provisional = saved.provisional ?? false;
        }
      }
    },

    counters(): Record<string, number> {
      let open = 0;
      let waiting = 0;
      for (const state of tenants.values()) {
        open += state.alerts.openIncidents;
        waiting += state.queue.size;
      }
      return { ...counts, open_incidents: open, waiting_panes: waiting };
    },
  };
}
