import { FLAG } from '../../core/batch.ts';
import { combine32, hash32, hashString } from '../../core/hash.ts';
import { ByteInterner, widen } from '../pools/interner.ts';
import { TextPool } from '../pools/text-pool.ts';
import { hexDigit } from '../records/json-scanner.ts';
import type { Workspace } from '../records/workspace.ts';
import type { InterfaceTags } from './interface-tags.ts';
import {
  ASSET_FOLDERS,
  actionColon,
  extensionDot,
  isAssetExtension,
  isHandle,
  keyParenthesis,
  MAX_SEGMENTS,
  PLACEHOLDERS,
  SEGMENT,
  segmentKind,
} from './path-template.ts';
import { findAction } from './query-keys.ts';

/** Methods that keep their name in interface ids; any other is `OTHER`. */
export const METHODS = [
  'OTHER',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'PROPFIND',
  'REPORT',
  'QUERY',
  'SEARCH',
] as const;

/** Methods by which nobody fetches an asset. */
const WRITES = ['POST', 'PUT', 'DELETE', 'PATCH'].map((method) => (METHODS as readonly string[]).indexOf(method));

const MAX_NODES = 1 << 16;
const MAX_TEXTS = 1 << 16;
/** Ids of literal segments start here; below are the kinds of placeholders. */
const LITERALS = 16;
/** Longest part of an interface id behind its host; a longer one ends in `{rest}`. */
const MAX_PATH = 240;
const MAX_HOST = 120;

/** Signs in a segment that may part it into a value and something else: % ; . : ( @ */
const SPECIAL = new Uint8Array(256);
for (const sign of '%;.:(@') SPECIAL[sign.charCodeAt(0)] = 1;

const encoder = new TextEncoder();
const OPERATION_SIGN = encoder.encode('#');
const decoder = new TextDecoder();

/** What documents say of interface ids (document-templates.ts): the documented id, and which segments of the path are values. */
export interface DocumentedIds {
  match(id: string): { id: string; values: readonly number[] } | undefined;
}

/**
 * From method, host and raw path to the interface: a trie whose edges are segments. Numbers, the commonest ids, cost no
 * look-up; a literal costs one. What an interface is (text, tags) is worked out once, at its first event.
 * Bounded: `makeRoom`, called between records, forgets everything when it is full.
 */
export class InterfaceTable {
  readonly pool: TextPool;
  private readonly tags: InterfaceTags;
  private readonly fallbackHost: string;
  private readonly documents: DocumentedIds | undefined;
  private readonly literals: ByteInterner;
  private literalHash = new Uint32Array(512);
  private readonly hosts: ByteInterner;
  private hostTexts: string[] = [];

  // Trie: edges (node, segment) -> node by open addressing.
  private nodes = 1;
  private parents = new Int32Array(1024);
  private segments = new Int32Array(1024);
  private interfaces = new Int32Array(1024).fill(-1);
  private nodeFlags = new Int32Array(1024);
  /** hash of the names in a node's path that a document calls values, 0 none */
  private nodeObjects = new Int32Array(1024);
  private edges = new Int32Array(4096).fill(-1);
  private readonly seen: { id: string; flags: number }[] = [];

  /** Results of `resolve`. */
  interfaceId = -1;
  flags = 0;
  /** hash of the values behind placeholders, 0 none */
  object = 0;
  /** last plain integer among them below 2^31, -1 none */
  objectNumber = -1;
  /** hash of the last literal segment: what the ids of a query belong to */
  resource = 0;
  /** where the path ended: at its query or at the end */
  pathEnd = 0;
  /** the segment read last is a literal with a value in it: `{id}.pdf`, `{id}:cancel`, `Products({id})` */
  private partial = false;
  /** where the trie was left, and whether the operation is in it already */
  private node = 0;
  private refined = false;
  /** the request's method is one by which an asset may be fetched */
  private reads = true;

  constructor(tags: InterfaceTags, fallbackHost: string, partitions: number, seed: number, documents?: DocumentedIds) {
    this.documents = documents;
    this.tags = tags;
    this.fallbackHost = fallbackHost.toLowerCase();
    this.pool = new TextPool(MAX_TEXTS, seed, partitions);
    this.literals = new ByteInterner(MAX_TEXTS, seed);
    this.hosts = new ByteInterner(1 << 13, seed);
  }

  /** Interfaces in the order of their first event since the last reset (the first thousand), with their flags. */
  get firstSeen(): readonly { id: string; flags: number }[] {
    return this.seen;
  }

  /** Forgets everything when a table is full. Call between records. */
  makeRoom(): void {
    const crowded = this.nodes + MAX_SEGMENTS + 4 > MAX_NODES;
    if (!crowded && !this.literals.full && !this.hosts.full && !this.pool.ids.full) return;
    this.nodes = 1;
    this.interfaces.fill(-1);
    this.edges.fill(-1);
    this.literals.reset();
    this.hosts.reset();
    this.hostTexts = [];
    this.pool.reset();
  }

  /**
   * Interface of a request from spans of the workspace: host (empty: the source's name stands for it) and raw path,
   * which ends at its query. `missing`: the answer was that there is no such path; then a path of names alone is no
   * interface of its own, else whoever tries paths makes as many. The results are in the fields.
   */
  resolve(workspace: Workspace, method: number, hostStart: number, hostEnd: number, start: number, end: number, missing = false): void {
    const bytes = workspace.bytes;
    const root = this.step(0, -1 - (this.host(workspace, hostStart, hostEnd) * METHODS.length + method));
    let node = root;
    let names = true;
    this.refined = false;
    this.reads = !WRITES.includes(method);
    const wholeEnd = end;
    let at = start;
    let count = 0;
    this.object = 0;
    this.objectNumber = -1;
    this.resource = 0;
    let literalBefore = 0;
    let folderNode = node;
    let asset = false;
    while (at < end) {
      while (at < end && bytes[at] === 0x2f) at++;
      if (at >= end) break;
      if (bytes[at] === 0x3f) {
        end = at;
        break;
      }
      // One pass finds the segment's end and whether it is a plain number.
      const from = at;
      let number = 0;
      let plain = true;
      let special = false;
      let c = bytes[at];
      while (at < end && c !== 0x2f && c !== 0x3f) {
        if (c >= 0x30 && c <= 0x39) number = number * 10 + (c - 0x30);
        else {
          plain = false;
          if (SPECIAL[c] === 1) special = true;
        }
        c = bytes[++at];
      }
      if (c === 0x3f && at < end) end = at;
      if (count === MAX_SEGMENTS) {
        while (at < end && bytes[at] !== 0x3f) at++;
        end = at;
        this.addObject(literalBefore, hash32(bytes, from, end));
        node = this.step(node, SEGMENT.rest);
        names = false;
        break;
      }
      count++;
      if (count === ASSET_FOLDERS + 1) folderNode = node;
      if (plain && !(at - from === 1 && isBehindApi(bytes, from))) {
        this.addObject(literalBefore, hash32(bytes, from, at));
        this.objectNumber = number < 0x80000000 ? number : -1;
        node = this.step(node, SEGMENT.id);
        names = false;
        continue;
      }
      this.partial = false;
      const segment = special ? this.specialSegment(workspace, from, at, lastOf(bytes, at, end)) : this.segment(workspace, from, at);
      if (segment < 0) continue;
      if (segment === SEGMENT.file) {
        asset = true;
        while (at < end && bytes[at] === 0x2f) at++;
        end = at;
        node = this.step(missing ? root : count <= ASSET_FOLDERS ? node : folderNode, SEGMENT.file);
        names = false;
        break;
      }
      if (segment >= LITERALS) {
        if (this.partial) {
          this.addObject(literalBefore, hash32(bytes, from, at));
          names = false;
        }
        literalBefore = this.literalHash[segment - LITERALS];
        this.resource = literalBefore;
      } else {
        this.addObject(literalBefore, hash32(bytes, from, at));
        names = false;
      }
      node = this.step(node, segment);
    }
    if (missing && names && end === wholeEnd && node !== root && !this.isDocumented(node)) node = this.step(root, SEGMENT.missing);
    this.pathEnd = end;
    if (asset) {
      this.object = 0;
      this.objectNumber = -1;
    }
    this.arrive(node, asset);
    if (this.nodeObjects[this.node] !== 0) this.addObject(0, this.nodeObjects[this.node]);
    if (end + 1 < wholeEnd && !asset) this.refineByQuery(workspace, end + 1, wholeEnd);
  }

  /**
   * Many operations on one path: the query bytes[start, end) of the request that was resolved last may say which it is
   * (`?action=listUsers`, `?operationName=Checkout`), and then that is an interface of its own.
   */
  refineByQuery(workspace: Workspace, start: number, end: number): void {
    const { bytes } = workspace;
    const found = findAction(bytes, start, end);
    if (found === undefined) return;
    const sign = encoder.encode(found.graphql ? '#' : `?${found.key}=`);
    this.refine(workspace, sign, found.start, found.end);
  }

  /** The request that was resolved last is of the operation that bytes[start, end) name: GraphQL's, SOAP's, JSON-RPC's. */
  refineByOperation(workspace: Workspace, start: number, end: number): void {
    const { bytes } = workspace;
    // SOAPAction is a URI in quotation marks: "urn:shop#GetOrder"
    while (end > start && bytes[end - 1] === 0x22) end--;
    for (let i = end - 1; i >= start; i--) {
      if (bytes[i] !== 0x23 && bytes[i] !== 0x2f && bytes[i] !== 0x22) continue;
      start = i + 1;
      break;
    }
    const kind = end - start > 64 ? SEGMENT.text : segmentKind(bytes, start, end);
    if (start < end && kind === SEGMENT.literal) this.refine(workspace, OPERATION_SIGN, start, end);
  }

  private refine(workspace: Workspace, sign: Uint8Array, start: number, end: number): void {
    if (this.refined || !workspace.hasRoom(sign.length + end - start)) return;
    this.refined = true;
    const from = workspace.put(sign, 0, sign.length);
    workspace.put(workspace.bytes, start, end);
    this.arrive(this.step(this.node, this.literal(workspace.view, from, workspace.scratch)), false);
  }

  private arrive(node: number, asset: boolean): void {
    this.node = node;
    if (this.interfaces[node] < 0) this.name(node, asset);
    this.interfaceId = this.interfaces[node];
    this.flags = this.nodeFlags[node];
  }

  /** Adds an id of the query to the object. */
  addQueryId(key: number, bytes: Uint8Array, start: number, end: number, number: number): void {
    this.addObject(combine32(this.resource, key), hash32(bytes, start, end));
    if (number >= 0 && number < 0x80000000) this.objectNumber = number;
  }

  private addObject(of: number, value: number): void {
    this.object = combine32(this.object === 0 ? of : combine32(this.object, of), value);
    if (this.object === 0) this.object = 1;
  }

  private step(node: number, segment: number): number {
    const mask = this.edges.length - 1;
    let at = (Math.imul(node, 0x9e3779b1) ^ Math.imul(segment, 0x85ebca6b)) >>> 0;
    at = (at ^ (at >>> 15)) & mask;
    for (;;) {
      const child = this.edges[at];
      if (child < 0) break;
      if (this.parents[child] === node && this.segments[child] === segment) return child;
      at = (at + 1) & mask;
    }
    const child = this.nodes++;
    if (child === this.parents.length) {
      this.parents = widen(this.parents);
      this.segments = widen(this.segments);
      this.nodeFlags = widen(this.nodeFlags);
      this.nodeObjects = widen(this.nodeObjects);
      this.interfaces = widen(this.interfaces).fill(-1, child);
    }
    this.parents[child] = node;
    this.segments[child] = segment;
    this.interfaces[child] = -1;
    this.nodeObjects[child] = 0;
    this.edges[at] = child;
    if (this.nodes * 2 > this.edges.length) this.rehash();
    return child;
  }

  private rehash(): void {
    this.edges = new Int32Array(this.edges.length * 2).fill(-1);
    const mask = this.edges.length - 1;
    for (let child = 1; child < this.nodes; child++) {
      let at = (Math.imul(this.parents[child], 0x9e3779b1) ^ Math.imul(this.segments[child], 0x85ebca6b)) >>> 0;
      at = (at ^ (at >>> 15)) & mask;
      while (this.edges[at] >= 0) at = (at + 1) & mask;
      this.edges[at] = child;
    }
  }

  /** Literal id or placeholder kind of a segment without percent signs, parameters and dots. */
  private segment(workspace: Workspace, start: number, end: number): number {
    if (end - start <= 24 && workspace.bytes[start] > 0x39) {
      // Literals are few and short: a known one needs no classification, unless it may be a version only where it stands.
      const known = this.literals.find(workspace.view, start, end);
      if (known >= 0) return known + LITERALS;
    }
    const kind = segmentKind(workspace.bytes, start, end);
    const version = (kind === SEGMENT.id && end - start === 1) || (kind === SEGMENT.date && isBehindApi(workspace.bytes, start));
    return kind === SEGMENT.literal || version ? this.literal(workspace.view, start, end) : kind;
  }

  private literal(view: DataView, start: number, end: number): number {
    const id = this.literals.intern(view, start, end);
    if (id >= this.literalHash.length) this.literalHash = widen(this.literalHash);
    this.literalHash[id] = hash32(this.literals.arena, this.literals.start(id), this.literals.end(id));
    return id + LITERALS;
  }

  /** A segment with one of the special signs; -1: nothing is left of it. `last`: no other follows. */
  private specialSegment(workspace: Workspace, start: number, end: number, last: boolean): number {
    const bytes = workspace.bytes;
    let percent = false;
    for (let i = start; i < end; i++) {
      if (bytes[i] === 0x3b) {
        // `;id=5` alone is a value in matrix style; behind a name it is a parameter, as ;jsessionid=… is
        if (i === start && end - start > 1) return SEGMENT.id;
        end = i;
        break;
      }
      if (bytes[i] === 0x25) percent = true;
    }
    if (end === start) return -1;
    if (percent) {
      if (!workspace.hasRoom(end - start)) return SEGMENT.text;
      const from = workspace.scratch;
      let to = from;
      for (let i = start; i < end; i++) {
        const high = bytes[i] === 0x25 && i + 2 < end ? hexDigit(bytes[i + 1]) : -1;
        const low = high >= 0 ? hexDigit(bytes[i + 2]) : -1;
        if (low >= 0) {
          bytes[to++] = (high << 4) | low;
          i += 2;
        } else bytes[to++] = bytes[i];
      }
      workspace.scratch = to;
      start = from;
      end = to;
    }
    const dot = extensionDot(bytes, start, end);
    if (dot >= 0 && bytes.subarray(start, dot).includes(0x40) && segmentKind(bytes, start, end) === SEGMENT.email) return SEGMENT.email;
    if (isHandle(bytes, start, end)) return this.withValues(workspace, '@{name}');
    const parenthesis = keyParenthesis(bytes, start, end);
    if (parenthesis >= 0) return this.withValues(workspace, keysText(bytes, start, parenthesis, end));
    if (dot < 0) {
      if (end - start === 1 && bytes[start] === 0x2e) return -1;
      const colon = actionColon(bytes, start, end);
      const kind = segmentKind(bytes, start, colon < 0 ? end : colon);
      if (kind === SEGMENT.literal) return this.literal(workspace.view, start, end);
      return colon < 0 ? kind : this.withEnd(workspace, kind, colon, end);
    }
    if (last && this.reads && isAssetExtension(bytes, dot + 1, end)) return SEGMENT.file;
    const kind = segmentKind(bytes, start, dot);
    if (kind === SEGMENT.text) return SEGMENT.text;
    return kind === SEGMENT.literal ? this.literal(workspace.view, start, end) : this.withEnd(workspace, kind, dot, end);
  }

  /** A placeholder and what stands behind it: `{id}.pdf`, `{id}:cancel`. */
  private withEnd(workspace: Workspace, kind: number, at: number, end: number): number {
    const text = encoder.encode(PLACEHOLDERS[kind]);
    this.partial = true;
    const from = workspace.put(text, 0, text.length);
    workspace.put(workspace.bytes, at, end);
    return this.literal(workspace.view, from, workspace.scratch);
  }

  /** A literal in which placeholders stand for the values. */
  private withValues(workspace: Workspace, template: string): number {
    const text = encoder.encode(template);
    this.partial = true;
    const from = workspace.put(text, 0, text.length);
    return this.literal(workspace.view, from, workspace.scratch);
  }

  /** Id of a host: lower case, without the port of its scheme; a text that is no host stands for the source's name. */
  private host(workspace: Workspace, start: number, end: number): number {
    if (end - start > MAX_HOST) end = start;
    const id = this.hosts.intern(workspace.view, start, end);
    if (id === this.hostTexts.length) this.hostTexts.push(hostText(workspace.bytes, start, end) || this.fallbackHost);
    return id;
  }

  private name(node: number, asset: boolean): void {
    const { root, parts } = this.partsOf(node);
    const raw = this.idOf(root, parts);
    const documented = this.documents?.match(raw);
    const id = documented?.id ?? raw;
    if (documented !== undefined) this.nodeObjects[node] = objectOf(documented, parts);
    const flags = this.tags.flagsOf(id) | (asset ? FLAG.asset : 0);
    this.interfaces[node] = this.pool.internText(id);
    this.nodeFlags[node] = flags;
    if (this.seen.length < 1000) this.seen.push({ id, flags });
  }

  /** Whether a document has an operation for a node's path. */
  private isDocumented(node: number): boolean {
    if (this.documents === undefined) return false;
    if (this.interfaces[node] >= 0) return this.documents.match(decoder.decode(this.pool.bytesOf(this.interfaces[node]))) !== undefined;
    const { root, parts } = this.partsOf(node);
    return this.documents.match(this.idOf(root, parts)) !== undefined;
  }

  private partsOf(node: number): { root: number; parts: string[] } {
    const parts: string[] = [];
    let at = node;
    while (this.segments[at] >= 0) {
      const segment = this.segments[at];
      if (segment < LITERALS) parts.push(PLACEHOLDERS[segment]);
      else
        parts.push(
          decoder.decode(this.literals.arena.subarray(this.literals.start(segment - LITERALS), this.literals.end(segment - LITERALS))),
        );
      at = this.parents[at];
    }
    return { root: -1 - this.segments[at], parts: parts.reverse() };
  }

  private idOf(root: number, parts: readonly string[]): string {
    let path = '';
    for (const part of parts) path += /^[?#]./.test(part) ? part : `/${part}`;
    if (!path.startsWith('/')) path = `/${path}`;
    if (path.length > MAX_PATH) path = `${path.slice(0, path.lastIndexOf('/', MAX_PATH))}/${PLACEHOLDERS[SEGMENT.rest]}`;
    return `${METHODS[root % METHODS.length]} ${this.hostTexts[Math.floor(root / METHODS.length)]}${path}`;
  }
}

/** Hash of the names that stand where a document has values: which object it is. 0 without one. */
function objectOf({ id, values }: { id: string; values: readonly number[] }, parts: readonly string[]): number {
  const names = values.map((index) => parts[index] ?? '').filter((part) => !part.startsWith('{'));
  if (names.length === 0) return 0;
  return combine32(hashString(id), hashString(names.sort().join('/'))) | 1;
}

/** Whether a segment stands behind `api`: then a digit (/rest/api/3) or a date (/admin/api/2026-01) is a version. */
function isBehindApi(bytes: Uint8Array, start: number): boolean {
  return (
    start > 4 &&
    (bytes[start - 4] | 0x20) === 0x61 &&
    (bytes[start - 3] | 0x20) === 0x70 &&
    (bytes[start - 2] | 0x20) === 0x69 &&
    bytes[start - 5] === 0x2f
  );
}

/** `Items({id})`, `Items(Order={id},Line={id})`: the keys' names stay. */
function keysText(bytes: Uint8Array, start: number, parenthesis: number, end: number): string {
  const name = decoder.decode(bytes.subarray(start, parenthesis));
  const keys = decoder.decode(bytes.subarray(parenthesis + 1, end - 1));
  const pairs = [...keys.matchAll(/(?:^|,)\s*([A-Za-z_]\w{0,30})=(?:'[^']*'|[^,']*)/g)].slice(0, 6).map(([, key]) => `${key}={id}`);
  return `${name}(${pairs.length > 0 ? pairs.join(',') : '{id}'})`;
}

function lastOf(bytes: Uint8Array, at: number, end: number): boolean {
  while (at < end && bytes[at] === 0x2f) at++;
  return at >= end || bytes[at] === 0x3f;
}

function hostText(bytes: Uint8Array, start: number, end: number): string {
  const text = decoder
    .decode(bytes.subarray(start, end))
    .toLowerCase()
    .replace(/:(80|443)$/, '')
    .replace(/\.$/, '');
  return /^(\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)(:\d{1,5})?$/.test(text) ? text : '';
}
