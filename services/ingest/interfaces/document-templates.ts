import { Workspace } from '../records/workspace.ts';
import { InterfaceTable, METHODS } from './interface-table.ts';
import { InterfaceTags } from './interface-tags.ts';
import type { ApiOperation } from './openapi.ts';

/** A documented operation that an interface id belongs to. */
export interface DocumentMatch {
  operation: ApiOperation;
  /** `METHOD host/path/{name}`, the host as asked */
  id: string;
  /** indices of the path's segments that are values by the document */
  values: readonly number[];
}

/** Segments of a documented path, in the order in which they are tried: literals first, then such with a placeholder in them. */
interface PathNode {
  literals: Map<string, PathNode>;
  mixed: { pattern: RegExp; node: PathNode }[];
  value: PathNode | undefined;
  operation: ApiOperation | undefined;
}

/** Everything else of a path behind this many segments is `{rest}` in interface ids. */
const PLACEHOLDER = /^\{[^}/]*\}$/;
const NO_VALUES = new Set(['{file}', '{rest}', '{missing}']);

/**
 * The documented templates of a tenant. What ingest's pure path rules made of a path is matched, not the path itself, so it is
 * asked once per interface and not per event. The most literal template wins.
 */
export class DocumentTemplates {
  /** by `METHOD host`, and by `METHOD ` alone for operations that any host serves */
  private readonly roots = new Map<string, PathNode>();
  private readonly hosts = new Set<string>();

  constructor(operations: readonly ApiOperation[]) {
    const pure = pureSegments();
    for (const operation of operations) {
      const hosts = operation.hosts.length > 0 ? operation.hosts : [''];
      for (const host of hosts) {
        this.hosts.add(host);
        // hosts of a log may be the gateway's own: then the path alone has to do
        for (const key of new Set([`${operation.method} ${host}`, `${operation.method} *`])) this.enter(key, operation, pure);
      }
    }
  }

  /** The operation of an interface id that the pure rules made, that was learned, or that is documented itself. */
  match(id: string): DocumentMatch | undefined {
    const gap = id.indexOf(' ');
    const slash = id.indexOf('/', gap);
    if (gap < 0 || slash < 0) return undefined;
    const method = id.slice(0, gap);
    const host = id.slice(gap + 1, slash);
    const segments = segmentsOf(id.slice(slash));
    const keys = this.hosts.has(host) ? [host, ''] : ['', '*'];
    for (const key of keys) {
      const root = this.roots.get(`${method} ${key}`);
      const values: number[] = [];
      const operation = root && find(root, segments, 0, values);
      if (operation !== undefined) return { operation, id: `${method} ${host}${operation.path}`, values };
    }
    return undefined;
  }

  private enter(key: string, operation: ApiOperation, pure: (segment: string) => string): void {
    let node = this.roots.get(key);
    if (node === undefined) this.roots.set(key, (node = newNode()));
    for (const written of segmentsOf(documented(operation.path))) {
      if (PLACEHOLDER.test(written)) node = node.value ??= newNode();
      else if (written.includes('{')) {
        const pattern = patternOf(written);
        let known: { pattern: RegExp; node: PathNode } | undefined = node.mixed.find((each) => each.pattern.source === pattern.source);
        if (known === undefined) node.mixed.push((known = { pattern, node: newNode() }));
        node = known.node;
      } else {
        // a documented name that the pure rules take for a value (/reports/2024) is known by what they make of it
        const segment: string = pure(written);
        let next = node.literals.get(segment);
        if (next === undefined) node.literals.set(segment, (next = newNode()));
        node = next;
      }
    }
    node.operation ??= operation;
  }
}

function newNode(): PathNode {
  return { literals: new Map(), mixed: [], value: undefined, operation: undefined };
}

function find(node: PathNode, segments: readonly string[], at: number, values: number[]): ApiOperation | undefined {
  if (at === segments.length) return node.operation;
  const segment = segments[at];
  const literal = node.literals.get(segment);
  let found = literal && find(literal, segments, at + 1, values);
  if (found !== undefined) return found;
  for (const { pattern, node: next } of node.mixed) {
    if (!pattern.test(segment) && !PLACEHOLDER.test(segment)) continue;
    found = find(next, segments, at + 1, values);
    if (found !== undefined) {
      values.push(at);
      return found;
    }
  }
  if (node.value === undefined || NO_VALUES.has(segment)) return undefined;
  found = find(node.value, segments, at + 1, values);
  if (found !== undefined) values.push(at);
  return found;
}

/** Segments of a path; an operation behind it (`?action=list`, `#Query`) is one more. */
function segmentsOf(path: string): string[] {
  const mark = path.search(/[?#]./);
  const plain = mark < 0 ? path : path.slice(0, mark);
  const segments = plain.split('/').filter((segment) => segment !== '');
  return mark < 0 ? segments : [...segments, path.slice(mark)];
}

/** A documented path as interface ids write it: decoded, without matrix parameters, GraphQL's operation behind #. */
function documented(path: string): string {
  return path
    .replace(/\?operationName=([^&{]+)$/i, '#$1')
    .replace(/%[0-9a-f]{2}(?:%[0-9a-f]{2})*/gi, (bytes) => {
      try {
        return decodeURIComponent(bytes);
      } catch {
        return bytes;
      }
    })
    .replace(/;[^/{]*(\{[^}]*\})?[^/]*/g, '');
}

/** Pattern of a segment with placeholders in it; quotes round OData's keys are no part of ids. */
function patternOf(segment: string): RegExp {
  const parts = segment
    .replace(/'(\{[^}]*\})'/g, '$1')
    .split(/(\{[^}]*\})/)
    .map((part) => (part.startsWith('{') ? '.+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${parts.join('')}$`, 'u');
}

/** What the pure rules make of a single segment. */
function pureSegments(): (segment: string) => string {
  const workspace = new Workspace();
  const table = new InterfaceTable(new InterfaceTags({ sensitive: [], tags: {} }), 'x', 1, 1);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const get = METHODS.indexOf('GET');
  return (segment) => {
    if (/^[?#]/.test(segment)) return segment;
    const bytes = encoder.encode(`/${segment}`);
    workspace.load(bytes);
    table.makeRoom();
    table.resolve(workspace, get, 0, 0, 0, bytes.length);
    const id = decoder.decode(table.pool.bytesOf(table.interfaceId));
    const pure = id.slice(id.indexOf('/') + 1);
    // an asset's name keeps its own: the table folds it only where it is the last segment
    return NO_VALUES.has(pure) || pure === '' ? segment : pure;
  };
}
