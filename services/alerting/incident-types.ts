import type { EntityRef, Severity } from '../../schemas/alert.ts';

/** interface: of one or more interfaces; service: trouble of many interfaces at one time; cohort: actors alike on one interface; crowd: actors raised by one detector at one time; entity: one account, source or target; shift: the whole population. */
export type IncidentKind = 'interface' | 'service' | 'cohort' | 'crowd' | 'entity' | 'shift';

/** Kinds of trouble of an interface: it fails, slows down, is silent, or answers with more than usual. */
export type Trouble = '' | 'errors' | 'time' | 'silence' | 'size';

/** An alert as its incident remembers it. Times in ms UTC. */
export interface Member {
  alert: string;
  detector: string;
  kind: EntityRef['kind'];
  id: string;
  /** leading interface, '' where none is known */
  lead: string;
  evidence: number;
  score: number;
  severity: Severity;
  /** where the incident begins for it: the window's start, a day before its end at most */
  start: number;
  /** start of the part that counts for overlap: 6 hours before its end at most */
  recent: number;
  end: number;
  detectedAt: number;
  final: boolean;
  title: string;
  text: string;
  /** what an interface suffers that its callers do not make; '': nothing of the kind */
  trouble: Trouble;
}

export interface IncidentActor {
  kind: EntityRef['kind'];
  id: string;
  contribution: number;
  /** of its own alerts, 0 where it has none */
  own: number;
}

export interface Incident {
  id: string;
  kind: IncidentKind;
  entity: EntityRef;
  lead: string;
  startedAt: number;
  endedAt: number;
  detectedAt: number;
  members: Member[];
  alertCount: number;
  /** by `kind id` */
  actors: Map<string, IncidentActor>;
  /** all actors: the larger of what is known by name and what the largest window counted */
  actorCount: number;
  largestCount: number;
  /** ids of what it is about: interfaces, and the entity of an incident of one entity */
  entities: Set<string>;
  informational: boolean;
  /** population shift: detector -> verdicts not raised one by one */
  shifts: Record<string, number>;
  shiftFinal: boolean;
  /** what was last told */
  told: { revision: number; severity: Severity; kind: IncidentKind; alerts: number; actors: number; entities: number } | undefined;
  changed: boolean;
  /** id of the incident that took this one in, '' where none did */
  into: string;
  /** the same as an object, only within one pane's batch */
  target?: Incident;
}
