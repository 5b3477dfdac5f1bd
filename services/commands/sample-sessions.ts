import type { EventBatch } from '../core/batch.ts';
import { createIdentifyStage } from '../identify/identify-stage.ts';
import { SESSION_ORIGIN } from '../identify/session-rules.ts';

/** How many events of a sample are joined to an account by their session: asked of the identify stage itself. */
export class SampleSessions {
  private readonly tenant: string;
  private readonly stage;

  /** @param wait ms that an event waits for a login */
  constructor(tenant: string, wait: number) {
    this.tenant = tenant;
    this.stage = createIdentifyStage({ task: 0, partitions: 1, waits: { [tenant]: wait } });
  }

  take(batch: EventBatch): void {
    // what names an account goes on at once: nothing of it is joined
    this.stage.process(batch);
  }

  /** Once, at the end of the sample. */
  joined(): number {
    const { tenant } = this;
    let joined = 0;
    for (const emit of this.stage.control({ kind: 'end', tenant, upstream: 'sample', provisional: true })) {
      if (emit.output !== 'events') continue;
      for (let row = 0; row < emit.value.n; row++) if (emit.value.columns.origin[row] === SESSION_ORIGIN) joined++;
    }
    return joined;
  }
}
