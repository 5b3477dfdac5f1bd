const CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type SignalName = keyof typeof CODES;

export interface CaughtSignals {
  /** aborted at the first signal */
  signal: AbortSignal;
  /** 130 or 143 once a signal has come */
  exitCode(): number | undefined;
  /** leaves signals alone again */
  release(): void;
}

/** The first SIGINT or SIGTERM asks for an orderly stop, the second ends the process at once. */
export function catchSignals(onFirst: (name: string) => void): CaughtSignals {
  const controller = new AbortController();
  let code: number | undefined;
  const take = (name: SignalName): void => {
    if (code !== undefined) process.exit(CODES[name]);
    code = CODES[name];
    onFirst(name);
    controller.abort();
  };
  const listeners = (Object.keys(CODES) as SignalName[]).map((name) => {
    const listener = (): void => take(name);
    process.on(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    exitCode: () => code,
    release: () => {
      for (const { name, listener } of listeners) process.off(name, listener);
    },
  };
}
