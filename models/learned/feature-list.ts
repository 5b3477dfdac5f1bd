import { createHash } from 'node:crypto';
import type { Term } from '../evidence.ts';
import { surprise } from '../evidence.ts';

/** Views that learned scorers look at. */
export type LearnedView = 'account' | 'interface';

/**
 * One input of the learned scorers. A feature is a term: a value with the law that it should follow in this tenant, for
 * this key, at this hour. `surprise`: the input is the term's surprise in decades, a rank that transfers to tenants that
 * were never seen; `value`: the input is the value itself (a share, a role), which has no law of its own.
 */
export interface LearnedFeature {
  readonly name: string;
  readonly input: 'surprise' | 'value';
}

/** The ordered inputs of the learned scorers of one view. Any change of order, name or meaning takes a new version. */
export interface FeatureList {
  readonly view: LearnedView;
  readonly version: number;
  readonly features: readonly LearnedFeature[];
}

/** SHA-256 (hex) over view, version and the ordered names and inputs: what a model's manifest states and a loader compares. */
export function featureListHash(list: FeatureList): string {
  const text = JSON.stringify([list.view, list.version, list.features.map(({ name, input }) => [name, input])]);
  return createHash('sha256').update(text).digest('hex');
}

/** Turns terms (by name, in any order, missing ones left out) into rows of a list's inputs. */
export class RowMaker {
  readonly list: FeatureList;
  private readonly index: ReadonlyMap<string, number>;

  constructor(list: FeatureList) {
    this.list = list;
    this.index = new Map(list.features.map(({ name }, i) => [name, i]));
  }

  get width(): number {
    return this.list.features.length;
  }

  /** Position of a term's feature in the row; throws on a name that is not in the list. */
  at(name: string): number {
    const index = this.index.get(name);
    if (index === undefined) throw new Error(`feature ${name} is not in the list of view ${this.list.view}, version ${this.list.version}`);
    return index;
  }

  /** Writes the row into `out` (width numbers): NaN where there is no term. */
  fill(terms: readonly Term[], out: Float64Array): Float64Array {
    const { features } = this.list;
    out.fill(Number.NaN);
    // extractors give terms in the order of the list: the next one is seldom far
    let next = 0;
    for (const term of terms) {
      const i = next < features.length && features[next].name === term.feature ? next : this.at(term.feature);
      next = i + 1;
      out[i] = features[i].input === 'surprise' ? surprise(term.law, term.value) : term.value;
    }
    return out;
  }
}
