import type { Config, SourceConfig } from '../../schemas/config.ts';
import { defaultLateness, formatOf } from '../ingest/formats/registry.ts';
import { tenantConfig } from './config.ts';
import { type Check, fail, ok, spanText, warn } from './doctor-check.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A tenant waits for its slowest source: beyond this, and this many times the quickest, somebody should know. */
const SLOW = { least: 10 * MINUTE, times: 5 };
/** Expected false incidents a day that nobody reads any more, and so few that little is raised. */
const BUDGET = { most: 20, least: 0.05 };

/** Is what the config says consistent in itself? Everything here is allowed; some of it is seldom meant. @param now ms */
export function checkConfig(config: Config, now: number): Check[] {
  const tenants = [...new Set([...Object.keys(config.tenants), ...config.sources.map(({ tenant }) => tenant)])].sort();
  const found = [
    ...tenants.flatMap((tenant) => checkTenant(config, tenant, now)),
    ...sameFiles(config.sources),
    ...oneDriver(config.sources),
    ...(config.sources.some(({ kafka }) => kafka !== undefined) ? checkKafkaTimes(config) : []),
  ];
  return found.some(({ level }) => level !== 'ok')
    ? found
    : [ok('config', `${plural(tenants.length, 'tenant')} and ${plural(config.sources.length, 'source')} agree with each other`), ...found];
}

function checkTenant(config: Config, name: string, now: number): Check[] {
  const what = `tenant ${name}`;
  const tenant = tenantConfig(config, name);
  const sources = config.sources.filter((source) => source.tenant === name);
  const checks: Check[] = [];
  if (sources.length === 0)
    checks.push(warn(what, 'no source brings anything for it', 'name it in a source, or take it out; is it spelt the same?'));

  const slow = slowestSource(sources);
  if (slow !== undefined) checks.push(warn(what, slow, 'give the slow source a tenant of its own, or a smaller lateness'));

  const flows = sources.some(({ format }) => format !== undefined && formatOf(format).flows === true);
  if (tenant.internal_networks.length === 0 && flows)
    checks.push(warn(what, 'internal_networks is empty: no connection is seen to leave', 'name your own networks'));
  const everything = tenant.internal_networks.find((network) => /\/0$/.test(network));
  if (everything !== undefined)
    checks.push(warn(what, `internal_networks holds ${everything}: every address counts as your own`, 'name your own networks only'));

  const { alert_budget: budget } = tenant;
  if (budget > BUDGET.most)
    checks.push(warn(what, `alert_budget is ${budget}: so many false incidents a day are accepted`, 'usual are 0.2 to 3'));
  if (budget < BUDGET.least)
    checks.push(
      warn(
        what,
        `alert_budget is ${budget}: one false incident in ${Math.round(1 / budget)} days; much that is real stays unsaid too`,
        'usual are 0.2 to 3',
      ),
    );

  if (tenant.calendar.country !== undefined && tenant.time_zone === 'UTC')
    checks.push(
      warn(what, `calendar.country is ${tenant.calendar.country}, but days begin at midnight UTC`, "set time_zone to the tenant's"),
    );

  const day = new Date(now).toISOString().slice(0, 10);
  const over = tenant.overrides.filter(({ until }) => until !== undefined && until <= day);
  if (over.length > 0)
    checks.push(
      warn(
        what,
        `${plural(over.length, 'override')} no longer hold${over.length === 1 ? 's' : ''} (${over.map(({ entity, until }) => `${entity.id} until ${until}`).join(', ')})`,
        'take them out, or set a later day',
      ),
    );
  checks.push(
    ok(what, `time zone ${tenant.time_zone}, where it is ${localTime(now, tenant.time_zone)}; rows are kept ${spanText(tenant.retention)}`),
  );
  return checks;
}

function latenessOf({ lateness, format }: SourceConfig): number {
  return lateness ?? defaultLateness(format ?? 'combined');
}

function slowestSource(sources: readonly SourceConfig[]): string | undefined {
  const byLateness = [...sources].sort((a, b) => latenessOf(a) - latenessOf(b));
  const [quick] = byLateness;
  const slow = byLateness.at(-1);
  if (slow === undefined || latenessOf(slow) < SLOW.least || latenessOf(slow) < SLOW.times * latenessOf(quick)) return undefined;
  return `every alert waits ${spanText(latenessOf(slow))} for source ${slow.name}; source ${quick.name} alone would need ${spanText(latenessOf(quick))}`;
}

/** `weir serve` runs on Kafka or without it. */
function oneDriver(sources: readonly SourceConfig[]): Check[] {
  const others = sources.filter(({ kafka }) => kafka === undefined);
  if (others.length === 0 || others.length === sources.length) return [];
  return [
    fail(
      'config',
      'config',
      `weir serve reads either Kafka or files and posts; ${others.map(({ name }) => name).join(', ')} stand${others.length === 1 ? 's' : ''} beside sources with Kafka`,
      'let a shipper write these to a topic, or give them a config of their own',
    ),
  ];
}

function sameFiles(sources: readonly SourceConfig[]): Check[] {
  const owners = new Map<string, string[]>();
  for (const { name, files } of sources) for (const file of files ?? []) owners.set(file, [...(owners.get(file) ?? []), name]);
  return [...owners]
    .filter(([, names]) => names.length > 1)
    .map(([file, names]) => warn('config', `${file} is read by sources ${names.join(' and ')}: its events count twice`, 'leave it in one'));
}

function checkKafkaTimes({ kafka }: Config): Check[] {
  const checks: Check[] = [];
  if (kafka.retention < DAY)
    checks.push(
      warn(
        'kafka',
        `retention is ${spanText(kafka.retention)}: after an outage that is longer, work cannot go on where it was`,
        'set kafka.retention to more than a weekend, as in 3d',
      ),
    );
  if (kafka.commit_every * 10 > kafka.session_timeout)
    checks.push(
      warn(
        'kafka',
        `commit_every ${spanText(kafka.commit_every)} is close to session_timeout ${spanText(kafka.session_timeout)}`,
        'commit at least ten times in a session timeout',
      ),
    );
  return checks;
}

function localTime(now: number, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(now);
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
