import { GUESSED_TARGETS, rulesOf } from '../fields.ts';
import type { JsonFormat } from '../format.ts';

/** Both spellings of a variable of `$context`: as an object of objects, and flat, as AWS's own examples have it. */
function context(...names: string[]): string[] {
  return names.flatMap((name) => [name, `context.${name}`]);
}

/**
 * Access log of AWS API Gateway (REST, HTTP and WebSocket APIs) in JSON, whose keys the owner chooses: the variables' own names and
 * those of AWS's examples are known. Complete at requestTimeEpoch + responseLatency.
 */
export const awsApiGateway: JsonFormat = {
  kind: 'json',
  startFirst: true,
  fields: {
    start: context('requestTimeEpoch', 'requestTime', 'request_time_epoch', 'request_time'),
    duration_ms: context(
      'responseLatency',
      'response_latency',
      'latency',
      'integrationLatency',
      'integration.latency',
      'integration_latency',
    ),
    status: context('status', 'statusCode'),
    bytes_in: context('dataProcessed', 'requestLength', 'request_length'),
    bytes_out: context('responseLength', 'response_length'),
    address: context('identity.sourceIp', 'sourceIp', 'ip', 'source_ip', 'sourceIP', 'identitySourceIp', 'clientIp'),
    forwarded: context('xForwardedFor', 'x_forwarded_for', 'X-Forwarded-For', 'x-forwarded-for'),
    method: context('httpMethod', 'http_method', 'method'),
    request: context('routeKey'),
    // the last two are templates: they name the interface where no path is logged
    path: context('path', 'requestPath', 'request_path', 'resourcePath', 'resource_path'),
    host: context('domainName', 'domain_name', 'host'),
    agent: context('identity.userAgent', 'userAgent', 'user_agent', 'identityUserAgent'),
  },
  identity: [
    ...context('authorizer.claims.sub', 'authorizer.jwt.claims.sub', 'authorizer.claims.username', 'claims.sub').map(
      (field) => ({ field, origin: 'jwt_verified' }) as const,
    ),
    ...context('authorizer.principalId', 'principalId', 'principal_id').map((field) => ({ field, origin: 'consumer' }) as const),
    ...context('identity.userArn', 'userArn', 'identity.user', 'user', 'identity.caller', 'caller', 'identity.cognitoIdentityId').map(
      (field) => ({ field, origin: 'remote_user' }) as const,
    ),
    ...rulesOf(context('identity.apiKeyId', 'apiKeyId', 'api_key_id', 'identity.apiKey', 'apiKey', 'api_key')),
  ],
  targets: GUESSED_TARGETS,
  mark: ({ has }) =>
    has(/"(requestTimeEpoch|routeKey|resourcePath|integrationLatency|apiKeyId|httpMethod)"\s*:/) &&
    has(/"(requestId|extendedRequestId|requestTime|requestTimeEpoch|domainName|apiId|stage)"\s*:/)
      ? 1
      : 0,
};
