import { closeSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WeirError } from '../core/errors.ts';
import type { SimulatedFormat } from './formats/write-line.ts';
import { interfaceIn, logHeader, writeLine } from './formats/write-line.ts';
import type { LabelledTenant, Labels } from './labels.ts';
import type { MatchingConfig } from './matching-config.ts';
import { matchingConfig } from './matching-config.ts';
import type { SimulationPlan, TenantPlan } from './plan.ts';
import { planEnd } from './plan.ts';
import { buildWorld, labelsOf, simulateWorld, unmet } from './simulate.ts';
import type { World } from './world.ts';

export interface WrittenTenant {
  tenant: string;
  path: string;
  format: SimulatedFormat;
  events: number;
  bytes: number;
}

export interface WrittenSimulation {
  files: WrittenTenant[];
  labels: Labels;
  config: MatchingConfig;
}

/** Bytes gathered before they are written. */
const CHUNK = 1 << 20;

/** Labels with interface ids as Weir names them in the tenants' formats. */
export function labelsIn(labels: Labels, formatOf: (tenant: string) => SimulatedFormat): Labels {
  const rename = <T extends { tenant: string; interfaces: string[] }>(entry: T): T => ({
    ...entry,
    interfaces: entry.interfaces.map((id) => interfaceIn(formatOf(entry.tenant), id, entry.tenant)),
  });
  return {
    version: 1,
    campaigns: labels.campaigns.map((campaign) => ({
      ...rename(campaign),
      side_interfaces: campaign.side_interfaces.map((id) => interfaceIn(formatOf(campaign.tenant), id, campaign.tenant)),
    })),
    benign: labels.benign.map(rename),
  };
}

/**
 * Writes `<dir>/<tenant>.log` for each tenant and `<dir>/labels.json`; returns what was written and the config that
 * fits (the caller writes it in its own syntax). Flow tenants are always zeek-conn. `onEvents` hears of progress.
 * Throws `disk` when the folder cannot be written.
 */
export function writeSimulation(
  dir: string,
  plan: SimulationPlan,
  format: SimulatedFormat,
  onEvents?: (events: number, at: number) => void,
): WrittenSimulation {
  onDisk(dir, () => makeFolder(dir));
  const formats = new Map<string, SimulatedFormat>(
    plan.tenants.map((tenant) => [tenant.name, tenant.kind === 'network' ? 'zeek-conn' : format]),
  );
  const formatOf = (tenant: string): SimulatedFormat => formats.get(tenant) ?? format;
  const worlds: World[] = [];
  const files: WrittenTenant[] = [];
  let before = 0;
  for (const tenant of plan.tenants) {
    const world = buildWorld(tenant);
    worlds.push(world);
    const path = join(dir, `${tenant.name}.log`);
    const counts = onDisk(path, () => writeLog(path, world, formatOf(tenant.name), (events, at) => onEvents?.(before + events, at)));
    before += counts.events;
    files.push({ tenant: tenant.name, path, format: formatOf(tenant.name), ...counts });
  }
  const all = labelsIn(labelsOf(worlds), formatOf);
  const nothing = new Set(worlds.flatMap((world) => [...unmet(world)]));
  const labels = {
    ...all,
    campaigns: all.campaigns.filter(({ id }) => !nothing.has(id)),
    tenants: plan.tenants.map(labelledTenant),
  };
  const path = join(dir, 'labels.json');
  onDisk(path, () => writeFileSync(path, `${JSON.stringify(labels, null, 1)}\n`));
  return {
    files,
    labels,
    config: matchingConfig(
      worlds,
      (world) => formatOf(world.plan.name),
      (world) => `./${world.plan.name}.log`,
    ),
  };
}

function labelledTenant(plan: TenantPlan): LabelledTenant {
  const { name, kind, seed, start } = plan;
  return { name, kind, seed, start: new Date(start).toISOString(), end: new Date(planEnd(plan)).toISOString() };
}

/** Makes a folder and those above it. Not mkdir's `recursive`: on file systems that refuse new folders it never ends. */
export function makeFolder(dir: string): void {
  if (dir === '' || existsSync(dir)) return;
  makeFolder(dirname(dir));
  mkdirSync(dir);
}

/** Runs what writes to `path`; an error of the file system becomes `disk` with the path. */
export function onDisk<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause) throw new WeirError('disk', `${path} cannot be written: ${cause.message}`, { cause });
    throw cause;
  }
}

function writeLog(
  path: string,
  world: World,
  format: SimulatedFormat,
  onEvents: (events: number, at: number) => void,
): { events: number; bytes: number } {
  const { nuisances } = world;
  const shape = { login: nuisances.logsLogin, session: nuisances.logsSession, code: nuisances.logsCode, records: nuisances.logsRecords };
  const file = openSync(path, 'w');
  try {
    let text = logHeader(format);
    let events = 0;
    let bytes = 0;
    const flush = (): void => {
      const chunk = Buffer.from(text);
      for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done);
      bytes += chunk.length;
      text = '';
    };
    for (const event of simulateWorld(world)) {
      text += `${writeLine(format, event, shape)}\n`;
      events++;
      if (text.length > CHUNK) {
        flush();
        onEvents(events, event.at);
      }
    }
    flush();
    return { events, bytes };
  } finally {
    closeSync(file);
  }
}
