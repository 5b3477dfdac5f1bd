import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join, parse } from 'node:path';

/** True when a path has wildcards and names no file as it stands. */
export function isPattern(path: string): boolean {
  return /[*?]/.test(path) && !existsSync(path);
}

/**
 * The files that a pattern names, sorted: `*` stands for any characters of one name, `?` for one; names that begin with a
 * dot have to be named so. Folders that are missing or closed to us hold nothing.
 */
export function filesOf(pattern: string): string[] {
  const { root } = parse(pattern);
  const names = pattern.slice(root.length).split('/').filter(Boolean);
  let folders = [root === '' ? '.' : root];
  for (const [i, name] of names.entries()) {
    const last = i === names.length - 1;
    folders = folders.flatMap((folder) => matching(folder, name, last));
  }
  return folders.sort();
}

function matching(folder: string, name: string, last: boolean): string[] {
  if (!/[*?]/.test(name)) {
    const path = join(folder, name);
    return existsSync(path) ? [path] : [];
  }
  const expression = new RegExp(
    `^${name.replace(/[*?]|[^*?]+/g, (part) => (part === '*' ? '.*' : part === '?' ? '.' : part.replace(/[\\^$.|+()[\]{}]/g, '\\$&')))}$`,
    's',
  );
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => expression.test(entry.name) && (name.startsWith('.') || !entry.name.startsWith('.')))
    .filter((entry) => entry.isSymbolicLink() || (last ? entry.isFile() : entry.isDirectory()))
    .map((entry) => join(folder, entry.name));
}
