import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Config } from '../../schemas/config.ts';
import { type Check, ok, spanText, warn } from './doctor-check.ts';

const DAY = 86_400_000;
/** Networks change hands: after this, a few per cent of them are somebody else's. */
const OLD = 365 * DAY;
const PACKAGES = ['@ip-location-db/geo-whois-asn-country-mmdb', '@ip-location-db/asn'];

/**
 * How old what is known of addresses is: the packages carry their day in the version (2.3.2026061719), an own file is as
 * old as its last change. What is missing or not readable the caller has said already.
 * @param now ms
 */
export function checkAddressAge(config: Config, now: number): Check[] {
  const csv = config.address_data?.csv;
  const ages = csv === undefined ? PACKAGES.map((name) => ({ name, made: packageDay(name) })) : [{ name: csv, made: changed(csv) }];
  return ages.flatMap(({ name, made }) => {
    if (made === undefined) return [];
    const found = `${name} is ${spanText(Math.max(0, now - made))} old`;
    if (now - made <= OLD) return [ok('addresses', found)];
    return [warn('addresses', found, csv === undefined ? 'update the package, or set address_data.csv' : 'export it anew')];
  });
}

function packageDay(name: string): number | undefined {
  try {
    const { version } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve(`${name}/package.json`), 'utf8')) as {
      version: string;
    };
    const day = /\.(\d{4})(\d\d)(\d\d)\d*$/.exec(version);
    return day === null ? undefined : Date.parse(`${day[1]}-${day[2]}-${day[3]}T00:00:00Z`);
  } catch {
    return undefined;
  }
}

function changed(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
