import { areCodes, areLocales } from './code-lists.ts';
import { isWord } from './learned-templates.ts';
import { isPlaceholder, isVersionName } from './path-parts.ts';
import type { TrieNode } from './segment-trie.ts';
import { isAlwaysLiteral, isDoubtful, isPlural, isProperty, isReserved, isTrunk, isVerbal, wordiness } from './vocabulary.ts';

/** A child of a node, by the text of its piece without the sign. */
export interface Kid {
  text: string;
  node: TrieNode;
}

/** Where in the path the children stand. */
export interface Place {
  /** text of the parent's piece without its sign; '' at the host */
  parent: string;
  /** the parent is a placeholder itself */
  behindValue: boolean;
  /** the parent answers GET or POST itself, as a collection does */
  listed: boolean;
  /** names that one variable has elsewhere on the host */
  lists: readonly ReadonlySet<string>[];
  /** sign of the children's pieces */
  sign: string;
  /** what the pure rules already made placeholders of here, merged; undefined: nothing */
  placeholder: TrieNode | undefined;
  /** what was learned of the place before, where that was a variable: the names beside it */
  known: ReadonlySet<string> | undefined;
  /** only what is beyond doubt: see `judgeCarefully` */
  careful: boolean;
}

export interface Verdict {
  /** texts of the children that are values of a variable */
  values: Set<string>;
  /** log odds that this is a variable, for who wants to know why */
  score: number;
  /** values were really used, so that they may name the placeholder */
  named: boolean;
}

/** Log odds for children that are values elsewhere. */
const LISTED = 4;
/** Callers and hours from which a child counts as one that is really used. */
const LEAST_CALLERS = 2;
const LEAST_HOURS = 2;
/** Children that one caller alone tried, from which on they are a sweep of names. */
const SWEEP = 50;

/**
 * Which children of a node are values of one variable. Values are many, look alike, have the same below them, and go on
 * coming; names that developers gave are few, known words, and differ in what lies below them. Each of these is evidence
 * in log odds; the weights were set on traffic of self-written documents (`npm run bench:templates`).
 */
export function judgeChildren(kids: readonly Kid[], place: Place): Verdict {
  const none: Verdict = { values: new Set(), score: -9, named: false };
  const open = kids.filter(({ text }) => text !== '' && !isVersionName(text) && !place.known?.has(text));
  if (open.length === 0) return none;
  const used = open.filter(({ node }) => node.all.callers >= LEAST_CALLERS && node.all.hours >= LEAST_HOURS);
  if (place.careful) return judgeCarefully(open, used, place) ?? none;
  const tried = sweptOf(open);
  const seldom = open.filter((kid) => !used.includes(kid) && !tried.has(kid));
  // what only a caller or two tried says nothing of what it lies beside
  const swept = isSweep(seldom);
  const candidates = swept ? used : open.filter((kid) => !tried.has(kid));
  const group = withoutLiterals(candidates, place);
  const score = place.known !== undefined ? 9 : group.length === 0 ? -9 : oddsOf(group, place, swept ? 0 : seldom.length);
  if (score > 0) {
    const shapes = shapeOf(group, place);
    const values = new Set(group.map(({ text }) => text));
    for (const kid of open) {
      if (values.has(kid.text) || candidates.includes(kid)) continue;
      if (!isLiteralBeside(kid, shapes, group, place)) values.add(kid.text);
    }
    return { values, score, named: used.length >= 2 };
  }
  // The same names are values elsewhere: these are, whatever lies beside them.
  const listed = listedOf(group, place.lists);
  if (listed.length > 0 && oddsOf(listed, place, 0) + LISTED > 0) {
    return { values: new Set(listed.map(({ text }) => text)), score, named: true };
  }
  // Beside ids, what looks like chance is one of them that happens to have no digit.
  if (place.placeholder !== undefined) {
    const random = open.filter(({ text }) => isRandom(text));
    if (random.length > 0) return { values: new Set(random.map(({ text }) => text)), score, named: false };
  }
  // Nothing here is a variable; a sweep of names is put away under one placeholder all the same.
  if (open.length - used.length > SWEEP && place.sign === '/') {
    return {
      values: new Set(open.filter((kid) => !used.includes(kid) && !isReserved(kid.text)).map(({ text }) => text)),
      score,
      named: false,
    };
  }
  return { values: new Set(), score, named: false };
}

/** Log odds, and children that are used, by so many callers in all, from which a variable is beyond doubt. */
const BEYOND_DOUBT = 3;
const LEAST_USED = 5;
/** Hours in which a child of one caller must have been used: that everyone asks for their own name is no scan. */
const HOURS_ALONE = 3;
/** A child that was there so much earlier than half of the others is no value like them, ms. */
const EARLIER = 48 * 3_600_000;

/**
 * As `judgeChildren`, for who acts on it at once and for good: what is folded cannot be told apart again. Only children that
 * are used again and again, and not by the same few callers, are evidence, so neither a scan of names nor a catch-all that
 * answers it makes a variable; nor is there one directly below the host or an API's trunk, where interfaces have their names. What was there
 * long before the others came stays what it is.
 */
function judgeCarefully(open: readonly Kid[], shared: readonly Kid[], place: Place): Verdict | undefined {
  if (place.sign !== '/' || place.parent === '' || isTrunk(place.parent)) return undefined;
  if (place.known !== undefined) {
    return { values: new Set(open.filter(({ text }) => !isWord(text)).map(({ text }) => text)), score: 9, named: true };
  }
  const tried = sweptOf(open);
  const sharedOnes = new Set(shared);
  const used = open.filter((kid) => sharedOnes.has(kid) || (kid.node.all.hours >= HOURS_ALONE && !tried.has(kid)));
  const usedOnes = new Set(used);
  const names = used.filter(({ text }) => !isWord(text));
  const firsts = names.map(({ node }) => node.all.first).sort((a, b) => a - b);
  const since = firsts[firsts.length >> 1] - EARLIER;
  const group = withoutLiterals(
    names.filter(({ node }) => node.all.first >= since),
    place,
  );
  if (group.length < LEAST_USED || callersOf(group) < LEAST_USED) return undefined;
  const score = oddsOf(group, place, 0);
  if (score < BEYOND_DOUBT) return undefined;
  const shape = shapeOf(group, place);
  const values = new Set(group.map(({ text }) => text));
  for (const kid of open) {
    if (usedOnes.has(kid) || isWord(kid.text) || isLiteralBeside(kid, shape, group, place)) continue;
    values.add(kid.text);
  }
  return { values, score, named: true };
}

/** Callers of some children in all, as far as samples tell. */
function callersOf(kids: readonly Kid[]): number {
  const callers = new Set<string>();
  let most = 0;
  for (const { node } of kids) {
    most = Math.max(most, node.all.callers);
    for (const caller of node.all.who ?? []) callers.add(caller);
  }
  return Math.max(most, callers.size);
}

/** Children that one caller alone tried, who tried so many: a scanner, or a robot that reads everything. */
function sweptOf(kids: readonly Kid[]): Set<Kid> {
  const byCaller = new Map<string, Kid[]>();
  for (const kid of kids) {
    const { who, callers, hours } = kid.node.all;
    if (callers > 1) continue;
    // nobody said who called: what was seen in one hour alone may have been the same caller
    if (who === undefined || who.size === 0 ? hours > 1 : who.size > 1) continue;
    const [caller = ''] = who ?? [];
    const tried = byCaller.get(caller);
    if (tried === undefined) byCaller.set(caller, [kid]);
    else tried.push(kid);
  }
  return new Set([...byCaller.values()].filter((tried) => tried.length >= SWEEP).flat());
}

/** Callers that tried names; fewer than so many for so many names are a sweep. */
const SWEEPERS = 3;

function isSweep(rare: readonly Kid[]): boolean {
  const callers = new Set<string>();
  for (const { node } of rare) {
    // without a sample of callers each name may have had its own
    if (node.all.who === undefined) return rare.length >= SWEEP && rare.every((kid) => kid.node.all.hours <= 1);
    for (const caller of node.all.who) callers.add(caller);
    if (callers.size > SWEEPERS) return false;
  }
  return true;
}

/** Whether letters stand together as by chance: cases mixed as no camelCase is, or consonants that nobody could say. */
function isRandom(text: string): boolean {
  if (text.length < 8 || /[^\w-]/.test(text) || wordiness(text) > 0.4) return false;
  const runs = text.match(/[a-z]+/g) ?? [];
  const lowers = runs.reduce((sum, run) => sum + run.length, 0);
  const uppers = text.replace(/[^A-Z]/g, '').length;
  return (
    (uppers >= 3 && (text.length >= 20 || lowers < 2.8 * runs.length)) || /[bcdfghjklmnpqrstvwxz]{6}|[BCDFGHJKLMNPQRSTVWXZ]{6}/.test(text)
  );
}

/** What lies below a set of children: requests by `METHOD` and by `/name` of what is directly below. */
interface Shape {
  requests: Map<string, number>;
  kids: Map<string, number>;
  total: number;
}

function keysOf(node: TrieNode): Map<string, number> {
  const keys = new Map(node.methods);
  const count = (key: string, requests: number) => keys.set(key, (keys.get(key) ?? 0) + requests);
  for (const [piece, child] of node.children) {
    // an extension is no operation: what is done with it is
    if (piece.startsWith('.')) for (const [key, requests] of keysOf(child)) count(key, requests);
    else count(piece.startsWith('/{') ? '/{}' : piece, child.all.requests);
  }
  return keys;
}

function shapeOf(kids: readonly Kid[], place: Place): Shape {
  const shape: Shape = { requests: new Map(), kids: new Map(), total: 0 };
  const nodes = kids.map(({ node }) => node);
  for (const node of nodes) add(shape, node, 1);
  // a placeholder stands for many values
  if (place.placeholder !== undefined) add(shape, place.placeholder, 5);
  return shape;
}

function add(shape: Shape, node: TrieNode, weight: number): void {
  shape.total += node.all.requests;
  for (const [key, requests] of keysOf(node)) {
    shape.requests.set(key, (shape.requests.get(key) ?? 0) + requests);
    shape.kids.set(key, (shape.kids.get(key) ?? 0) + weight);
  }
}

/** The children without those that are literals beside a variable. */
function withoutLiterals(kids: readonly Kid[], place: Place): Kid[] {
  const shape = shapeOf(kids, place);
  return kids.filter((kid) => !isLiteralBeside(kid, shape, kids, place));
}

/** Log likelihood, against chance, from which an operation that hardly any other child has makes a child a literal. */
const OWN_OPERATION = 14;
/** From so many children on a word of the vocabulary has to stand out to be believed a literal. */
const MANY = 12;
const VERY_MANY = 15;
const TRULY_MANY = 30;
/** Names below a child that can be told apart; more of them are values themselves. */
const MOST_NAMES = 16;

function isLiteralBeside(kid: Kid, shape: Shape, group: readonly Kid[], place: Place): boolean {
  const { text, node } = kid;
  if (/^[_$-][a-z][a-z_]*$/.test(text)) return true;
  if (isAlwaysLiteral(text) && !(text.length === 2 && areShort(group))) return true;
  const trunk = place.parent === '' || isTrunk(place.parent);
  if (trunk && isTrunk(text)) return true;
  if (trunk && isCollection(kid) && isHeavy(kid, group) && !hasSharedNames(node, shape)) return true;
  const many = group.length + (place.placeholder === undefined ? 0 : 5);
  if (
    isVerbal(text) &&
    wordiness(text) > 0.9 &&
    (group.length < MANY || areVerbal(group) || (group.length < TRULY_MANY && standsOut(kid, group)))
  )
    return true;
  if (many >= 3 && hasOwnOperation(node, shape, many, wordiness(text) === 1 ? OWN_OPERATION / 2 : OWN_OPERATION)) return true;
  if (!isReserved(text) || hasSharedBelow(node, shape)) return false;
  if (group.length < MANY || (trunk && isHeavy(kid, group))) return true;
  if (group.length >= VERY_MANY && isDoubtful(text) && !trunk) return false;
  return standsOut(kid, group);
}

/** Whether a child has far more requests than nine of ten others. */
function standsOut({ node }: Kid, group: readonly Kid[]): boolean {
  const counts = group.map((other) => other.node.all.requests).sort((a, b) => b - a);
  return node.all.requests > 1.5 * counts[Math.floor(counts.length / 10)];
}

/** Whether most are codes of a few letters: then `me` is one too. */
function areShort(group: readonly Kid[]): boolean {
  return group.filter(({ text }) => text.length <= 4).length > 0.6 * group.length;
}

function areVerbal(group: readonly Kid[]): boolean {
  return group.filter(({ text }) => isVerbal(text)).length > 0.5 * group.length;
}

function hasSharedNames(node: TrieNode, shape: Shape): boolean {
  return [...keysOf(node)].some(([key]) => key.startsWith('/') && key !== '/{}' && shape.kids.get(key)! >= 3);
}

/** A plural of the vocabulary with ids or names below it: `/lists/{id}`. */
function isCollection({ text, node }: Kid): boolean {
  return isPlural(text) && wordiness(text) === 1 && (node.children.size > 0 || node.methods.has('POST'));
}

/** Whether a child has more requests than half of the others. */
function isHeavy({ node }: Kid, group: readonly Kid[]): boolean {
  let lighter = 0;
  for (const other of group) if (other.node.all.requests < node.all.requests) lighter++;
  return lighter >= 0.5 * (group.length - 1);
}

/** Whether it has an operation that hardly any other child has, though there were requests enough for others to show it. */
function hasOwnOperation(node: TrieNode, shape: Shape, many: number, least: number): boolean {
  const own = keysOf(node);
  // where what lies below is values itself, each child has its own
  let shared = 0;
  let named = 0;
  let names = 0;
  for (const [key, requests] of shape.requests) {
    if (!key.startsWith('/') || key === '/{}') continue;
    const others = requests - (own.get(key) ?? 0);
    if (others === 0) continue;
    names++;
    named += others;
    if (shape.kids.get(key)! - (own.has(key) ? 1 : 0) > 1) shared += others;
  }
  const namesCount = names <= MOST_NAMES && shared >= 0.7 * named;
  const most = many < MANY ? 1 : Math.max(2, 0.06 * many);
  const rare = [...own].filter(([key]) => {
    if (key.startsWith('.') || (key.startsWith('/') && (key === '/{}' || !namesCount))) return false;
    return shape.kids.get(key)! <= most;
  });
  let mine = 0;
  let total = 0;
  for (const [key, requests] of rare) {
    mine += requests;
    total += shape.requests.get(key)!;
  }
  if (mine < 4) return false;
  const share = (node.all.requests - mine + 1) / (shape.total - total + many);
  const part = mine / total;
  if (part <= share) return false;
  const rest = total === mine ? 0 : (total - mine) * Math.log((1 - part) / (1 - share));
  return mine * Math.log(part / share) + rest > least + Math.log(many);
}

/** Whether the child has something below it that others have too. */
function hasSharedBelow(node: TrieNode, shape: Shape): boolean {
  return [...keysOf(node)].some(([key]) => key !== 'GET' && key !== 'POST' && shape.kids.get(key)! >= 3);
}

function oddsOf(kids: readonly Kid[], place: Place, rare: number): number {
  const n = kids.length;
  const texts = kids.map(({ text }) => text);
  const mean = (of: (kid: Kid) => number) => kids.reduce((sum, kid) => sum + of(kid), 0) / n;
  let odds = sizeOdds(n);
  if (place.sign === ':' || place.sign === '=' || place.sign === '#') return odds - 6;
  const wordy = mean(({ text }) => wordiness(text));
  const verbal = mean(({ text }) => (isVerbal(text) ? 1 : 0));
  odds += (0.35 - wordy) * 5 - 3 * verbal;
  const alike = alikeOdds(kids);
  odds += alike;
  const posts = mean(({ node }) => (node.methods.has('POST') && !node.methods.has('GET') && node.children.size === 0 ? 1 : 0));
  if (posts > 0.7) odds -= 2;
  // what is read, replaced and deleted is one of many; what is read, added to and has ids below is a collection
  const items = mean(({ node }) => (node.methods.has('PUT') || node.methods.has('PATCH') || node.methods.has('DELETE') ? 1 : 0));
  const collections = mean(({ text, node }) => ((node.methods.has('POST') || isPlural(text)) && hasPlaceholder(node) ? 1 : 0));
  odds += (n >= 3 ? 2 * items : 0) - (alike > 2 ? 0 : 3 * collections);
  if (n >= 3 && isProperty(place.parent) && !place.behindValue) odds += 2.5;
  if (n >= 8 && collections < 0.2 && areUniform(kids)) odds += 2;
  if (place.listed && place.parent !== '') odds += 0.5;
  const trunk = place.parent === '' || isTrunk(place.parent);
  if (trunk) odds -= 3;
  else if (place.behindValue) odds -= 1;
  else if (isPlural(place.parent)) odds += 1;
  if (n >= 2 && areCodes(texts)) odds += trunk && areLocales(texts) ? -3 : 5;
  else if (n >= 3 && haveOneForm(texts)) odds += 3;
  if (place.placeholder !== undefined) odds += besidePlaceholder(kids, place.placeholder);
  // values go on coming: many are seen by hardly anyone
  if (rare >= 0.5 * n && rare >= 5) odds += 1.5;
  return odds;
}

/** Children that are values of a variable elsewhere, where they are most of its values; none: no list is like them. */
function listedOf(kids: readonly Kid[], lists: readonly ReadonlySet<string>[]): Kid[] {
  let best: Kid[] = [];
  for (const list of lists) {
    const listed = kids.filter(({ text }) => list.has(text));
    if (listed.length >= 5 && listed.length >= 0.5 * list.size && listed.length > best.length) best = listed;
  }
  return best;
}

/** Whether nearly all have the same below and at them, ids among it: one thing by another name each. */
function areUniform(kids: readonly Kid[]): boolean {
  const shapes = new Map<string, number>();
  for (const { node } of kids) {
    const keys = [...keysOf(node).keys()].filter((key) => /^[A-Z]/.test(key) || key === '/{}');
    const shape = keys.includes('/{}') ? keys.sort().join(' ') : '';
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
  }
  return [...shapes].some(([shape, count]) => shape !== '' && count >= 0.9 * kids.length);
}

function hasPlaceholder(node: TrieNode): boolean {
  for (const piece of node.children.keys()) if (isPlaceholder(piece)) return true;
  return false;
}

function sizeOdds(n: number): number {
  if (n <= 2) return -3;
  if (n <= 4) return -2.5;
  if (n <= 7) return -1.2;
  if (n <= 14) return 0.5;
  if (n <= 29) return 1.7;
  if (n <= 59) return 3.2;
  if (n <= 149) return 5;
  return 7;
}

/** Children beside a placeholder: each value of it has a small part of its requests, a literal has its own. */
function besidePlaceholder(kids: readonly Kid[], placeholder: TrieNode): number {
  const total = placeholder.all.requests + kids.reduce((sum, { node }) => sum + node.all.requests, 0);
  const shares = kids.map(({ node }) => node.all.requests / total).sort((a, b) => a - b);
  const median = shares[shares.length >> 1];
  return median < 0.005 ? 4 : median < 0.02 ? 2 : median < 0.05 ? 0.5 : -0.5;
}

/** Codes of one form: the same length and the same kinds of characters, as `JFK`, `KL`, or versions. */
function haveOneForm(texts: readonly string[]): boolean {
  const form = (text: string) => text.replace(/[A-Z]/g, 'A').replace(/\d+/g, '0');
  const first = form(texts[0]);
  const same = texts.filter((text) => form(text) === first).length;
  if (same < 0.8 * texts.length) return false;
  return /^A{2,6}$/.test(first) || /^v?0(\.0)+$/.test(first) || /^A+[-_]?0$/.test(first);
}

/**
 * Log odds by the names below the children: values have the same below them, names of developers each their own. The level
 * that speaks most for values counts, since values may stand between; else the first that has names.
 */
function alikeOdds(kids: readonly Kid[]): number {
  let best: number | undefined;
  let level = kids.map(({ node }) => [node]);
  for (let depth = 0; depth < 3; depth++) {
    const support = new Map<string, number>();
    let named = 0;
    let having = 0;
    for (const nodes of level) {
      const names = new Set<string>();
      for (const node of nodes) for (const piece of node.children.keys()) if (!piece.startsWith('/{')) names.add(piece);
      for (const name of names) support.set(name, (support.get(name) ?? 0) + 1);
      named += names.size;
      if (names.size > 0) having++;
    }
    if (having >= 3 || (having === 2 && kids.length === 2)) {
      const least = Math.max(2, 0.25 * having);
      let shared = 0;
      for (const count of support.values()) if (count >= least) shared += count;
      const part = shared / named;
      // many names are values themselves: that they come again says less
      const trust = support.size > MOST_NAMES ? 0.5 : 1;
      const points = part > 0.8 ? 4 : part > 0.5 ? 1.5 : part < 0.25 ? -3.5 : -1;
      const odds = Math.min(1, having / (0.5 * kids.length)) * Math.min(1, having / 4) * points * trust;
      if (best === undefined || (odds > best && odds > 0)) best = odds;
    }
    level = level.map((nodes) => nodes.flatMap((node) => [...node.children.values()]));
  }
  return best ?? 0;
}
