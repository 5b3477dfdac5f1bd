/**
 * Interfaces learned from traffic. Contract:
 *   const templates = learnTemplates(facts);          // pure: the same for any order of the facts
 *   templates.of('GET shop/users/zhangsan')           // 'GET shop/users/{name}'; ids that it never saw too
 *   foldFacts(facts, templates)                       // facts by learned id, with how many values stand behind it
 *   isEvident(folded)                                 // whether it enters the inventory
 */
export type { FoldedFacts } from './evidence.ts';
export { foldFacts, isEvident } from './evidence.ts';
export type { InterfaceFacts } from './facts.ts';
export { mergeFacts } from './facts.ts';
export { learnTemplates } from './learn.ts';
export type { LearnedTemplates, Templates } from './learned-templates.ts';
export { templatesFrom } from './learned-templates.ts';
export { TemplatesLearner } from './learner.ts';
