import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildProgram, startProgram } from './child-program.ts';
import { freePorts } from './free-ports.ts';

const START_TIMEOUT = 30_000;
const ADDRESS_TAKEN = 'Address already in use';

/** The library's own entry for command lines: with it, it is ClickHouse's `local` program, which can listen for HTTP. */
const LAUNCHER = `
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
words = [b'clickhouse'] + [word.encode() for word in sys.argv[2:]]
sys.exit(library.chdb_query_cmdline(len(words), (ctypes.c_char_p * (len(words) + 1))(*words, None)))
`;
/** Opens the port, then keeps the program alive. */
const SERVE =
  'SYSTEM START LISTEN HTTP; ' + 'SELECT sleepEachRow(3) FROM numbers(1000000000) SETTINGS max_block_size = 1, max_threads = 1 FORMAT Null';

/** An account of the server. */
export interface ClickHouseUser {
  name: string;
  password: string;
  /** GRANT statements without `TO …`, as in `GRANT SELECT ON weir.*`; left out: everything */
  grants?: readonly string[];
}

export interface ClickHouseOptions {
  /** where its data lie; left out: a temporary folder, removed by `remove` and when this process ends */
  folder?: string;
  /** these may log in, and nobody without a password can do anything; left out: everyone may do everything */
  users?: readonly ClickHouseUser[];
}

/** A real ClickHouse server in a process of its own. One node without Keeper: nothing replicated, nothing ON CLUSTER. */
export interface ClickHouse {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  readonly folder: string;
  /** of the process that runs now */
  readonly pid: number;
  /** SIGTERM; the data stay. */
  stop(): Promise<void>;
  /** SIGKILL; the data stay. */
  kill(): Promise<void>;
  /** Up again on the same folder and port; stops it first when it runs. Resolves when it answers. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Kills it, and removes its folder if it was made here. The last call. */
  remove(): Promise<void>;
}

/**
 * Starts a ClickHouse server from the library that the embedded store uses and resolves when it answers, in about half a
 * second. It dies with this process.
 * @throws Error that says what is missing (Python 3, the library) or what the server printed
 */
export async function startClickHouse(options: ClickHouseOptions = {}): Promise<ClickHouse> {
  const library = findLibrary();
  const python = findPython();
  const own = options.folder === undefined;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'weir-clickhouse-'));
  const discard = () => {
    if (own) rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', discard);
  mkdirSync(folder, { recursive: true });
  const config = writeConfig(folder, options.users);

  async function run(port: number): Promise<ChildProgram> {
    const words = ['--config-file', config, '--path', join(folder, 'data'), '--listen_host', '127.0.0.1', '--http_port', String(port)];
    const program = startProgram(python, ['-c', LAUNCHER, library, ...words, '--query', SERVE], join(folder, 'server.log'));
    await program.until(() => answers(port), START_TIMEOUT);
    return program;
  }

  let [port] = await freePorts(1);
  let program = await run(port).catch(async (error: Error) => {
    if (!error.message.includes(ADDRESS_TAKEN)) throw error;
    [port] = await freePorts(1);
    return run(port);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    folder,
    get pid() {
      return program.pid;
    },
    stop: () => program.stop(),
    kill: () => program.kill(),
    async restart() {
      await program.stop();
      program = await run(port);
    },
    freeze: () => program.signal('SIGSTOP'),
    thaw: () => program.signal('SIGCONT'),
    async remove() {
      await program.kill();
      discard();
      process.off('exit', discard);
    },
  };
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/ping`)).ok;
  } catch {
    return false;
  }
}

function findLibrary(): string {
  const name = `@chdb/lib-${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`;
  try {
    const path = join(createRequire(import.meta.url).resolve(`${name}/package.json`), '..', 'libchdb.so');
    if (existsSync(path)) return path;
  } catch {
    // said below
  }
  throw new Error(`No ClickHouse library (${name}, an optional dependency of chdb): \`npm ci\` installs it on Linux and macOS.`);
}

function findPython(): string {
  const python = process.env.PYTHON || 'python3';
  const run = spawnSync(python, ['-c', 'import ctypes, sys; print(sys.executable)'], { encoding: 'utf8' });
  // the program itself: a wrapper script in front of it would take the signals
  if (run.status === 0) return run.stdout.trim();
  const why = run.error?.message ?? run.stderr.trim();
  throw new Error(
    `Tests against a ClickHouse server start it through Python 3 with ctypes (${python}: ${why}): ` +
      'on Debian or Ubuntu `apt install python3`, or name one in PYTHON.',
  );
}

/** Writes the server's config and its users; gives the config's path. Users in the same file would not be read. */
function writeConfig(folder: string, users: readonly ClickHouseUser[] | undefined): string {
  const config = join(folder, 'config.xml');
  const usersFile = join(folder, 'users.xml');
  // the server's own session is `default` without a password, and has to start listening and to sleep
  const own = users === undefined ? undefined : ['GRANT SYSTEM LISTEN ON *.*', 'GRANT CREATE TEMPORARY TABLE ON *.*'];
  const accounts = [{ name: 'default', password: '', grants: own }, ...(users ?? [])];
  writeFileSync(config, `<clickhouse><users_config>${escaped(usersFile)}</users_config></clickhouse>\n`);
  writeFileSync(
    usersFile,
    `<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users>\n${accounts.map(account).join('')}</users></clickhouse>\n`,
    { mode: 0o600 },
  );
  return config;
}

function account({ name, password, grants }: ClickHouseUser): string {
  const granted = grants?.map((grant) => `<query>${escaped(grant)}</query>`).join('');
  return (
    `<${name}><password>${escaped(password)}</password><networks><ip>127.0.0.1</ip></networks>` +
    `<profile>default</profile><quota>default</quota>${granted === undefined ? '' : `<grants>${granted}</grants>`}</${name}>\n`
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
