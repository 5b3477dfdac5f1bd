import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { WeirError } from '../../core/errors.ts';
import { sampleBytes } from '../../core/raw.ts';
import type { InputPosition } from '../../state/manifest.ts';
import type { OpenedInput } from './byte-source.ts';
import { filesOf, isPattern } from './file-pattern.ts';
import { alike, behindOf, HEAD_BYTES, newIdentity } from './identity.ts';
import type { AboutFile, InputSpec, Notice, PlannedInput } from './planned-input.ts';
import { siblingsOf } from './siblings.ts';
import { type FileId, isSameFile, type OpenedFile, openFollowed } from './tail-source.ts';

/** ms between looks for new files of a pattern. */
const PATTERN_EVERY = 2_000;
/** ms for which the place of a file that is read may be empty before the file is let go. */
const MISSING_FOR = 60_000;
const NOT_THERE = 'it is not there';
const NEWLINE = 10;

export interface TailOptions {
  /** paths or patterns; not `-` */
  specs: readonly InputSpec[];
  /** names the format of a file from its first bytes. Throws `input_format` */
  detect(head: Uint8Array, path: string): string;
  /** ms */
  latenessOf(format: string): number;
  notice: Notice;
  /** ms */
  now(): number;
}

/** An input that is being read, as far as its file matters. */
export interface Tailed {
  readonly plan: PlannedInput;
  /** another file has taken its place; it is read to its end */
  readonly replaced: boolean;
  /** begun anew in place: nothing more comes of it */
  readonly truncated: boolean;
  /** as a cut would write it down now */
  position(): InputPosition;
}

/** What has changed since the last look. */
export interface Changes<Input extends Tailed> {
  /** to be opened, the oldest first; `replaced`: read to the end, not followed */
  opens: (PlannedInput & { opened: OpenedFile; replaced: boolean })[];
  /** no longer the file of its path */
  replaced: Input[];
  /** the rest of an input lies in another file */
  moved: { input: Input; opened: OpenedFile }[];
  /** known inputs whose file is gone */
  lost: InputPosition[];
}

interface Place {
  spec: InputSpec;
  path: string;
  ofPattern: boolean;
}

/**
 * Knows the files of a run that follows: those that are not there yet, those that were renamed, copied and truncated or
 * replaced, while it was on or before. A file is known by its first bytes and by the last bytes that were read of it; one
 * that is open also by its inode.
 */
export class Tails {
  private readonly options: TailOptions;
  private readonly said = new Map<string, string>();
  private readonly missing = new Map<string, number>();
  private readonly begun = new Set<string>();
  /** compressed files that were read, or are: they do not grow */
  private readonly over = new Set<string>();
  private places: Place[] = [];
  private patternsAt = Number.NEGATIVE_INFINITY;

  constructor(options: TailOptions) {
    this.options = options;
  }

  /** Paths of the config that there is nothing to read of yet, with the reason. */
  waiting(): ReadonlyMap<string, string> {
    return this.said;
  }

  /**
   * @param active inputs being read
   * @param known every input that was ever read, those being read left out
   */
  async look<Input extends Tailed>(active: readonly Input[], known: readonly InputPosition[]): Promise<Changes<Input>> {
    const changes: Changes<Input> = { opens: [], replaced: [], moved: [], lost: [] };
    this.findPlaces();
    for (const place of this.places) {
      if (this.over.has(place.path)) continue;
      const current = active.find(({ plan, replaced }) => !replaced && plan.path === place.path && plan.tenant === place.spec.tenant);
      const look = new Look(this.options, place, active, known, changes, this.said, this.missing);
      if (await look.at(current, !this.begun.has(place.path))) this.begun.add(place.path);
    }
    for (const { path, opened, replaced } of changes.opens) if (replaced && opened.path === path) this.over.add(path);
    for (const input of active) {
      const { path, opened } = input.plan;
      if (input.replaced || changes.replaced.includes(input) || opened.kind === 'inlet' || opened.kind === 'stdin') continue;
      if (!this.places.some((place) => place.path === path)) changes.replaced.push(input);
    }
    return changes;
  }

  private findPlaces(): void {
    const now = performance.now();
    if (now - this.patternsAt < PATTERN_EVERY && this.patternsAt > 0) return;
    this.patternsAt = now;
    const places = new Map<string, Place>();
    for (const spec of this.options.specs) {
      const path = resolve(spec.path);
      const ofPattern = isPattern(path);
      for (const one of ofPattern ? filesOf(path) : [path]) {
        const key = `${spec.tenant} ${one}`;
        if (!places.has(key)) places.set(key, { spec, path: one, ofPattern });
      }
    }
    this.places = [...places.values()];
  }
}

/** A file that was opened to see what it is. */
interface Sight {
  path: string;
  opened: OpenedFile;
  /** the input that it is, if it is known */
  is: InputPosition | undefined;
}

/** One look at one place. */
class Look<Input extends Tailed> {
  private readonly options: TailOptions;
  private readonly place: Place;
  private readonly active: readonly Input[];
  private readonly known: readonly InputPosition[];
  private readonly changes: Changes<Input>;
  private readonly said: Map<string, string>;
  /** since when there has been nothing in the place of a file that is read, ms */
  private readonly missing: Map<string, number>;

  constructor(
    options: TailOptions,
    place: Place,
    active: readonly Input[],
    known: readonly InputPosition[],
    changes: Changes<Input>,
    said: Map<string, string>,
    missing: Map<string, number>,
  ) {
    this.options = options;
    this.place = place;
    this.active = active;
    this.known = known;
    this.changes = changes;
    this.said = said;
    this.missing = missing;
  }

  /** False when files were renamed meanwhile: the next look has to see what is what. */
  async at(current: Input | undefined, first: boolean): Promise<boolean> {
    const { path } = this.place;
    const there = await this.find(path, current, first);
    if (there === 'same') return true;
    const before = current === undefined ? this.unfinished() : [current.position()];
    const missing = before.filter((one) => one.partition !== there?.is?.partition);
    const moved = current !== undefined && !current.truncated && there?.is?.partition === current.plan.partition;
    const asks = current === undefined ? first && missing.length > 0 : current.truncated || (there !== undefined && !moved);
    const beside = asks ? await this.sights(there) : [];
    if (beside === undefined) {
      await there?.opened.close();
      return false;
    }
    if (current?.truncated) await this.truncated(current, beside);
    else if (current === undefined && asks) await this.catchUp(missing, beside, there?.is !== undefined);
    if (there === undefined) return true;
    if (moved) {
      this.changes.moved.push({ input: current, opened: there.opened });
      return true;
    }
    if (current !== undefined && !current.truncated) {
      this.changes.replaced.push(current);
      await this.openChain(before, beside, idOf(current));
      this.options.notice(`${path} was replaced: the one before is read to its end`, this.about('file_rotated'));
    }
    await this.plan(there, false);
    return true;
  }

  /** What stands at the path now, unless it is what is being read. Undefined: nothing to read yet. */
  private async find(path: string, current: Input | undefined, first: boolean): Promise<Sight | 'same' | undefined> {
    let size: number;
    let id: FileId;
    try {
      const found = await stat(path);
      ({ size } = found);
      id = { device: found.dev, inode: found.ino };
      this.missing.delete(path);
      if (found.isDirectory() && first)
        throw new WeirError('input_unreadable', `${path} is a folder: name the files in it, for example ${path}/*.log`);
    } catch (error) {
      if (error instanceof WeirError) throw error;
      return this.wait(path, (error as NodeJS.ErrnoException).code === 'EACCES' ? 'permission denied' : NOT_THERE, current);
    }
    if (current !== undefined && !current.truncated && isSameFile(id, idOf(current))) return 'same';
    // another name of a file that is being read
    if (this.active.some((input) => input !== current && !input.truncated && isSameFile(id, idOf(input)))) return undefined;
    if (size === 0) return this.wait(path, 'it is empty', current);
    const sight = await this.sight(path);
    if (sight === undefined) return this.wait(path, 'it cannot be read', current);
    const { opened } = sight;
    if (sight.is === undefined && opened.head.length < sampleBytes(path) && opened.head.indexOf(NEWLINE) < 0 && opened.kind === 'plain') {
      await opened.close();
      return this.wait(path, 'its first line is not complete', current);
    }
    if (this.said.delete(path)) this.options.notice(`${path} is there: it is read`);
    return sight;
  }

  private wait(path: string, reason: string, current: Input | undefined): undefined {
    if (current !== undefined && reason === NOT_THERE) this.letGo(path, current);
    if (current === undefined && !this.place.ofPattern && this.said.get(path) !== reason) {
      this.said.set(path, reason);
      this.options.notice(`waiting for ${path}: ${reason}`, this.about('file_waiting', { reason }));
    }
    return undefined;
  }

  /** A file without a name, and with nothing in its place, is let go after a while: while it is open its space is not free. */
  private letGo(path: string, current: Input): void {
    const now = this.options.now();
    const since = this.missing.get(path) ?? now;
    this.missing.set(path, since);
    if (now - since < MISSING_FOR) return;
    this.missing.delete(path);
    this.changes.replaced.push(current);
  }

  /** Opens a file and recognises it; undefined when it cannot be opened now. */
  private async sight(path: string): Promise<Sight | undefined> {
    let opened: OpenedFile;
    try {
      opened = await openFollowed(path, sampleBytes(path));
    } catch (error) {
      if (error instanceof WeirError) return undefined;
      throw error;
    }
    const all = [...this.active.map((input) => input.position()), ...this.known];
    const is = await recogniseFile(this.place.spec.tenant, opened, all);
    return { path, opened, is };
  }

  /** The files beside this one, opened, the newest first; undefined when they were renamed while they were looked at. */
  private async sights(there: Sight | undefined): Promise<Sight[] | undefined> {
    const sights: Sight[] = [];
    let settled = true;
    for (const sibling of await siblingsOf(this.place.path)) {
      const sight = await this.sight(sibling.path);
      if (sight === undefined) continue;
      sights.push(sight);
      settled &&= isSameFile(sight.opened.id, sibling.id) && !(there !== undefined && isSameFile(sight.opened.id, there.opened.id));
    }
    if (settled) return sights;
    await Promise.all(sights.map(({ opened }) => opened.close()));
    return undefined;
  }

  /** What is known under this path and was not read to its end. */
  private unfinished(): InputPosition[] {
    const { path, spec } = this.place;
    return this.known.filter((one) => one.finished !== true && one.tenant === spec.tenant && resolve(one.path) === path);
  }

  /** At the start: files that have been rotated away since the last cut, and what came between them and the one that is there. */
  private async catchUp(missing: readonly InputPosition[], beside: readonly Sight[], alone: boolean): Promise<void> {
    const found = await this.openChain(missing, beside, undefined, alone);
    for (const one of missing) {
      if (found.has(one.partition)) continue;
      this.changes.lost.push(one);
      this.options.notice(
        `${one.path} was read up to byte ${one.offset}, and no file beside it begins like it any more: what was written behind that, if anything was, is lost`,
      );
    }
  }

  /**
   * Opens rotated files: those of `before` that are not being read, and files nobody knows that are newer than the newest of
   * `before` (unless `alone`: then nothing can lie between). Returns which of `before` were found.
   */
  private async openChain(
    before: readonly InputPosition[],
    beside: readonly Sight[],
    held: FileId | undefined,
    alone = false,
  ): Promise<Set<string>> {
    const found = new Set<string>();
    const between: Sight[] = [];
    const rest: Sight[] = [];
    let met = alone;
    for (const sight of beside) {
      const { opened, is } = sight;
      const isHeld = held !== undefined && isSameFile(opened.id, held);
      if (is === undefined && !isHeld && !met && opened.head.length > 0) {
        between.push(sight);
        continue;
      }
      met ||= isHeld || is !== undefined;
      const wanted =
        is !== undefined && held === undefined && !found.has(is.partition) && before.some((one) => one.partition === is.partition);
      if (wanted) {
        found.add(is.partition);
        rest.push(sight);
      } else await opened.close();
    }
    const newest = Math.max(...before.map((one) => one.modified ?? Number.POSITIVE_INFINITY));
    for (const sight of rest) await this.planRotated(sight);
    for (const sight of between.reverse()) {
      if (met || sight.opened.modified > newest) await this.planRotated(sight);
      else await sight.opened.close();
    }
    return found;
  }

  /**
   * The file was begun anew in place. What it held and was not read yet can be in a copy only; copies that are newer than
   * that one were made of what it held in between.
   */
  private async truncated(current: Input, beside: readonly Sight[]): Promise<void> {
    const { path, partition } = current.plan;
    const { offset, modified = Number.POSITIVE_INFINITY } = current.position();
    this.changes.replaced.push(current);
    const copy = beside.findIndex((sight) => sight.is?.partition === partition);
    const known = beside.findIndex((sight) => sight.is !== undefined);
    const end = copy >= 0 && copy === known ? copy : known < 0 ? beside.length : known;
    if (copy >= 0) {
      this.changes.moved.push({ input: current, opened: beside[copy].opened });
      this.options.notice(
        `${path} was truncated: the rest of what it held is read from its copy ${beside[copy].path}`,
        this.about('file_truncated', { lost: false }),
      );
    } else {
      this.options.notice(
        `${path} was truncated, and no copy of it lies beside it: what was written behind byte ${offset} before that, if anything was, is lost`,
        this.about('file_truncated', { lost: true }),
      );
    }
    for (let i = beside.length - 1; i >= 0; i--) {
      if (i === copy) continue;
      const { opened, is } = beside[i];
      if (i < end && is === undefined && opened.head.length > 0 && (copy >= 0 || opened.modified > modified))
        await this.planRotated(beside[i]);
      else await opened.close();
    }
  }

  private async planRotated(sight: Sight): Promise<void> {
    const { opened, is } = sight;
    if (is === undefined || opened.kind === 'gzip' || opened.size > is.offset)
      this.options.notice(`${sight.path} was rotated away before it was read to its end: it is read first`, this.about('file_rotated'));
    await this.plan(sight, true);
  }

  private async plan({ path, opened, is }: Sight, replaced: boolean): Promise<void> {
    const { spec, ofPattern } = this.place;
    const { tenant, source } = spec;
    if (is !== undefined && (this.active.some(({ plan }) => plan.partition === is.partition) || (is.finished && opened.kind === 'gzip'))) {
      await opened.close();
      if (!ofPattern && !is.finished) this.once(path, `${path} begins as ${is.path} does and is taken for the same file: read once`);
      return;
    }
    const partitions = [...this.active.map(({ plan }) => plan.partition), ...this.known.map((one) => one.partition)];
    const taken = new Set([...partitions, ...this.changes.opens.map((one) => one.partition)]);
    let format = spec.format ?? is?.format;
    try {
      format ??= this.options.detect(opened.head, path);
    } catch (error) {
      // what came under this path before says what this is
      format = this.active.find(({ plan }) => plan.path === this.place.path)?.plan.format;
      if (format === undefined) {
        await opened.close();
        if (!(error instanceof WeirError)) throw error;
        this.once(path, error.message);
        return;
      }
    }
    this.changes.opens.push({
      tenant,
      source: is?.source ?? source,
      path: this.place.path,
      partition: is?.partition ?? newIdentity(tenant, opened.head, taken),
      head: is?.head ?? Math.min(HEAD_BYTES, opened.head.length),
      format,
      lateness: spec.lateness ?? this.options.latenessOf(format),
      opened,
      start: { offset: is?.offset ?? 0, lines: is?.lines ?? 0 },
      behind: is?.behind,
      replaced: replaced || opened.kind === 'gzip',
      guessed: spec.format === undefined,
    });
  }

  private about(event: AboutFile['event'], more: Partial<AboutFile['fields']> = {}): AboutFile {
    return { event, fields: { source: this.place.spec.source, path: this.place.path, ...more } };
  }

  private once(path: string, text: string): void {
    if (this.said.get(path) === text) return;
    this.said.set(path, text);
    this.options.notice(text);
  }
}

/**
 * The known input that a file is: it begins alike, and has what was read last where that was read. A file that begins alike
 * for all of HEAD_BYTES but is shorter than what was read of it has lost its end, and is the same; with a shorter head, which
 * says little, it is another one.
 */
export async function recogniseFile(
  tenant: string,
  opened: Pick<OpenedInput, 'kind' | 'head' | 'size' | 'before'>,
  known: readonly InputPosition[],
): Promise<InputPosition | undefined> {
  for (const one of alike(tenant, opened.head, known)) {
    if (opened.kind === 'gzip') return one;
    if (opened.size < one.offset) {
      if (one.head >= HEAD_BYTES) return one;
      continue;
    }
    if (one.behind === undefined || opened.before === undefined) return one;
    const bytes = await opened.before(one.offset, one.behind.bytes);
    if (behindOf(bytes)?.hash === one.behind.hash) return one;
  }
  return undefined;
}

function idOf(input: Tailed): FileId {
  return (input.plan.opened as OpenedFile).id ?? { device: -1, inode: -1 };
}
