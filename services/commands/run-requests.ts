import * as z from 'zod';
import { WeirError } from '../core/errors.ts';
import type { RunInbox } from '../drivers/embedded/inbox.ts';
import type { SwitchEntry } from '../state/model-switches.ts';
import type { RequestHandler } from '../storage/query-socket.ts';
import type { Store } from '../storage/store.ts';
import { performRollback, RollbackRequest, type RolledBack } from './baselines-rollback.ts';
import { MarkRequest, performMark } from './incident-marking.ts';
import { performSwitch, SwitchRequest } from './model-switching.ts';

const Request = z.discriminatedUnion('kind', [SwitchRequest, MarkRequest, RollbackRequest]);

/** What a run needs to do what other processes ask of it. */
export interface RunParts {
  dataFolder: string;
  store: Store;
  inbox: RunInbox;
}

/**
 * Does what other processes ask of the run that has the data folder, one after another, and says what was written down.
 * Throws `usage` for what it does not know.
 */
export function createRunRequests(parts: RunParts): RequestHandler {
  let last: Promise<unknown> = Promise.resolve();
  return (request) => {
    const done = last.then(() => carryOut(request, parts));
    last = done.catch(() => undefined);
    return done;
  };
}

async function carryOut(request: unknown, { dataFolder, store, inbox }: RunParts): Promise<unknown> {
  const parsed = Request.safeParse(request);
  if (!parsed.success) {
    throw new WeirError(
      'usage',
      `process ${process.pid} does not know what it is asked: ${parsed.error.issues[0].message}. Is it of another version?`,
    );
  }
  const asked = parsed.data;
  if (asked.kind === 'mark') {
    return performMark(dataFolder, asked.mark, store, (record) => inbox.ask({ kind: 'feedback', record }));
  }
  if (asked.kind === 'rollback') {
    let back: RolledBack | undefined;
    await inbox.ask({
      kind: 'change',
      act: () => {
        back = performRollback(dataFolder, asked);
      },
    });
    return back;
  }
  let entry: SwitchEntry | undefined;
  await inbox.ask({
    kind: 'change',
    act: async () => {
      entry = await performSwitch(dataFolder, asked, store);
    },
  });
  return entry;
}
