import type { FeatureList, LearnedView } from './feature-list.ts';
import type { LearnedJudge, LearnedKind } from './judge.ts';

/** The trained scorers of one bundle, ready to be asked. */
export interface LearnedModels {
  /** the bundle's version */
  readonly version: string;
  readonly lists: Readonly<Record<LearnedView, FeatureList>>;
  /** what is usual among clean windows, for terms without a law */
  readonly usual: Readonly<Record<LearnedView, Manifest['views'][LearnedView]['usual']>>;
  /** undefined where the bundle has none for this view */
  judge(view: LearnedView, kind: LearnedKind): LearnedJudge | undefined;
}

/** A bundle as plain data, so that it can be handed to threads: the manifest and its files by name. */
export interface BundleData {
  manifest: Manifest;
  files: Record<string, Uint8Array>;
}

/** What a bundle says of itself. */
export interface Manifest {
  format: 1;
  version: string;
  /** what it was made from, enough to make it again: seed, tenants, days, program's version, Node's major, backend */
  made: Record<string, unknown>;
  views: Record<LearnedView, ManifestView>;
}

export interface ManifestView {
  features: { version: number; hash: string; names: readonly string[] };
  models: Partial<Record<LearnedKind, ManifestModel>>;
  /** rows that the extractor made of a fixed script, and what each model said of them: checked at load */
  golden: { rows: (number | null)[][]; scores: Partial<Record<LearnedKind, number[]>> };
  /** what is usual among clean windows, by feature, for `value` inputs: 1st, 50th and 99th centile */
  usual: Record<string, [low: number, middle: number, high: number]>;
}

export interface ManifestModel {
  file: string;
  /** SHA-256 of the file, hex */
  sha256: string;
  /** scores (rising) and the evidence in decades at each: -log10 of the share of clean held-out windows that score so high; linear between, the last slope beyond */
  evidence: { score: number[]; decades: number[] };
}
