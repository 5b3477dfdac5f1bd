import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { WeirError } from '../../core/errors.ts';
import { parseOperatorCsv, parsePacked } from './address-files.ts';
import type { AddressTables } from './addresses.ts';

const COUNTRY_PACKAGE = '@ip-location-db/geo-whois-asn-country-mmdb';
const ASN_PACKAGE = '@ip-location-db/asn';

/**
 * Loads what is known of addresses: the operator's CSV (columns prefix,country,region,asn,organisation,kind), else the
 * databases of the installed packages (country: CC0; network numbers: RouteViews and DB-IP, CC-BY-4.0). The tables lie
 * on shared memory: load once, hand `AddressTables` to every worker, and make `new AddressData(tables)` there.
 * Throws WeirError `input_missing` or `input_format` naming the file and line.
 */
export async function loadAddressTables(config: { csv?: string } = {}): Promise<AddressTables> {
  if (config.csv !== undefined) return parseOperatorCsv(await read(config.csv), config.csv);
  const countryFolder = folderOf(COUNTRY_PACKAGE);
  const asnFolder = folderOf(ASN_PACKAGE);
  const [country, v4, v6] = await Promise.all([
    read(join(countryFolder, 'geo-whois-asn-country.mmdb')),
    read(join(asnFolder, 'asn-ipv4-num.csv')),
    read(join(asnFolder, 'asn-ipv6.csv')),
  ]);
  return parsePacked(country, v4, v6);
}

function folderOf(name: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch (cause) {
    throw new WeirError('input_missing', `the address database ${name} is not installed; npm ci installs it, or set address_data.csv`, {
      cause,
    });
  }
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new WeirError('input_missing', `address data ${path} cannot be read`, { cause });
  }
}
