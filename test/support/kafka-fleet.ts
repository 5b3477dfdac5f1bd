import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ChildProgram, startProgram } from './child-program.ts';

/** Compiled output that children run: what `npm test` builds, or where a bench lies. */
const BUILT = process.env.WEIR_TEST_BUILD ?? fileURLToPath(new URL('../../dist', import.meta.url));
/** ms until a process that ended by itself is started again, as a service manager does */
const START_AGAIN = 300;
/** ms; how long a failure may take to show, not how long anything takes */
const PATIENCE = 240_000;

export interface FleetOptions {
  /** weir.yaml that all processes are started with until `useConfig` names another */
  config: string;
  /** where the processes' logs go */
  folder: string;
  environment: NodeJS.ProcessEnv;
  /** modules that each process loads first */
  preload?: readonly string[];
  /** folder with compiled output */
  built?: string;
}

/** One line of a process's log. */
export interface LogLine {
  event: string;
  time: string;
  [field: string]: unknown;
}

/** An end that nobody had asked for. */
export interface Crash {
  name: string;
  text: string;
}

/**
 * Processes of `weir serve` on one config, as users start them: killed, stopped, frozen and started again by those who
 * test them, and started again by themselves when they end without being asked to.
 */
export class Fleet {
  readonly members = new Map<string, Member>();
  readonly crashes: Crash[] = [];
  /** rejects at the first of them */
  readonly crashed: Promise<never>;
  private tell!: (error: Error) => void;
  private readonly options: FleetOptions;
  config: string;

  constructor(options: FleetOptions) {
    this.options = options;
    this.config = options.config;
    this.crashed = new Promise((_, reject) => {
      this.tell = reject;
    });
    this.crashed.catch(() => undefined);
  }

  /** Starts a process, or starts it again; resolves at once. */
  start(name: string, only: readonly string[] = []): Member {
    const before = this.members.get(name);
    if (before?.running) throw new Error(`${name} runs already`);
    const member = new Member(
      name,
      join(this.options.folder, `${name}.log`),
      (log) => this.run(name, only, log),
      (crash) => {
        this.crashes.push(crash);
        this.tell(new Error(`${crash.name} ended by itself: ${crash.text}`));
      },
    );
    this.members.set(name, member);
    return member;
  }

  get(name: string): Member {
    const member = this.members.get(name);
    if (member === undefined) throw new Error(`there is no process ${name}`);
    return member;
  }

  /** All that was printed, by all starts of each process. */
  text(): string {
    return [...new Set([...this.members.values()].map(({ log }) => log))].map((log) => readFileSync(log, 'utf8')).join('');
  }

  /** All lines of all logs. */
  lines(): LogLine[] {
    return parse(this.text());
  }

  /** What each process printed last, for a failure that has to be understood from what a test prints. */
  report(lines = 40): string {
    return [...this.members.values()]
      .map(({ name, log, running }) => {
        const last = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
        return `--- ${name}, ${running ? 'running' : 'ended'}\n${last}`;
      })
      .join('\n');
  }

  /** How many lines say this event. */
  said(event: string): number {
    return this.lines().filter((line) => line.event === event).length;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.members.values()].map((member) => member.term()));
  }

  async kill(): Promise<void> {
    await Promise.all([...this.members.values()].map((member) => member.kill()));
  }

  private run(name: string, only: readonly string[], log: string): ChildProgram {
    const { preload = [], environment, built = BUILT } = this.options;
    const words = ['serve', '--config', this.config, '--name', name, '--listen', '127.0.0.1:0', '--log-level', 'info'];
    const stages = only.length === 0 ? [] : ['--only', ...only];
    const first = preload.flatMap((module) => ['--import', module]);
    return startProgram(process.execPath, [...first, join(built, 'services', 'launcher.cjs'), ...words, ...stages], log, {
      ...environment,
      WEIR_TEST_BUILD: built,
    });
  }
}

/** One process, over all its starts. */
export class Member {
  readonly name: string;
  readonly log: string;
  private readonly begin: (log: string) => ChildProgram;
  private readonly onCrash: (crash: Crash) => void;
  private program: ChildProgram;
  /** ended, or about to end, because a test wanted it */
  private wanted = false;

  constructor(name: string, log: string, begin: (log: string) => ChildProgram, onCrash: (crash: Crash) => void) {
    this.name = name;
    this.log = log;
    this.begin = begin;
    this.onCrash = onCrash;
    this.program = this.supervised();
  }

  get running(): boolean {
    return this.program.running;
  }

  /** Lines of its present start. */
  lines(): LogLine[] {
    return parse(this.program.printed());
  }

  /** Waits until a line of its present start, or of one after it, says so. */
  async said(event: string, fields: Readonly<Record<string, unknown>> = {}, least = 1): Promise<void> {
    await until(
      () => this.lines().filter((line) => line.event === event && matches(line, fields)).length >= least,
      () => `${this.name} says ${event} ${JSON.stringify(fields)}\n${this.program.printed().slice(-2000)}`,
    );
  }

  async kill(): Promise<void> {
    this.wanted = true;
    await this.program.kill();
  }

  /** SIGTERM, and until it has ended. */
  async term(): Promise<void> {
    this.wanted = true;
    await this.program.stop();
  }

  /** SIGTERM alone. */
  askToStop(): void {
    this.wanted = true;
    this.program.signal('SIGTERM');
  }

  freeze(): void {
    this.program.signal('SIGSTOP');
  }

  thaw(): void {
    this.program.signal('SIGCONT');
  }

  private supervised(): ChildProgram {
    const program = this.begin(this.log);
    void program.ended.then(async () => {
      if (this.wanted) return;
      this.onCrash({ name: this.name, text: program.printed().slice(-2000) });
      await wait(START_AGAIN);
      if (!this.wanted) this.program = this.supervised();
    });
    return program;
  }
}

/** Resolves when the condition holds. Throws Error that says what was waited for. */
export async function until(condition: () => boolean | Promise<boolean>, what: () => string, patience = PATIENCE): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${patience} ms in vain: ${what()}`);
    await wait(20);
  }
}

function matches(line: LogLine, fields: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(fields).every(([name, value]) => line[name] === value);
}

function parse(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{') || !line.endsWith('}')) return [];
    try {
      return [JSON.parse(line) as LogLine];
    } catch {
      return []; // a process was killed while it wrote this line
    }
  });
}
