import { fusedEvidence } from '../../models/calibration/fusion.ts';
import type { Actor, Candidate } from '../../models/candidate.ts';
import type { Detector } from '../../models/detector.ts';
import { scoreTerms } from '../../models/evidence.ts';
import { severityRank } from '../../models/severity.ts';
import type { AlertRecord, EntityRef, IncidentRecord, Severity } from '../../schemas/alert.ts';
import { DAY, HOUR } from '../core/watermark.ts';
import { identityHash } from './alert-record.ts';
import { ACTORS_NAMED, addActors, addActorsOf, namedActors } from './incident-actors.ts';
import { incidentRecord } from './incident-record.ts';
import type { Incident, IncidentActor, IncidentKind, Member, Trouble } from './incident-types.ts';
import { strongestOf } from './telling.ts';

/** An incident spans at most this before it is renewed. */
export const LONGEST_INCIDENT = 2 * DAY;
/** What of a long window counts for where an incident begins, and for whether two alerts overlap. */
const LONGEST_MEMBER = DAY;
const RECENT_PART = 6 * HOUR;
/** An alert of an entity that is already in an open incident joins it after a gap of at most this; then the incident closes. */
const QUIET = DAY;
/** What an interface shows after a pause of this length is the old story only where the same actors are behind it. */
const INTERFACE_QUIET = 6 * HOUR;
/** So many actors with the same leading interface within a day are one cohort. */
const COHORT = 4;
/** … and so many that one detector raises, each on another interface, within this of each other are one crowd: by chance they would not meet. */
const CROWD = 4;
const CROWD_WITHIN = DAY;
/** What stands out of a crowd by this factor has a story of its own. */
const STANDS_OUT = 1.5;
/** … and what a detector says of an actor makes it one of a crowd when it is at least this part of the strongest that is said of it. */
const MAIN_PART = 2 / 3;
/** Interfaces of so many resources in trouble at one time are the service's trouble, not each one's. */
const SERVICE = 3;
/** Alert ids and actors that one incident remembers. */
const MEMBERS_KEPT = 1000;
/** Closed incidents that can still be marked. */
const MARKABLE = 2000;

/** Where a verdict went, for feedback: what an incident raised. */
export type Raised = [kind: string, id: string, detector: string];

export interface IncidentBookState {
  incidents: IncidentState[];
  markable: [string, Raised[]][];
}
type IncidentState = Omit<Incident, 'actors' | 'entities'> & { actors: [string, IncidentActor][]; entities: string[] };

/**
 * Groups the alerts of one tenant into incidents: what a person reads. Rules (design, section 8): interface alerts that
 * overlap in time and are related are one incident; an actor's alert joins the incident of the interface that leads it when they
 * overlap; trouble of one kind (errors, slow answers, silence, size) of interfaces of three or more resources at one time is one informational
 * incident of the service, which nothing else joins; four or more actors of one kind with the same leading interface within a day are
 * one cohort incident, and so many that one detector raises within a day, each on another interface and none far stronger
 * than the others, are one crowd; otherwise one per entity. Nothing spans more than two days. State is bounded: closed incidents leave, and only what
 * they raised is remembered, for marks.
 *
 * Calls of one pane end come in the canonical order of verdicts, then `commit`.
 */
export class IncidentBook {
  private incidents: Incident[] = [];
  private readonly markable = new Map<string, Raised[]>();
  private batch: { alert: AlertRecord; incident: Incident }[] = [];
  private renewals: { alert: AlertRecord; incident: Incident }[] = [];
  private retracted: Incident[] = [];
  private readonly tenant: string;
  private readonly detectors: ReadonlyMap<string, Detector>;

  constructor(tenant: string, detectors: ReadonlyMap<string, Detector>) {
    this.tenant = tenant;
    this.detectors = detectors;
  }

  /** A new alert finds its incident, or makes one. */
  add(alert: AlertRecord, candidate: Candidate): void {
    this.batch.push({ alert, incident: this.put(memberOf(alert, candidate), candidate) });
  }

  /**
   * A condition that lasts: the incident that its alert is in grows, no alert is raised. Returns false when there is no
   * such incident any more, or it would span too long: then `renew`.
   */
  extend(alertId: string, candidate: Candidate, score: number, final: boolean): boolean {
    const incident = this.incidents.find((open) => open.members.some((member) => member.alert === alertId));
    if (incident === undefined || candidate.end - incident.startedAt > LONGEST_INCIDENT) return false;
    const member = incident.members.find((entry) => entry.alert === alertId) as Member;
    member.end = Math.max(member.end, candidate.end);
    if (candidate.evidence > member.evidence) {
      member.evidence = candidate.evidence;
      member.score = score;
    }
    member.final = member.final && final;
    incident.endedAt = Math.max(incident.endedAt, candidate.end);
    addActorsOf(incident, candidate, score);
    incident.changed = true;
    return true;
  }

  /** A condition that has outlived its incident: another incident takes its alert up; the alert itself is not raised again. */
  renew(alert: AlertRecord, candidate: Candidate): void {
    this.renewals.push({ alert, incident: this.put(memberOf(alert, candidate), candidate) });
  }

  /** The whole population moved at once: one informational incident says it instead of an alert for each. */
  shift(detector: Detector, start: number, end: number, detectedAt: number, suppressed: number, final: boolean): void {
    let incident = this.incidents.find(
      (open) => open.kind === 'shift' && open.endedAt + RECENT_PART >= start && end - open.startedAt <= LONGEST_INCIDENT,
    );
    if (incident === undefined) {
      incident = this.open('shift', { kind: 'tenant', id: this.tenant }, `population_shift ${start}`, start, end, detectedAt, '');
    }
    incident.endedAt = Math.max(incident.endedAt, end);
    incident.shifts[detector.name] = (incident.shifts[detector.name] ?? 0) + suppressed;
    incident.shiftFinal = incident.shiftFinal && final;
    incident.changed = true;
  }

  /** What an incident, open or closed, has raised; undefined when it is unknown. */
  raisedBy(incidentId: string): Raised[] | undefined {
    return this.markable.get(incidentId);
  }

  /**
   * Ends a pane: fills in the alerts' incident ids and returns what has to be told. `all`: every change, at the end of
   * the input; else a new revision only for a new entity, a higher severity, or twice the alerts or actors.
   */
  commit(configVersion: string, all: boolean): { alerts: AlertRecord[]; incidents: IncidentRecord[] } {
    const alerts = this.batch.map(({ alert, incident }) => {
      const into = resolved(incident);
      this.remember(into, [alert.entity.kind, alert.entity.id, alert.detector]);
      return { ...alert, incident_id: into.id };
    });
    this.batch = [];
    for (const { alert, incident } of this.renewals)
      this.remember(resolved(incident), [alert.entity.kind, alert.entity.id, alert.detector]);
    this.renewals = [];
    const incidents: IncidentRecord[] = [];
    for (const incident of this.retracted) if (incident.told !== undefined) incidents.push(this.tell(incident, 'retracted', configVersion));
    this.retracted = [];
    for (const incident of this.incidents) {
      if (incident.changed && (all || this.worthTelling(incident))) incidents.push(this.tell(incident, 'open', configVersion));
    }
    return { alerts, incidents };
  }

  /** Closes what nothing has joined for a day. Called as hours of the tenant end, whether they held anything or not. */
  close(time: number, configVersion: string): IncidentRecord[] {
    const over = this.incidents.filter(
      (incident) => time > incident.endedAt + QUIET || time > incident.startedAt + LONGEST_INCIDENT + QUIET,
    );
    if (over.length > 0) this.incidents = this.incidents.filter((incident) => !over.includes(incident));
    return over.map((incident) => this.tell(incident, 'closed', configVersion));
  }

  get openCount(): number {
    return this.incidents.length;
  }

  toJSON(): IncidentBookState {
    return {
      incidents: this.incidents.map((incident) => ({ ...incident, actors: [...incident.actors], entities: [...incident.entities] })),
      markable: [...this.markable],
    };
  }

  restore(state: IncidentBookState): void {
    this.incidents = state.incidents.map((incident) => ({
      ...incident,
      actors: new Map(incident.actors),
      entities: new Set(incident.entities),
    }));
    for (const [id, raised] of state.markable) this.markable.set(id, raised);
  }

  private tell(incident: Incident, status: IncidentRecord['status'], configVersion: string): IncidentRecord {
    const revision = (incident.told?.revision ?? 0) + 1;
    const severity = this.severityOf(incident);
    incident.told = {
      revision,
      severity,
      kind: incident.kind,
      alerts: incident.alertCount,
      actors: incident.actorCount,
      entities: incident.entities.size,
    };
    incident.changed = false;
    return incidentRecord(this.tenant, incident, this.detectors, { revision, status, severity, configVersion });
  }

  private worthTelling(incident: Incident): boolean {
    const told = incident.told;
    if (told === undefined) return true;
    if (severityRank(this.severityOf(incident)) > severityRank(told.severity)) return true;
    if (incident.kind !== told.kind || incident.entities.size > told.entities) return true;
    if (incident.alertCount >= 2 * Math.max(1, told.alerts) && incident.alertCount > 1) return true;
    return incident.actorCount >= 2 * told.actors && incident.actorCount >= COHORT;
  }

  /** Severity of the strongest member's detector at the fused evidence of all detectors in the incident. */
  private severityOf(incident: Incident): Severity {
    if (incident.kind === 'shift' || incident.kind === 'service' || incident.informational) return 'info';
    const best = new Map<string, number>();
    let strongest: Member | undefined;
    let highest: Severity = 'info';
    for (const member of incident.members) {
      if (member.severity === 'info') continue;
      if (severityRank(member.severity) > severityRank(highest)) highest = member.severity;
      best.set(member.detector, Math.max(best.get(member.detector) ?? 0, member.evidence));
      if (strongest === undefined || member.evidence > strongest.evidence) strongest = member;
    }
    const detector = strongest === undefined ? undefined : this.detectors.get(strongest.detector);
    const fused = detector?.severity(fusedEvidence([...best.values()])) ?? highest;
    return severityRank(fused) > severityRank(highest) ? fused : highest;
  }

  private put(member: Member, candidate: Candidate): Incident {
    const incident = member.severity === 'info' ? this.placeInformational(member) : this.place(member, candidate);
    joinMember(incident, member);
    addActorsOf(incident, candidate, member.score);
    return incident;
  }

  private place(member: Member, candidate: Candidate): Incident {
    const fitting = this.incidents.filter(
      (open) => open.kind !== 'shift' && !open.informational && member.end - open.startedAt <= LONGEST_INCIDENT,
    );
    const own = fitting.find(
      (open) =>
        (open.kind !== 'service' || suffersAlike(open, member)) &&
        open.members.some((other) => sameEntity(other, member)) &&
        goesOn(open, member, candidate),
    );
    if (own !== undefined) return own;
    if (member.kind === 'interface') return this.placeInterface(member, candidate, fitting);
    if (member.lead !== '') {
      const led = fitting.find((open) =>
        open.kind === 'cohort'
          ? open.entities.has(member.lead) && member.end - open.endedAt <= DAY && actsLike(open, member) && standsIn(open, member)
          : open.kind !== 'service' && open.entities.has(member.lead) && overlaps(open, member) && standsBehind(open, member),
      );
      if (led !== undefined) return led;
      const cohort = this.cohortOf(member, fitting);
      if (cohort !== undefined) return cohort;
    }
    return this.crowdOf(member, fitting) ?? this.openFor('entity', member);
  }

  /** Informational alerts explain an incident of the same entity; alone they are an incident of their own that nothing else joins. */
  private placeInformational(member: Member): Incident {
    const near = (open: Incident): boolean => member.end - open.startedAt <= LONGEST_INCIDENT && member.recent <= open.endedAt + QUIET;
    const same = this.incidents.find((open) => near(open) && open.members.some((other) => sameEntity(other, member)));
    if (same !== undefined) return same;
    const incident = this.openFor('entity', member);
    incident.informational = true;
    return incident;
  }

  private placeInterface(member: Member, candidate: Candidate, fitting: Incident[]): Incident {
    if (member.trouble !== '') return this.placeTrouble(member, fitting);
    const same = fitting.find((open) => open.kind !== 'service' && open.entities.has(member.id) && goesOn(open, member, candidate));
    if (same !== undefined) return same;
    const beside = fitting.find(
      (open) => open.kind === 'interface' && !onlyTrouble(open) && overlaps(open, member) && related(open, member, candidate),
    );
    if (beside !== undefined) return beside;
    // actors that were raised alone, are led by this interface and stand behind its alert: the same story
    const actors = new Set(candidate.actors.map((actor) => `${actor.kind} ${actor.id}`));
    const behind = fitting.filter(
      (open) =>
        open.kind === 'entity' &&
        open.members[0]?.lead === member.id &&
        overlaps(open, member) &&
        actors.has(`${open.members[0].kind} ${open.members[0].id}`),
    );
    if (behind.length === 0) return this.openFor('interface', member);
    return this.union(behind, 'interface', { kind: 'interface', id: member.id });
  }

  /** Trouble of an interface that is under attack belongs there; else all that is in trouble at one time is one incident, from the third interface on the service's. */
  private placeTrouble(member: Member, fitting: Incident[]): Incident {
    const attacked = fitting.find(
      (open) => open.kind !== 'service' && !onlyTrouble(open) && open.entities.has(member.id) && overlaps(open, member),
    );
    if (attacked !== undefined) return attacked;
    const beside = fitting.find((open) => (open.kind === 'service' || onlyTrouble(open)) && suffersAlike(open, member));
    if (beside === undefined) return this.openFor('interface', member);
    if (beside.kind === 'interface' && new Set([...beside.entities, member.id].map(resourceOf)).size >= SERVICE) {
      beside.kind = 'service';
      beside.entity = { kind: 'tenant', id: this.tenant };
    }
    return beside;
  }

  /**
   * The fourth actor with one leading interface within a day, of which a detector says the same, turns the earliest of
   * their incidents into the cohort's. One that is far stronger than the others stays alone.
   */
  private cohortOf(member: Member, fitting: Incident[]): Incident | undefined {
    const alike = fitting.filter((open) => {
      const first = open.members[0];
      return (
        open.kind === 'entity' &&
        first !== undefined &&
        first.kind === member.kind &&
        first.lead === member.lead &&
        member.end - first.end <= DAY &&
        actsLike(open, member)
      );
    });
    const most = strongestOfMany(alike, member);
    if (member.evidence > most) return undefined;
    const equals = alike.filter((open) => strongestIn(open) <= most);
    if (equals.length < COHORT - 1) return undefined;
    // paths that do not exist are no interface that an incident could be about: it is about who asks for them
    if (member.lead.endsWith('/{missing}')) return this.union(equals, 'crowd', equals[0].entity);
    return this.union(equals, 'cohort', { kind: 'interface', id: member.lead });
  }

  /**
   * Actors of one kind that one detector raises within a day of each other, each on an interface of its own: the fourth
   * makes a crowd, later ones join it. One that is far stronger than the others stays alone.
   */
  private crowdOf(member: Member, fitting: Incident[]): Incident | undefined {
    const alike = fitting.filter(
      (open) =>
        (open.kind === 'crowd' || open.kind === 'entity') &&
        open.members[0]?.kind === member.kind &&
        member.end - open.endedAt <= CROWD_WITHIN &&
        open.members.some(({ detector, evidence }) => detector === member.detector && evidence >= MAIN_PART * strongestIn(open)),
    );
    const crowd = alike.find((open) => open.kind === 'crowd');
    if (crowd !== undefined) return member.evidence <= STANDS_OUT * strongestIn(crowd) ? crowd : undefined;
    const most = strongestOfMany(alike, member);
    if (member.evidence > most) return undefined;
    const singles = alike.filter((open) => strongestIn(open) <= most);
    return singles.length < CROWD - 1 ? undefined : this.union(singles, 'crowd', singles[0].entity);
  }

  /** Joins incidents into the earliest of them, which changes what it is about and keeps its id; the others are retracted. */
  private union(incidents: Incident[], kind: IncidentKind, entity: EntityRef): Incident {
    const [target, ...others] = incidents;
    target.kind = kind;
    target.entity = entity;
    if (entity.kind === 'interface') target.entities = new Set([entity.id]);
    for (const other of others) {
      for (const member of other.members) joinMember(target, member);
      addActors(target, other);
      this.move(other, target);
      other.into = target.id;
      other.target = target;
      this.retracted.push(other);
    }
    this.incidents = this.incidents.filter((open) => open.target === undefined);
    target.changed = true;
    return target;
  }

  private openFor(kind: IncidentKind, member: Member): Incident {
    // the end tells a renewed incident from the one that was first about this alert
    return this.open(
      kind,
      { kind: member.kind, id: member.id },
      `${member.alert} ${member.end}`,
      member.start,
      member.end,
      member.detectedAt,
      member.lead,
    );
  }

  private open(
    kind: IncidentKind,
    entity: EntityRef,
    first: string,
    start: number,
    end: number,
    detectedAt: number,
    lead: string,
  ): Incident {
    const incident: Incident = {
      id: identityHash([this.tenant, kind, entity.kind, entity.id, first]),
      kind,
      entity,
      lead,
      startedAt: start,
      endedAt: end,
      detectedAt,
      members: [],
      alertCount: 0,
      actors: new Map(),
      actorCount: 0,
      largestCount: 0,
      entities: new Set(entity.kind === 'interface' ? [entity.id] : []),
      informational: false,
      shifts: {},
      shiftFinal: true,
      told: undefined,
      changed: true,
      into: '',
    };
    this.incidents.push(incident);
    return incident;
  }

  private remember(incident: Incident, raised: Raised): void {
    let list = this.markable.get(incident.id);
    if (list === undefined) {
      this.markable.set(incident.id, (list = []));
      if (this.markable.size > MARKABLE) this.markable.delete(this.markable.keys().next().value as string);
    }
    if (list.length < MEMBERS_KEPT && !list.some((entry) => entry.every((part, i) => part === raised[i]))) list.push(raised);
  }

  /** A retracted incident keeps its own marks; the one that took it in can be marked for them too. */
  private move(from: Incident, to: Incident): void {
    for (const raised of this.markable.get(from.id) ?? []) this.remember(to, raised);
  }
}

function memberOf(alert: AlertRecord, candidate: Candidate): Member {
  return {
    alert: alert.alert_id,
    detector: alert.detector,
    kind: alert.entity.kind,
    id: alert.entity.id,
    lead:
      candidate.entity.kind === 'interface'
        ? candidate.entity.id
        : (candidate.related.find((entity) => entity.kind === 'interface')?.id ?? ''),
    evidence: candidate.evidence,
    score: alert.score,
    severity: alert.severity,
    start: Math.max(candidate.start, candidate.end - LONGEST_MEMBER),
    recent: Math.max(candidate.start, candidate.end - RECENT_PART),
    end: candidate.end,
    detectedAt: Date.parse(alert.detected_at),
    final: alert.final,
    title: alert.title,
    text: alert.reasons[0]?.text ?? '',
    trouble: troubleOf(candidate),
  };
}

function joinMember(incident: Incident, member: Member): void {
  incident.alertCount++;
  if (incident.members.length < MEMBERS_KEPT) incident.members.push(member);
  if (member.kind === 'interface' || incident.kind === 'entity') incident.entities.add(member.id);
  incident.startedAt = Math.min(incident.startedAt, member.start);
  incident.endedAt = Math.max(incident.endedAt, member.end);
  incident.detectedAt = Math.min(incident.detectedAt, member.detectedAt);
  if ((incident.kind === 'interface' && member.kind === 'interface') || incident.kind === 'crowd') {
    const strongest = [...incident.members, member]
      .filter((other) => other.kind === member.kind)
      .reduce((best, other) => (other.evidence > best.evidence ? other : best));
    incident.entity = { kind: member.kind, id: strongest.id };
  }
  incident.changed = true;
}

function sameEntity(a: Member, b: Member): boolean {
  return a.kind === b.kind && a.id === b.id;
}

/** Touching counts: an hour's alert and the next hour's are one story. */
function overlaps(incident: Incident, member: Member): boolean {
  return member.recent <= incident.endedAt && incident.startedAt <= member.end;
}

/**
 * Whether an alert is the story of an open incident of its entity: an actor's own is for a day. An interface has many callers:
 * after some quiet hours, others than yesterday's are another story, which the analyst must see as one.
 */
function goesOn(incident: Incident, member: Member, candidate: Candidate): boolean {
  if (member.recent > incident.endedAt + QUIET) return false;
  if (member.kind !== 'interface' || member.recent <= incident.endedAt + INTERFACE_QUIET) return true;
  // sums over a day speak of yesterday's too
  if (candidate.terms.some(({ feature }) => feature.endsWith('_1d'))) return true;
  const actors = namedActors(candidate);
  return member.trouble !== '' || actors.length === 0 || incident.actors.size === 0 || shareActors(incident, actors);
}

/** Actors that two alerts must share, as part of the shorter list, to be one story. */
const SHARED_PART = 0.2;

/**
 * Whether alerts of different interfaces at the same time belong together: the same actors behind both, or the same
 * detector on both where actors say nothing, being everyone (an outage, a sale) or nobody (a stop). Two attacks at one
 * time stay two incidents, each about its own interface and its own actors.
 */
function related(incident: Incident, member: Member, candidate: Candidate): boolean {
  const actors = namedActors(candidate);
  if (shareActors(incident, actors)) return true;
  const everyone = candidate.actorCount > ACTORS_NAMED && incident.actorCount > ACTORS_NAMED;
  const nobody = actors.length === 0 || incident.actors.size === 0;
  return (everyone || nobody) && incident.members.some((other) => other.kind === 'interface' && other.detector === member.detector);
}

function shareActors(incident: Incident, actors: readonly Actor[]): boolean {
  const shared = actors.filter((actor) => incident.actors.has(`${actor.kind} ${actor.id}`)).length;
  return shared > 0 && shared >= SHARED_PART * Math.min(actors.length, incident.actors.size);
}

/** Features of an interface that its callers do not make, by kind of trouble: who called while it failed says nothing. */
const TROUBLE: readonly (readonly [Trouble, RegExp])[] = [
  ['errors', /^(server_errors|erring_callers)/],
  ['time', /^(slow|mean_duration|typical_duration|duration_ms)/],
  ['silence', /^requests_since_last/],
  ['size', /^(mean_size|typical_size)/],
];

/** What an interface suffers, where most of the evidence is of its not doing its work as it did. */
function troubleOf(candidate: Candidate): Trouble {
  if (candidate.entity.kind !== 'interface') return '';
  const { contributions, score } = scoreTerms(candidate.terms);
  const parts = new Map<Trouble, number>();
  candidate.terms.forEach(({ feature, law }, i) => {
    const kind = law.kind === 'floor' ? 'silence' : TROUBLE.find(([, features]) => features.test(feature))?.[0];
    if (kind !== undefined) parts.set(kind, (parts.get(kind) ?? 0) + contributions[i]);
  });
  const [worst, ...others] = [...parts].sort(([, a], [, b]) => b - a);
  return worst !== undefined && others.reduce((sum, [, part]) => sum + part, worst[1]) > score / 2 ? worst[0] : '';
}

/**
 * Whether trouble is part of an incident of trouble: of the kind that this is mostly when it touches, of another when the
 * service or this interface had it meanwhile. An interface that becomes slow in the hour after an outage has trouble of its own.
 */
function suffersAlike(incident: Incident, member: Member): boolean {
  if (member.trouble === '' || !overlaps(incident, member)) return false;
  const alike = incident.members.filter(({ trouble }) => trouble === member.trouble).length;
  if (2 * alike >= incident.members.length) return true;
  const theirs = incident.kind === 'service' || incident.entities.has(member.id);
  return theirs && member.recent < incident.endedAt && incident.startedAt < member.end;
}

/** The resource that an interface serves: host and path to the first template. One route that is down stops reading, writing and listing alike. */
function resourceOf(interfaceId: string): string {
  const path = interfaceId.slice(interfaceId.indexOf(' ') + 1);
  const template = path.indexOf('/{');
  return template < 0 ? path : path.slice(0, template);
}

function onlyTrouble(incident: Incident): boolean {
  return incident.kind === 'interface' && incident.members.every((member) => member.trouble !== '');
}

/** Whether a detector says the same of the member as of someone in the incident. */
function actsLike(incident: Incident, member: Member): boolean {
  return incident.members.some(({ detector }) => detector === member.detector);
}

/** Whether the member does not stand out of a cohort. An interface's own alert in it says nothing of how strong its actors are. */
function standsIn(cohort: Incident, member: Member): boolean {
  const actors = cohort.members.filter(({ kind }) => kind === member.kind);
  if (actors.length === 0) return false;
  return member.evidence <= STANDS_OUT * actors.reduce((most, { evidence }) => Math.max(most, evidence), 0);
}

/** The evidence above which one stands out of the others: the highest that has another within the factor below it. */
function strongestOfMany(others: readonly Incident[], member: Member): number {
  const strengths = others
    .map(strongestIn)
    .concat(member.evidence)
    .sort((a, b) => b - a);
  return strengths.find((strength, i) => strength <= STANDS_OUT * (strengths[i + 1] ?? 0)) ?? 0;
}

function strongestIn(incident: Incident): number {
  return strongestOf(incident)?.evidence ?? 0;
}

/** Whether an actor's alert belongs to the incident of the interface that leads it: it stands behind it, or the list of those who do is cut. */
function standsBehind(incident: Incident, member: Member): boolean {
  if (incident.kind === 'cohort' || incident.actors.has(`${member.kind} ${member.id}`)) return true;
  if (onlyTrouble(incident)) return false;
  return member.kind === 'target' || incident.actors.size === 0 || incident.actorCount > ACTORS_NAMED;
}

function resolved(incident: Incident): Incident {
  let at = incident;
  while (at.target !== undefined) at = at.target;
  return at;
}
