import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from './certificates.ts';
import { type ChildProgram, startProgram } from './child-program.ts';
import { freePorts } from './free-ports.ts';
import { type KafkaJars, kafkaJars } from './kafka-jars.ts';
import { brokerProperties } from './kafka-properties.ts';

/** ms; a loaded machine after a SIGKILL is the slow case */
const START_TIMEOUT = 60_000;
const READY = 'Kafka Server started';
const ADDRESS_TAKEN = 'Address already in use';
/** any id will do: each broker is a cluster of its own */
const CLUSTER_ID = 'V2VpclRlc3RDbHVzdGVyMQ';
const QUICK_START = ['-XX:TieredStopAtLevel=1'];

export interface BrokerOptions {
  /** where its data lie; left out: a temporary folder, removed by `remove` and when this process ends */
  folder?: string;
  /** MB of heap */
  heap?: number;
  /** both of Java's compilers: slower to start, faster afterwards; for benches */
  tiered?: boolean;
  /** listeners with SASL and with TLS as well, see `Broker.secured` */
  security?: boolean | SecurityOptions;
}

export interface SecurityOptions {
  /** what logs in by SASL may only do what an ACL allows; left out: everything */
  acls?: boolean;
  /** names and passwords of SASL; left out: one called weir */
  users?: Readonly<Record<string, string>>;
}

/** Addresses of the listeners with security, and what it takes to use them. The one without allows everything. */
export interface Secured {
  /** host:port; plain, scram-sha-256 and scram-sha-512, no TLS */
  sasl: string;
  /** host:port; TLS */
  tls: string;
  /** host:port; TLS, and clients have to show a certificate */
  mutualTls: string;
  /** host:port; SASL over TLS */
  saslTls: string;
  users: Readonly<Record<string, string>>;
  certificates: Certificates;
}

/** A real broker in a process of its own. */
export interface Broker {
  /** host:port, without security */
  readonly bootstrap: string;
  readonly folder: string;
  /** of the process that runs now */
  readonly pid: number;
  /** with the option `security` */
  readonly secured: Secured | undefined;
  /** SIGTERM; the data stay. */
  stop(): Promise<void>;
  /** SIGKILL; the data stay. */
  kill(): Promise<void>;
  /** Up again on the same folder and ports; stops it first when it runs. Resolves when it takes requests. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Kills it, and removes its folder if it was made here. The last call. */
  remove(): Promise<void>;
}

/**
 * Starts a Kafka broker (one KRaft node, version in kafka-jars.ts) and resolves when it takes requests: about 1.5 s, on
 * a machine's first time 10-20 s more for fetching it. It dies with this process.
 * @throws Error that says what is missing (Java, Maven) or the end of the broker's log
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const jars = kafkaJars();
  const speed = options.tiered ? [] : [...QUICK_START, ...(await sharedClasses(jars))];
  return start(jars, speed, options);
}

async function start(jars: KafkaJars, speed: readonly string[], options: BrokerOptions): Promise<Broker> {
  const own = options.folder === undefined;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'weir-broker-'));
  const discard = () => {
    if (own) rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', discard);
  mkdirSync(folder, { recursive: true });
  const properties = join(folder, 'server.properties');
  const data = join(folder, 'data');
  const java = (heap: number, ...args: string[]) => [`-Xmx${heap}m`, '-XX:+UseSerialGC', ...speed, '-cp', jars.classPath, ...args];

  const security = options.security === true ? {} : options.security || undefined;
  const certificates = security === undefined ? undefined : makeCertificates(folder);
  const users = security?.users ?? { weir: 'a password' };

  async function configure(): Promise<Pick<Broker, 'bootstrap' | 'secured'>> {
    const [port, controllerPort, saslPort, tlsPort, mutualPort, saslTlsPort] = await freePorts(certificates === undefined ? 2 : 6);
    const ports = { saslPort, tlsPort, mutualPort, saslTlsPort };
    const secured = certificates && {
      ...ports,
      users,
      acls: security?.acls === true,
      serverPem: certificates.serverPem,
      caPem: certificates.ca,
    };
    writeFileSync(properties, brokerProperties({ data, port, controllerPort, secured }));
    if (!existsSync(join(data, 'meta.properties'))) format();
    const at = (number: number) => `127.0.0.1:${number}`;
    return {
      bootstrap: at(port),
      secured: certificates && {
        sasl: at(saslPort),
        tls: at(tlsPort),
        mutualTls: at(mutualPort),
        saslTls: at(saslTlsPort),
        users,
        certificates,
      },
    };
  }
  function format(): void {
    const credentials = (certificates === undefined ? [] : Object.entries(users)).flatMap(([name, password]) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${name},password=${password}]`]),
    );
    const tool = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties, ...credentials];
    const run = spawnSync(jars.java, java(128, ...tool), { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`Kafka's data folder could not be made: ${run.stdout}${run.stderr}`);
  }
  async function run(): Promise<ChildProgram> {
    const program = startProgram(jars.java, java(options.heap ?? 512, 'kafka.Kafka', properties), join(folder, 'broker.log'));
    await program.until((printed) => printed.includes(READY), START_TIMEOUT);
    return program;
  }

  let addresses = await configure();
  let program = await run().catch(async (error: Error) => {
    if (!error.message.includes(ADDRESS_TAKEN)) throw error;
    addresses = await configure();
    return run();
  });
  return {
    ...addresses,
    folder,
    get pid() {
      return program.pid;
    },
    stop: () => program.stop(),
    kill: () => program.kill(),
    async restart() {
      await program.stop();
      program = await run();
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

/**
 * Options that let Java take the broker's classes from an archive, which halves the start (1.6 to 0.8 s). The archive is
 * made on the first start with this Java, by a broker that only starts and stops, and kept in the cache.
 */
async function sharedClasses(jars: KafkaJars): Promise<string[]> {
  const archive = join(jars.cache, `classes-${jars.javaVersion}.jsa`);
  if (!existsSync(archive)) {
    const making = `${archive}-${process.pid}`;
    const broker = await start(jars, [...QUICK_START, `-XX:ArchiveClassesAtExit=${making}`], {});
    await broker.stop();
    await broker.remove();
    // a Java that makes no archive starts without one
    if (!existsSync(making)) return [];
    renameSync(making, archive);
  }
  return [`-XX:SharedArchiveFile=${archive}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off'];
}
