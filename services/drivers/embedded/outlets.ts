import type { AlertRecord, IncidentRecord } from '../../../schemas/alert.ts';
import type { DeadLetterKey, Sink } from '../../core/sink.ts';
import type { DeadLetter, Emit } from '../../core/stage.ts';
import type { Provisional } from '../../state/manifest.ts';

/** How often outcomes went to the sinks, for progress and summaries. */
export interface OutletCounts {
  alerts: number;
  incidents: number;
}

/**
 * Hands outcomes to the sinks and keeps account of provisional ones: what an earlier flush raised (`pending`) is
 * confirmed when it comes again, and retracted when a later flush of its tenant has passed without it.
 */
export class Outlets {
  private readonly sinks: readonly Sink[];
  private readonly pending = new Map<string, { alerts: Set<string>; incidents: Set<string> }>();
  private readonly raised = new Map<string, { alerts: Set<string>; incidents: Set<string> }>();
  private held: Emit[] | undefined;
  private readonly buried: DeadLetterKey[] = [];
  readonly counts: OutletCounts = { alerts: 0, incidents: 0 };

  constructor(sinks: readonly Sink[], pending: Readonly<Record<string, Provisional>>) {
    this.sinks = sinks;
    for (const [tenant, ids] of Object.entries(pending))
      this.pending.set(tenant, { alerts: new Set(ids.alerts), incidents: new Set(ids.incidents) });
  }

  give(emit: Emit): void {
    switch (emit.output) {
      case 'alerts':
      case 'incidents':
        if (this.held === undefined) this.record(emit);
        else this.held.push(emit);
        return;
      case 'windows':
        for (const sink of this.sinks) sink.windows(emit.value);
        return;
      case 'late':
        for (const sink of this.sinks) sink.late(emit.value);
        return;
      case 'shadow':
        for (const sink of this.sinks) sink.shadow?.(emit.tenant, emit.value);
        return;
      case 'inventory':
        for (const sink of this.sinks) sink.inventory?.(emit.tenant, emit.value);
        return;
      case 'dead':
        if (this.held !== undefined) this.buried.push(...emit.value.map(keyOf));
        for (const sink of this.sinks) sink.dead(emit.value);
        return;
      default:
        throw new Error(`no sink takes ${emit.output}`);
    }
  }

  /** From here on alerts and incidents wait for `release`: their ids are written down before the sinks hear of them. */
  hold(): void {
    this.held = [];
  }

  /** Ids of the provisional records that are held, and of earlier ones that still stand, per tenant. */
  provisional(): Record<string, Provisional> {
    const all = new Map<string, { alerts: Set<string>; incidents: Set<string> }>();
    const add = (tenant: string, kind: 'alerts' | 'incidents', ids: Iterable<string>): void => {
      const entry = all.get(tenant) ?? { alerts: new Set(), incidents: new Set() };
      for (const id of ids) entry[kind].add(id);
      all.set(tenant, entry);
    };
    for (const source of [this.pending, this.raised]) {
      for (const [tenant, ids] of source) {
        add(tenant, 'alerts', ids.alerts);
        add(tenant, 'incidents', ids.incidents);
      }
    }
    for (const emit of this.held ?? []) {
      if (emit.output === 'alerts')
        add(
          emit.tenant,
          'alerts',
          emit.value.filter((alert) => !alert.final).map((alert) => alert.alert_id),
        );
      if (emit.output === 'incidents')
        add(
          emit.tenant,
          'incidents',
          emit.value.filter((incident) => !incident.final).map((incident) => incident.incident_id),
        );
    }
    const plain: Record<string, Provisional> = {};
    for (const tenant of [...all.keys()].sort()) {
      const { alerts, incidents } = all.get(tenant) as { alerts: Set<string>; incidents: Set<string> };
      if (alerts.size + incidents.size > 0) plain[tenant] = { alerts: [...alerts].sort(), incidents: [...incidents].sort() };
    }
    return plain;
  }

  /** Dead letters given since `hold`: the end of the inputs made them. */
  provisionalDead(): readonly DeadLetterKey[] {
    return this.buried;
  }

  /** Takes back what an earlier end of the inputs made; durable on return. */
  async takeBack(letters: readonly DeadLetterKey[]): Promise<void> {
    if (letters.length === 0) return;
    for (const sink of this.sinks) sink.takeBack?.(letters);
    await this.flush();
  }

  /** Gives what is held to the sinks. */
  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const emit of held) if (emit.output === 'alerts' || emit.output === 'incidents') this.record(emit);
  }

  /** The tenant's flush is over: what was pending and has not come again is retracted. Returns how many alerts. */
  settle(tenant: string): number {
    const pending = this.pending.get(tenant);
    if (pending === undefined) return 0;
    this.pending.delete(tenant);
    if (pending.alerts.size + pending.incidents.size > 0) {
      for (const sink of this.sinks) sink.retract(tenant, [...pending.alerts].sort(), [...pending.incidents].sort());
    }
    return pending.alerts.size;
  }

  /** Bytes that sinks have taken and not yet written. */
  waiting(): number {
    return this.sinks.reduce((sum, sink) => sum + sink.pending(), 0);
  }

  async flush(): Promise<void> {
    await Promise.all(this.sinks.map((sink) => sink.flush()));
  }

  private record(emit: Extract<Emit, { output: 'alerts' | 'incidents' }>): void {
    const pending = this.pending.get(emit.tenant);
    if (emit.output === 'alerts') {
      this.counts.alerts += emit.value.length;
      for (const alert of emit.value) {
        pending?.alerts.delete(alert.alert_id);
        if (!alert.final) this.raisedOf(emit.tenant).alerts.add(alert.alert_id);
      }
      this.each((sink) => sink.alerts(emit.value as AlertRecord[]));
    } else {
      this.counts.incidents += emit.value.length;
      for (const incident of emit.value) {
        pending?.incidents.delete(incident.incident_id);
        if (!incident.final) this.raisedOf(emit.tenant).incidents.add(incident.incident_id);
      }
      this.each((sink) => sink.incidents(emit.value as IncidentRecord[]));
    }
  }

  private raisedOf(tenant: string): { alerts: Set<string>; incidents: Set<string> } {
    let raised = this.raised.get(tenant);
    if (raised === undefined) {
      raised = { alerts: new Set(), incidents: new Set() };
      this.raised.set(tenant, raised);
    }
    return raised;
  }

  private each(give: (sink: Sink) => void): void {
    for (const sink of this.sinks) give(sink);
  }
}

function keyOf({ tenant, source, partition, offset, index }: DeadLetter): DeadLetterKey {
  return { tenant, source, partition, offset, index: index ?? 0 };
}
