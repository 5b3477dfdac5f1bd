import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { gauge } from './catalogue.ts';
import type { MetricSample } from './samples.ts';

/** Bytes that this user can still write on the disk of a folder, or of the nearest one above that exists; undefined: not known. */
export function freeBytes(folder: string): number | undefined {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = statfsSync(at);
      return bavail * bsize;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(at) === at) return undefined;
    }
  }
}

/** Free space by the name of what lies in the folder (`state`, `data`). */
export function diskSamples(folders: Readonly<Record<string, string>>): MetricSample[] {
  return Object.entries(folders).flatMap(([folder, path]) => {
    const free = freeBytes(path);
    return free === undefined ? [] : [gauge('weir_disk_free_bytes', { folder }, free)];
  });
}
