import { z } from 'zod';
import { WeirError } from '../../services/core/errors.ts';
import { decodeForest, encodeForest } from './codec.ts';
import { fromMlRandomForest } from './exchange-read.ts';
import { toMlRandomForest } from './exchange-write.ts';
import type { ForestModel } from './model.ts';

/** One column of a table that rows are made of: a number, or one feature (0 or 1) for each of a few texts. */
export interface InputColumn {
  readonly name: string;
  /** the texts, in the order of their features `name=text`; undefined for numbers */
  readonly values?: readonly string[];
}

/** How a forest was made and what it was worth: what stands beside it in its file. Nothing of it depends on a clock. */
export interface ForestFacts {
  /** column of the label, and of the group if there was one */
  readonly label: string;
  readonly group?: string;
  /** columns in the order of the features that they make */
  readonly columns: readonly InputColumn[];
  readonly options: z.infer<typeof OPTIONS>;
  readonly seed: number;
  /** share of the rows (whole groups) that were set aside to judge by; the model has not seen them */
  readonly holdout: number;
  readonly learned: {
    /** SHA-256 of the table's bytes */
    readonly sha256: string;
    /** rows with a label, those set aside included */
    readonly rows: number;
    /** rows learned from, by class */
    readonly byClass: readonly number[];
    /** cells without a value */
    readonly missing: number;
  };
  /** figures on rows that were not learned from, for who reads the file */
  readonly figures: Record<string, unknown>;
}

/** A forest and what stands beside it; no facts where ml-random-forest wrote it. */
export interface ForestFile {
  readonly model: ForestModel;
  readonly facts?: ForestFacts;
}

const OPTIONS = z.object({
  trees: z.int().positive().optional(),
  maxDepth: z.int().positive().optional(),
  maxLeaves: z.int().positive().optional(),
  minLeaf: z.int().positive().optional(),
  featuresPerSplit: z.union([z.int().positive(), z.enum(['sqrt', 'log2', 'all'])]).optional(),
  classWeights: z.union([z.literal('balanced'), z.record(z.string(), z.number())]).optional(),
});

const FACTS = z.object({
  label: z.string(),
  group: z.string().optional(),
  columns: z.array(z.object({ name: z.string(), values: z.array(z.string()).optional() })).min(1),
  options: OPTIONS,
  seed: z.number(),
  holdout: z.number().min(0).lt(1),
  learned: z.object({ sha256: z.string(), rows: z.number(), byClass: z.array(z.number()), missing: z.number() }),
  figures: z.record(z.string(), z.unknown()),
});

/** First bytes of a file; the last one is the format. */
const MAGIC = new TextEncoder().encode('WEIRFST\u0001');
/** magic, length of the facts (32 bits, little-endian) */
const HEADER = MAGIC.length + 4;

/** File formats of a forest. */
export type ForestFormat = 'weir' | 'ml-random-forest';

/**
 * A forest with its facts as a file. `weir`: magic, length of the facts, the facts as JSON, the forest as `encodeForest`
 * writes it. `ml-random-forest`: that library's JSON, the facts under `weir`. Same forest and facts, same bytes.
 */
export function encodeForestFile({ model, facts }: Required<ForestFile>, format: ForestFormat): Uint8Array {
  if (format === 'ml-random-forest') {
    const { seed, options } = facts;
    const json = toMlRandomForest(model, { seed, maxDepth: options.maxDepth, minNumSamples: options.minLeaf, beside: { facts } });
    return new TextEncoder().encode(`${JSON.stringify(json)}\n`);
  }
  const text = new TextEncoder().encode(JSON.stringify(facts));
  const forest = encodeForest(model);
  const bytes = new Uint8Array(HEADER + text.length + forest.length);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint32(MAGIC.length, text.length, true);
  bytes.set(text, HEADER);
  bytes.set(forest, HEADER + text.length);
  return bytes;
}

/**
 * Reads either format; which it is the first bytes say.
 * @throws WeirError model_corrupt or input_format that says what is wrong and where
 */
export function decodeForestFile(bytes: Uint8Array): ForestFile {
  if (startsWith(bytes, MAGIC)) return decodeBinary(bytes);
  if (startsWith(bytes, MAGIC.subarray(0, -1)))
    throw new WeirError('model_corrupt', `the model file has format ${bytes[MAGIC.length - 1]}; this program reads format ${MAGIC.at(-1)}`);
  const start = bytes.findIndex((byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
  if (bytes[start] !== 0x7b)
    throw new WeirError('input_format', "this is no model file: it begins neither as weir's nor as the JSON of ml-random-forest");
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new WeirError('input_format', `the model is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const model = fromMlRandomForest(json);
  const facts = (json as { weir?: { facts?: unknown } }).weir?.facts;
  return facts === undefined ? { model } : checked(model, facts);
}

function decodeBinary(bytes: Uint8Array): ForestFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length < HEADER ? Number.POSITIVE_INFINITY : view.getUint32(MAGIC.length, true);
  if (HEADER + size > bytes.length) throw new WeirError('model_corrupt', `the model file ends too early, after ${bytes.length} bytes`);
  let facts: unknown;
  try {
    facts = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(HEADER, HEADER + size)));
  } catch (cause) {
    throw new WeirError('model_corrupt', 'the facts beside the forest are no JSON', { cause });
  }
  return checked(decodeForest(bytes.subarray(HEADER + size)), facts);
}

function checked(model: ForestModel, json: unknown): ForestFile {
  const parsed = FACTS.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new WeirError('model_corrupt', `the facts beside the forest: ${issue.path.join('.') || 'all of them'}: ${issue.message}`);
  }
  const made = parsed.data.columns.flatMap(({ name, values }) => values?.map((value) => `${name}=${value}`) ?? [name]);
  const wrong = Math.max(made.length, model.features.length);
  for (let f = 0; f < wrong; f++)
    if (made[f] !== model.features[f])
      throw new WeirError('model_corrupt', `the facts beside the forest make feature ${f} ${made[f]}, the forest has ${model.features[f]}`);
  return { model, facts: parsed.data };
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, i) => bytes[i] === byte);
}
