import { readFileSync } from 'node:fs';
import type { SourceConfig } from '../../../schemas/config.ts';
import { WeirError } from '../../core/errors.ts';
import { publicKeys, secretKey, type TokenKey } from './token-keys.ts';

/** Keys of each identity rule of a source, by its number; undefined for a rule that verifies nothing. */
export type RuleKeys = readonly (readonly TokenKey[] | undefined)[];

/**
 * Loads the keys that a source's identity rules verify tokens with. They are read once, when a run starts: keys that are
 * exchanged take effect with the next start.
 * @throws WeirError `config` for a variable that is not set and a file that holds no keys, `input_missing` or
 * `input_unreadable` for a file
 */
export function loadTokenKeys(source: Partial<SourceConfig>, environment: NodeJS.ProcessEnv = process.env): RuleKeys {
  return (source.identity ?? []).map((rule, index) => {
    if (typeof rule === 'string' || rule.verify === undefined) return undefined;
    const place = `sources.${source.name}.identity[${index}].verify`;
    const { secret_env: name, keys: file } = rule.verify;
    if (name !== undefined) {
      const secret = environment[name] ?? '';
      if (secret === '') throw new WeirError('config', `${place}.secret_env: ${name} is not set in the environment`);
      return [secretKey(secret)];
    }
    if (file === undefined) return undefined;
    const text = readKeys(file, place);
    try {
      return publicKeys(text);
    } catch (cause) {
      throw new WeirError('config', `${place}.keys: ${file}: ${(cause as Error).message}`, { cause });
    }
  });
}

function readKeys(file: string, place: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new WeirError(
      missing ? 'input_missing' : 'input_unreadable',
      `${place}.keys: ${file} ${missing ? 'does not exist' : `cannot be read: ${(cause as Error).message}`}`,
      { cause },
    );
  }
}
