import {
  ACCOUNT_FEATURES,
  featureIndex,
  INTERFACE_FEATURES,
  MINUTE_COUNTERS,
  SOURCE_FEATURES,
  TARGET_FEATURES,
} from '../../models/windows.ts';
import type { PaneSpec } from './hour-panes.ts';

/**
 * How the open hour panes of each view are laid out. Counters stand at the position of the feature that they become;
 * features that come from sets stay 0 in the counters and are filled in when the pane closes. Behind the features stand
 * what a pane needs for itself.
 */

/** position of each feature by name, for code that is not hot */
export function positions<L extends readonly string[]>(list: L): Record<L[number], number> {
  return Object.fromEntries(list.map((name) => [name, featureIndex(list, name)])) as Record<L[number], number>;
}

export const ACCOUNT = positions(ACCOUNT_FEATURES);
export const INTERFACE = positions(INTERFACE_FEATURES);
export const SOURCE = positions(SOURCE_FEATURES);
export const TARGET = positions(TARGET_FEATURES);

/**
 * Account pane: behind the features, sums of the closed minutes of the hour (MINUTE_COUNTERS), then the set minutes as two
 * 30-bit maps, then the requests that the last look has seen.
 */
export const ACCOUNT_RUNNING = ACCOUNT_FEATURES.length;
export const ACCOUNT_MINUTES = ACCOUNT_RUNNING + MINUTE_COUNTERS.length;
export const ACCOUNT_LOOKED = ACCOUNT_MINUTES + 2;
export const ACCOUNT_SPEC: PaneSpec = {
  sums: ACCOUNT_LOOKED + 1,
  peaks: 0,
  bits: [ACCOUNT_MINUTES, ACCOUNT_MINUTES + 2],
  sets: [{ k: 64 }, { k: 64 }, { k: 32 }, { k: 16 }, { k: 32, bits: true }, { k: 40, repeats: true }, { k: 32 }],
  samples: 3,
};
/** `times`: ms within the hour, the earliest 40; `sessions`: of requests that name nobody */
export const ACCOUNT_SETS = { objects: 0, targets: 1, addresses: 2, devices: 3, numbers: 4, times: 5, sessions: 6 } as const;

/** Interface pane: behind the features the number of callers that look odd (see caller weight), then peaks. */
export const INTERFACE_SUSPECTS = INTERFACE_FEATURES.length;
export const INTERFACE_SPEC: PaneSpec = {
  sums: INTERFACE_FEATURES.length + 1,
  peaks: 1,
  sets: [{ k: 64 }, { k: 32 }, { k: 32 }, { k: 16 }, { k: 32 }, { k: 64 }, { k: 64 }, { k: 64 }, { k: 32, bits: true }],
  samples: 3,
};
/** the busiest caller's requests */
export const INTERFACE_TOP_CALLER = INTERFACE_SUSPECTS + 1;
export const INTERFACE_SETS = {
  addresses: 0,
  prefixes: 1,
  networks: 2,
  countries: 3,
  devices: 4,
  objects: 5,
  targets: 6,
  targetRuns: 7,
  numbers: 8,
} as const;

export const SOURCE_SPEC: PaneSpec = {
  sums: SOURCE_FEATURES.length,
  peaks: 0,
  sets: [{ k: 64 }, { k: 64 }, { k: 64 }, { k: 32 }, { k: 8 }],
  samples: 2,
};
export const SOURCE_SETS = { errorPaths: 0, targets: 1, objects: 2, interfaces: 3, devices: 4 } as const;

export const TARGET_SPEC: PaneSpec = {
  sums: TARGET_FEATURES.length,
  peaks: 0,
  sets: [{ k: 64 }, { k: 32 }, { k: 16 }, { k: 8 }],
  samples: 2,
};
export const TARGET_SETS = { addresses: 0, prefixes: 1, devices: 2, interfaces: 3 } as const;

/** Bounds of what an account's history keeps, newest first. */
export const HISTORY = { addresses: 32, networks: 16, countries: 8, devices: 16, interfaces: 96, objects: 256 } as const;
export const HISTORY_LISTS = { addresses: 0, networks: 1, countries: 2, devices: 3, interfaces: 4, objects: 5, count: 6 } as const;
/** Days after which an object that was not touched is new again. */
export const OBJECT_MEMORY_DAYS = 14;
