import type { EntityRef } from '../../schemas/alert.ts';

/** One observed request or connection, as a plain rule sees it: no baseline, no history, no shared knowledge. */
export interface PlainEvent {
  /** ms UTC; events come in order of time, one that is earlier counts as of the latest time seen */
  time: number;
  tenant: string;
  /** '' anonymous */
  account: string;
  /** client address */
  source: string;
  /** id as Weir names it: `METHOD host/path/{template}`, or `tcp address:port` */
  interface: string;
  /** path as it was asked for; '' of a connection */
  path: string;
  status: number;
  /** a login that failed, a request that was refused for want of rights */
  failed: boolean;
  /** what is probed or hit (phone number, user name); '' none */
  value: string;
  /** bytes out */
  bytes: number;
}

/** One verdict of a comparator. Times in ms UTC. */
export interface ComparatorAlert {
  tenant: string;
  entity: EntityRef;
  /** who made it so, the strongest first; [] when it is the entity itself */
  actors: EntityRef[];
  start: number;
  end: number;
  /** when the rule could have said it */
  detectedAt: number;
  /** in the rule's own unit (`Comparator.threshold`); higher is more anomalous */
  score: number;
}

/** A published plain rule, re-implemented to stand beside Weir in one table. One instance takes the events of any number of tenants. */
export interface Comparator {
  /** lower-case words with dashes */
  readonly name: string;
  readonly title: string;
  /** where the rule and its defaults are published */
  readonly source: string;
  /** the published verdict: scores at and above it alert */
  readonly threshold: number;
  take(event: PlainEvent): void;
  /** all alerts, in the order of their starts; nothing may be taken afterwards */
  end(): ComparatorAlert[];
}

/** A rule as it judges one tenant. */
export interface PlainRule {
  take(event: PlainEvent): void;
  end(): ComparatorAlert[];
}

/** What all rules are made with. */
export interface RuleOptions {
  /** alerts below this share of the published threshold are not kept; 1: the published verdicts alone. Less, for sweeps */
  floor: number;
}

/** What a comparator says of itself, and how its rule is made for a tenant. */
export interface RuleKind {
  name: string;
  title: string;
  source: string;
  threshold: number;
  create(tenant: string, options: RuleOptions): PlainRule;
}

/** A rule for every tenant that comes by: tenants know nothing of each other. */
export class TenantsComparator implements Comparator {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly threshold: number;
  private readonly create: (tenant: string) => PlainRule;
  private readonly rules = new Map<string, PlainRule>();

  constructor(kind: RuleKind, options: RuleOptions) {
    this.name = kind.name;
    this.title = kind.title;
    this.source = kind.source;
    this.threshold = kind.threshold;
    this.create = (tenant) => kind.create(tenant, options);
  }

  take(event: PlainEvent): void {
    let rule = this.rules.get(event.tenant);
    if (rule === undefined) {
      rule = this.create(event.tenant);
      this.rules.set(event.tenant, rule);
    }
    rule.take(event);
  }

  end(): ComparatorAlert[] {
    const alerts = [...this.rules.values()].flatMap((rule) => rule.end());
    return alerts.sort((a, b) => a.start - b.start || (a.entity.id < b.entity.id ? -1 : a.entity.id > b.entity.id ? 1 : 0));
  }
}
