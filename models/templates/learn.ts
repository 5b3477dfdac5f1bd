import type { InterfaceFacts } from './facts.ts';
import type { Kid } from './judge-children.ts';
import { judgeChildren } from './judge-children.ts';
import type { LearnedNode, Templates } from './learned-templates.ts';
import { emptyNode, LearnedTemplates } from './learned-templates.ts';
import { isEnd, isPlaceholder, partsOf } from './path-parts.ts';
import { TrieNode } from './segment-trie.ts';

/** Raw ids that are looked at, the most requested first: what an attacker adds is the least requested. */
const MOST_FACTS = 100_000;
/** The path without `?action=` has so many requests for one with it: then that is a filter and names no operation. */
const PLAIN = 0.3;
/** An extension is a representation of its own (`{id}.pdf`) where so many of the values have it and so few others are there. */
const LEAST_PART = 0.15;
const MOST_EXTENSIONS = 2;
/** Signs of the pieces that may be values. */
const SIGNS = ['/', ':', '=', '#'];

/**
 * Learns templates from facts: the same for any order of them, in memory that grows with the facts up to a bound.
 * @param known what was learned before: its placeholders and the names beside them stay, new ones come to them
 * @param careful what is learned is acted upon before anybody looks: only variables beyond doubt are (see judge-children)
 */
export function learnTemplates(facts: Iterable<InterfaceFacts>, known?: Templates, careful = false): LearnedTemplates {
  const earlier = known instanceof LearnedTemplates ? known.hosts : new Map<string, LearnedNode>();
  const answered = mostRequested(facts);
  // Twice: a list of values that is sure in one place (/rss/world.xml) tells what the same names are in another (/world).
  const lists = new Map<string, ValueLists>();
  // who is careful does not go by what is a value elsewhere
  for (const [host, root] of careful ? [] : triesOf(answered)) {
    const found: ValueLists = [];
    learnNode(root, { text: '', value: false, careful, known: [], found }, earlier.get(host));
    lists.set(host, found);
  }
  const hosts = new Map(earlier);
  for (const [host, root] of triesOf(answered)) {
    hosts.set(host, learnNode(root, { text: '', value: false, careful, known: lists.get(host) ?? [], found: [] }, earlier.get(host)));
  }
  return new LearnedTemplates(hosts, careful);
}

function triesOf(facts: readonly InterfaceFacts[]): Map<string, TrieNode> {
  const roots = new Map<string, TrieNode>();
  for (const each of facts) {
    const { method, host, pieces } = partsOf(each.id);
    let root = roots.get(host);
    if (root === undefined) roots.set(host, (root = new TrieNode()));
    root.enter(pieces, method, each);
  }
  return roots;
}

function mostRequested(facts: Iterable<InterfaceFacts>): InterfaceFacts[] {
  const answered = [...facts].filter((each) => each.answered > 0);
  return answered.sort((a, b) => b.answered - a.answered || (a.id < b.id ? -1 : 1)).slice(0, MOST_FACTS);
}

/** What pieces hang under: the name before them, and whether a value stands between. */
interface Parent {
  text: string;
  value: boolean;
  careful: boolean;
  /** lists of values of the host that are sure, and where new ones go */
  known: ValueLists;
  found: ValueLists;
}

/** Lists of values: names that one variable has. */
type ValueLists = ReadonlySet<string>[];
/** Names of a list that says something of the same names elsewhere, and lists kept. */
const LEAST_LISTED = 5;
const MOST_LISTED = 100;
const MOST_LISTS = 64;
/** Log odds from which a list is sure. */
const SURE = 3;

function learnNode(node: TrieNode, parent: Parent, earlier: LearnedNode | undefined): LearnedNode {
  const learned = emptyNode();
  for (const sign of SIGNS) learnSign(node, sign, parent, learned, earlier);
  const plain = [...node.methods.values()].reduce((a, b) => a + b, 0);
  for (const [piece, child] of node.children) {
    if (piece[0] === '?' && (plain > PLAIN * child.all.requests || earlier?.dropped.has(piece))) learned.dropped.add(piece);
    else if (piece[0] === '.' || piece[0] === '?' || isEnd(piece)) {
      learned.literals.set(piece, learnNode(child, parent, earlier?.literals.get(piece)));
    }
  }
  if (earlier !== undefined) keep(learned, earlier);
  return learned;
}

/** Learns which children with one sign are values, and what lies below them and below the others. */
function learnSign(node: TrieNode, sign: string, parent: Parent, learned: LearnedNode, earlier: LearnedNode | undefined): void {
  const before = earlier?.variables.get(sign);
  const placeholders: Kid[] = [];
  const kids: Kid[] = [];
  for (const [piece, child] of node.children) {
    if (piece[0] !== sign || isEnd(piece)) continue;
    (isPlaceholder(piece) ? placeholders : kids).push({ text: piece.slice(1), node: child });
  }
  if (placeholders.length === 0 && kids.length === 0) return;
  // what one caller alone tried does not name the placeholder, unless there is nothing else
  const shared = placeholders.filter(({ node: { all } }) => all.callers > 1);
  const firsts = (shared.length > 0 ? shared : placeholders).map(({ text, node: { all } }) => ({ text, first: all.first }));
  const variable = new TrieNode();
  for (const each of placeholders) variable.absorb(each.node);
  const { values, named, score } = judgeChildren(kids, {
    parent: parent.text,
    behindValue: parent.value,
    listed: node.methods.has('GET') || node.methods.has('POST'),
    lists: parent.known,
    sign,
    placeholder: shared.length > 0 ? variable : undefined,
    known: before?.open ? new Set([...earlier!.literals.keys()].map((piece) => piece.slice(1))) : undefined,
    careful: parent.careful,
  });
  for (const { text, node: child } of kids) {
    if (values.has(text)) continue;
    const piece = sign + text;
    learned.literals.set(piece, learnNode(child, { ...parent, text, value: false }, earlier?.literals.get(piece)));
  }
  if (values.size === 0 && placeholders.length === 0) return;
  if (score >= SURE && named && values.size >= LEAST_LISTED && values.size <= MOST_LISTED && parent.found.length < MOST_LISTS) {
    parent.found.push(values);
  }
  const taken = kids.filter(({ text }) => values.has(text));
  const own = ownExtensions(taken, placeholders);
  // names that nobody but a sweep tried do not name the placeholder
  if (named) for (const { node: value } of taken) firsts.push({ text: '{name}', first: value.all.first });
  for (const each of taken) variable.absorb(each.node);
  let extended = before?.extended ?? false;
  for (const [piece, child] of [...variable.children]) {
    if (!piece.startsWith('.') || own.has(piece) || before?.below.literals.has(piece)) continue;
    extended = true;
    variable.children.delete(piece);
    variable.absorb(child);
  }
  firsts.sort((a, b) => a.first - b.first || (a.text < b.text ? -1 : 1));
  learned.variables.set(sign, {
    placeholder: before?.placeholder ?? `${sign}${firsts[0]?.text ?? '{name}'}`,
    extended,
    open: !parent.careful || values.size > 0 || before?.open === true,
    below: learnNode(variable, { ...parent, value: true }, before?.below),
  });
}

/** What was learned before and was not seen now stays. */
function keep(learned: LearnedNode, earlier: LearnedNode): void {
  for (const [piece, node] of earlier.literals) if (!learned.literals.has(piece)) learned.literals.set(piece, node);
  for (const [sign, variable] of earlier.variables) if (!learned.variables.has(sign)) learned.variables.set(sign, variable);
  for (const piece of earlier.dropped) learned.dropped.add(piece);
}

/** Extensions behind values that are no part of the values: `{id}.pdf`, but not the `.js` of `shoe.js`. */
function ownExtensions(values: readonly Kid[], placeholders: readonly Kid[]): Set<string> {
  const counts = new Map<string, number>();
  for (const { node } of values) {
    for (const piece of node.children.keys()) if (piece.startsWith('.')) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  const many = values.length + 3;
  for (const { node } of placeholders) {
    for (const [piece, child] of node.children) {
      if (!piece.startsWith('.')) continue;
      // of the values behind a placeholder only the requests are known
      counts.set(piece, (counts.get(piece) ?? 0) + (child.all.requests > LEAST_PART * node.all.requests ? many : 0));
    }
  }
  if (counts.size > MOST_EXTENSIONS) return new Set();
  const least = values.length < 3 ? 1 : Math.max(3, LEAST_PART * values.length);
  return new Set([...counts].filter(([, count]) => count >= least).map(([piece]) => piece));
}
