import { type Dirent, readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { FileId } from './tail-source.ts';

/** A file beside a followed one that rotation may have made of it. */
export interface Sibling {
  path: string;
  id: FileId;
  modified: number;
}

/**
 * Files that rotation has made of a path, the newest first: app.log.1, app.log.2.gz, app.log-20261122, app-20261122.log,
 * app.log.old. What was written later is newer; the number decides between files of the same moment. Where a file is there
 * plain and compressed, it is the plain one.
 */
export async function siblingsOf(path: string): Promise<Sibling[]> {
  const folder = dirname(path);
  const rank = ranker(basename(path));
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  const names = new Set(entries.filter((entry) => entry.isFile()).map((entry) => entry.name));
  const found: (Sibling & { rank: number; name: string })[] = [];
  for (const name of names) {
    const order = rank(name);
    if (order === undefined || (name.endsWith('.gz') && names.has(name.slice(0, -3)))) continue;
    try {
      const { mtimeMs, dev, ino } = await stat(join(folder, name));
      found.push({ path: join(folder, name), id: { device: dev, inode: ino }, modified: mtimeMs, rank: order, name });
    } catch {
      // renamed meanwhile: the next look sees it
    }
  }
  found.sort((a, b) => b.modified - a.modified || a.rank - b.rank || (a.name < b.name ? 1 : -1));
  return found.map(({ path: at, id, modified }) => ({ path: at, id, modified }));
}

/** The rotation number of a name (0 for names with a date, where the name itself says which is newer); undefined for others. */
function ranker(base: string): (name: string) => number | undefined {
  const ending = extname(base);
  const stem = base.slice(0, base.length - ending.length);
  return (name) => {
    const plain = name.endsWith('.gz') ? name.slice(0, -3) : name;
    if (name === base || plain === base) return undefined;
    let mark: string | undefined;
    if (plain.startsWith(base)) mark = plain.slice(base.length);
    else if (ending !== '' && stem !== '' && plain.startsWith(stem) && plain.endsWith(ending))
      mark = plain.slice(stem.length, plain.length - ending.length);
    if (mark === undefined) return undefined;
    if (/^\.\d{1,5}$/.test(mark)) return Number(mark.slice(1));
    if (/^[-._]\d[-\d_.T:]{5,}$/.test(mark)) return 0;
    return /^\.(old|bak|prev)$/.test(mark) ? 1 : undefined;
  };
}
