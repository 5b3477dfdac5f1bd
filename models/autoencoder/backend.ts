import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** The functions of @tensorflow/tfjs-core; types only, the package is loaded when a backend is opened. */
export type TensorFlow = typeof import('@tensorflow/tfjs-core');

/** Kinds of backend: WebAssembly, libtensorflow through @tensorflow/tfjs-node, plain JavaScript. */
export const BACKENDS = ['wasm', 'node', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];
/** What a config says: one of them, or the fastest of a measurement (wasm where there is none). */
export type BackendChoice = BackendName | 'auto';

/** How fast a backend was on a machine (`weir doctor` measures it). */
export interface BackendSpeed {
  readonly name: BackendName;
  /** rows scored in a second */
  readonly rowsPerSecond: number;
}

export interface BackendFailure {
  readonly name: BackendName;
  readonly reason: string;
}

/**
 * A TensorFlow.js backend that is ready to compute.
 *
 * TensorFlow.js has one engine per thread, in a global of its own, with one backend active at a time. So nothing here is
 * kept in a module: whoever computes is handed this object, calls `use()` before its first tensor and does all its work
 * up to the last `dataSync` without giving up the thread. Two backends can then be open side by side in one thread (a
 * comparison does that); tensors stay with the backend that made them.
 */
export interface Backend {
  readonly name: BackendName;
  readonly tf: TensorFlow;
  /** why this is not the one that was asked for; to be shown by whoever opened it */
  readonly warning: string | undefined;
  /** those that were tried before and do not load, each with the reason */
  readonly failures: readonly BackendFailure[];
  /** makes it the engine's active backend: a comparison of two names where it already is */
  use(): void;
}

/** Names that the engine knows the backends by. */
const ENGINE_NAMES: Readonly<Record<BackendName, string>> = { wasm: 'wasm', node: 'tensorflow', cpu: 'cpu' };

/**
 * Opens the backend of a choice, or the next best that loads: wasm after node, plain cpu after wasm, with a warning that
 * says what failed. `auto` takes the fastest of `measured` and wasm where nothing was measured; tfjs-node is never loaded
 * unless it is asked for or was measured. Throws where not even plain cpu loads.
 */
export async function openBackend(choice: BackendChoice = 'auto', measured: readonly BackendSpeed[] = []): Promise<Backend> {
  const failures: BackendFailure[] = [];
  for (const name of inOrder(choice, measured)) {
    try {
      const tf = await load(name);
      return { name, tf, warning: warningOf(failures, name), failures, use: () => activate(tf, name) };
    } catch (error) {
      failures.push({ name, reason: reasonOf(error) });
    }
  }
  throw new Error(`no TensorFlow.js backend can be used: ${listed(failures)}`);
}

function warningOf(failures: readonly BackendFailure[], used: BackendName): string | undefined {
  return failures.length > 0 ? `${listed(failures)}: ${used} is used instead` : undefined;
}

function listed(failures: readonly BackendFailure[]): string {
  return failures.map(({ name, reason }) => `backend ${name} cannot be used (${reason})`).join('; ');
}

/** The backends to try, best first. */
function inOrder(choice: BackendChoice, measured: readonly BackendSpeed[]): BackendName[] {
  const first =
    choice === 'auto'
      ? [...measured].sort((a, b) => b.rowsPerSecond - a.rowsPerSecond).map(({ name }) => name)
      : choice === 'wasm'
        ? []
        : [choice];
  if (choice === 'cpu') return first;
  return [...new Set([...first, 'wasm' as const, 'cpu' as const])];
}

async function load(name: BackendName): Promise<TensorFlow> {
  const tf = await import('@tensorflow/tfjs-core');
  // turns off the checks of every value, and advice that it prints in Node
  tf.env().set('PROD', true);
  if (name === 'wasm') await registerWasm();
  else if (name === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
  else await registerNode();
  // the engine gives up one initialisation when the next begins; two callers must not do that to each other
  const engine = tf.engine() as unknown as { pendingBackendInit?: Promise<boolean> | null };
  while (engine.pendingBackendInit) await engine.pendingBackendInit;
  const listening = listeners();
  try {
    if (!(await tf.setBackend(ENGINE_NAMES[name]))) throw new Error('the engine could not initialise it');
    tryOut(tf);
  } finally {
    removeRethrowing(listening);
  }
  return tf;
}

/** One small layer: a backend may load and then fail at its first operation, as tfjs-node does on Node 23 and later. */
function tryOut(tf: TensorFlow): void {
  const one = tf.tidy(() => tf.tanh(tf.add(tf.matMul(tf.ones([1, 2]), tf.ones([2, 1])), tf.scalar(-1))).dataSync()[0]);
  if (Math.abs(one - Math.tanh(1)) > 1e-6) throw new Error(`it computes ${one} where ${Math.tanh(1)} is right`);
}

/** The wasm files are read from the package's own folder, never from a network. */
async function registerWasm(): Promise<void> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
}

type Listener = (...given: never[]) => unknown;
const UNCAUGHT = ['uncaughtException', 'unhandledRejection'] as const;

function listeners(): Listener[] {
  return UNCAUGHT.flatMap((event) => process.listeners(event as 'uncaughtException') as Listener[]);
}

/**
 * Emscripten's start-up adds handlers that throw uncaught errors again, which turns exit codes and stack traces into its
 * own. Takes off those that were added since, known by their text, so that nobody else's go with them.
 */
function removeRethrowing(before: readonly Listener[]): void {
  for (const event of UNCAUGHT)
    for (const listener of process.listeners(event as 'uncaughtException') as Listener[])
      if (!before.includes(listener) && /ExitStatus|throw reason/.test(String(listener))) process.removeListener(event, listener as never);
}

/**
 * tfjs-node is no dependency: its installer downloads from a place that many networks lack. Who wants it adds it
 * (docs/autoencoder.md). It fails in several shapes: the package is not there, its native part does not load, or it loads and
 * cannot compute.
 */
async function registerNode(): Promise<void> {
  const name = '@tensorflow/tfjs-node';
  // libtensorflow tells on stderr what processor it found, whenever it loads
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  try {
    await import(name);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (code === 'ERR_MODULE_NOT_FOUND' && String(message).includes(`'${name}'`))
      throw new Error(`${name} is not installed; docs/autoencoder.md says how`, { cause: error });
    throw error;
  }
}

/** `setBackend` of a backend that is initialised takes effect before its first await, so this need not wait. */
function activate(tf: TensorFlow, name: BackendName): void {
  const engineName = ENGINE_NAMES[name];
  if (tf.getBackend() === engineName) return;
  void tf.setBackend(engineName);
  if (tf.getBackend() !== engineName) throw new Error(`TensorFlow.js stays on backend ${tf.getBackend()} when asked for ${engineName}`);
}

/** The first line of what was thrown; libraries throw more than errors. */
function reasonOf(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
  return message.split('\n', 1)[0];
}
