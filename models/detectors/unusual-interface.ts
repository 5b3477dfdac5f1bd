import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import { INTERFACE_LIST, interfaceTerms } from '../learned/interface-terms.ts';
import { severityOf } from '../severity.ts';

/**
 * An autoencoder's reconstruction error: a combination of values that clean windows do not show, though no single one may
 * be odd. It knows no attack; what it finds is strange, not known to be bad.
 */
export const unusualInterface: Detector<InterfaceBaselines> = {
  name: 'unusual_interface',
  view: 'interface',
  window: '1h',
  title: '{key} is used in a combination that is unusual',
  features: INTERFACE_LIST.features.map(({ name }) => name),
  needs: [],
  gate: 3,
  // alone it found nothing that others do not, at the cost of their part of the budget (docs/evaluation.md)
  supporting: true,
  learned: 'autoencoder',
  // on flows it found less than it cost (docs/evaluation.md)
  applies: (flags) => (flags & FLAG.flow) === 0,
  // baselines learn the same whichever model is in force
  quarantines: false,
  terms: interfaceTerms,
  severity: (evidence) => severityOf(evidence),
};
