import { join } from 'node:path';
import type { ModelSwitch, TenantSwitch } from '../core/control.ts';
import { WeirError } from '../core/errors.ts';
import { HOUR } from '../core/watermark.ts';
import { appendLine, readLines } from './synced-lines.ts';

/** All tenants: those that have no switch of their own, and those to come. */
export const ALL_TENANTS = '*';
/** `from` of a switch before which nothing was judged: the earliest time that there is. */
export const BEGINNING = -8_640_000_000_000_000;
/** A champion or challenger that is none. */
export const NO_MODEL = '';

/** Why a switch was written down; `shipped`: the first run, or the first of a program that came with a newer bundle. */
export type SwitchCause = 'shipped' | 'promote' | 'challenge' | 'rollback' | 'retire';

/** One line of `models/switches.ndjson`. A later one takes over from its `from` on, whatever earlier ones said of that time. */
export interface SwitchEntry extends ModelSwitch {
  /** from 1, without gaps */
  number: number;
  /** ISO 8601, for people: nothing is computed from it */
  recorded_at: string;
  by: SwitchCause;
  /** `*`: all, also those that had a switch of their own before */
  tenant: string;
  /** tells a command that was given twice from two commands */
  request?: string;
}

/** A switch before it was written down. */
export type NewSwitch = Omit<SwitchEntry, 'number' | 'recorded_at'>;

/** What judges a tenant's latest windows. */
export interface InForce extends ModelSwitch {
  /** the switch that put the champion there; undefined when nothing was ever switched */
  since: SwitchEntry | undefined;
}

/** The synced journal of a data folder's switches. Entries are never changed: a switch is taken back by another one. */
export class SwitchJournal {
  readonly path: string;
  private known: SwitchEntry[];

  /** Throws `snapshot_corrupt`. */
  constructor(dataFolder: string) {
    this.path = join(dataFolder, 'models', 'switches.ndjson');
    this.known = readLines<SwitchEntry>(this.path);
    this.known.forEach(({ number }, i) => {
      if (number !== i + 1) throw new WeirError('snapshot_corrupt', `${this.path}, line ${i + 1}: switch ${number} where ${i + 1} is due`);
    });
  }

  get entries(): readonly SwitchEntry[] {
    return this.known;
  }

  /** Writes a switch down; durable on return, before anything uses it. Throws `disk`. */
  append({ by, tenant, from, champion, challenger, request }: NewSwitch, now: number): SwitchEntry {
    const line: SwitchEntry = {
      number: this.known.length + 1,
      recorded_at: new Date(now).toISOString(),
      by,
      tenant,
      from,
      champion,
      challenger,
      ...(request === undefined ? {} : { request }),
    };
    appendLine(this.path, line);
    this.known = [...this.known, line];
    return line;
  }
}

/**
 * The switches of all entries as the stages take them: for `*` and for every tenant that was ever named on its own, whole
 * and rising in time. One that was taken back before its time stays in the list, with what took its place.
 */
export function switchesOf(entries: readonly SwitchEntry[]): TenantSwitch[] {
  const named = new Set(entries.map((entry) => entry.tenant));
  const tenants = [...new Set([ALL_TENANTS, ...[...named].sort()])];
  return tenants.flatMap((tenant) => scheduleOf(entries, tenant).map((entry) => ({ tenant, ...entry })));
}

/** One tenant's switches in order of time. */
export function scheduleOf(entries: readonly SwitchEntry[], tenant: string): ModelSwitch[] {
  const schedule = new Map<number, ModelSwitch>();
  for (const entry of concerning(entries, tenant)) {
    const { champion, challenger } = entry;
    schedule.set(entry.from, { from: entry.from, champion, challenger });
    for (const from of schedule.keys()) if (from > entry.from) schedule.set(from, { from, champion, challenger });
  }
  return [...schedule.values()].sort((a, b) => a.from - b.from);
}

/** What judges a tenant's latest windows by all that was written down. */
export function inForce(entries: readonly SwitchEntry[], tenant: string): InForce {
  const own = concerning(entries, tenant);
  const last = own.at(-1);
  if (last === undefined) return { from: BEGINNING, champion: NO_MODEL, challenger: NO_MODEL, since: undefined };
  const other = own.findLastIndex(({ champion }) => champion !== last.champion);
  return { from: last.from, champion: last.champion, challenger: last.challenger, since: own[other + 1] };
}

/** The champion that a rollback goes to: each promotion is taken back once. Undefined when there is none before. */
export function championBefore(entries: readonly SwitchEntry[], tenant: string): string | undefined {
  const own = concerning(entries, tenant);
  const stack = own.length === 0 || (own[0].by === 'shipped' && own[0].from === BEGINNING) ? [] : [NO_MODEL];
  for (const { by, champion } of own) {
    if (by === 'rollback') {
      while (stack.length > 0 && stack.at(-1) !== champion) stack.pop();
      if (stack.length === 0) stack.push(champion);
    } else if (stack.at(-1) !== champion) stack.push(champion);
  }
  return stack.at(-2);
}

/** The first whole hour at or after a time that was reached; the beginning when none was. Windows that start there were not judged. */
export function firstFree(reached: number | undefined): number {
  return reached === undefined || reached === Number.NEGATIVE_INFINITY ? BEGINNING : Math.ceil(reached / HOUR) * HOUR;
}

/** How far tenants were judged, for a switch of one or of all. */
export function reachedBy(judged: Readonly<Record<string, number>>, tenant: string): number | undefined {
  const times = tenant === ALL_TENANTS ? Object.values(judged) : [judged[tenant]].filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}

export interface SwitchWish {
  by: Exclude<SwitchCause, 'shipped'>;
  /** promote, challenge: which version; NO_MODEL: none */
  version?: string;
  tenant: string;
  /** ms UTC; undefined: as soon as nothing that was told changes */
  from?: number;
}

/**
 * What is to be written down for a wish. Pure: who asks looks whether the version exists, and writes.
 * @param judged how far each tenant was judged, ms UTC
 * @throws WeirError `usage` for a time that was judged already, for a wish that changes nothing, for a rollback without a champion before
 */
export function decideSwitch(entries: readonly SwitchEntry[], wish: SwitchWish, judged: Readonly<Record<string, number>>): NewSwitch {
  const { by, tenant } = wish;
  const earliest = firstFree(reachedBy(judged, tenant));
  const from = wish.from ?? earliest;
  if (from < earliest) {
    throw new WeirError(
      'usage',
      `--from ${new Date(from).toISOString()}: windows before ${new Date(earliest).toISOString()} have been judged; a switch can begin then or later`,
    );
  }
  const now = inForce(entries, tenant);
  const whose = tenant === ALL_TENANTS ? '' : ` of tenant ${tenant}`;
  const taken = (champion: string, challenger: string): NewSwitch => {
    const others =
      tenant === ALL_TENANTS &&
      entries.some((entry) => entry.tenant !== ALL_TENANTS && inForceDiffers(entries, entry.tenant, champion, challenger));
    if (champion === now.champion && challenger === now.challenger && wish.from === undefined && now.since !== undefined && !others) {
      throw new WeirError('usage', `nothing to change: the champion${whose} is ${named(champion)}, ${challengerText(challenger)}`);
    }
    return { by, tenant, from, champion, challenger };
  };
  switch (by) {
    case 'promote': {
      const version = wish.version ?? NO_MODEL;
      return taken(version, now.challenger === version ? NO_MODEL : now.challenger);
    }
    case 'challenge': {
      const version = wish.version ?? NO_MODEL;
      if (version === now.champion)
        throw new WeirError('usage', `${named(version)} is the champion${whose}: a challenger is another version`);
      return taken(now.champion, version);
    }
    case 'retire':
      if (now.challenger === NO_MODEL) throw new WeirError('usage', `there is no challenger${whose}`);
      return taken(now.champion, NO_MODEL);
    case 'rollback': {
      const before = championBefore(entries, tenant);
      if (before === undefined) throw new WeirError('usage', `there was no champion before ${named(now.champion)}${whose}`);
      return taken(before, now.challenger === before ? NO_MODEL : now.challenger);
    }
  }
}

/**
 * The switch that a program writes down before it runs: to its newest bundle in a data folder that has none, or that has
 * followed the program so far. Undefined when people have chosen a champion, or nothing changes.
 */
export function shippedSwitch(
  entries: readonly SwitchEntry[],
  newest: string | undefined,
  judged: Readonly<Record<string, number>>,
): NewSwitch | undefined {
  const { champion, challenger } = inForce(entries, ALL_TENANTS);
  if (newest === undefined || champion === newest || entries.some(({ by }) => by === 'promote' || by === 'rollback')) return undefined;
  const from = firstFree(reachedBy(judged, ALL_TENANTS));
  return { by: 'shipped', tenant: ALL_TENANTS, from, champion: newest, challenger: challenger === newest ? NO_MODEL : challenger };
}

/** A challenger as people read it. */
export function challengerText(version: string): string {
  return version === NO_MODEL ? 'no challenger' : `challenger ${version}`;
}

/** A version as people read it. */
export function named(version: string): string {
  return version === NO_MODEL ? 'none (baselines alone)' : version;
}

function concerning(entries: readonly SwitchEntry[], tenant: string): SwitchEntry[] {
  return entries.filter((entry) => entry.tenant === tenant || entry.tenant === ALL_TENANTS);
}

function inForceDiffers(entries: readonly SwitchEntry[], tenant: string, champion: string, challenger: string): boolean {
  const now = inForce(entries, tenant);
  return now.champion !== champion || now.challenger !== challenger;
}
