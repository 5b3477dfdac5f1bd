import { join } from 'node:path';
import { WeirError } from '../core/errors.ts';
import type { StageName } from '../core/stage.ts';
import { FileSnapshotStore } from './file-snapshot-store.ts';
import type { Manifest, Provisional } from './manifest.ts';
import { readProvisional } from './provisional-file.ts';

/** What is to be rolled back. */
export interface RollbackWish {
  /** folder of the run's snapshots; nobody runs on it */
  folder: string;
  version: number;
  /** tells a command that was given twice from two commands */
  request: string;
}

/**
 * Makes a kept version the cut from which a run goes on: all that its tasks had learned, the places in the inputs, and the
 * ledger are as they were then. What was read since is read again where it still can be, with the same results.
 * @returns the manifest that holds now
 * @throws WeirError `usage` for a version that is not kept, or that other stages wrote; `snapshot_corrupt`, `disk`
 */
export function rollBack({ folder, version, request }: RollbackWish): Manifest {
  const store = new FileSnapshotStore(folder);
  const newest = store.newest();
  if (newest?.kept?.request === request) return newest;
  const versions = store.versions();
  const chosen = versions.find(({ sequence }) => sequence === version);
  if (newest === undefined || chosen === undefined) {
    const known = versions.map(({ sequence }) => sequence).join(', ');
    throw new WeirError(
      'usage',
      `there is no version ${version} of the baselines; ${known === '' ? 'none is kept' : `kept are: ${known}`}`,
    );
  }
  checkFits(store, chosen, newest);
  const manifest: Manifest = {
    ...chosen,
    sequence: newest.sequence + 1,
    provisional: union(raisedProvisionally(folder, newest), chosen.provisional),
    kept: { number: 0, day: chosen.kept?.day ?? -1, at: chosen.kept?.at ?? '', from: version, request },
  };
  store.commit(manifest);
  return manifest;
}

/** Every file is whole, and of the stages that wrote the newest cut. */
function checkFits(store: FileSnapshotStore, chosen: Manifest, newest: Manifest): void {
  const versions = new Map<StageName, number>();
  for (const file of newest.files) versions.set(file.stage, store.read(file, () => false).version);
  for (const file of chosen.files) {
    const { version } = store.read(file, () => true);
    const now = versions.get(file.stage);
    if (now !== undefined && now !== version) {
      throw new WeirError(
        'usage',
        `version ${chosen.sequence} was written by program ${chosen.program}, whose ${file.stage} stage has state version ${version}; this one reads ${now}`,
      );
    }
  }
}

/** What the end of the inputs raised on top of the newest cut: nobody has confirmed it, so what comes next confirms it or takes it back. */
function raisedProvisionally(folder: string, newest: Manifest): Record<string, Provisional> {
  const mark = readProvisional(join(folder, 'provisional.json'));
  return mark?.sequence === newest.sequence ? mark.tenants : newest.provisional;
}

function union(a: Record<string, Provisional>, b: Record<string, Provisional>): Record<string, Provisional> {
  const both: Record<string, Provisional> = {};
  for (const tenant of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const of = (kind: 'alerts' | 'incidents'): string[] => [...new Set([...(a[tenant]?.[kind] ?? []), ...(b[tenant]?.[kind] ?? [])])];
    both[tenant] = { alerts: of('alerts'), incidents: of('incidents') };
  }
  return both;
}
