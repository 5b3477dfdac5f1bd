import { idOf, isEnd, partsOf } from './path-parts.ts';

/** Learned aliases: raw interface id -> learned id. */
export interface Templates {
  /** learned id of a raw id, also of one that was never seen; the id itself where nothing was learned */
  of(id: string): string;
  /** plain JSON of what was learned: `templatesFrom` makes the same of it */
  save(): unknown;
}

/** What was learned of a place in the paths of a host. */
export interface LearnedNode {
  /** pieces that stay, with what was learned below them */
  literals: Map<string, LearnedNode>;
  /** by sign (`/`, `:`, `=`, `#`): what every other piece of it becomes */
  variables: Map<string, LearnedVariable>;
  /** parameters that name no operation and are left out: `?action=` */
  dropped: Set<string>;
}

export interface LearnedVariable {
  /** with its sign: `/{name}` */
  placeholder: string;
  /** values have file name extensions, which belong to them where they are not among the literals below */
  extended: boolean;
  below: LearnedNode;
}

export function emptyNode(): LearnedNode {
  return { literals: new Map(), variables: new Map(), dropped: new Set() };
}

/** Ids whose alias is kept at hand. */
const MOST_CACHED = 1 << 16;

export class LearnedTemplates implements Templates {
  readonly hosts: ReadonlyMap<string, LearnedNode>;
  private readonly cache = new Map<string, string>();

  constructor(hosts: ReadonlyMap<string, LearnedNode>) {
    this.hosts = hosts;
  }

  of(id: string): string {
    const cached = this.cache.get(id);
    if (cached !== undefined) return cached;
    const learned = this.find(id);
    if (this.cache.size >= MOST_CACHED) this.cache.clear();
    this.cache.set(id, learned);
    return learned;
  }

  private find(id: string): string {
    const parts = partsOf(id);
    // a service of flows, or what is no id
    if (parts.pieces.length === 0) return id;
    let node = this.hosts.get(parts.host);
    const pieces: string[] = [];
    let at = 0;
    for (; at < parts.pieces.length && node !== undefined; at++) {
      const piece = parts.pieces[at];
      if (node.dropped.has(piece)) return idOf({ ...parts, pieces });
      const literal: LearnedNode | undefined = node.literals.get(piece);
      const variable = literal === undefined && !isEnd(piece) ? node.variables.get(piece[0]) : undefined;
      pieces.push(variable?.placeholder ?? piece);
      node = literal ?? variable?.below;
      if (variable?.extended) {
        const extension = parts.pieces[at + 1];
        if (extension?.startsWith('.') && !variable.below.literals.has(extension)) at++;
      }
    }
    return idOf({ ...parts, pieces: [...pieces, ...parts.pieces.slice(at)] });
  }

  save(): unknown {
    return [...this.hosts].sort(byName).map(([host, node]) => [host, saved(node)]);
  }
}

type SavedNode = [literals: [string, SavedNode][], variables: [string, string, boolean, SavedNode][], dropped: string[]];

function saved({ literals, variables, dropped }: LearnedNode): SavedNode {
  return [
    [...literals].sort(byName).map(([piece, node]) => [piece, saved(node)]),
    [...variables].sort(byName).map(([sign, { placeholder, extended, below }]) => [sign, placeholder, extended, saved(below)]),
    [...dropped].sort(),
  ];
}

function loaded([literals, variables, dropped]: SavedNode): LearnedNode {
  return {
    literals: new Map(literals.map(([piece, node]) => [piece, loaded(node)])),
    variables: new Map(variables.map(([sign, placeholder, extended, below]) => [sign, { placeholder, extended, below: loaded(below) }])),
    dropped: new Set(dropped),
  };
}

/** Templates from their plain JSON. */
export function templatesFrom(json: unknown): Templates {
  return new LearnedTemplates(new Map((json as [string, SavedNode][]).map(([host, node]) => [host, loaded(node)])));
}

function byName(a: readonly unknown[], b: readonly unknown[]): number {
  return (a[0] as string) < (b[0] as string) ? -1 : 1;
}
