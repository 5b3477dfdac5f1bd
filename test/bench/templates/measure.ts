import type { InterfaceFacts } from '../../../models/templates/index.ts';
import { foldFacts, isEvident, learnTemplates } from '../../../models/templates/index.ts';
import { InterfaceTable, METHODS } from '../../../services/ingest/interfaces/interface-table.ts';
import { InterfaceTags } from '../../../services/ingest/interfaces/interface-tags.ts';
import { Workspace } from '../../../services/ingest/records/workspace.ts';
import type { ApiDocument } from './api-document.ts';
import type { Request } from './traffic.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const HOUR = 3_600_000;

/** Turns paths into raw interface ids by the pure rules, as ingest does. */
export function rawIds(): (request: Request, host: string) => string {
  const workspace = new Workspace();
  const table = new InterfaceTable(new InterfaceTags({ sensitive: [], tags: {} }), 'gateway', 1, 7);
  return ({ method, path, status }, host) => {
    const pathBytes = encoder.encode(path);
    const hostBytes = encoder.encode(host);
    const all = new Uint8Array(pathBytes.length + hostBytes.length);
    all.set(pathBytes);
    all.set(hostBytes, pathBytes.length);
    workspace.load(all);
    table.makeRoom();
    const missing = status === 404 && (method === 'GET' || method === 'HEAD');
    const code = Math.max(0, (METHODS as readonly string[]).indexOf(method));
    table.resolve(workspace, code, pathBytes.length, all.length, 0, pathBytes.length, missing);
    return decoder.decode(table.pool.bytesOf(table.interfaceId));
  };
}

interface Seen {
  requests: number;
  answered: number;
  callers: Set<string>;
  hours: Set<number>;
  first: number;
  last: number;
  /** answered requests by operation */
  operations: Map<number, number>;
}

/** Facts by raw id, as an inventory would hold them, with what the bench knows of their operations. */
export class Observed {
  private readonly seen = new Map<string, Seen>();
  private readonly idOf = rawIds();

  take(request: Request, host: string): void {
    const id = this.idOf(request, host);
    const answered = request.status >= 200 && request.status < 400;
    let seen = this.seen.get(id);
    if (seen === undefined) {
      seen = { requests: 0, answered: 0, callers: new Set(), hours: new Set(), first: Infinity, last: -Infinity, operations: new Map() };
      this.seen.set(id, seen);
    }
    seen.requests++;
    if (answered) {
      seen.answered++;
      seen.operations.set(request.operation, (seen.operations.get(request.operation) ?? 0) + 1);
    }
    seen.callers.add(request.caller);
    seen.hours.add(Math.floor(request.at / HOUR));
    seen.first = Math.min(seen.first, request.at);
    seen.last = Math.max(seen.last, request.at);
  }

  facts(): InterfaceFacts[] {
    return [...this.seen].map(([id, { requests, answered, callers, hours, first, last }]) => ({
      id,
      requests,
      answered,
      callers: callers.size,
      hours: hours.size,
      first,
      last,
      who: [...callers].sort().slice(0, 16),
    }));
  }

  operationsOf(id: string): ReadonlyMap<number, number> {
    return this.seen.get(id)?.operations ?? new Map();
  }
}

/** Interfaces that enter the inventory. */
export function inventoryOf(observed: Observed): string[] {
  const facts = observed.facts();
  return foldFacts(facts, learnTemplates(facts))
    .filter(isEvident)
    .map(({ id }) => id);
}

export interface Figures {
  /** operations that were answered at all */
  truth: number;
  /** learned interfaces that are evident */
  learned: number;
  /** operations that exactly one learned interface carries, and no other's with it */
  right: number;
  wrong: string[];
}

/** Compares what is learned with the document's operations. */
export function figuresOf(document: ApiDocument, observed: Observed): Figures {
  const facts = observed.facts();
  const templates = learnTemplates(facts);
  const evident = new Set(
    foldFacts(facts, templates)
      .filter(isEvident)
      .map(({ id }) => id),
  );
  const carried = new Map<string, Map<number, number>>();
  const carriers = new Map<number, Set<string>>();
  const lost = new Map<number, number>();
  const all = new Map<number, number>();
  for (const { id } of facts) {
    const learned = templates.of(id);
    for (const [operation, requests] of observed.operationsOf(id)) {
      all.set(operation, (all.get(operation) ?? 0) + requests);
      if (!evident.has(learned)) {
        lost.set(operation, (lost.get(operation) ?? 0) + requests);
        continue;
      }
      const by = carried.get(learned) ?? new Map<number, number>();
      by.set(operation, (by.get(operation) ?? 0) + requests);
      carried.set(learned, by);
      carriers.set(operation, (carriers.get(operation) ?? new Set()).add(learned));
    }
  }
  let right = 0;
  const wrong: string[] = [];
  const correct = new Set<string>();
  const name = (operation: number) =>
    operation < 0 ? 'noise' : `${document.operations[operation].method} ${document.operations[operation].path}`;
  for (const [operation, requests] of all) {
    if (operation < 0) continue;
    const by = [...(carriers.get(operation) ?? [])];
    // what is not evident may hold a few stray requests
    const strays = (lost.get(operation) ?? 0) / requests;
    if (by.length === 1 && carried.get(by[0])!.size === 1 && strays < 0.05) {
      right++;
      correct.add(by[0]);
    } else {
      const others = by.length === 1 ? [...carried.get(by[0])!.keys()].filter((o) => o !== operation).map(name) : [];
      wrong.push(
        `${name(operation)}: ${by.length} learned, ${(100 * strays).toFixed(0)} % in none${others.length > 0 ? `, with ${others.slice(0, 3).join(' + ')}` : ` (${by.slice(0, 4).join(', ')})`}`,
      );
    }
  }
  for (const id of evident) if (!correct.has(id) && !carried.has(id)) wrong.push(`${id} is nobody's`);
  return { truth: [...all.keys()].filter((o) => o >= 0).length, learned: evident.size, right, wrong };
}
