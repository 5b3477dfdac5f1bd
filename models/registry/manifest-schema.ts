import * as z from 'zod';

/** Name of the manifest in a bundle's folder. */
export const MANIFEST_FILE = 'manifest.json';
/** Name of the model card: for people, nothing is computed from it. */
export const CARD_FILE = 'card.md';
/** Name of the figures of the training, for plots (training-figures.ts). */
export const FIGURES_FILE = 'training.json';
/** What lies beside a bundle for people, outside of its hash. */
export const BESIDE_FILES: readonly string[] = [CARD_FILE, FIGURES_FILE];

/** Versions of bundles (`none` means that there is none): names of folders, so that a listing sorts and no path can be smuggled in. */
export const BUNDLE_VERSION = /^(?!none$)[a-z0-9][a-z0-9._-]{0,62}$/;
/** Names of files in a bundle's folder: no path, nothing hidden. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/;
const SHA256 = /^[0-9a-f]{64}$/;

const model = z
  .strictObject({
    file: z
      .string()
      .regex(FILE_NAME, 'not a plain file name')
      .refine((name) => name !== MANIFEST_FILE && !BESIDE_FILES.includes(name), 'is taken'),
    sha256: z.string().regex(SHA256, 'not a SHA-256 in hex'),
    evidence: z.strictObject({ score: z.array(z.number()).min(2), decades: z.array(z.number().nonnegative()).min(2) }),
  })
  .check(({ value: { evidence }, issues }) => {
    const { score, decades } = evidence;
    const refuse = (message: string): number => issues.push({ code: 'custom', input: evidence, path: ['evidence'], message });
    if (score.length !== decades.length) refuse(`${score.length} scores but ${decades.length} decades`);
    if (score.some((value, i) => i > 0 && !(value > score[i - 1]))) refuse('scores do not rise');
    if (decades.some((value, i) => i > 0 && value < decades[i - 1])) refuse('decades fall');
  });

const view = z
  .strictObject({
    features: z.strictObject({
      version: z.int().positive(),
      hash: z.string().regex(SHA256, 'not a SHA-256 in hex'),
      names: z.array(z.string()).min(1),
    }),
    models: z.strictObject({ forest: model.optional(), autoencoder: model.optional() }),
    golden: z.strictObject({
      rows: z.array(z.array(z.number().nullable())),
      scores: z.strictObject({ forest: z.array(z.number()).optional(), autoencoder: z.array(z.number()).optional() }),
    }),
    usual: z.record(z.string(), z.tuple([z.number(), z.number(), z.number()])),
  })
  .check(({ value: { features, models, golden, usual }, issues }) => {
    const refuse = (path: (string | number)[], message: string): number => issues.push({ code: 'custom', input: path, path, message });
    const width = features.names.length;
    if (new Set(features.names).size !== width) refuse(['features', 'names'], 'a name stands there twice');
    golden.rows.forEach((row, i) => {
      if (row.length !== width) refuse(['golden', 'rows', i], `${row.length} values for ${width} features`);
    });
    for (const kind of ['forest', 'autoencoder'] as const) {
      const scores = golden.scores[kind];
      if (models[kind] !== undefined && scores?.length !== golden.rows.length) {
        refuse(['golden', 'scores', kind], `${scores?.length ?? 0} scores for ${golden.rows.length} golden rows`);
      }
    }
    for (const name of Object.keys(usual)) if (!features.names.includes(name)) refuse(['usual', name], 'is no feature of this view');
  });

/** The form of a bundle's manifest: models/learned/learned-models.ts says what the fields mean. */
export const ManifestSchema = z.strictObject({
  format: z.literal(1),
  version: z.string().regex(BUNDLE_VERSION, 'not a version: [a-z0-9][a-z0-9._-]{0,62}'),
  made: z.record(z.string(), z.unknown()),
  views: z.strictObject({ account: view, interface: view }),
});
