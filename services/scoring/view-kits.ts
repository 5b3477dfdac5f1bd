import { AccountBaselines, type DayObserver } from '../../models/baselines/account.ts';
import { InterfaceBaselines, YOUNG } from '../../models/baselines/interface.ts';
import { OUTSIDE_NEWCOMER, SPARSE_LEVELS, SparseBaselines, type SparseView } from '../../models/baselines/sparse.ts';
import type { Detector } from '../../models/detector.ts';
import { DETECTORS } from '../../models/detectors/index.ts';
import { LEAST_HOURS, LEAST_MINUTES, LEAST_RATE, MOST_SILENT } from '../../models/detectors/interface-silent.ts';
import { accountScreen, interfaceScreen } from '../../models/learned/screens.ts';
import { hourLevel, I, LEVELS } from '../../models/levels.ts';
import type { TenantPrior } from '../../models/prior.ts';
import { classOf, SHARES, sharePart, shareWhole } from '../../models/shares.ts';
import { type ClosedMinute, type ClosedWindow, MINUTE_COUNTERS, type View } from '../../models/windows.ts';
import { FLAG } from '../core/batch.ts';
import type { CalendarHour } from '../core/calendar-hour.ts';
import type { ByteReader, ByteWriter } from '../core/codec.ts';
import type { ReportBuilder } from './report-builder.ts';

/** What differs between the views: their baselines, and what they tell the population. */
export interface ViewKit {
  readonly detectors: readonly Detector<never>[];
  readonly baselines: unknown;
  look(window: ClosedWindow, prior: TenantPrior, report: ReportBuilder): void;
  /** `odd`: quarantined; `weight`: what the window teaches, 1/3..1 */
  learn(window: ClosedWindow, odd: boolean, weight: number, silent: boolean, report: ReportBuilder): void;
  /** whether the window looked at is worth a trained scorer's time, whatever the detectors say of it */
  screen(window: ClosedWindow): boolean;
  /** turns to the minute's key; false: nothing in it can be odd */
  minute(minute: ClosedMinute, prior: TenantPrior): boolean;
  expects(slot: number, calendar: CalendarHour, prior: TenantPrior): boolean;
  /** whether nothing is missing any more of the key that `minute` turned to */
  silenceOver(): boolean;
  write(slot: number, writer: ByteWriter): void;
  read(slot: number, reader: ByteReader): void;
  clear(slot: number): void;
}

export function kitOf(view: View): ViewKit {
  if (view === 'account') return accountKit();
  return view === 'interface' ? interfaceKit() : sparseKit(view);
}

const REQUESTS = MINUTE_COUNTERS.indexOf('requests');
const FAILURES = MINUTE_COUNTERS.indexOf('failures');
const ERRORS = MINUTE_COUNTERS.indexOf('server_errors');
const EXPORTS = MINUTE_COUNTERS.indexOf('exports');
const SENSITIVE = MINUTE_COUNTERS.indexOf('sensitive');
const BYTES = MINUTE_COUNTERS.indexOf('bytes_out');
const ANONYMOUS_OK = MINUTE_COUNTERS.indexOf('anonymous_ok');
/** Running amounts of an account's hour below which no minute is looked at more closely. */
const QUIET_ACCOUNT = { exports: 4, sensitive: 30, bytes: 10_000 * 1024 };
const QUIET_INTERFACE = { failures: 20, errors: 20, anonymous: 10 };

function accountKit(): ViewKit {
  const baselines = new AccountBaselines();
  let report: ReportBuilder;
  const observer: DayObserver = {
    day: (group, level, total, mean) => report.dayAmount(group, level, total, mean),
    novelty: (group, kind, count) => report.noveltyDay(group, kind, count),
  };
  return {
    detectors: DETECTORS.account as readonly Detector<never>[],
    baselines,
    look(window, prior, into) {
      report = into;
      baselines.look(window, prior, observer);
    },
    screen: (window) => accountScreen(window, baselines),
    learn(window, odd, _weight, _silent, into) {
      baselines.learn(odd);
      const { newCountries, homeCountries, flags } = window;
      const named = (flags & (FLAG.anonymous | FLAG.flow)) === 0;
      // visits are counted whether they alarm or not: a tenant whose accounts travel is to know it
      if (named && newCountries !== undefined && baselines.countriesKnown)
        for (let i = 0; i < newCountries.n; i++) into.visit(baselines.countryShare(newCountries.at(i)));
      if (odd) return;
      if (named && homeCountries !== undefined) into.accountDays(homeCountries, baselines.countriesKnown);
      if (named && newCountries !== undefined) into.arrive(newCountries);
      const group = baselines.groupIndex;
      const { calendar, values } = window;
      into.accountHour(group, (calendar.working ? 0 : 24) + calendar.hour);
      for (let level = 0; level < LEVELS.length; level++) {
        const amount = hourLevel(values, level);
        into.hourAmount(group, level, amount);
        into.hourRatio(group, level, amount, baselines.ownHour(level));
      }
    },
    minute(minute, prior) {
      const { running } = minute;
      if (running[EXPORTS] < QUIET_ACCOUNT.exports && running[SENSITIVE] < QUIET_ACCOUNT.sensitive && running[BYTES] < QUIET_ACCOUNT.bytes)
        return false;
      baselines.glance(minute.slot, minute.flags, prior);
      return true;
    },
    expects: () => false,
    silenceOver: () => true,
    write: (slot, writer) => baselines.write(slot, writer),
    read: (slot, reader) => baselines.read(slot, reader),
    clear: (slot) => baselines.clear(slot),
  };
}

function interfaceKit(): ViewKit {
  const baselines = new InterfaceBaselines();
  return {
    detectors: DETECTORS.interface as readonly Detector<never>[],
    baselines,
    look: (window, prior) => baselines.look(window, prior),
    screen: (window) => interfaceScreen(window, baselines),
    learn(window, odd, weight, silent, into) {
      baselines.learn(weight, silent);
      const { values } = window;
      const requests = values[I.requests];
      const errors = values[I.client_errors] + values[I.refused] + values[I.missing] + values[I.server_errors];
      // a flow has no status: what sent nothing back answered nothing
      const silentFlow = (window.flags & FLAG.flow) !== 0 && values[I.bytes_out] === 0;
      into.interface(window.key, requests, silentFlow ? 0 : Math.max(0, requests - errors), values[I.callers], window.callers);
      if (odd) return;
      const index = classOf(window.flags);
      const { calendar } = window;
      into.interfaceHour(index, (calendar.working ? 0 : 24) + calendar.hour, requests, values[I.anonymous]);
      const young = window.start - window.firstSeen < YOUNG;
      for (let share = 0; share < SHARES.length; share++)
        if (!young || SHARES[share].novelty !== true)
          into.share(index, share, sharePart(window, '1h', share), shareWhole(window, '1h', share));
    },
    minute(minute, prior) {
      baselines.glance(minute.slot, minute.flags, prior);
      const requests = minute.counters[REQUESTS];
      if (requests > 0) {
        baselines.minute(requests, 0);
        const { running } = minute;
        return (
          running[FAILURES] >= QUIET_INTERFACE.failures ||
          running[ERRORS] >= QUIET_INTERFACE.errors ||
          running[ANONYMOUS_OK] >= QUIET_INTERFACE.anonymous
        );
      }
      baselines.minute(0, (baselines.streamRate(minute.calendar, LEAST_RATE) * baselines.recentLevel) / 60);
      return true;
    },
    expects(slot, calendar, prior) {
      baselines.glance(slot, 0, prior);
      // a silence that could not be said more surely is over once something comes
      const most = MOST_SILENT * baselines.silentScale(LEAST_HOURS);
      // of a busy interface so much is missing before the least time has passed that a stop must last
      const least = ((LEAST_MINUTES + 2) * baselines.requests(calendar).mean) / 60;
      if (baselines.silentExpected > Math.max(most, least)) return false;
      return baselines.hours >= LEAST_HOURS && baselines.steadyRate(calendar, LEAST_RATE) > 0;
    },
    silenceOver: () => baselines.silentExpected === 0,
    write: (slot, writer) => baselines.write(slot, writer),
    read: (slot, reader) => baselines.read(slot, reader),
    clear: (slot) => baselines.clear(slot),
  };
}

function sparseKit(view: SparseView): ViewKit {
  const baselines = new SparseBaselines(view);
  const names = SPARSE_LEVELS[view].map((level) => level.name);
  return {
    detectors: DETECTORS[view] as readonly Detector<never>[],
    baselines,
    look: (window, prior) => baselines.look(window, prior),
    screen: () => false,
    learn(_window, odd, _weight, _silent, into) {
      // newcomers are counted whether they alarm or not: a tenant that lets people work from home is to know it
      const newcomer = view === 'source' ? baselines.outsideNewcomer : undefined;
      if (newcomer !== undefined) into.sparseAmount(OUTSIDE_NEWCOMER, newcomer ? 1 : 0);
      baselines.learn(odd);
      if (!odd) baselines.eachHour((level, amount) => into.sparseAmount(names[level], amount));
    },
    minute: () => false,
    expects: () => false,
    silenceOver: () => true,
    write: (slot, writer) => baselines.write(slot, writer),
    read: (slot, reader) => baselines.read(slot, reader),
    clear: (slot) => baselines.clear(slot),
  };
}
