/** What the choice of the next input depends on. */
export interface Readable {
  tenant: string;
  /** worker that parses it */
  worker: number;
  /** its watermark, ms; undefined until its first events have told */
  reached: number | undefined;
  /** chunks sent and not yet done */
  inFlight: number;
  /** nothing more to read for now */
  exhausted: boolean;
}

/** Chunks of one input under way: enough that its worker never waits for the next. */
export const CHUNKS_PER_INPUT = 3;
/** Chunks under way on one worker, over all its inputs. */
export const CHUNKS_PER_WORKER = 4;
/** How far ahead of its tenant's slowest input another one is read, ms of event time. */
export const AHEAD = 5 * 60_000;

/**
 * The input to read next: lowest watermark first, unknown ones before all; undefined when every candidate has to wait.
 * Within a tenant only inputs near the slowest are candidates, so that one which begins later waits for its turn and
 * costs no memory; tenants do not wait for each other.
 */
export function chooseInput<Input extends Readable>(inputs: readonly Input[]): Input | undefined {
  const slowest = new Map<string, number>();
  const perWorker: number[] = [];
  for (const input of inputs) {
    perWorker[input.worker] = (perWorker[input.worker] ?? 0) + input.inFlight;
    if (!input.exhausted || input.inFlight > 0) {
      slowest.set(input.tenant, Math.min(slowest.get(input.tenant) ?? Number.POSITIVE_INFINITY, input.reached ?? Number.NEGATIVE_INFINITY));
    }
  }
  let best: Input | undefined;
  for (const input of inputs) {
    if (input.exhausted || perWorker[input.worker] >= CHUNKS_PER_WORKER) continue;
    const limit = input.reached === undefined ? 1 : CHUNKS_PER_INPUT;
    if (input.inFlight >= limit) continue;
    if (input.reached !== undefined && input.reached > (slowest.get(input.tenant) ?? input.reached) + AHEAD) continue;
    if (best === undefined || (input.reached ?? Number.NEGATIVE_INFINITY) < (best.reached ?? Number.NEGATIVE_INFINITY)) best = input;
  }
  return best;
}

/** Worker of each input: the largest first, each to the worker with the least so far. */
export function pinInputs(sizes: readonly number[], workers: number): number[] {
  const load = new Array<number>(workers).fill(0);
  const pins = new Array<number>(sizes.length).fill(0);
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[b] - sizes[a] || a - b);
  for (const i of order) {
    const worker = load.indexOf(Math.min(...load));
    pins[i] = worker;
    load[worker] += sizes[i] + 1;
  }
  return pins;
}
