import { idOf, isEnd, isPlaceholder, isVersionName, partsOf } from './path-parts.ts';
import { isReserved, isVerbal } from './vocabulary.ts';

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
  /** names too are its values, also such as were never seen; else only what the pure path rules made a placeholder of */
  open: boolean;
  below: LearnedNode;
}

export function emptyNode(): LearnedNode {
  return { literals: new Map(), variables: new Map(), dropped: new Set() };
}

/** Ids whose alias is kept at hand. */
const MOST_CACHED = 1 << 16;

export class LearnedTemplates implements Templates {
  readonly hosts: ReadonlyMap<string, LearnedNode>;
  private readonly careful: boolean;
  private readonly cache = new Map<string, string>();

  /** @param careful words that developers name paths with (`search`, `getReport`) are never taken for values */
  constructor(hosts: ReadonlyMap<string, LearnedNode>, careful = false) {
    this.hosts = hosts;
    this.careful = careful;
  }

  of(id: string): string {
    const cached = this.cache.get(id);
    if (cached !== undefined) return cached;
    const learned = this.find(id, undefined);
    if (this.cache.size >= MOST_CACHED) this.cache.clear();
    this.cache.set(id, learned);
    return learned;
  }

  /**
   * The names of an id that became values, each behind the literal before it: `users alice`. What stands for the object that
   * is asked for, whichever part of it: the same for `/users/alice` and `/users/alice/orders`. '' where nothing was folded.
   */
  valuesOf(id: string): string {
    const values: string[] = [];
    this.find(id, values);
    return values.join(' ');
  }

  private find(id: string, values: string[] | undefined): string {
    const parts = partsOf(id);
    // a service of flows, or what is no id
    if (parts.pieces.length === 0) return id;
    let node = this.hosts.get(parts.host);
    const pieces: string[] = [];
    let before = '';
    let at = 0;
    for (; at < parts.pieces.length && node !== undefined; at++) {
      const piece = parts.pieces[at];
      if (node.dropped.has(piece)) return idOf({ ...parts, pieces });
      const literal: LearnedNode | undefined = node.literals.get(piece);
      const variable = literal === undefined && !isEnd(piece) ? this.variableOf(node, piece) : undefined;
      // a place that only leads to names keeps what the pure path rules made of it
      pieces.push(variable === undefined || (this.careful && !variable.open) ? piece : variable.placeholder);
      if (variable === undefined) before = piece;
      else if (!isPlaceholder(piece)) values?.push(before + piece);
      node = literal ?? variable?.below;
      if (variable?.extended) {
        const extension = parts.pieces[at + 1];
        if (extension?.startsWith('.') && !variable.below.literals.has(extension)) at++;
      }
    }
    return idOf({ ...parts, pieces: [...pieces, ...parts.pieces.slice(at)] });
  }

  private variableOf(node: LearnedNode, piece: string): LearnedVariable | undefined {
    const variable = node.variables.get(piece[0]);
    if (variable === undefined || isPlaceholder(piece)) return variable;
    return variable.open && !(this.careful && isWord(piece.slice(1))) ? variable : undefined;
  }

  save(): unknown {
    return [...this.hosts].sort(byName).map(([host, node]) => [host, saved(node)]);
  }
}

type SavedNode = [literals: [string, SavedNode][], variables: [string, string, boolean, boolean, SavedNode][], dropped: string[]];

function saved({ literals, variables, dropped }: LearnedNode): SavedNode {
  return [
    [...literals].sort(byName).map(([piece, node]) => [piece, saved(node)]),
    [...variables].sort(byName).map(([sign, { placeholder, extended, open, below }]) => [sign, placeholder, extended, open, saved(below)]),
    [...dropped].sort(),
  ];
}

function loaded([literals, variables, dropped]: SavedNode): LearnedNode {
  return {
    literals: new Map(literals.map(([piece, node]) => [piece, loaded(node)])),
    variables: new Map(
      variables.map(([sign, placeholder, extended, open, below]) => [sign, { placeholder, extended, open, below: loaded(below) }]),
    ),
    dropped: new Set(dropped),
  };
}

/** Templates from their plain JSON. */
export function templatesFrom(json: unknown, careful = false): LearnedTemplates {
  return new LearnedTemplates(new Map((json as [string, SavedNode][]).map(([host, node]) => [host, loaded(node)])), careful);
}

/** Whether a developer rather gave this name than a user. */
export function isWord(text: string): boolean {
  return isReserved(text) || isVerbal(text) || isVersionName(text);
}

function byName(a: readonly unknown[], b: readonly unknown[]): number {
  return (a[0] as string) < (b[0] as string) ? -1 : 1;
}
