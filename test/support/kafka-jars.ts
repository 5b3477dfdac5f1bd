import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The broker that live tests run against; a newer one is another folder of the cache. */
export const KAFKA_VERSION = '4.3.1';

const JAVA_AT_LEAST = 17;
const FETCH = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
/** written into a folder once everything is in it */
const COMPLETE = 'complete';
const FETCH_TIMEOUT = 600_000;

const WITHOUT =
  'Live tests run against a real Kafka broker: on Debian or Ubuntu `apt install openjdk-17-jre-headless maven` gives what ' +
  'starts one, or WEIR_TEST_KAFKA=host:port names one that runs (tests that stop their broker still start their own).';

// slf4j-simple: without it the broker prints nothing, not even why it died
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>weir.test</groupId>
  <artifactId>broker</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/** What starts Kafka's programs on this machine. */
export interface KafkaJars {
  /** the Java program, version 17 or later */
  java: string;
  /** its version, as in `17.0.15` */
  javaVersion: string;
  /** value of -cp: every jar by its whole path, in the same order each time */
  classPath: string;
  /** folder of this version in the user's cache; kept between runs */
  cache: string;
}

/**
 * Java, and the jars of Kafka's server. They are fetched by Maven into the user's cache (XDG_CACHE_HOME, else ~/.cache)
 * once, 44 MB; after that neither Maven nor a network is needed. Processes that fetch at the same time do not
 * disturb each other: each fetches into a folder of its own, and the first to be done names it.
 * @throws Error that says what is missing and how to get it
 */
export function kafkaJars(): KafkaJars {
  const { java, javaVersion } = findJava();
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'weir', `kafka-${KAFKA_VERSION}`);
  const jars = join(cache, 'jars');
  if (!existsSync(join(jars, COMPLETE))) fetchJars(cache, jars);
  const names = readdirSync(jars).filter((name) => name.endsWith('.jar'));
  const classPath = names
    .sort()
    .map((name) => join(jars, name))
    .join(':');
  return { java, javaVersion, classPath, cache };
}

function findJava(): { java: string; javaVersion: string } {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  const run = spawnSync(java, ['-version'], { encoding: 'utf8' });
  if (run.error !== undefined) throw new Error(`No Java (${java}: ${reason(run)}). ${WITHOUT}`);
  const version = /version "([^"]+)"/.exec(run.stderr)?.[1] ?? 'unknown';
  if (!(Number.parseInt(version, 10) >= JAVA_AT_LEAST)) {
    throw new Error(`Java ${version} (${java}) is too old for Kafka ${KAFKA_VERSION}, which needs ${JAVA_AT_LEAST}. ${WITHOUT}`);
  }
  return { java, javaVersion: version };
}

function fetchJars(cache: string, jars: string): void {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetching-'));
  try {
    writeFileSync(join(work, 'pom.xml'), POM);
    const into = join(work, 'jars');
    const command = ['-q', '-B', '-f', join(work, 'pom.xml'), FETCH, '-DincludeScope=runtime', `-DoutputDirectory=${into}`];
    const run = spawnSync('mvn', command, { encoding: 'utf8', timeout: FETCH_TIMEOUT });
    if ((run.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
      throw new Error(`No Maven (mvn), which fetches Kafka ${KAFKA_VERSION} into ${jars}. ${WITHOUT}`);
    }
    if (run.status !== 0) throw new Error(`Maven could not fetch Kafka ${KAFKA_VERSION}: ${reason(run)}\n${WITHOUT}`);
    writeFileSync(join(into, COMPLETE), '');
    settle(into, jars);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Gives a complete folder its name, unless another process was faster. */
function settle(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (existsSync(join(to, COMPLETE))) return;
    if (!existsSync(to)) throw error;
    // the rest of something that never became complete
    rmSync(to, { recursive: true, force: true });
    renameSync(from, to);
  }
}

function reason(run: SpawnSyncReturns<string>): string {
  return run.error?.message ?? `${run.stdout}${run.stderr}`.trim().slice(-2_000);
}
