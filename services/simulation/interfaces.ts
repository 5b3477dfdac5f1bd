import { mix32 } from '../core/hash.ts';
import type { Random } from './random.ts';
import { fraction } from './random.ts';

export type IdStyle = 'sequential' | 'random' | 'long' | 'uuid';

/** The objects of one resource: a pure map from index to the id that a path shows. */
export class ObjectSpace {
  readonly name: string;
  readonly style: IdStyle;
  /** objects at the plan's start */
  readonly count: number;
  /** new ones a day */
  readonly growth: number;
  private readonly base: number;
  private readonly seed: number;
  private readonly start: number;

  constructor(random: Random, name: string, style: IdStyle, count: number, growth: number, start: number) {
    this.name = name;
    this.style = style;
    this.count = Math.max(10, Math.round(count));
    this.growth = growth;
    this.start = start;
    this.base = Math.round(random.lognormal(40_000, 1.5)) + 1000;
    this.seed = random.word() >>> 0;
  }

  /** How many objects exist at an instant. */
  sizeAt(time: number): number {
    return this.count + Math.floor((Math.max(0, time - this.start) / 86_400_000) * this.growth);
  }

  /** Index of an object made just now: ids of a sequence grow with time. */
  created(time: number, random: Random): number {
    return this.sizeAt(time) + random.int(3);
  }

  /** The id as it stands in a path. */
  id(index: number): string {
    if (this.style === 'sequential') return String(this.base + index);
    if (this.style === 'random') return String(100_000_000 + (mix32(index ^ this.seed) % 900_000_000));
    if (this.style === 'long') return String(1_700_000_000_000_000 + index * 104_729 + (mix32(index ^ this.seed) % 90_000));
    const hex = [0, 1, 2, 3]
      .map((i) =>
        mix32((index + i * 0x61c88647) ^ this.seed)
          .toString(16)
          .padStart(8, '0'),
      )
      .join('');
    const variant = '89ab'[Number.parseInt(hex[16], 16) & 3];
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }

  get placeholder(): string {
    return this.style === 'uuid' ? '{uuid}' : '{id}';
  }
}

export type Operation =
  | 'open'
  | 'list'
  | 'read'
  | 'side'
  | 'search'
  | 'write'
  | 'create'
  | 'delete'
  | 'login'
  | 'register'
  | 'send_code'
  | 'check'
  | 'reset'
  | 'benefit'
  | 'export'
  | 'admin'
  | 'asset'
  | 'health'
  | 'profile'
  | 'sensitive'
  | 'tail'
  | 'batch';

/** One interface of the simulated API with its laws. */
export interface SimulatedInterface {
  /** `METHOD host/path/{template}` */
  id: string;
  /** what the journeys call it */
  key: string;
  operation: Operation;
  method: string;
  host: string;
  /** path before and after the object's id; `after` is undefined when the path has none */
  before: string;
  after: string | undefined;
  /** name of the query parameter that carries the object's id, '' when the path does or none is needed */
  argument: string;
  space: ObjectSpace | undefined;
  /** ms: median and spread in ln units */
  latency: number;
  latencySpread: number;
  /** response bytes without records: median and spread */
  size: number;
  sizeSpread: number;
  /** records a page holds at most; 0: no list */
  pageSize: number;
  recordSize: number;
  /** size of requests, bytes */
  requestSize: number;
  success: number;
  /** shares of ordinary failures */
  missing: number;
  refused: number;
  invalid: number;
}

const LAWS: Record<
  Operation,
  {
    latency: number;
    spread: number;
    size: number;
    page: number;
    request: number;
    success: number;
    missing: number;
    refused: number;
    invalid: number;
  }
> = {
  open: { latency: 18, spread: 0.5, size: 1800, page: 0, request: 420, success: 200, missing: 0, refused: 0.001, invalid: 0 },
  list: { latency: 60, spread: 0.6, size: 300, page: 20, request: 450, success: 200, missing: 0, refused: 0.002, invalid: 0.002 },
  read: { latency: 28, spread: 0.6, size: 1500, page: 0, request: 430, success: 200, missing: 0.008, refused: 0.003, invalid: 0.001 },
  side: { latency: 22, spread: 0.6, size: 900, page: 0, request: 430, success: 200, missing: 0.01, refused: 0.001, invalid: 0 },
  search: { latency: 120, spread: 0.7, size: 300, page: 20, request: 460, success: 200, missing: 0, refused: 0.001, invalid: 0.006 },
  write: { latency: 45, spread: 0.6, size: 260, page: 0, request: 900, success: 200, missing: 0.004, refused: 0.003, invalid: 0.02 },
  create: { latency: 90, spread: 0.6, size: 500, page: 0, request: 1100, success: 201, missing: 0, refused: 0.003, invalid: 0.03 },
  delete: { latency: 40, spread: 0.5, size: 80, page: 0, request: 420, success: 204, missing: 0.02, refused: 0.004, invalid: 0 },
  login: { latency: 180, spread: 0.4, size: 620, page: 0, request: 620, success: 200, missing: 0, refused: 0, invalid: 0.004 },
  register: { latency: 240, spread: 0.4, size: 540, page: 0, request: 760, success: 200, missing: 0, refused: 0, invalid: 0.05 },
  send_code: { latency: 140, spread: 0.5, size: 120, page: 0, request: 520, success: 200, missing: 0, refused: 0.004, invalid: 0.02 },
  check: { latency: 30, spread: 0.5, size: 110, page: 0, request: 480, success: 200, missing: 0, refused: 0, invalid: 0.01 },
  reset: { latency: 200, spread: 0.4, size: 140, page: 0, request: 640, success: 200, missing: 0, refused: 0, invalid: 0.06 },
  benefit: { latency: 80, spread: 0.6, size: 260, page: 0, request: 520, success: 200, missing: 0.004, refused: 0.01, invalid: 0.08 },
  export: { latency: 2400, spread: 0.9, size: 40_000, page: 500, request: 560, success: 200, missing: 0, refused: 0.005, invalid: 0.01 },
  admin: { latency: 70, spread: 0.6, size: 2400, page: 0, request: 620, success: 200, missing: 0.003, refused: 0.004, invalid: 0.01 },
  asset: { latency: 4, spread: 0.7, size: 24_000, page: 0, request: 380, success: 200, missing: 0.003, refused: 0, invalid: 0 },
  health: { latency: 2, spread: 0.3, size: 60, page: 0, request: 180, success: 200, missing: 0, refused: 0, invalid: 0 },
  profile: { latency: 24, spread: 0.5, size: 800, page: 0, request: 420, success: 200, missing: 0, refused: 0.003, invalid: 0 },
  sensitive: { latency: 34, spread: 0.6, size: 700, page: 0, request: 440, success: 200, missing: 0.006, refused: 0.008, invalid: 0.001 },
  tail: { latency: 30, spread: 0.7, size: 1000, page: 0, request: 430, success: 200, missing: 0.01, refused: 0.002, invalid: 0.004 },
  batch: { latency: 300, spread: 0.8, size: 300, page: 200, request: 1500, success: 200, missing: 0, refused: 0.002, invalid: 0.004 },
};

export interface InterfaceOptions {
  key: string;
  operation: Operation;
  method: string;
  /** path with `{}` where the object's id stands, e.g. `/api/v1/orders/{}/items` */
  path: string;
  space?: ObjectSpace;
  /** query parameter for the object's id */
  argument?: string;
}

/** The interfaces of one tenant, by key. */
export class ApiCatalogue {
  readonly all: SimulatedInterface[] = [];
  private readonly byKey = new Map<string, SimulatedInterface>();
  private readonly random: Random;
  private readonly speed: number;
  private readonly weight: number;

  constructor(random: Random) {
    this.random = random;
    this.speed = random.lognormal(1, 0.5);
    this.weight = random.lognormal(1, 0.4);
  }

  add(host: string, options: InterfaceOptions): SimulatedInterface {
    const law = LAWS[options.operation];
    const at = options.path.indexOf('{}');
    const before = at < 0 ? options.path : options.path.slice(0, at);
    const after = at < 0 ? undefined : options.path.slice(at + 2);
    const template = at < 0 ? options.path : before + (options.space?.placeholder ?? '{id}') + (after ?? '');
    const random = this.random;
    const made: SimulatedInterface = {
      id: `${options.method} ${host}${template}`,
      key: options.key,
      operation: options.operation,
      method: options.method,
      host,
      before,
      after,
      argument: options.argument ?? '',
      space: options.space,
      latency: law.latency * this.speed * random.lognormal(1, 0.35),
      latencySpread: law.spread * random.range(0.7, 1.3),
      size: law.size * this.weight * random.lognormal(1, 0.5),
      sizeSpread: random.range(0.05, 0.5),
      pageSize:
        law.page === 0
          ? 0
          : options.operation === 'list' || options.operation === 'search'
            ? random.pick([10, 15, 20, 20, 25, 30, 50])
            : Math.round(law.page * random.lognormal(1, 0.5)),
      recordSize: random.lognormal(220, 0.6),
      requestSize: law.request * random.lognormal(1, 0.15),
      success: law.success === 201 && random.chance(0.5) ? 200 : law.success,
      missing: law.missing * random.lognormal(1, 0.7),
      refused: law.refused * random.lognormal(1, 0.7),
      invalid: law.invalid * random.lognormal(1, 0.6),
    };
    if (this.all.some((other) => other.id === made.id)) return this.all.find((other) => other.id === made.id) as SimulatedInterface;
    this.all.push(made);
    if (!this.byKey.has(options.key)) this.byKey.set(options.key, made);
    return made;
  }

  /** The interface of a key; throws on one that the tenant does not have (a mistake of a scenario, not of a user). */
  get(key: string): SimulatedInterface {
    const found = this.byKey.get(key);
    if (found === undefined) throw new Error(`no interface ${key}`);
    return found;
  }

  find(key: string): SimulatedInterface | undefined {
    return this.byKey.get(key);
  }

  ofOperation(...operations: Operation[]): SimulatedInterface[] {
    return this.all.filter((one) => operations.includes(one.operation));
  }
}

/** Concrete path of a call. */
export function pathOf(one: SimulatedInterface, index: number): string {
  if (one.after === undefined || one.space === undefined) return one.before;
  return one.before + one.space.id(index) + one.after;
}

/** A stable choice of an existing object: the k-th that belongs to an owner. */
export function ownedIndex(space: ObjectSpace, owner: number, k: number): number {
  return Math.floor(fraction(owner, k, 29) * space.count);
}
