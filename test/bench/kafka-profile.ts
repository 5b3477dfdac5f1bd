import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

/** Which part of the work a file belongs to; the first that fits. */
const PARTS: readonly [string, RegExp][] = [
  ['Kafka client (kafkajs)', /node_modules\/kafkajs\//],
  ['driver: client and transactions', /services\/drivers\/kafka\/client/],
  [
    'driver: packets between stages',
    /services\/drivers\/kafka\/(packet|outputs|feed)|services\/drivers\/split-by-account|services\/core\/codec/,
  ],
  ['driver: tasks, groups', /services\/drivers\//],
  ['parsing (ingest)', /services\/ingest\//],
  ['windows (features)', /services\/features\//],
  ['scoring, detectors, models', /services\/scoring\/|models\//],
  ['alerts', /services\/alerting\//],
  ['hashing, batches, tables (core)', /services\/core\//],
  ['store', /services\/storage\/|node_modules\/@clickhouse|schemas\//],
  ['state', /services\/state\//],
  ['telemetry', /services\/telemetry\/|node_modules\/(pino|prom-client|fastify)/],
];

export interface ProfileSums {
  /** seconds in which something ran */
  busy: number;
  /** seconds by part, largest first */
  parts: [string, number][];
  /** seconds by function, largest first; what Node itself does counts for the function that called it */
  functions: [string, number][];
}

/** Sums the profiles of a folder: by part, and by function. Native code counts for who called it; collecting garbage is its own part. */
export function sumProfiles(folder: string): ProfileSums {
  const parts = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))) {
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile;
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const parents = new Map<number, number>();
    for (const { id, children } of nodes) for (const child of children ?? []) parents.set(child, id);
    const partOf = new Map<number, string>();
    const part = (id: number | undefined): string => {
      if (id === undefined) return 'Node and native';
      let found = partOf.get(id);
      if (found === undefined) {
        const { url, functionName } = (byId.get(id) as Profile['nodes'][number]).callFrame;
        if (functionName === '(garbage collector)') found = 'collecting garbage';
        else if (functionName === '(program)') found = 'Node and native';
        else found = PARTS.find(([, pattern]) => pattern.test(url))?.[0] ?? part(parents.get(id));
        partOf.set(id, found);
      }
      return found;
    };
    const ownerOf = (id: number): Profile['nodes'][number] => {
      const node = byId.get(id) as Profile['nodes'][number];
      const parent = parents.get(id);
      return parent === undefined || /^file:|node_modules/.test(node.callFrame.url) ? node : ownerOf(parent);
    };
    for (const [i, id] of samples.entries()) {
      const self = byId.get(id) as Profile['nodes'][number];
      if (self.callFrame.functionName === '(idle)') continue;
      const seconds = timeDeltas[i] / 1e6;
      busy += seconds;
      parts.set(part(id), (parts.get(part(id)) ?? 0) + seconds);
      const owner = ownerOf(id);
      const { functionName, url, lineNumber } = (owner.callFrame.functionName === '(root)' ? self : owner).callFrame;
      const name = `${functionName || '(anonymous)'} ${url.replace(/^.*\/(node_modules|services|models|schemas)\//, '$1/')}:${lineNumber + 1}`;
      functions.set(name, (functions.get(name) ?? 0) + seconds);
    }
  }
  const sorted = (sums: Map<string, number>): [string, number][] => [...sums].sort((a, b) => b[1] - a[1]);
  return { busy, parts: sorted(parts), functions: sorted(functions) };
}
