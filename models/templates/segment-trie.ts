import type { InterfaceFacts } from './facts.ts';
import { MOST_WHO } from './facts.ts';

/** What was seen of a method at a node, or of a whole sub-tree. */
export interface Seen {
  requests: number;
  /** the most callers that one raw interface had, or the size of the sample below */
  callers: number;
  hours: number;
  first: number;
  last: number;
  /** a sample of the callers; undefined: nobody said */
  who: Set<string> | undefined;
}

/** A node of the trie of path pieces of one host. Only what was answered is in it. */
export class TrieNode {
  readonly children = new Map<string, TrieNode>();
  /** requests that end here, by method */
  readonly methods = new Map<string, number>();
  /** everything here and below */
  readonly all: Seen = { requests: 0, callers: 0, hours: 0, first: Infinity, last: -Infinity, who: undefined };

  /** Enters the facts of one raw id. */
  enter(pieces: readonly string[], method: string, facts: InterfaceFacts): void {
    let node: TrieNode = this;
    node.count(facts);
    for (const piece of pieces) {
      let child = node.children.get(piece);
      if (child === undefined) node.children.set(piece, (child = new TrieNode()));
      child.count(facts);
      node = child;
    }
    node.methods.set(method, (node.methods.get(method) ?? 0) + facts.answered);
  }

  private count({ answered, callers, hours, first, last, who }: InterfaceFacts): void {
    addTo(this.all, {
      requests: answered,
      callers,
      hours,
      first,
      last,
      who: who === undefined ? undefined : new Set(who),
    });
  }

  /** Takes another node's sub-tree in. The other is used up. */
  absorb(other: TrieNode): void {
    addTo(this.all, other.all);
    for (const [method, requests] of other.methods) this.methods.set(method, (this.methods.get(method) ?? 0) + requests);
    for (const [piece, child] of other.children) {
      const own = this.children.get(piece);
      if (own === undefined) this.children.set(piece, child);
      else own.absorb(child);
    }
  }
}

function addTo(all: Seen, more: Seen): void {
  all.requests += more.requests;
  all.hours = Math.max(all.hours, more.hours);
  all.first = Math.min(all.first, more.first);
  all.last = Math.max(all.last, more.last);
  if (more.who !== undefined) {
    const both = all.who === undefined ? [...more.who] : [...new Set([...all.who, ...more.who])];
    all.who = new Set(both.length > MOST_WHO ? both.sort().slice(0, MOST_WHO) : both);
  }
  all.callers = Math.max(all.callers, more.callers, all.who?.size ?? 0);
}
