import type { Detector } from '../../models/detector.ts';
import type { Survey } from './survey.ts';

/** How much of a sample must carry what a detector needs for it to see well. */
const ENOUGH = 0.5;

export type Sight = 'active' | 'degraded' | 'blind' | 'not for this log';

export interface Coverage {
  detector: string;
  sight: Sight;
  /** why it is not active, naming the field; '' when it is */
  why: string;
}

/** Kinds of interfaces: few events of a log belong to one, so any is enough. */
const TAGS: Record<string, string> = {
  login: 'no interface is known as a login (tags.login)',
  register: 'no interface is known as a registration (tags.register)',
  send_code: 'no interface is known to send codes (tags.send_code)',
  benefit: 'no interface is known to give benefits (tags.benefit)',
  export: 'no interface is known as an export (tags.export)',
  sensitive: 'no interface is said to be sensitive (sensitive)',
};

/** What to do about a field that is missing. */
const REMEDIES: Record<string, string> = {
  account: 'no event names an account (identity)',
  target: 'no field or parameter names who is probed or hit (targets)',
  status: 'no event has a status (fields.status)',
  address: 'no event has a client address (fields.address)',
  object: 'no path or query names an object',
  device: 'no event has a user agent (fields.agent)',
  path: 'no event has a path (fields.path)',
  bytesOut: 'no event has a response size (fields.bytes_out)',
  country: 'no client address has a known country: are they all internal? (trusted_proxies, address_data)',
  asn: 'no client address has a known network (trusted_proxies, address_data)',
  peerCountry: 'no connection goes to an address of a known country',
};

/** Needs that few events of a sound log may have: present at all is enough. */
const RARE = new Set([...Object.keys(TAGS), 'target', 'peerCountry', 'country', 'asn', 'object']);

/** Whether a detector can see anything in a log like this, by what its events carry. */
export function coverageOf(detector: Detector<never>, survey: Survey): Coverage {
  const name = detector.name;
  const flows = survey.present.flow > 0;
  // a detector that needs no field looks at how much is called: services of hosts as well as interfaces
  if (detector.needs.includes('flow') !== flows && detector.needs.length > 0) {
    return { detector: name, sight: 'not for this log', why: flows ? 'reads requests' : 'reads network connections' };
  }
  const missing = detector.needs.filter((need) => (survey.present[need] ?? 0) === 0);
  if (missing.length > 0)
    return {
      detector: name,
      sight: 'blind',
      why: missing.map((need) => TAGS[need] ?? REMEDIES[need] ?? `no event has ${need}`).join('; '),
    };
  const thin = detector.needs.filter((need) => !RARE.has(need) && survey.present[need] < ENOUGH * survey.events);
  if (thin.length > 0) {
    const shares = thin.map((need) => `${need} in ${Math.round((100 * survey.present[need]) / survey.events)} % of the events`);
    return { detector: name, sight: 'degraded', why: `only ${shares.join(', ')}` };
  }
  return { detector: name, sight: 'active', why: '' };
}
