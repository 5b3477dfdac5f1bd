import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { WeirError } from '../../services/core/errors.ts';
import type { LearnedView } from '../learned/feature-list.ts';
import type { LearnedKind } from '../learned/judge.ts';
import type { BundleData, Manifest, ManifestModel } from '../learned/learned-models.ts';
import { BESIDE_FILES, CARD_FILE, MANIFEST_FILE, ManifestSchema } from './manifest-schema.ts';

/**
 * A bundle on disk: `<folder>/manifest.json`, the files that it names, and for people `card.md` and `training.json`. Bundles are immutable:
 * what lies in a folder is what was trained under that version, or the folder is refused.
 */

/** Reads a bundle and verifies it whole: the manifest's form, and every file against its SHA-256. Throws `model_corrupt`, naming file and both hashes. */
export function readBundle(folder: string): BundleData {
  const path = join(folder, MANIFEST_FILE);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(read(path)));
  } catch (cause) {
    if (cause instanceof WeirError) throw cause;
    throw new WeirError('model_corrupt', `${path} is not JSON: ${reasonOf(cause)}`, { cause });
  }
  const manifest = checkedManifest(json, path);
  const files: Record<string, Uint8Array> = {};
  for (const { model } of modelsOf(manifest)) files[model.file] ??= read(join(folder, model.file));
  for (const name of BESIDE_FILES) if (existsSync(join(folder, name))) files[name] = read(join(folder, name));
  const data = { manifest, files };
  verifyFiles(data, folder);
  return data;
}

/**
 * Writes a bundle beside its place, syncs it and renames it there, so that a folder holds a whole bundle or does not exist.
 * A bundle that is there already stays: the same bytes are fine.
 * @throws WeirError `model_exists` when the folder holds something else, `model_corrupt` when the data do not fit together, `disk`
 */
export function writeBundle(folder: string, data: BundleData): void {
  const manifest = checkedManifest(data.manifest, `the manifest of ${data.manifest.version}`);
  verifyFiles(data, `bundle ${manifest.version}`);
  const target = resolve(folder);
  if (existsSync(target)) return refuseOther(target, data);
  const parts = `.${basename(target)}.part-`;
  try {
    mkdirSync(dirname(target), { recursive: true });
    for (const left of readdirSync(dirname(target))) if (left.startsWith(parts)) rmSync(join(dirname(target), left), { recursive: true });
    const temporary = join(dirname(target), `${parts}${process.pid}`);
    mkdirSync(temporary);
    for (const [name, bytes] of Object.entries(data.files)) writeSynced(join(temporary, name), bytes);
    writeSynced(join(temporary, MANIFEST_FILE), manifestBytes(manifest));
    sync(temporary);
    renameSync(temporary, target);
    sync(dirname(target));
  } catch (cause) {
    throw new WeirError('disk', `cannot write ${target}: ${reasonOf(cause)}`, { cause });
  }
}

/** SHA-256 (hex) of a bundle's manifest, which holds those of its files: the same for the same bundle wherever it lies. */
export function bundleHash({ manifest }: Pick<BundleData, 'manifest'>): string {
  return sha256(manifestBytes(manifest));
}

/** The model card of a bundle; undefined when it has none. */
export function cardOf(data: BundleData): string | undefined {
  const bytes = data.files[CARD_FILE];
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/** All models that a manifest names. */
export function modelsOf(manifest: Manifest): { view: LearnedView; kind: LearnedKind; model: ManifestModel }[] {
  return (['account', 'interface'] as const).flatMap((view) =>
    (['forest', 'autoencoder'] as const).flatMap((kind) => {
      const model = manifest.views[view].models[kind];
      return model === undefined ? [] : [{ view, kind, model }];
    }),
  );
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function manifestBytes(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest)}\n`);
}

/** The manifest as it was given (not a copy in another order of keys, which would have another hash). */
function checkedManifest(json: unknown, place: string): Manifest {
  const checked = ManifestSchema.safeParse(json);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new WeirError('model_corrupt', `${place} is no manifest of a bundle: ${issue.path.join('.') || 'all of it'}: ${issue.message}`);
  }
  return json as Manifest;
}

function verifyFiles({ manifest, files }: BundleData, place: string): void {
  const named = new Set(BESIDE_FILES);
  for (const { view, kind, model } of modelsOf(manifest)) {
    named.add(model.file);
    if (files[model.file] === undefined) {
      throw new WeirError('model_corrupt', `${place}: the file ${model.file} (${view} ${kind}) is missing`);
    }
    const found = sha256(files[model.file]);
    if (found !== model.sha256) {
      throw new WeirError(
        'model_corrupt',
        `${place}: ${model.file} is not what the manifest names: SHA-256 ${found}, the manifest says ${model.sha256}`,
      );
    }
  }
  const other = Object.keys(files).find((name) => !named.has(name));
  if (other !== undefined) throw new WeirError('model_corrupt', `${place}: the file ${other} is not named by the manifest`);
}

const NOTHING = new Uint8Array();

function refuseOther(folder: string, data: BundleData): void {
  const there = readBundle(folder);
  const [old, fresh] = [bundleHash(there), bundleHash(data)];
  if (old !== fresh) {
    throw new WeirError(
      'model_exists',
      `${folder} holds another bundle: SHA-256 ${old}, the new one has ${fresh}. Versions are never changed: give the new one another version`,
    );
  }
  for (const name of BESIDE_FILES) {
    if (Buffer.compare(there.files[name] ?? NOTHING, data.files[name] ?? NOTHING) === 0) continue;
    throw new WeirError(
      'model_exists',
      `${folder} holds this bundle with another ${name}. Versions are never changed: give the new one another version`,
    );
  }
}

function read(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new WeirError('model_corrupt', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

function writeSynced(path: string, bytes: Uint8Array): void {
  writeFileSync(path, bytes, { flush: true });
}

function sync(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
