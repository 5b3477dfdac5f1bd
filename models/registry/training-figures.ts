import * as z from 'zod';
import { WeirError } from '../../services/core/errors.ts';
import type { BundleData } from '../learned/learned-models.ts';
import { FIGURES_FILE } from './manifest-schema.ts';

/** How good a forest was that learned from so many tenants, on tenants that it did not see. */
const point = z.strictObject({
  /** tenants that it learned from; the mean over the parts that were judged in turn */
  tenants: z.number().positive(),
  /** area under the ROC curve, over windows */
  auc: z.number().min(0).max(1),
  /** share of attack windows found when 1 %, 0.1 % and 0.01 % of the clean windows are called odd */
  found: z.array(z.number().min(0).max(1)).length(3),
});
export type TenantPoint = z.infer<typeof point>;

const view = z.strictObject({
  /** shares of the impurity that the forest's features take away, the greatest first */
  importance: z.array(z.strictObject({ feature: z.string(), share: z.number().min(0).max(1) })),
  /** by rising number of tenants */
  curve: z.array(point),
});
export type ViewFigures = z.infer<typeof view>;

const figures = z.strictObject({
  format: z.literal(1),
  views: z.strictObject({ account: view, interface: view }),
});
/** What a training found out about its forests, for plots; the card beside it says the same in words. No scorer reads it. */
export type TrainingFigures = z.infer<typeof figures>;

/** The figures that lie beside a bundle; undefined when there are none. Throws `model_corrupt`. */
export function trainingFiguresOf({ manifest, files }: BundleData): TrainingFigures | undefined {
  const bytes = files[FIGURES_FILE];
  if (bytes === undefined) return undefined;
  try {
    return figures.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? `${cause.issues[0].path.join('.')}: ${cause.issues[0].message}` : String(cause);
    throw new WeirError('model_corrupt', `${FIGURES_FILE} of bundle ${manifest.version} is none: ${reason}`, { cause });
  }
}

/** The bytes of the file. */
export function figuresBytes(given: TrainingFigures): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(given, null, 1)}\n`);
}
