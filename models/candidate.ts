import type { EntityRef, WindowSize } from '../schemas/alert.ts';
import type { ShadowScore } from '../services/core/stage.ts';
import type { Term } from './evidence.ts';
import type { View } from './windows.ts';

/** A reference to one event that shows the matter; chosen by content, never by arrival. */
export interface Sample {
  source: string;
  partition: string;
  offset: number;
  at: number;
  /** hash of the record: with `interesting` first, the smallest are kept */
  content: number;
  interesting: boolean;
  interface: string;
  address: string;
  account: string;
  status: number;
  /** what is known of the address: FLAG bits from TRAIT_SHIFT on; left out: nothing */
  traits?: number;
}

/** An actor behind an interface's, source's or target's window, with what it weighed. */
export interface Actor {
  kind: 'account' | 'source';
  id: string;
  weight: number;
}

/** A verdict before the tenant's threshold: a scored window above its detector's gate. Carries all that re-scoring needs. */
export interface Candidate {
  detector: string;
  view: View;
  entity: EntityRef;
  start: number;
  /** exclusive end of the window; for a running window the end of the pane at which it crossed */
  end: number;
  size: WindowSize;
  /** end of the pane that was closed when this was scored: when the tenant's time reaches it, the verdict is due */
  firedAt: number;
  terms: Term[];
  evidence: number;
  /** version of the bundle whose trained scorer made the evidence; left out: the baselines did */
  model?: string;
  /** FLAG bits of the entity; of accounts and sources with the traits of the addresses in the window */
  flags: number;
  identity: { origin: string; confidence: number };
  /** leading interfaces of an account, leading accounts of an interface, … most important first, at most 10 */
  related: EntityRef[];
  /** leading actors, heaviest first, at most 50, and how many there are in all */
  actors: Actor[];
  actorCount: number;
  samples: Sample[];
  /** the window was closed by a provisional end of input */
  provisional: boolean;
}

export type { ShadowScore };

/** How many shadow scores of one detector a task sends for one pane: the strongest by the larger evidence. */
export const TOP_SHADOWS = 64;

/** Buckets of the evidence histogram: bucket b holds evidence in [b/4, (b+1)/4), the last one all beyond. */
export const EVIDENCE_BUCKETS = 96;
export function evidenceBucket(evidence: number): number {
  return Math.min(EVIDENCE_BUCKETS - 1, Math.max(0, Math.floor(evidence * 4)));
}

/** How many candidates of one detector a task sends for one pane: the top by (evidence, key). */
export const TOP_CANDIDATES = 64;

export type SeenInterface = [id: string, requests: number, answered: number, callers: number, who?: number[]];

/** Callers of an interface's pane that a report names: enough to tell one scanner from many callers. */
export const TOP_CALLERS = 4;

/**
 * What one task says about one tenant's pane of one view: sent when the pane has closed, before the watermark that
 * covers it. Merging the reports of any split of the keys gives the same result: histograms add, candidates are cut
 * to the top again.
 */
export interface ScoreReport {
  tenant: string;
  view: View;
  /** pane start; an hour, or a minute with `minute: true` (then with no histograms but those of a look that ends with it in `pane`) */
  start: number;
  minute: boolean;
  /** per detector: change of the histogram of entities by their highest evidence of the tenant's day so far */
  histograms: Record<string, number[]>;
  /** per detector: histogram of this pane's own scores (one count an entity scored) */
  pane: Record<string, number[]>;
  /** integer histograms from which population knowledge is learned, by learner's own names */
  population: Record<string, number[]>;
  /** interfaces seen in this pane: [id, requests, answered 2xx or 3xx, callers, hashes of a few of the callers: the smallest] */
  interfaces: SeenInterface[];
  candidates: Candidate[];
  /** left out without a challenger */
  shadow?: ShadowScore[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function packReport(report: ScoreReport): Uint8Array {
  return encoder.encode(JSON.stringify(report));
}

export function unpackReport(bytes: Uint8Array): ScoreReport {
  return JSON.parse(decoder.decode(bytes)) as ScoreReport;
}

/** Order of candidates within a detector: strongest first, ties by entity: the same for any split of the keys. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  if (a.evidence !== b.evidence) return b.evidence - a.evidence;
  if (a.entity.id !== b.entity.id) return a.entity.id < b.entity.id ? -1 : 1;
  if (a.entity.kind !== b.entity.kind) return a.entity.kind < b.entity.kind ? -1 : 1;
  if (a.detector !== b.detector) return a.detector < b.detector ? -1 : 1;
  return a.start - b.start;
}

/** Order of shadow scores within a detector: strongest first, ties by entity. */
export function compareShadows(a: ShadowScore, b: ShadowScore): number {
  const x = Math.max(a.championEvidence, a.challengerEvidence);
  const y = Math.max(b.championEvidence, b.challengerEvidence);
  if (x !== y) return y - x;
  if (a.entity.id !== b.entity.id) return a.entity.id < b.entity.id ? -1 : 1;
  return a.entity.kind < b.entity.kind ? -1 : a.entity.kind > b.entity.kind ? 1 : 0;
}
