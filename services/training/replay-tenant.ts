import { type Config, ConfigSchema, TenantConfig } from '../../schemas/config.ts';
import type { RawChunk } from '../core/raw.ts';
import type { InputPartition } from '../core/topology-contract.ts';
import type { AddressTables } from '../ingest/addresses/addresses.ts';
import type { SimulatedEvent } from '../simulation/event.ts';
import { interfaceIn, logHeader, writeLine } from '../simulation/formats/write-line.ts';
import type { Labels } from '../simulation/labels.ts';
import { matchingConfig } from '../simulation/matching-config.ts';
import { buildWorld, labelsOf, simulateWorld } from '../simulation/simulate.ts';
import type { World } from '../simulation/world.ts';
import { labelsIn } from '../simulation/write-files.ts';
import type { TopologyConfig } from '../topology.ts';
import type { TrainingTenant } from './training-plans.ts';

/** Lines that go through the stages at a time. */
const LINES = 2000;
/** Hash key of simulated tenants: nothing of theirs is secret. */
export const SIMULATED_KEY: readonly number[] = [1, 2, 3, 4];

/** A simulated tenant on its way through the stages. */
export interface SimulatedTenant {
  world: World;
  config: Config;
  labels: Labels;
}

/** Builds a training tenant's world, labels with ids as Weir names them, and the config that its operator wrote. */
export function prepareTenant(tenant: TrainingTenant, alertBudget?: number): SimulatedTenant {
  const { plan, format, untold } = tenant;
  const world = buildWorld(plan);
  const matching = matchingConfig(
    [world],
    () => format,
    () => '-',
  );
  const told = matching.tenants[plan.name];
  if (untold.tags) delete told.tags;
  if (untold.sensitive) delete told.sensitive;
  if (untold.roles) delete told.roles;
  if (untold.calendar) delete told.calendar;
  if (alertBudget !== undefined) told.alert_budget = alertBudget;
  return { world, config: ConfigSchema.parse(matching), labels: labelsIn(labelsOf([world]), () => format) };
}

/** What a topology of a simulated tenant is made from. */
export function simulatedTopologyConfig(config: Config, tenant: string, addresses: AddressTables): TopologyConfig {
  return {
    config,
    tenants: config.tenants,
    otherTenant: TenantConfig.parse({}),
    keys: { [tenant]: SIMULATED_KEY },
    configVersion: 'simulated',
    model: { name: 'baselines', version: '0' },
    addresses,
  };
}

/** What takes a tenant's log: the topology in one thread, or more than one at its end. */
export interface LogTaker {
  chunk(chunk: RawChunk): void;
  end(tenant: string, upstream: string): void;
}

/**
 * Simulates a tenant's traffic, writes it in its gateway's format and takes it through the stages, hour by hour: memory
 * does not grow with the length of the log. Returns the number of events. `onEvent` sees an event, and its interface as Weir names it, before the stages do.
 * `fields`: `all` that an event has are written, or those that the tenant's gateway was told to log.
 */
export async function replayTenant(
  simulated: SimulatedTenant,
  tenant: TrainingTenant,
  start: (input: InputPartition) => Promise<LogTaker>,
  onEvent?: (event: SimulatedEvent, interfaceId: string) => void,
  fields: 'all' | 'told' = 'told',
): Promise<number> {
  const { world, config } = simulated;
  const { format, plan } = tenant;
  const source = config.sources[0].name;
  const net = await start({ tenant: plan.name, source, partition: 'p0', format, upstreams: 1 });
  const { nuisances } = world;
  const shape =
    fields === 'all'
      ? undefined
      : { login: nuisances.logsLogin, session: nuisances.logsSession, code: nuisances.logsCode, records: nuisances.logsRecords };
  const encoder = new TextEncoder();
  const ids = new Map<string, string>();
  let text = logHeader(format);
  let lines = 0;
  let offset = 0;
  let line = 1;
  let events = 0;
  const flush = (): void => {
    const bytes = encoder.encode(text);
    net.chunk({ tenant: plan.name, source, partition: 'p0', offset, line, bytes });
    offset += bytes.length;
    line += lines;
    lines = 0;
    text = '';
  };
  for (const event of simulateWorld(world)) {
    if (onEvent !== undefined) {
      let id = ids.get(event.interface);
      if (id === undefined) ids.set(event.interface, (id = interfaceIn(format, event.interface, source)));
      onEvent(event, id);
    }
    text += `${writeLine(format, event, shape)}\n`;
    lines++;
    events++;
    if (lines >= LINES) flush();
  }
  flush();
  net.end(plan.name, 'p0');
  return events;
}
