import type { InputPosition } from '../../state/manifest.ts';
import type { ByteSource } from './byte-source.ts';
import { behindOf } from './identity.ts';
import { LineReader } from './line-reader.ts';
import type { PlannedInput } from './planned-input.ts';
import type { Hearable } from './quiet.ts';
import type { InputView } from './run-contract.ts';
import type { Readable } from './scheduler.ts';
import { TailSource } from './tail-source.ts';
import type { Tailed } from './tails.ts';

/** An input that a run is reading. */
export interface ActiveInput extends Readable, Hearable, Tailed {
  plan: PlannedInput;
  /** by which workers know it */
  number: number;
  bytes: ByteSource;
  events: number;
  /** it was said to be idle when it was read to its end after being replaced */
  handedOver: boolean;
  /** when it was replaced, by the clock of `follow`, ms */
  replacedAt: number;
  /** the journal says that something happened when it stood here: it is not read beyond before that has happened again */
  cap: number;
  /** another file has taken its place */
  replaced: boolean;
  reader: LineReader;
  peeked: boolean;
  problem: string | undefined;
}

/**
 * An input, opened where it was left.
 * @param number by which workers know it @param worker that parses it @param now by the clock of `follow`, ms
 */
export async function openInput(plan: PlannedInput, number: number, worker: number, now: number): Promise<ActiveInput> {
  const bytes = await plan.opened.from(plan.start.offset);
  const input: ActiveInput = {
    plan,
    number,
    bytes,
    reader: new LineReader(plan, bytes, plan.start),
    tenant: plan.tenant,
    partition: plan.partition,
    lateness: plan.lateness,
    worker,
    reached: undefined,
    inFlight: 0,
    exhausted: false,
    peeked: false,
    events: 0,
    replaced: plan.replaced === true,
    replacedAt: now,
    handedOver: false,
    cap: Number.POSITIVE_INFINITY,
    problem: undefined,
    get truncated() {
      return this.bytes instanceof TailSource && this.bytes.truncated;
    },
    position() {
      return positionOf(this);
    },
  };
  return input;
}

/** Where an input stands, as a manifest remembers it. */
export function positionOf(input: ActiveInput): InputPosition {
  const { tenant, source, partition, head, format, path, opened, start } = input.plan;
  const { position } = input.reader;
  const place = { tenant, source, partition, head, format, path, offset: position.offset, lines: position.lines };
  if (opened.kind !== 'plain') return place;
  const behind = position.offset === start.offset ? input.plan.behind : behindOf(input.reader.behind);
  const modified = input.bytes instanceof TailSource && input.bytes.modified > 0 ? input.bytes.modified : undefined;
  return { ...place, ...(behind === undefined ? {} : { behind }), ...(modified === undefined ? {} : { modified }) };
}

/** An input as others may see it. @param idle it does not hold its tenant back */
export function viewOf(input: ActiveInput, idle: boolean): InputView {
  return {
    tenant: input.tenant,
    source: input.plan.source,
    path: input.plan.path,
    partition: input.partition,
    offset: input.reader.position.offset,
    end: input.bytes instanceof TailSource ? input.bytes.size : input.plan.opened.end?.(),
    reached: input.reached,
    events: input.events,
    exhausted: input.exhausted,
    idle,
  };
}
