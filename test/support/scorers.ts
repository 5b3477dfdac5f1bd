import { createAutoencoder } from '../../models/autoencoder/autoencoder.ts';
import { BACKENDS, type BackendName, openBackend } from '../../models/autoencoder/backend.ts';
import type { AutoencoderData } from '../../models/autoencoder/data.ts';
import { trainAutoencoder } from '../../models/autoencoder/train.ts';
import { compileForest } from '../../models/forest/compile.ts';
import { ForestExplainer } from '../../models/forest/explain.ts';
import type { ForestModel } from '../../models/forest/model.ts';
import { trainForest } from '../../models/forest/train.ts';
import type { Scorer } from '../../models/scorer.ts';
import { relationRows } from './relation-rows.ts';

/** An implementation of the scorer contract as the conformance suite tries it. */
export interface ScorerUnderTest {
  readonly name: string;
  /** a scorer of WIDTH inputs, ready; the same knowledge on every call */
  make(): Scorer;
  /** how much of what the scorer computes with is held outside the heap, and must not grow: tensors */
  held?(): number;
  /** computes the same function as the others of its family; they are compared */
  readonly family?: string;
}

/** One that cannot be tried here, and why. */
export interface ScorerLeftOut {
  readonly name: string;
  readonly reason: string;
}

export const WIDTH = 16;
const TRAINING_ROWS = 1500;

/** All implementations of the scorer contract. */
export async function scorersUnderTest(): Promise<(ScorerUnderTest | ScorerLeftOut)[]> {
  const net = await trainedNet();
  const nets: (ScorerUnderTest | ScorerLeftOut)[] = [];
  for (const name of BACKENDS) nets.push(await autoencoderOn(name, net));
  return [forest(), ...nets];
}

async function trainedNet(): Promise<AutoencoderData> {
  const { features, values, count } = relationRows(TRAINING_ROWS, WIDTH, 1);
  return trainAutoencoder(values, count, features, { epochs: 8, batch: 64 }, 1, await openBackend('wasm'));
}

async function autoencoderOn(backendName: BackendName, net: AutoencoderData): Promise<ScorerUnderTest | ScorerLeftOut> {
  const name = `autoencoder on ${backendName}`;
  const backend = await openBackend(backendName);
  if (backend.name !== backendName) return { name, reason: backend.warning ?? 'another backend was opened' };
  return {
    name,
    family: 'autoencoder',
    make: () => createAutoencoder(net, backend, { name: 'autoencoder', version: '1' }),
    held: () => backend.tf.memory().numTensors,
  };
}

function forest(): ScorerUnderTest {
  const usual = relationRows(TRAINING_ROWS, WIDTH, 1);
  const broken = relationRows(TRAINING_ROWS, WIDTH, 1, true);
  const rows = 2 * TRAINING_ROWS;
  const { model } = trainForest(
    {
      features: usual.features,
      columns: usual.features.map((_, j) =>
        Float64Array.from({ length: rows }, (_, i) => (i % 2 === 0 ? usual : broken).values[(i >> 1) * WIDTH + j]),
      ),
      rows,
      classes: ['usual', 'broken'],
      labels: Int32Array.from({ length: rows }, (_, i) => i % 2),
    },
    { trees: 20, maxDepth: 8 },
    1,
  );
  return { name: 'forest', make: () => forestScorer(model) };
}

/** A compiled forest behind the scorer contract: the probability of the last class, explained by Shapley values. */
function forestScorer(model: ForestModel): Scorer {
  const compiled = compileForest(model);
  const explainer = new ForestExplainer(model, model.classes.length - 1);
  return {
    name: 'forest',
    version: '1',
    features: model.features,
    range: [0, 1],
    score: (values, rows, out) => compiled.positive(values, rows, out),
    learn() {},
    explain: (row) => explainer.explain(row),
  };
}
