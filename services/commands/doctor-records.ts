import type { SourceConfig, TenantConfig } from '../../schemas/config.ts';
import { layRecords } from '../core/raw.ts';
import type { FormatName, NormaliseDeps } from '../ingest/normalise-config.ts';
import { type Check, fail, ok, spanText, warn } from './doctor-check.ts';
import { checkProxies } from './hidden-proxies.ts';
import { sampleStage } from './read-sample.ts';
import { Sample, type Survey } from './survey.ts';

const MINUTE = 60_000;
/** How much of a sample may be unreadable before somebody should look. */
const UNREADABLE = 0.1;
/** Time zones are whole quarters of an hour apart, at most 14 h. */
const QUARTER = 15 * MINUTE;
const MOST_ZONE = 14 * 60 * MINUTE;

/** A record of a log with the time at which it came in, ms. */
export interface TimedRecord {
  offset: number;
  value: Uint8Array | undefined;
  timestamp: number;
}

/** Looks at records of a log through the normalise stage itself; `records` are of one partition, in order. */
export function surveyRecords(
  path: string,
  partitions: readonly (readonly TimedRecord[])[],
  source: SourceConfig,
  tenant: TenantConfig,
  known: NormaliseDeps,
): Survey {
  const format = source.format as FormatName;
  const stage = sampleStage(source, format, { ...tenant, values: { plain: ['account', 'source'] } }, known, new Uint32Array(4));
  const seen = new Sample(source);
  partitions.forEach((records, partition) => {
    if (records.length === 0) return;
    seen.take(stage.process({ tenant: source.tenant, source: source.name, partition: `${path}/${partition}`, ...layRecords(records) }));
    seen.take(stage.control({ kind: 'end', tenant: source.tenant, upstream: `${path}/${partition}`, provisional: true }));
  });
  return { path, format, reason: 'named', more: true, guess: stage.describeGuess(), ...seen.result() };
}

/** What a sample says: can it be read, who acts in it, and do the clocks agree? @param now ms */
export function checkSample(name: string, survey: Survey, newest: number, lateness: number, now: number): Check[] {
  const unreadable = survey.dead.reduce((sum, { count }) => sum + count, 0);
  const [worst] = survey.dead;
  const why = worst === undefined ? '' : ` (${worst.reason}: ${worst.detail})`;
  if (survey.events === 0)
    return [
      fail(
        name,
        'config',
        `none of its newest records can be read as ${survey.format}${why}`,
        `set the source's format to what the topic holds; \`weir parse\` shows what is read of a line`,
      ),
    ];
  const identity = survey.guess.identity.map(
    ({ field, events }) => `${field === '' ? 'nobody' : field} ${Math.round((100 * events) / survey.events)} %`,
  );
  const found = `of its newest records ${survey.events} events can be read${unreadable > 0 ? `, ${unreadable} cannot${why}` : ''}; accounts by ${identity.join(', ') || 'the host that connects'}`;
  const share = unreadable / (unreadable + survey.events);
  return [
    share > UNREADABLE ? warn(name, found, 'look at what cannot be read; it becomes dead letters') : ok(name, found),
    ...checkProxies(name, survey.guess),
    ...checkClock(name, survey.to, newest, lateness, now),
  ];
}

/** @param event newest event time @param record newest time at which a record came in @param now all ms */
function checkClock(name: string, event: number, record: number, lateness: number, now: number): Check[] {
  const ahead = event - now;
  const zone = zoneError(event, record);
  const hint =
    zone === undefined
      ? 'set the clock of whoever writes the log'
      : `a time without its zone? It is off by ${zone}: let the log write UTC or an offset`;
  if (ahead > MINUTE) return [fail(name, 'config', `its newest event is ${spanText(ahead)} ahead of this machine's clock`, hint)];
  if (record - now > MINUTE)
    return [
      warn(
        name,
        `its newest record came in ${spanText(record - now)} ahead of this machine's clock`,
        "set this machine's clock, or that of the brokers (NTP)",
      ),
    ];
  const delay = record - event;
  if (zone !== undefined && delay > lateness) return [warn(name, `its records come in ${spanText(delay)} after their events`, hint)];
  if (delay > lateness)
    return [
      warn(
        name,
        `its records come in ${spanText(delay)} after their events, the lateness is ${spanText(lateness)}`,
        "fine for a backfill; else raise the source's lateness, or ship sooner",
      ),
    ];
  return [ok(name, `its newest event is ${spanText(Math.max(0, now - event))} old, shipped ${spanText(Math.max(0, delay))} after it`)];
}

/** The difference, where it looks like that of a time zone. */
function zoneError(event: number, record: number): string | undefined {
  const difference = record - event;
  const zone = Math.round(difference / QUARTER) * QUARTER;
  if (zone === 0 || Math.abs(zone) > MOST_ZONE || Math.abs(difference - zone) > MINUTE) return undefined;
  // anything but whole hours is a zone of few
  return zone % (4 * QUARTER) === 0 || zone % (2 * QUARTER) === 0 ? spanText(Math.abs(zone)) : undefined;
}
