import { ACCOUNT_LIST } from './account-terms.ts';
import type { FeatureList, LearnedView } from './feature-list.ts';
import { INTERFACE_LIST } from './interface-terms.ts';

/** What this program computes for trained scorers. */
export const FEATURE_LISTS: Readonly<Record<LearnedView, FeatureList>> = { account: ACCOUNT_LIST, interface: INTERFACE_LIST };
export const LEARNED_VIEWS: readonly LearnedView[] = ['account', 'interface'];
