import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** One operation of a document: what the bench calls an interface. */
export interface Operation {
  method: string;
  /** template with the base path in front, as the document writes it; may have a query (`/api.php?action=list`) */
  path: string;
}

export interface ApiDocument {
  name: string;
  host: string;
  /** when it was written; those of the later sets were read by the learner for the first time when they were measured */
  set: number;
  operations: Operation[];
  /** kind or values of each path parameter by name */
  parameters: Record<string, { kind?: string; values?: string[] }>;
}

interface WrittenValues {
  enum?: unknown[];
  'x-kind'?: string;
}

/** The parts of a document that are used. */
interface Written {
  host?: string;
  basePath?: string;
  servers?: { url: string }[];
  info: { 'x-set'?: number };
  paths: Record<string, Record<string, unknown>>;
  parameters?: Record<string, WrittenValues & { schema?: WrittenValues }>;
  components?: { parameters?: Record<string, WrittenValues & { schema?: WrittenValues }> };
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head'];

/** Reads the bench's documents in the order of their names. Only what these documents use: the program has its own loader. */
export function readDocuments(folder: string): ApiDocument[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => {
      const text = parse(readFileSync(join(folder, name), 'utf8')) as Written;
      const server = text.servers === undefined ? `https://${text.host}${text.basePath}` : text.servers[0].url;
      const { host, pathname } = new URL(server);
      const base = pathname.replace(/\/$/, '');
      const declared = text.components?.parameters ?? text.parameters ?? {};
      return {
        name: name.slice(0, -5),
        host,
        set: text.info['x-set'] ?? 1,
        operations: Object.entries(text.paths).flatMap(([path, item]) =>
          METHODS.filter((method) => item[method] !== undefined).map((method) => ({ method: method.toUpperCase(), path: base + path })),
        ),
        parameters: Object.fromEntries(
          Object.entries(declared).map(([key, { schema, ...own }]) => {
            const { enum: values, 'x-kind': kind } = schema ?? own;
            return [key, { kind, values: values?.map(String) }];
          }),
        ),
      };
    });
}
