import { openBackend } from '../../models/autoencoder/backend.ts';
import { openBundle } from '../../models/learned/open-bundle.ts';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import type { Config } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import { ALL_TENANTS, NO_MODEL } from '../state/model-switches.ts';
import { type Check, failed, ok, warn } from './doctor-check.ts';
import type { ModelsDiagnosis } from './model-diagnosis.ts';

/** Opens every bundle that judges, with all the checks that a run makes: hashes, golden rows, golden scores. */
export async function checkBundles(config: Config, dataFolder: string, { in_force, problem }: ModelsDiagnosis): Promise<Check[]> {
  // said by its own line already
  if (problem !== undefined) return [failed('models', new WeirError('model_features', problem))];
  const versions = new Set(
    in_force.flatMap(({ champion, challenger }) => [champion, challenger]).filter((version) => version !== NO_MODEL),
  );
  if (in_force.some(({ tenant, champion }) => tenant === ALL_TENANTS && champion === NO_MODEL) && versions.size === 0)
    return [
      warn(
        'models',
        'no trained scorer judges: baselines alone',
        '`weir models` lists what there is, `weir models promote` lets one judge',
      ),
    ];
  const checks: Check[] = [];
  let backend: ReturnType<typeof openBackend> | undefined;
  for (const version of versions) {
    try {
      const bundle = new BundleCatalogue(dataFolder).bundle(version);
      await openBundle(bundle, () => (backend ??= openBackend(config.models.backend)));
      checks.push(ok('models', `${version} opens: hashes, feature lists and golden scores agree`));
    } catch (error) {
      checks.push(failed('models', error, 'take another copy of the bundle, or promote another version'));
    }
  }
  return checks;
}
