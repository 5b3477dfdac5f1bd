import type { SharedKnowledge } from '../../models/shared.ts';
import { templatesFrom } from '../../models/templates/index.ts';
import type { PathNames } from '../features/interface-aliases.ts';

/** Whether a document of the tenant describes an interface: then it keeps the name that it has from there. */
export type Documented = (tenant: string, id: string) => boolean;

/** The names in paths that a tenant's shared knowledge folds. */
export class KnownNames {
  /** undefined: nothing is folded */
  current: PathNames | undefined;
  private readonly tenant: string;
  private readonly documented: Documented | undefined;
  private version = NOTHING;

  constructor(tenant: string, documented?: Documented) {
    this.tenant = tenant;
    this.documented = documented;
  }

  /** Takes a version of the knowledge; true: `current` is another one. */
  take({ templates }: SharedKnowledge): boolean {
    const version = templates === undefined ? NOTHING : JSON.stringify(templates);
    if (version === this.version) return false;
    this.version = version;
    this.current = version === NOTHING ? undefined : this.namesOf(templates);
    return true;
  }

  private namesOf(saved: unknown): PathNames {
    const templates = templatesFrom(saved, true);
    const { documented, tenant } = this;
    if (documented === undefined) return templates;
    return {
      of: (id) => (documented(tenant, id) ? id : templates.of(id)),
      valuesOf: (id) => (documented(tenant, id) ? '' : templates.valuesOf(id)),
    };
  }
}

const NOTHING = '[]';
