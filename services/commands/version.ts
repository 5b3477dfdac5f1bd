import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import { MODEL } from '../../models/version.ts';
import { ALERT_SCHEMA_VERSION } from '../../schemas/alert.ts';

/** The folder that holds package.json, whether the program runs from its sources or from dist/. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    try {
      const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string };
      if (found.name === 'weir') return folder;
    } catch {
      // no package.json here: look one folder up
    }
    const above = dirname(folder);
    if (above === folder) throw new Error(`no package.json of weir above ${fileURLToPath(import.meta.url)}`);
    folder = above;
  }
}

/** Version of the program. */
export function programVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}

/** Versions of what can change alone, for metrics and logs. */
export function versions(): { version: string; model: string; schema: string } {
  return {
    version: programVersion(),
    model: `${MODEL.version}+${new BundleCatalogue(undefined).newestShipped ?? 'none'}`,
    schema: String(readdirSync(join(packageRoot(), 'schemas', 'clickhouse')).filter((name) => /^\d{4}_/.test(name)).length),
  };
}

/** What `weir --version` prints: program, model and schema, each of which can change alone. */
export function versionText(): string {
  const migrations = readdirSync(join(packageRoot(), 'schemas', 'clickhouse')).filter((name) => /^\d{4}_/.test(name));
  const trained = new BundleCatalogue(undefined).newestShipped;
  const model = `${MODEL.name} ${MODEL.version}, ${trained === undefined ? 'no trained scorers shipped' : `trained scorers ${trained}`}`;
  return `weir ${programVersion()} · model ${model} · alert schema ${ALERT_SCHEMA_VERSION} · store schema ${migrations.length} · node ${process.version}`;
}
