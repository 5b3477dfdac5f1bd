import { GUESSED_TARGETS, rulesOf } from '../fields.ts';
import type { JsonFormat } from '../format.ts';
import { azure } from './azure-records.ts';

/** Azure API Management: GatewayLogs; `time` is when the request came in, complete durationMs later. */
export const azureApim: JsonFormat = {
  kind: 'json',
  startFirst: true,
  select: { field: ['category', 'Category'], requests: ['GatewayLogs'], what: 'category' },
  fields: {
    start: ['time', 'TimeGenerated'],
    duration_ms: ['durationMs', 'DurationMs', ...azure('totalTime')],
    status: [...azure('responseCode'), 'resultSignature'],
    bytes_in: azure('requestSize'),
    bytes_out: azure('responseSize'),
    address: ['callerIpAddress', ...azure('callerIpAddress')],
    forwarded: ['/properties/requestHeaders/X-Forwarded-For', '/RequestHeaders/X-Forwarded-For'],
    method: azure('method'),
    path: azure('url'),
    agent: ['/properties/requestHeaders/User-Agent', '/RequestHeaders/User-Agent', ...azure('userAgent')],
  },
  identity: [
    ...azure('userId').map((field) => ({ field, origin: 'consumer' }) as const),
    ...azure('apimSubscriptionId').map((field) => ({ field, origin: 'consumer' }) as const),
    ...rulesOf(['/properties/requestHeaders/Authorization', '/properties/requestHeaders/Ocp-Apim-Subscription-Key']),
  ],
  targets: GUESSED_TARGETS,
  mark: ({ has }) =>
    has(/"(category|Category)"\s*:\s*"GatewayLogs"/) ||
    (has(/"(apimSubscriptionId|ApimSubscriptionId|ApiId)"\s*:/) && has(/"(CallerIpAddress|callerIpAddress)"/))
      ? 1
      : 0,
};
