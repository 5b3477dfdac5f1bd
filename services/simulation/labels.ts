import { sipHash } from '../core/hash.ts';
import type { TenantKind } from './plan.ts';

/**
 * Labelled malicious activity of one scenario. The lists hold entity ids as Weir names them, except `targets`, which
 * are plain values (`targetId` gives the stored form). An empty list: the campaign is not attributed to that kind.
 */
export interface Campaign {
  id: string;
  tenant: string;
  scenario: { number: number; name: string };
  intensity: number;
  /** first and last labelled instant, ISO 8601 UTC */
  start: string;
  end: string;
  /** the interfaces that the campaign is about */
  interfaces: string[];
  /** others that its events pass: belonging to it, but naming one of them is no success */
  side_interfaces: string[];
  targets: string[];
  accounts: string[];
  sources: string[];
  events: number;
}

/** Benign behaviour that looks odd: a hard negative. An incident on it is false; the note says why it came. */
export interface BenignNote {
  id: string;
  tenant: string;
  name: string;
  start: string;
  end: string;
  interfaces: string[];
  accounts: string[];
  sources: string[];
}

/** A tenant whose log is labelled. */
export interface LabelledTenant {
  name: string;
  kind: TenantKind;
  seed: number;
  /** first instant of its log and its end, exclusive, ISO 8601 UTC */
  start: string;
  end: string;
}

export interface Labels {
  version: 1;
  /** left out: not told */
  tenants?: LabelledTenant[];
  campaigns: Campaign[];
  benign: BenignNote[];
}

const encoder = new TextEncoder();

/** The id under which Weir stores a target: SipHash-2-4 under the tenant's key (four 32-bit words), 16 hex digits, high word first. */
export function targetId(key: Uint32Array, value: string): string {
  const bytes = encoder.encode(value);
  const out = new Uint32Array(2);
  sipHash(key, bytes, 0, bytes.length, out);
  return out[1].toString(16).padStart(8, '0') + out[0].toString(16).padStart(8, '0');
}
