/** Labelled malicious activity of one scenario in one tenant, as `weir simulate` writes it. Times ISO 8601 UTC. */
export interface LabelledCampaign {
  id: string;
  tenant: string;
  scenario: { number: number; name: string };
  intensity?: number;
  start: string;
  end: string;
  interfaces: readonly string[];
  /** others that its events pass: belonging to it, but naming one of them is no success */
  side_interfaces?: readonly string[];
  targets: readonly string[];
  accounts: readonly string[];
  sources: readonly string[];
}

/** Benign behaviour that looks odd: an incident on it is false, and the note says why it came. */
export interface LabelledBenign {
  id: string;
  tenant: string;
  name: string;
  start: string;
  end: string;
  interfaces: readonly string[];
  accounts: readonly string[];
  sources: readonly string[];
}
