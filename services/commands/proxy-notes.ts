import { SourceConfig, TenantConfig } from '../../schemas/config.ts';
import type { KnownInput } from '../drivers/embedded/driver.ts';
import { NO_ADDRESS_DATA } from '../ingest/addresses/addresses.ts';
import { type HiddenProxies, hiddenProxies } from './hidden-proxies.ts';
import { readSample } from './read-sample.ts';

/** Events at a log's beginning that say whether proxies stand in front. */
const ENOUGH = 5_000;

/**
 * What `weir detect` says of sources whose actors are all a proxy: looks at the beginning of each one's first file again. Of
 * standard input, and of files that are no longer there, nothing is said.
 */
export async function proxyNotes(inputs: readonly KnownInput[], sources: readonly SourceConfig[]): Promise<string[]> {
  const notes: string[] = [];
  const first = new Map<string, KnownInput>();
  for (const input of inputs) if (input.path !== '-' && !first.has(input.source)) first.set(input.source, input);
  for (const [name, input] of first) {
    const hidden = await look(input, sources.find((source) => source.name === name) ?? SourceConfig.parse({ name, files: [input.path] }));
    if (hidden?.reported === true) notes.push(`source ${name}: ${hidden.found}. Add to the source: ${hidden.line}`);
  }
  return notes;
}

async function look(input: KnownInput, source: SourceConfig): Promise<HiddenProxies | undefined> {
  if (source.trusted_proxies.length > 0 || source.proxy_hops !== undefined) return undefined;
  let events = 0;
  const asRead = { ...source, tenant: input.tenant, format: input.format as SourceConfig['format'] };
  try {
    const { guess } = await readSample(
      input.path,
      asRead,
      TenantConfig.parse({}),
      { addresses: NO_ADDRESS_DATA },
      new Uint32Array(4),
      (emits) => {
        for (const emit of emits) if (emit.output === 'events') events += emit.value.n;
        return events < ENOUGH;
      },
    );
    return hiddenProxies(guess);
  } catch {
    return undefined; // the run itself has read it: what has become of the file since is no matter of its report
  }
}
