import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import { INTERFACE_LIST, interfaceTerms } from '../learned/interface-terms.ts';
import { severityOf } from '../severity.ts';

/**
 * A random forest over all that is known of an interface's hour, trained on labelled windows (docs/models.md): small oddities that belong together. Bad at
 * kinds of attack that it never saw; the baselines' detectors and the autoencoder are for those.
 */
export const learnedInterface: Detector<InterfaceBaselines> = {
  name: 'learned_interface',
  view: 'interface',
  window: '1h',
  title: '{key} is used as in attacks that the model knows',
  features: INTERFACE_LIST.features.map(({ name }) => name),
  needs: [],
  gate: 3,
  share: 2,
  learned: 'forest',
  // on flows it found less than it cost (docs/evaluation.md)
  applies: (flags) => (flags & FLAG.flow) === 0,
  // baselines learn the same whichever model is in force
  quarantines: false,
  terms: interfaceTerms,
  severity: (evidence) => severityOf(evidence),
};
