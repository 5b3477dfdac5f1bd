import type { IncidentRecord } from '../../schemas/alert.ts';
import type { LabelledBenign } from './campaign.ts';
import type { Proportion } from './wilson.ts';
import { wilson } from './wilson.ts';

/** Of the actors that an incident names, this part must belong to a note for the incident to be put down to it. */
const OWN_SHARE = 0.2;

/** How a kind of benign behaviour fared. */
export interface HardNegativeResult {
  name: string;
  /** occurrences that raised at least one false incident, of all */
  raised: Proportion;
  /** false incidents put down to it; one may be put down to several */
  incidents: number;
}

/** What a false incident is put down to. */
export interface Attribution {
  /** ids of the notes that it is about: its own account or source belongs to them, or a fifth of the actors that it names */
  notes: string[];
  /** names of notes that hold for the whole tenant in its time (a holiday, a sale): they may have to do with it, and attribute nothing */
  meanwhile: string[];
}

/** Puts a false incident down to benign behaviour: the same rule by which an incident counts for a campaign. */
export function attribute(incident: IncidentRecord, benign: readonly LabelledBenign[]): Attribution {
  const notes: string[] = [];
  const meanwhile: string[] = [];
  for (const note of benign) {
    if (note.tenant !== incident.tenant) continue;
    if (Date.parse(note.start) > Date.parse(incident.ended_at) || Date.parse(note.end) < Date.parse(incident.started_at)) continue;
    if (note.accounts.length + note.sources.length + note.interfaces.length === 0) meanwhile.push(note.name);
    else if (isAbout(incident, note)) notes.push(note.id);
  }
  return { notes, meanwhile: [...new Set(meanwhile)].sort() };
}

/** What happens at an interface is put down to who acted there: that they use it too is no reason by itself. */
function isAbout(incident: IncidentRecord, note: LabelledBenign): boolean {
  const { kind, id } = incident.entity;
  if (kind === 'account' && note.accounts.includes(id)) return true;
  if (kind === 'source' && note.sources.includes(id)) return true;
  const named = incident.actors.filter((actor) => actor.kind === 'account' || actor.kind === 'source');
  if (named.length === 0) return kind === 'interface' && note.interfaces.includes(id);
  const own = named.filter((actor) => (actor.kind === 'account' ? note.accounts : note.sources).includes(actor.id));
  return own.length >= OWN_SHARE * named.length;
}

/** How often each kind of benign behaviour raised something, the most often first. */
export function hardNegativeResults(benign: readonly LabelledBenign[], attributions: readonly Attribution[]): HardNegativeResult[] {
  const byNote = new Map<string, number>();
  for (const { notes } of attributions) for (const id of notes) byNote.set(id, (byNote.get(id) ?? 0) + 1);
  const names = [...new Set(benign.map(({ name }) => name))].sort();
  return names
    .map((name) => {
      const of = benign.filter((note) => note.name === name);
      const ids = new Set(of.map(({ id }) => id));
      return {
        name,
        raised: wilson(of.filter(({ id }) => byNote.has(id)).length, of.length),
        incidents: attributions.filter(({ notes }) => notes.some((id) => ids.has(id))).length,
      };
    })
    .sort((a, b) => b.incidents - a.incidents || (a.name < b.name ? -1 : 1));
}
