import { stat } from 'node:fs/promises';
import type { Config } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import { type LoadedList, loadAddressList, loadAddressLists } from '../ingest/addresses/address-list-loader.ts';

/** ms between looks at the files of lists. A file is read when it has stayed the same from one look to the next. */
export const LOOK_EVERY = 10_000;

export interface ListWatchOptions {
  config: Config;
  /** the lists in force */
  lists: readonly LoadedList[];
  /** ms; default LOOK_EVERY */
  every?: number;
  /** some lists hold something else: all of them, and the names of those; what it throws is said, and they stay as they were */
  onChanged(lists: readonly LoadedList[], names: readonly string[]): Promise<void>;
  /** a file that cannot be used: what is in force stays in force; said once for each state of the file */
  onProblem(text: string): void;
}

/** Looks at the files of lists from time to time, and tells when they hold something else than they did. */
export class ListWatch {
  private readonly options: ListWatchOptions;
  private lists: readonly LoadedList[];
  /** by file: what it looked like when it was last read, or refused; and what it has looked like since the last look */
  private readonly read = new Map<string, string>();
  private readonly pending = new Map<string, string>();
  private readonly timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(options: ListWatchOptions) {
    this.options = options;
    this.lists = options.lists;
    for (const { file, stamp } of options.lists) if (file !== undefined) this.read.set(file, stamp);
    if (this.read.size === 0) return;
    this.timer = setInterval(() => void this.look(), options.every ?? LOOK_EVERY);
    this.timer.unref();
  }

  /** Looks now, unless a look is under way. */
  look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  /** Stops looking; resolves when a look that is under way is over. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  private async lookOnce(): Promise<void> {
    const settled = await this.settledFiles();
    const fresh = new Map<LoadedList, LoadedList>();
    for (const list of this.lists) {
      if (list.file === undefined || !settled.has(list.file)) continue;
      const again = await this.reload(list);
      if (again !== undefined && again.hash !== list.hash) fresh.set(list, again);
    }
    if (fresh.size === 0) return;
    const lists = this.lists.map((list) => fresh.get(list) ?? list);
    try {
      await this.options.onChanged(
        lists,
        [...fresh.values()].map(({ name }) => name),
      );
      this.lists = lists;
    } catch (error) {
      this.options.onProblem(`changed lists were not taken: ${(error as Error).message}`);
    }
  }

  /** Files that differ from what was read, and have stayed so from the last look to this one. */
  private async settledFiles(): Promise<Set<string>> {
    const settled = new Set<string>();
    for (const [file, read] of this.read) {
      const stamp = await stampOf(file);
      if (stamp === read) this.pending.delete(file);
      else if (this.pending.get(file) !== stamp) this.pending.set(file, stamp);
      else {
        this.pending.delete(file);
        this.read.set(file, stamp);
        settled.add(file);
      }
    }
    return settled;
  }

  private async reload({ tenant, name, file }: LoadedList): Promise<LoadedList | undefined> {
    const configured = this.options.config.tenants[tenant].lists.find((list) => list.name === name);
    try {
      const list = await loadAddressList(tenant, configured as NonNullable<typeof configured>);
      for (const text of badEntries(list)) this.options.onProblem(text);
      return list;
    } catch (error) {
      if (!(error instanceof WeirError)) throw error;
      this.options.onProblem(`${error.message}; what list ${name} of tenant ${tenant} held before stays in force (${file})`);
      return undefined;
    }
  }
}

/** What a file looks like from outside; '' for one that cannot be seen. */
async function stampOf(file: string): Promise<string> {
  try {
    const { size, mtimeMs, ino } = await stat(file);
    return `${size} ${mtimeMs} ${ino}`;
  } catch {
    return '';
  }
}

/** Reads all lists of a config. @throws as loadAddressLists @param say told of entries that are left out */
export async function readLists(config: Config, say: (text: string) => void): Promise<LoadedList[]> {
  const lists = await loadAddressLists(config.tenants);
  for (const list of lists) for (const text of badEntries(list)) say(text);
  return lists;
}

/** What to say of entries that are none. */
export function badEntries({ tenant, name, bad, problems }: LoadedList): string[] {
  if (bad === 0) return [];
  const more = bad > problems.length ? ` and ${bad - problems.length} more` : '';
  return [`list ${name} of tenant ${tenant}: ${bad} ${bad === 1 ? 'entry is' : 'entries are'} left out: ${problems.join('; ')}${more}`];
}
