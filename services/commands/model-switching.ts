import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { openBackend } from '../../models/autoencoder/backend.ts';
import type { BundleData } from '../../models/learned/learned-models.ts';
import { openBundle } from '../../models/learned/open-bundle.ts';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import type { TenantSwitch } from '../core/control.ts';
import { WeirError } from '../core/errors.ts';
import { judgedBy } from '../drivers/embedded/known-runs.ts';
import { decideSwitch, NO_MODEL, type SwitchEntry, SwitchJournal, shippedSwitch, switchesOf } from '../state/model-switches.ts';
import { inDataFolder } from '../storage/folder-request.ts';
import type { Reader } from '../storage/reader.ts';
import { openStore } from '../storage/store.ts';

/** What `weir models promote` and its like ask of the process that has the data folder. */
export const SwitchRequest = z.strictObject({
  kind: z.literal('switch'),
  /** tells a request that is sent twice from two requests */
  id: z.string(),
  by: z.enum(['promote', 'challenge', 'rollback', 'retire']),
  version: z.string().optional(),
  tenant: z.string(),
  /** ms UTC */
  from: z.number().optional(),
});
export type SwitchRequest = z.infer<typeof SwitchRequest>;

/** Has a switch written down: by the run that is on, which then begins again with it, or here. */
export function requestSwitch(dataFolder: string, request: SwitchRequest): Promise<SwitchEntry> {
  return inDataFolder(dataFolder, request, async () => {
    if (!existsSync(join(dataFolder, 'store'))) return performSwitch(dataFolder, request, undefined);
    const store = await openStore({ path: dataFolder }, { readOnly: true });
    try {
      return await performSwitch(dataFolder, request, store);
    } finally {
      await store.close();
    }
  });
}

/** Writes a switch down, after everything that could speak against it was looked at. The caller has the data folder. */
export async function performSwitch(dataFolder: string, request: SwitchRequest, reader: Reader | undefined): Promise<SwitchEntry> {
  const journal = new SwitchJournal(dataFolder);
  const done = journal.entries.find((entry) => entry.request === request.id);
  if (done !== undefined) return done;
  const { version } = request;
  const catalogue = new BundleCatalogue(dataFolder);
  if (version !== undefined && version !== NO_MODEL) await openBundle(catalogue.bundle(version), openBackend);
  const judged = await judgedUntil(dataFolder, reader);
  settleShipped(journal, catalogue, judged);
  return journal.append({ ...decideSwitch(journal.entries, request, judged), request: request.id }, Date.now());
}

/**
 * How far each tenant was judged, ms UTC: by the state of the runs, and by the windows that are stored. After a crash the
 * store knows of more than the last cut does.
 */
export async function judgedUntil(dataFolder: string, reader: Reader | undefined): Promise<Record<string, number>> {
  const judged = judgedBy(join(dataFolder, 'snapshots'));
  const rows = await reader?.rows<{ tenant: string; time: number }>(
    'SELECT tenant, toUnixTimestamp64Milli(max(end)) AS time FROM windows_raw WHERE final GROUP BY tenant',
  );
  for (const { tenant, time } of rows ?? []) judged[tenant] = Math.max(judged[tenant] ?? Number.NEGATIVE_INFINITY, time);
  return judged;
}

/** A data folder that follows the program gets the switch to its newest bundle, before anything runs with it. */
export function settleShipped(journal: SwitchJournal, catalogue: BundleCatalogue, judged: Readonly<Record<string, number>>): void {
  const entry = shippedSwitch(journal.entries, catalogue.newestShipped, judged);
  if (entry !== undefined) journal.append(entry, Date.now());
}

/** Switches and the bundles that they name, for the stages. */
export interface ModelsInForce {
  bundles: BundleData[];
  switches: TenantSwitch[];
}

/** All that was switched in a data folder, with the bundles. Throws `model_unknown` naming the switch whose bundle is gone. */
export function modelsInForce(dataFolder: string): ModelsInForce {
  const journal = new SwitchJournal(dataFolder);
  const switches = switchesOf(journal.entries);
  const versions = new Set(
    switches.flatMap(({ champion, challenger }) => [champion, challenger]).filter((version) => version !== NO_MODEL),
  );
  if (versions.size === 0) return { bundles: [], switches };
  const catalogue = new BundleCatalogue(dataFolder);
  const bundles = [...versions].sort().map((version) => {
    if (!catalogue.has(version)) {
      const entry = journal.entries.find(({ champion, challenger }) => champion === version || challenger === version) as SwitchEntry;
      throw new WeirError(
        'model_unknown',
        `switch ${entry.number} of ${journal.path} (${entry.by}, ${entry.recorded_at}) names model ${version}, which is neither shipped with this program nor in ${join(dataFolder, 'models')}: take its folder in again with \`weir models add\``,
      );
    }
    return catalogue.bundle(version);
  });
  return { bundles, switches };
}
