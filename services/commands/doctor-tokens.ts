import type { SourceConfig } from '../../schemas/config.ts';
import { loadTokenKeys } from '../ingest/identity/token-key-loader.ts';
import { type Check, failed, ok } from './doctor-check.ts';

/** Keys that identity rules verify tokens with: there, readable, and for which algorithms. */
export function checkTokenKeys(sources: readonly SourceConfig[], environment: NodeJS.ProcessEnv): Check[] {
  return sources.flatMap((source) => {
    const name = `source ${source.name}`;
    try {
      return loadTokenKeys(source, environment).flatMap((keys, index): Check[] => {
        if (keys === undefined) return [];
        const algorithms = [...new Set(keys.flatMap((key) => key.algorithms))].join(', ');
        const named = keys.flatMap(({ kid }) => (kid === undefined ? [] : [kid]));
        const count = keys.length === 1 ? '1 key' : `${keys.length} keys`;
        return [
          ok(name, `identity[${index}] verifies tokens with ${count} (${algorithms}${named.length > 0 ? `; ${named.join(', ')}` : ''})`),
        ];
      });
    } catch (error) {
      // of a source with files the look at its sample has said it
      return source.files === undefined ? [failed(name, error, 'weir serve refuses to start without them')] : [];
    }
  });
}
