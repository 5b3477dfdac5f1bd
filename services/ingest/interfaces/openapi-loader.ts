import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import { WeirError } from '../../core/errors.ts';
import { type ApiOperation, DocumentFault, operationsOf } from './openapi.ts';

/** Bytes of a document at most: the largest public ones have some 10 MB. */
const MAX_BYTES = 64 << 20;

/**
 * Loads the OpenAPI documents that a tenant's config names: YAML or JSON, 2.0 or 3.x. They are read once, when a run starts;
 * nothing is fetched from anywhere.
 * @throws WeirError `input_missing`, `input_unreadable` or `input_format`, naming the file, the place in it and what would be right
 */
export function loadDocuments(files: readonly string[], place: string): ApiOperation[] {
  return files.flatMap((file, index) => {
    const at = `${place}[${index}]: ${file}`;
    const text = read(file, at);
    let document: unknown;
    try {
      // YAML 1.2 takes JSON too, yet JSON.parse is faster and its errors are plainer
      document = /^\s*\{/.test(text) ? JSON.parse(text) : parse(text);
    } catch (cause) {
      throw new WeirError('input_format', `${at} is neither YAML nor JSON: ${(cause as Error).message.split('\n')[0]}`, { cause });
    }
    try {
      return operationsOf(document);
    } catch (cause) {
      if (!(cause instanceof DocumentFault)) throw cause;
      throw new WeirError('input_format', `${at}: ${cause.message}`, { cause });
    }
  });
}

/** Operations that each tenant's documents name; tenants without documents are left out. */
export type Documents = Readonly<Record<string, readonly ApiOperation[]>>;

/** Loads the documents of all tenants of a config. Throws as `loadDocuments` does. */
export function documentsOf(tenants: Readonly<Record<string, { documents: readonly string[] }>>): Documents {
  const named = Object.entries(tenants).filter(([, { documents }]) => documents.length > 0);
  return Object.fromEntries(named.map(([name, { documents }]) => [name, loadDocuments(documents, `tenants.${name}.documents`)]));
}

/** A config's version with what its documents say, which the config does not. 12 hex digits; the config's own without documents. */
export function versionWithDocuments(version: string, documents: Documents): string {
  const said = Object.entries(documents).sort(([a], [b]) => (a < b ? -1 : 1));
  if (said.length === 0) return version;
  return createHash('sha256')
    .update(`${version}\n${JSON.stringify(said)}`)
    .digest('hex')
    .slice(0, 12);
}

function read(file: string, at: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_BYTES) throw new WeirError('input_format', `${at} has ${size} bytes; an OpenAPI document has at most ${MAX_BYTES}`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof WeirError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new WeirError(
      missing ? 'input_missing' : 'input_unreadable',
      `${at} ${missing ? 'does not exist' : `cannot be read: ${(cause as Error).message}`}`,
      { cause },
    );
  }
}
