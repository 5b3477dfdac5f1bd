import { lastRevisions } from '../../../models/evaluation/incidents.ts';
import type { BundleData } from '../../../models/learned/learned-models.ts';
import { BundleCatalogue } from '../../../models/registry/catalogue.ts';
import type { AlertRecord, IncidentRecord } from '../../../schemas/alert.ts';
import { ConfigSchema, TenantConfig } from '../../../schemas/config.ts';
import { InThread } from '../../../services/drivers/in-thread.ts';
import { createTopology } from '../../../services/topology.ts';
import type { LogEvent } from './office-log.ts';
import { lineOf } from './office-log.ts';

const TENANT = 'office';
const ENCODER = new TextEncoder();

/** What was found in a log. */
export interface Found {
  alerts: AlertRecord[];
  /** the last revision of each that counts: no informational ones */
  incidents: IncidentRecord[];
  events: number;
}

export interface JudgeOptions {
  /** own days of the calendar, by date */
  calendar?: Record<string, 'holiday' | 'work'>;
  /** without trained scorers */
  baselinesAlone?: boolean;
  /** asked after each day: incidents that a person now marks as expected */
  expected?(incidents: readonly IncidentRecord[], day: number): readonly string[];
}

function shippedBundle(): BundleData | undefined {
  const catalogue = new BundleCatalogue(undefined);
  return catalogue.newestShipped === undefined ? undefined : catalogue.bundle(catalogue.newestShipped);
}

/** Runs a log through the whole topology, with the shipped defaults. */
export async function judgeLog(days: Iterable<LogEvent[]>, options: JudgeOptions = {}): Promise<Found> {
  const config = ConfigSchema.parse({
    tenants: {
      [TENANT]: {
        time_zone: 'UTC',
        calendar: { days: options.calendar ?? {} },
        sensitive: ['GET */api/cases/{id}/contact'],
        tags: { login: [], register: [], send_code: [], benefit: [], export: ['GET */api/export'] },
        roles: { service: ['batch-*'] },
      },
    },
    sources: [{ name: TENANT, tenant: TENANT, format: 'nginx-json', files: ['-'], identity: ['http_x_consumer_id'] }],
  });
  const bundle = options.baselinesAlone ? undefined : shippedBundle();
  const topology = createTopology({
    config,
    tenants: config.tenants,
    otherTenant: TenantConfig.parse({}),
    keys: { [TENANT]: [1, 2, 3, 4] },
    configVersion: 'claims',
    model: { name: 'baselines', version: '0' },
    ...(bundle === undefined
      ? {}
      : { bundles: [bundle], switches: [{ tenant: '*', from: 0, champion: bundle.manifest.version, challenger: '' }] }),
  });
  const net = await InThread.start(topology, { tenant: TENANT, source: TENANT, partition: 'p0', format: 'nginx-json', upstreams: 1 });
  let offset = 0;
  let line = 1;
  let day = 0;
  for (const events of days) {
    for (let from = 0; from < events.length; from += 2000) {
      const part = events.slice(from, from + 2000);
      const bytes = ENCODER.encode(part.map(lineOf).join(''));
      net.chunk({ tenant: TENANT, source: TENANT, partition: 'p0', offset, line, bytes });
      offset += bytes.length;
      line += part.length;
    }
    for (const incident of options.expected?.(countable(net.incidents), day) ?? [])
      net.tell({ kind: 'feedback', tenant: TENANT, incident, mark: 'expected', until: Number.MAX_SAFE_INTEGER });
    day++;
  }
  net.end(TENANT, 'p0');
  return { alerts: net.alerts, incidents: countable(net.incidents), events: line - 1 };
}

function countable(incidents: readonly IncidentRecord[]): IncidentRecord[] {
  return lastRevisions(incidents).filter(({ severity }) => severity !== 'info');
}

/** Incidents that are about an entity or name it among their actors. */
export function about(found: Found, id: (entity: string) => boolean): IncidentRecord[] {
  return found.incidents.filter(({ entity, actors }) => id(entity.id) || actors.some((actor) => id(actor.id)));
}
