import type { TenantKind } from '../plan.ts';
import { consumer } from './consumer.ts';
import type { Kind } from './kind.ts';
import { network } from './network.ts';
import { office } from './office.ts';
import { partners } from './partners.ts';

const KINDS: Record<TenantKind, Kind> = { consumer, partners, office, network };

export function kindOf(name: TenantKind): Kind {
  return KINDS[name];
}
