import { GUESSED_TARGETS } from '../fields.ts';
import type { JsonFormat } from '../format.ts';
import { azure } from './azure-records.ts';

/**
 * Azure Front Door: FrontDoorAccessLog (classic: FrontdoorAccessLog); `time` is when the answer was delivered. `socketIp` is the peer;
 * `clientIp` is what the client's X-Forwarded-For claims, so it counts as that header.
 */
export const azureFrontDoor: JsonFormat = {
  kind: 'json',
  select: { field: ['category', 'Category'], requests: ['FrontDoorAccessLog', 'FrontdoorAccessLog'], what: 'category' },
  fields: {
    time: ['time', 'TimeGenerated'],
    duration: azure('timeTaken'),
    status: [...azure('httpStatusCode')],
    bytes_in: azure('requestBytes'),
    bytes_out: azure('responseBytes'),
    address: [...azure('socketIp', 'socketIP'), ...azure('clientIp', 'clientIP')],
    forwarded: azure('clientIp', 'clientIP'),
    method: azure('httpMethod'),
    path: azure('requestUri'),
    host: azure('hostName', 'domain'),
    agent: azure('userAgent'),
  },
  identity: [],
  targets: GUESSED_TARGETS,
  mark: ({ has }) => (has(/"(category|Category)"\s*:\s*"Front[dD]oorAccessLog"/) ? 1 : 0),
};
