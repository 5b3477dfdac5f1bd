import { HOUR } from '../core/watermark.ts';
import type { Device } from './devices.ts';
import type { Emit, SimulatedRequest } from './event.ts';
import type { SimulatedInterface } from './interfaces.ts';
import { ownedIndex, pathOf } from './interfaces.ts';
import type { Person } from './people.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

export interface VisitOptions {
  world: World;
  emit: Emit;
  random: Random;
  /** first request begins, ms UTC */
  at: number;
  /** '' anonymous */
  account: string;
  address: string;
  device: Device;
  session?: string;
  campaign?: string;
  note?: string;
  /** factor on the seconds between calls */
  pace?: number;
  /** how often a failed call (5xx) is repeated */
  retries?: number;
}

export interface CallOptions {
  /** object acted on */
  index?: number;
  query?: string;
  /** overrides the law */
  status?: number;
  /** factor on the response's size and records */
  volume?: number;
  /** records of a list page */
  records?: number;
  login?: string;
  target?: string;
  code?: number;
  /** answered without an account although the visit has one */
  anonymous?: boolean;
  /** raw path instead of the interface's own; its template must be the interface's */
  path?: string;
}

/** A run of calls by one client on one device from one address: the only maker of requests, for users and attackers alike. */
export class Visit {
  readonly world: World;
  readonly random: Random;
  account: string;
  address: string;
  device: Device;
  session: string;
  t: number;
  calls = 0;
  private readonly emit: Emit;
  private readonly campaign: string;
  private readonly note: string;
  private readonly pace: number;
  private readonly retries: number;
  private readonly via: readonly string[];
  private lastPath: string;

  constructor(options: VisitOptions) {
    this.world = options.world;
    this.emit = options.emit;
    this.random = options.random;
    this.t = options.at;
    this.account = options.account;
    this.address = options.address;
    this.device = options.device;
    this.session = options.session ?? (options.world.nuisances.logsSession ? options.world.sessionId(options.random) : '');
    this.campaign = options.campaign ?? '';
    this.note = options.note ?? '';
    this.pace = options.pace ?? 1;
    this.retries = options.retries ?? 1;
    this.via = options.world.via(options.random);
    // people come from a page of the site, from a bookmark or from elsewhere
    this.lastPath = options.random.chance(0.5) ? '/' : '';
  }

  /** Time passes between two calls: a heavy-tailed pause around the tenant's, times `factor`. */
  think(factor = 1): void {
    this.t += Math.min(
      HOUR,
      this.random.lognormal(this.world.nuisances.pause * factor * this.pace, this.world.nuisances.pauseSpread) * 1000,
    );
  }

  wait(ms: number): void {
    this.t += ms;
  }

  /** Makes a call, repeats it after a server error as clients do; returns the last status. */
  call(one: SimulatedInterface, options: CallOptions = {}): number {
    for (let attempt = 0; ; attempt++) {
      const status = this.once(one, options);
      if (status < 500 || attempt >= this.retries || !this.random.chance(0.6)) return status;
      this.t += this.random.lognormal(1500 * (attempt + 1), 0.5);
    }
  }

  private once(one: SimulatedInterface, options: CallOptions): number {
    const { world, random } = this;
    const status = options.status ?? this.status(one);
    const ok = status < 400;
    const volume = options.volume ?? 1;
    let duration = random.lognormal(one.latency, one.latencySpread);
    let records = 0;
    let size = ok ? random.lognormal(one.size, one.sizeSpread) * volume : random.lognormal(140, 0.3);
    if (one.pageSize > 0 && ok) {
      records = Math.max(0, Math.round(options.records ?? (random.chance(0.6) ? one.pageSize : random.int(one.pageSize + 1)) * volume));
      size += records * one.recordSize * random.lognormal(1, 0.08);
      duration *= 1 + records / 200;
    } else if (ok && (one.operation === 'read' || one.operation === 'sensitive')) records = 1;
    if (status >= 500) duration *= random.lognormal(3, 0.8);
    duration = Math.max(1, Math.round(duration));
    this.t += duration;
    let query = options.query ?? '';
    if (one.argument !== '' && options.index !== undefined && one.space !== undefined) {
      query = `${one.argument}=${one.space.id(options.index)}${query === '' ? '' : `&${query}`}`;
    }
    const path = options.path ?? pathOf(one, options.index ?? 0);
    const { nuisances } = world;
    const event: SimulatedRequest = {
      kind: 'request',
      tenant: world.plan.name,
      at: Math.round(this.t),
      duration,
      method: one.method,
      host: one.host,
      path,
      query,
      interface: one.id,
      status,
      bytesIn: Math.round(random.lognormal(one.requestSize, 0.1)),
      bytesOut: status === 204 ? 0 : Math.round(size),
      records,
      account: options.anonymous === true ? '' : this.account,
      login: nuisances.logsLogin ? (options.login ?? '') : '',
      address: this.address,
      via: this.via,
      agent: this.device.agent,
      referer:
        nuisances.logsReferer && this.device.kind !== 'library' && this.device.kind !== 'app' && this.lastPath !== ''
          ? `https://${world.site}${this.lastPath}`
          : '',
      session: nuisances.logsSession ? this.session : '',
      target: options.target ?? '',
      code: nuisances.logsCode ? (options.code ?? (ok ? 0 : status)) : -1,
      campaign: this.campaign,
      note: this.note,
    };
    this.lastPath = path;
    this.calls++;
    this.emit(event);
    return status;
  }

  private status(one: SimulatedInterface): number {
    const { world, random } = this;
    let at = random.next();
    at -= world.serverErrors(this.t);
    if (at < 0) return random.pick([500, 502, 503, 503, 504]);
    at -= one.missing;
    if (at < 0) return 404;
    at -= one.refused;
    if (at < 0) return random.chance(0.6) ? 403 : 401;
    at -= one.invalid;
    if (at < 0) return random.chance(0.8) ? 400 : 422;
    return one.success;
  }

  /** An attempt to log in; on success later calls carry the account. */
  signIn(name: string, login: string, good: boolean): boolean {
    const { world, random } = this;
    const { nuisances } = world;
    const api = world.api.get('login');
    if (good) {
      const account = this.account;
      this.account = nuisances.accountOnLogin ? name : '';
      const status = this.call(api, {
        login,
        target: nuisances.logsLogin ? login : '',
        status: random.chance(world.serverErrors(this.t)) ? 503 : api.success,
      });
      this.account = status < 400 ? name : account;
      return status < 400;
    }
    const account = this.account;
    this.account = '';
    this.call(api, { login, target: nuisances.logsLogin ? login : '', status: nuisances.loginFailure, code: nuisances.failureCode });
    this.account = account;
    return false;
  }

  /** A person's own way in: typos first, now and then a forgotten password. */
  arrive(person: Person): boolean {
    const { random, world } = this;
    let tries = random.chance(world.nuisances.typos) ? random.geometric(1.5) : 0;
    while (tries-- > 0) {
      this.signIn(person.name, person.login, false);
      this.think(1.2);
    }
    return this.signIn(person.name, person.login, true);
  }

  /** The k-th own object of a person in a space: those made lately first, then old ones. */
  ownObject(person: Person, spaceName: string): number {
    const space = this.world.space(spaceName);
    const list = person.own.get(spaceName);
    if (list !== undefined && list.length > 0 && this.random.chance(0.6)) return list[list.length - 1 - this.random.zipf(list.length, 1)];
    return ownedIndex(space, person.seed, this.random.zipf(Math.max(2, person.portfolio), 0.9));
  }

  /** An object of the catalogue: seen lately, or popular. */
  catalogueObject(person: Person | undefined, spaceName: string): number {
    const space = this.world.space(spaceName);
    const recent = person?.recent.get(spaceName);
    if (recent !== undefined && recent.length > 0 && this.random.chance(0.3)) return this.random.pick(recent);
    const rank = this.random.zipf(space.sizeAt(this.t), this.world.popularity);
    const index = Math.floor((((rank * 2_654_435_761) % 4_294_967_296) / 4_294_967_296) * space.count);
    if (person !== undefined) {
      const list = recent ?? [];
      list.push(index);
      if (list.length > 8) list.shift();
      person.recent.set(spaceName, list);
    }
    return index;
  }

  /** Something new comes into being and belongs to the person. */
  created(person: Person | undefined, spaceName: string): number {
    const index = this.world.space(spaceName).created(this.t, this.random);
    if (person !== undefined) {
      const list = person.own.get(spaceName) ?? [];
      list.push(index);
      if (list.length > 12) list.shift();
      person.own.set(spaceName, list);
    }
    return index;
  }
}
