import type { Config } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import type { StoreConfig } from '../storage/store.ts';

/**
 * A config's store as it is opened: the password comes from the environment.
 * @throws WeirError `config` when the variable is not set
 */
export function storeConfigOf(store: Config['store'], environment: NodeJS.ProcessEnv = process.env): StoreConfig {
  if ('path' in store) return store;
  const { password_env, ...server } = store;
  if (password_env === undefined) return server;
  const password = environment[password_env];
  if (password === undefined) throw new WeirError('config', `store.password_env: ${password_env} is not set in the environment`);
  return { ...server, password };
}
