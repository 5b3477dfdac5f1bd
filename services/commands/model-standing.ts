import { bundleHash, modelsOf } from '../../models/registry/bundle-folder.ts';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import { shortTime } from '../console/times.ts';
import { WeirError } from '../core/errors.ts';
import {
  ALL_TENANTS,
  BEGINNING,
  inForce,
  type NewSwitch,
  type SwitchEntry,
  SwitchJournal,
  shippedSwitch,
} from '../state/model-switches.ts';
import { featureFit } from './model-fit.ts';

/** What a version does for whom. */
export interface ModelRole {
  role: 'champion' | 'challenger';
  /** `*`: all that have none of their own */
  tenant: string;
  /** event time, ISO 8601; null: from the beginning */
  since: string | null;
}

export interface KnownModel {
  version: string;
  folder: string;
  shipped: boolean;
  sha256: string;
  made: Record<string, unknown>;
  /** `account forest`, … */
  scorers: string[];
  /** its features are those of this program */
  fits: boolean;
  roles: ModelRole[];
  /** why it cannot be used */
  problem?: string;
}

/** The versions that a data folder knows, and which of them judge: what `weir models` prints. */
export interface Standing {
  models: KnownModel[];
  in_force: { tenant: string; champion: string; challenger: string; since: Pick<SwitchEntry, 'from'> | null }[];
  switches: readonly SwitchEntry[];
}

export function standingOf(dataFolder: string): Standing {
  const catalogue = new BundleCatalogue(dataFolder);
  const { entries } = new SwitchJournal(dataFolder);
  // what the first run will write down; what a newer program changes is said by the run that changes it
  const first = entries.length > 0 ? undefined : shippedSwitch(entries, catalogue.newestShipped, {});
  const seen: readonly SwitchEntry[] = first === undefined ? entries : [pending(first)];
  const tenants = [ALL_TENANTS, ...new Set(seen.map(({ tenant }) => tenant).filter((tenant) => tenant !== ALL_TENANTS))];
  const in_force = tenants.map((tenant) => {
    const { champion, challenger, from, since } = inForce(seen, tenant);
    return { tenant, champion, challenger, from, since: since ?? null };
  });
  const rolesOf = (version: string): ModelRole[] =>
    in_force.flatMap(({ tenant, champion, challenger, from, since }): ModelRole[] => {
      if (champion === version) return [{ role: 'champion', tenant, since: iso(since?.from ?? from) }];
      return challenger === version ? [{ role: 'challenger', tenant, since: iso(from) }] : [];
    });
  const models = catalogue.bundles.map(({ version, folder, shipped }): KnownModel => {
    const roles = rolesOf(version);
    try {
      const bundle = catalogue.bundle(version);
      const scorers = modelsOf(bundle.manifest).map(({ view, kind }) => `${view} ${kind}`);
      const fits = featureFit(bundle.manifest).every((fit) => fit.fits);
      return { version, folder, shipped, sha256: bundleHash(bundle), made: bundle.manifest.made, scorers, fits, roles };
    } catch (error) {
      if (!(error instanceof WeirError)) throw error;
      return { version, folder, shipped, sha256: '', made: {}, scorers: [], fits: false, roles, problem: error.message };
    }
  });
  return { models, in_force: in_force.map(({ from: _, ...one }) => one), switches: entries };
}

function pending(entry: NewSwitch): SwitchEntry {
  return { number: 0, recorded_at: '', ...entry };
}

export function roleText({ role, tenant, since }: ModelRole): string {
  const whose = tenant === ALL_TENANTS ? '' : ` of ${tenant}`;
  return `${role}${whose} ${since === null ? 'from the beginning' : `since ${shortTime(since, 'UTC')} UTC`}`;
}

/** From when on a switch holds. */
export function sinceText(entry: Pick<SwitchEntry, 'from'> | null): string {
  if (entry === null || entry.from === BEGINNING) return 'from the beginning';
  return `from ${shortTime(entry.from, 'UTC')} UTC`;
}

function iso(time: number): string | null {
  return time === BEGINNING ? null : new Date(time).toISOString();
}
