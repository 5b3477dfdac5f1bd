import type { Detector } from '../../models/detector.ts';
import type { FormatName } from '../ingest/normalise-config.ts';
import type { Survey } from './survey.ts';
import { whatToLog } from './what-to-log.ts';

/** How much of a sample must carry what a detector needs for it to see well. */
const ENOUGH = 0.5;

export type Sight = 'active' | 'degraded' | 'blind' | 'not for this log';

export interface Coverage {
  detector: string;
  sight: Sight;
  /** why it is not active, naming the field; '' when it is */
  why: string;
  /** fields for want of which it is not active */
  needs: string[];
}

/** Kinds of interfaces: few events of a log belong to one, so any is enough. */
const TAGS: Record<string, string> = {
  login: 'no interface is known as a login (tags.login)',
  register: 'no interface is known as a registration (tags.register)',
  send_code: 'no interface is known to send codes (tags.send_code)',
  benefit: 'no interface is known to give benefits (tags.benefit)',
  export: 'no interface is known as an export (tags.export)',
  sensitive: 'no interface is said to be sensitive (sensitive)',
  admin: 'no account is listed as an administrator (roles.admin)',
};

/** What it means that a field is missing, and where it would be named. */
const MISSING: Record<string, string> = {
  account: 'no event names an account (identity)',
  session: 'no event names a session (session)',
  duration: 'no event says how long it took (fields.duration)',
  bytesIn: 'no event has a request size (fields.bytes_in)',
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
  const readsFlows = detector.needs.includes('flow');
  const events = detector.needs.length === 0 ? survey.events : readsFlows ? survey.present.flow : survey.events - survey.present.flow;
  // a detector that needs no field looks at how much is called: services of hosts as well as interfaces
  if (events === 0)
    return { detector: name, sight: 'not for this log', why: readsFlows ? 'reads network connections' : 'reads requests', needs: [] };
  const present = readsFlows ? survey.present : survey.presentInRequests;
  const missing = detector.needs.filter((need) => (present[need] ?? 0) === 0);
  if (missing.length > 0)
    return { detector: name, sight: 'blind', why: missing.map((need) => whyMissing(need, survey.format)).join('; '), needs: missing };
  const thin = detector.needs.filter((need) => !RARE.has(need) && present[need] < ENOUGH * events);
  if (thin.length > 0) {
    const shares = thin.map((need) => `${need} in ${Math.round((100 * present[need]) / events)} % of the events`);
    return { detector: name, sight: 'degraded', why: `only ${shares.join(', ')}`, needs: thin };
  }
  return { detector: name, sight: 'active', why: '', needs: [] };
}

function whyMissing(need: string, format: FormatName): string {
  const why = TAGS[need] ?? MISSING[need] ?? `no event has ${need}`;
  const addition = whatToLog(need, format);
  return addition === '' ? why : `${why}: log ${addition}`;
}

/** A field that a log lacks, wholly or in many events, and who is the worse for it. */
export interface Gap {
  /** name of the field, as `Detector.needs` has it */
  field: string;
  /** share of the events that have it, 0 to 1 */
  share: number;
  /** detectors that see nothing without it, and those that see less */
  blind: string[];
  weaker: string[];
  /** what is missing, and what to do about it */
  remedy: string;
}

/** Fields that an event should have, whoever needs them. */
export const EXPECTED_FIELDS = [
  'account',
  'address',
  'country',
  'asn',
  'status',
  'duration',
  'bytesOut',
  'bytesIn',
  'path',
  'object',
  'target',
  'device',
  'session',
];

/** What a log lacks, by field: those first that blind most. */
export function gapsOf(survey: Survey, coverage: readonly Coverage[]): Gap[] {
  const requests = survey.events - survey.present.flow;
  const gaps = new Map<string, Gap>();
  const gapOf = (field: string): Gap => {
    const known = gaps.get(field);
    if (known !== undefined) return known;
    const share = requests > 0 ? (survey.presentInRequests[field] ?? 0) / requests : (survey.present[field] ?? 0) / (survey.events || 1);
    const gap = { field, share, blind: [], weaker: [], remedy: whyMissing(field, survey.format) };
    gaps.set(field, gap);
    return gap;
  };
  if (requests > 0) for (const field of EXPECTED_FIELDS) if ((survey.presentInRequests[field] ?? 0) === 0) gapOf(field);
  for (const { detector, sight, needs } of coverage)
    for (const need of needs) (sight === 'blind' ? gapOf(need).blind : gapOf(need).weaker).push(detector);
  return [...gaps.values()].sort(
    (a, b) => b.blind.length - a.blind.length || b.weaker.length - a.weaker.length || (a.field < b.field ? -1 : 1),
  );
}
