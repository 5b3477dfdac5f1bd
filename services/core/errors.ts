/**
 * The closed list of errors that Weir raises on purpose, with the exit code each leads to.
 * Anything else that is thrown is a bug or a broken environment and ends the process (crash, restart, replay).
 */

/** Exit codes of the command line (README, "Exit codes"). */
export const EXIT = {
  done: 0,
  /** ledger out of balance, or no line of the input could be parsed */
  unbalanced: 1,
  /** usage, config, missing or unreadable input, data folder in use */
  usage: 2,
  /** the environment failed: disk, broker, store; start again to go on */
  environment: 3,
} as const;

const CODES = {
  usage: EXIT.usage,
  config: EXIT.usage,
  input_missing: EXIT.usage,
  input_unreadable: EXIT.usage,
  input_format: EXIT.usage,
  nothing_parsed: EXIT.unbalanced,
  ledger_unbalanced: EXIT.unbalanced,
  data_folder_in_use: EXIT.usage,
  store_newer: EXIT.usage,
  snapshot_newer: EXIT.usage,
  /** a bundle of trained scorers: no such version, damaged, a version that exists with other contents */
  model_unknown: EXIT.usage,
  model_corrupt: EXIT.usage,
  model_exists: EXIT.usage,
  /** a bundle that was trained on other features than this program computes */
  model_features: EXIT.usage,
  snapshot_corrupt: EXIT.environment,
  store_failed: EXIT.environment,
  /** the brokers cannot be reached, or refuse what they are asked */
  kafka_failed: EXIT.environment,
  /** a topic that is not as the config says, or is missing and may not be made */
  topic_mismatch: EXIT.usage,
  /** what a task has to read again is no longer in its topic, or its snapshot is not where the log says */
  log_lost: EXIT.usage,
  disk: EXIT.environment,
  worker_failed: EXIT.environment,
} as const;

export type ErrorCode = keyof typeof CODES;

/** An error with a code of the table above; `message` is what the user reads, `cause` what happened below. */
export class WeirError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'WeirError';
    this.code = code;
    this.exitCode = CODES[code];
  }
}
