import { GUESSED_TARGETS } from '../fields.ts';
import type { JsonFormat } from '../format.ts';

/** Any log in JSON: `fields:` of the source says where a record says what, and nothing else is looked for. */
export const anyJson: JsonFormat = { kind: 'json', fields: {}, identity: [], targets: GUESSED_TARGETS, undetectable: true };
