import { FORMATS } from '../../../schemas/config.ts';
import { MINUTE } from '../../core/watermark.ts';
import type { RecordFormat } from '../format.ts';
import type { FormatName } from '../normalise-config.ts';
import { anyJson } from './any-json.ts';
import { apache } from './apache.ts';
import { apisix } from './apisix.ts';
import { awsAlb } from './aws-alb.ts';
import { awsApiGateway } from './aws-api-gateway.ts';
import { awsCloudfront } from './aws-cloudfront.ts';
import { awsVpcFlow } from './aws-vpc-flow.ts';
import { azureApim } from './azure-apim.ts';
import { azureFrontDoor } from './azure-front-door.ts';
import { caddy } from './caddy.ts';
import { combined } from './combined.ts';
import { ecs } from './ecs.ts';
import { envoy } from './envoy.ts';
import { envoyJson } from './envoy-json.ts';
import { goflow2 } from './goflow2.ts';
import { haproxy } from './haproxy.ts';
import { iis } from './iis.ts';
import { ingressNginx } from './ingress-nginx.ts';
import { kong } from './kong.ts';
import { nginx } from './nginx.ts';
import { nginxJson } from './nginx-json.ts';
import { otel } from './otel.ts';
import { regex } from './regex.ts';
import { suricata } from './suricata.ts';
import { traefik } from './traefik.ts';
import { traefikJson } from './traefik-json.ts';
import { tyk } from './tyk.ts';
import { zeekConn } from './zeek-conn.ts';
import { zeekHttp } from './zeek-http.ts';

/** Every format that records can have. One line each: adding one touches nothing else. */
const REGISTRY: Record<FormatName, RecordFormat> = {
  // JSON
  'nginx-json': nginxJson,
  apisix,
  kong,
  'envoy-json': envoyJson,
  'zeek-conn': zeekConn,
  'traefik-json': traefikJson,
  caddy,
  tyk,
  'aws-api-gateway': awsApiGateway,
  'azure-apim': azureApim,
  'azure-front-door': azureFrontDoor,
  otel,
  ecs,
  suricata,
  'zeek-http': zeekHttp,
  goflow2,
  json: anyJson,
  // text
  combined,
  nginx,
  apache,
  'ingress-nginx': ingressNginx,
  envoy,
  traefik,
  haproxy,
  'aws-alb': awsAlb,
  'aws-cloudfront': awsCloudfront,
  'aws-vpc-flow': awsVpcFlow,
  iis,
  regex,
};

/** What the format of this name is. */
export function formatOf(name: FormatName): RecordFormat {
  return REGISTRY[name];
}

/** Formats that `detectFormat` looks for, in the order of schemas/config.ts. */
export const DETECTABLE: readonly FormatName[] = FORMATS.filter((name) => REGISTRY[name].undetectable !== true);

/** Lateness that a format has by default, ms. */
export function defaultLateness(format: FormatName): number {
  return formatOf(format).lateness ?? 2 * MINUTE;
}
