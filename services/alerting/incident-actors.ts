import type { Actor, Candidate } from '../../models/candidate.ts';
import { scoreTerms } from '../../models/evidence.ts';
import type { Incident, IncidentActor } from './incident-types.ts';

/** Actors remembered by name; the record names the leading 50. */
const ACTORS_KEPT = 200;
export const ACTORS_NAMED = 50;
/** An actor that weighs less than this part of the heaviest passed by; it is counted, not named. */
const PART_OF_HEAVIEST = 0.25;

/**
 * What is said of kinds of callers is said of everyone who is of the kind; how much came, or how large or odd it was, one
 * alone can do, and who else called says little.
 */
const OF_KINDS = /callers|failures|failing|success|source|devices|prefixes|networks|addresses|anonymous|country|external/;
const OF_ONE = /^(top_caller|heavy_callers|requests_per_caller|server_)/;
const PART_OF_BYSTANDERS = 0.3;

/** Takes in who stands behind a window: an actor's own window names itself, others name their actors by weight. */
export function addActorsOf(incident: Incident, candidate: Candidate, score: number): void {
  const { kind, id } = candidate.entity;
  if (kind === 'account' || kind === 'source') put(incident, kind, id, score, score);
  const named = namedActors(candidate);
  const part = kind === 'interface' && !isOfKinds(candidate) ? PART_OF_BYSTANDERS * score : score;
  for (const actor of named) put(incident, actor.kind, actor.id, (part * actor.weight) / named[0].weight, 0);
  incident.largestCount = Math.max(incident.largestCount, candidate.actorCount);
  settle(incident);
}

/** Whether most of what is said of an interface's window is said of kinds of callers. A trained scorer says it of the whole window. */
function isOfKinds(candidate: Candidate): boolean {
  if (candidate.model !== undefined) return false;
  const { contributions, score } = scoreTerms(candidate.terms);
  let kinds = 0;
  candidate.terms.forEach(({ feature }, i) => {
    if (OF_KINDS.test(feature) && !OF_ONE.test(feature)) kinds += contributions[i];
  });
  return kinds >= score / 2;
}

/** The actors of a window that are worth naming, heaviest first. */
export function namedActors(candidate: Candidate): Actor[] {
  const heaviest = candidate.actors.reduce((most, actor) => Math.max(most, actor.weight), 0);
  return candidate.actors
    .filter((actor) => actor.weight > 0 && actor.weight >= PART_OF_HEAVIEST * heaviest)
    .sort((a, b) => b.weight - a.weight);
}

/** Takes in the actors of an incident that joins this one. */
export function addActors(incident: Incident, from: Incident): void {
  for (const actor of from.actors.values()) put(incident, actor.kind, actor.id, actor.contribution, actor.own);
  incident.largestCount = Math.max(incident.largestCount, from.largestCount);
  settle(incident);
}

/**
 * The actors named in a record, largest contribution first, and how many matter in all. Where alerts of actors themselves weigh more than
 * what was seen at an interface or target, they explain it, and who else called there passed by.
 */
export function leadingActors(incident: Incident): { actors: IncidentActor[]; count: number } {
  // nobody made an outage that everybody met
  if (incident.kind === 'service') return { actors: [], count: 0 };
  const all = [...incident.actors.values()];
  const own = all.reduce((most, actor) => Math.max(most, actor.own), 0);
  const seen = all.reduce((most, actor) => Math.max(most, actor.own > 0 ? 0 : actor.contribution), 0);
  const explained = own > seen && all.length > 0;
  const actors = explained ? all.filter((actor) => actor.own > 0) : all;
  return { actors: actors.sort(compare).slice(0, ACTORS_NAMED), count: explained && seen > 0 ? actors.length : incident.actorCount };
}

function put(incident: Incident, kind: Candidate['entity']['kind'], id: string, contribution: number, own: number): void {
  const key = `${kind} ${id}`;
  const before = incident.actors.get(key);
  if (before === undefined) incident.actors.set(key, { kind, id, contribution, own });
  else if (before.contribution < contribution || before.own < own)
    incident.actors.set(key, { kind, id, contribution: Math.max(before.contribution, contribution), own: Math.max(before.own, own) });
}

function settle(incident: Incident): void {
  incident.actorCount = Math.max(incident.actorCount, incident.actors.size, incident.largestCount);
  if (incident.actors.size <= 2 * ACTORS_KEPT) return;
  const kept = [...incident.actors].sort(([, a], [, b]) => compare(a, b)).slice(0, ACTORS_KEPT);
  incident.actors = new Map(kept);
}

function compare(a: IncidentActor, b: IncidentActor): number {
  return b.contribution - a.contribution || (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
