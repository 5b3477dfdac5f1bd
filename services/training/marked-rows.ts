import { createHash } from 'node:crypto';
import type { LearnedView } from '../../models/learned/feature-list.ts';
import { LEARNED_VIEWS } from '../../models/learned/feature-lists.ts';
import { lastMarks, type MarkRecord } from '../../schemas/marks.ts';
import { WeirError } from '../core/errors.ts';
import { openInput } from '../drivers/embedded/byte-source.ts';
import type { KnownInput } from '../drivers/embedded/driver.ts';
import { LineReader } from '../drivers/embedded/line-reader.ts';
import { InThread } from '../drivers/in-thread.ts';
import type { TopologyConfig } from '../topology.ts';
import { createTopology } from '../topology.ts';
import type { TenantRows } from './collect-tenant.ts';
import { RowCollector } from './row-collector.ts';
import type { WindowLabel } from './window-labels.ts';

/** Rows of windows that people marked, of real tenants. */
export interface MarkedRows {
  tenants: TenantRows[];
  /** how much more their rows weigh than simulated ones */
  weight: number;
  /** what goes into the manifest: enough to tell what was added */
  made: Record<string, unknown>;
}

/** What marked windows count as in tables: a scenario of its own. */
export const MARKED = 'marked by people';

export interface MarkedOptions {
  marks: readonly MarkRecord[];
  /** the tenants' own logs; those of one tenant are of one source and given in the order of time */
  inputs: readonly KnownInput[];
  topology: TopologyConfig;
  /** factor on the weight of marked windows */
  weight: number;
}

/**
 * Replays real logs through the stages and takes the windows that incidents with a mark are about: attack windows where
 * the last mark says so, clean ones where it says benign or expected. All others are left out: nobody has looked at them.
 * @throws WeirError `usage` when there are no marks, when a marked tenant has no log, or one of several sources,
 * and when the logs hold none of the marked windows; what reading logs throws
 */
export async function markedRows({ marks, inputs, topology, weight }: MarkedOptions): Promise<MarkedRows> {
  const last = lastMarks(marks);
  if (last.length === 0) throw new WeirError('usage', 'the file of marks is empty: weir incidents marks --json prints them');
  const tenants: TenantRows[] = [];
  for (const tenant of [...new Set(last.map((mark) => mark.tenant))].sort()) {
    const logs = inputs.filter((input) => input.tenant === tenant);
    if (logs.length === 0) throw new WeirError('usage', `there are marks of tenant ${tenant} and no log of it: name its files with --log`);
    const other = logs.find(({ source, format }) => source !== logs[0].source || format !== logs[0].format);
    if (other !== undefined)
      throw new WeirError(
        'usage',
        `the logs of tenant ${tenant} are of several sources (${logs[0].source}, ${other.source}): one is read here`,
      );
    tenants.push(
      await replayed(
        tenant,
        last.filter((mark) => mark.tenant === tenant),
        logs,
        topology,
      ),
    );
  }
  if (tenants.every((rows) => rowsOf(rows) === 0))
    throw new WeirError(
      'usage',
      `none of the windows that the marks of ${tenants.map(({ tenant }) => tenant).join(', ')} name is in the logs, or trained scorers are not asked about them: give the logs that the incidents were found in, from their beginning`,
    );
  const text = JSON.stringify(last.map(({ incident_id, mark }) => [incident_id, mark]).sort());
  return { tenants, weight, made: { marks: last.length, sha256: createHash('sha256').update(text).digest('hex'), weight } };
}

/** Marked windows that became rows, of both views. */
export function rowsOf({ views }: TenantRows): number {
  return LEARNED_VIEWS.reduce((sum, view) => sum + views[view].rows, 0);
}

async function replayed(
  tenant: string,
  marks: readonly MarkRecord[],
  logs: readonly KnownInput[],
  settings: TopologyConfig,
): Promise<TenantRows> {
  const ids = marks.map((mark) => mark.incident_id);
  const first = Math.min(...marks.map((mark) => Date.parse(mark.from)));
  const collector = new RowCollector(tenant, first, [MARKED], ids, (view, window) =>
    labelOf(marks, view, window.key, window.start, window.end),
  );
  const topology = createTopology(settings, { observe: (view, window, terms, evidence) => collector.take(view, window, terms, evidence) });
  const [{ source, partition, format }] = logs;
  const net = await InThread.start(topology, { tenant, source, partition, format, upstreams: 1 });
  for (const { path } of logs) {
    const input = await openInput(path, 1);
    const reader = new LineReader({ tenant, source, partition }, await input.from(0), { offset: 0, lines: 0 });
    try {
      for (let chunk = await reader.next(CHUNK); chunk !== undefined; chunk = await reader.next(CHUNK)) net.chunk(chunk);
      const tail = reader.tail();
      if (tail !== undefined) net.chunk(tail);
      if (reader.problem !== undefined) throw new WeirError('input_unreadable', `${path}: ${reader.problem}`);
    } finally {
      await reader.close();
    }
  }
  net.end(tenant, partition);
  return {
    tenant,
    kind: 'own',
    days: 0,
    events: 0,
    scenarios: [MARKED],
    campaigns: ids,
    // all that is known to be clean are the marked windows themselves
    views: Object.fromEntries(LEARNED_VIEWS.map((view) => [view, collector.finish(view, undefined, {})])) as TenantRows['views'],
  };
}

/** Bytes read at a time. */
const CHUNK = 1 << 20;

/** What the marks say of a window; attack when they disagree. */
export function labelOf(marks: readonly MarkRecord[], view: LearnedView, key: string, start: number, end: number): WindowLabel {
  let label: WindowLabel = { kind: 'unsure' };
  for (const { mark, entities, actors, from, to, incident_id } of marks) {
    if (end <= Date.parse(from) || start >= Date.parse(to)) continue;
    const named = [...entities, ...actors].some(
      ({ kind, id }) => id === key && (view === 'interface' ? kind === 'interface' : kind === 'account' || kind === 'source'),
    );
    if (!named) continue;
    if (mark === 'attack') return { kind: 'attack', scenario: MARKED, campaign: incident_id };
    label = { kind: 'clean' };
  }
  return label;
}
