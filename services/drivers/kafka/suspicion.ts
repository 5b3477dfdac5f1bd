/**
 * What is known of records that stopped the program, kept with the committed offset. The first crash names the records
 * that were in hand; from then on these are taken one by one, and each in steps (a row, an entry), until the step that
 * does it is known. A step that has stopped the program three times is skipped, and dead-lettered `poison`.
 */
export interface Suspicion {
  /** undefined: nobody is suspected */
  suspect?: {
    /** offsets of the first and the last record that may have done it */
    from: number;
    to: number;
    /** step within the record, once records are taken in steps */
    step?: number;
    crashes: number;
  };
  /** [offset, step] that are not taken any more */
  skips: [number, number][];
}

export const NO_SUSPICION: Suspicion = { skips: [] };

/** Crashes of one step before it is skipped. */
export const MOST_CRASHES = 3;

/** True when the record has to be taken in steps: it is suspected, or a step of it is to be skipped. */
export function careful({ suspect, skips }: Suspicion, offset: number): boolean {
  return (suspect !== undefined && offset >= suspect.from && offset <= suspect.to) || skips.some(([at]) => at === offset);
}

export function skipped({ skips }: Suspicion, offset: number, step: number): boolean {
  return skips.some(([at, which]) => at === offset && which === step);
}

/** What is suspected after a crash while records `from` to `to` were in hand, or one step of one record. */
export function afterCrash(before: Suspicion, from: number, to: number, step?: number): Suspicion {
  const { suspect, skips } = before;
  const same = suspect !== undefined && from >= suspect.from && to <= suspect.to && (suspect.step === undefined || suspect.step === step);
  const crashes = same ? suspect.crashes + 1 : 1;
  if (step !== undefined && crashes >= MOST_CRASHES) return { skips: [...skips, [from, step]] };
  return { suspect: { from, to, ...(step === undefined ? {} : { step }), crashes }, skips };
}

/** What still matters once a snapshot stands at `offset`: what lies before it is never taken again. */
export function sinceSnapshot({ suspect, skips }: Suspicion, offset: number): Suspicion {
  const left = skips.filter(([at]) => at >= offset);
  const open = suspect !== undefined && suspect.to >= offset ? suspect : undefined;
  if (left.length === 0 && open === undefined) return NO_SUSPICION;
  return { ...(open === undefined ? {} : { suspect: open }), skips: left };
}
