import { randomBytes } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { openBackend } from '../../models/autoencoder/backend.ts';
import { openBundle } from '../../models/learned/open-bundle.ts';
import { bundleHash, cardOf, modelsOf, readBundle } from '../../models/registry/bundle-folder.ts';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import { renderFields } from '../console/fields.ts';
import { terminalOf, writeOut } from '../console/output.ts';
import { plainLines } from '../console/plain-text.ts';
import { renderTable } from '../console/table.ts';
import { parseTimeOption, TIME_SYNTAX } from '../console/times.ts';
import { WeirError } from '../core/errors.ts';
import { knownRuns } from '../drivers/embedded/known-runs.ts';
import { makeFolder } from '../state/make-folder.ts';
import { ALL_TENANTS, challengerText, NO_MODEL, named, type SwitchEntry } from '../state/model-switches.ts';
import { featureFit } from './model-fit.ts';
import { roleText, sinceText, standingOf } from './model-standing.ts';
import { requestSwitch, type SwitchRequest } from './model-switching.ts';
import { registerCompare } from './models-compare.ts';
import { addDataOption, writeRecords } from './record-list.ts';

const EXAMPLES = `
A model is a bundle of trained scorers under a version that never changes. The champion decides; a challenger scores along,
and what both said is kept (weir models compare). A switch holds for windows that begin at its time or later: nothing that
was told changes. It is written down first, and taken by a run that is on as well.

Examples:
  weir models                                    which versions there are, and which judges since when
  weir models show 1                             features, scorers and model card of a version
  weir models add ./bundle                       take a trained bundle into the data folder
  weir models challenge 2                        let it score along
  weir models compare --since 7d                 champion against challenger
  weir models promote 2                          let it decide from the next hour on
  weir models promote 2 --tenant shop            for one tenant
  weir models rollback                           back to the champion before
  weir models promote none                       no trained scorers: baselines alone`;

/** Stands for no model on the command line: no version may be called so. */
const NONE = 'none';

interface Flags {
  data: string;
  json?: boolean;
}
interface SwitchFlags extends Flags {
  tenant?: string;
  from?: string;
  stop?: boolean;
}

/** `weir models`: versions of trained scorers, and which of them judge. */
export function registerModels(program: Command): void {
  const models = addDataOption(program.command('models'))
    .summary('versions of the trained scorers, and which of them judges')
    .description('Lists the versions of the trained scorers that a data folder knows, and since when which of them judges.')
    .option('--json', 'one JSON document')
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) => list(flags));
  const sub = (text: string, description: string): Command =>
    addDataOption(models.command(text)).option('--json', 'one JSON document').description(description);
  sub('list', 'The same as without a word.').action((_: Flags, command: Command) => list(command.optsWithGlobals<Flags>()));
  sub('show <version>', 'One version: what it was made from, its features, its scorers, its model card.').action(
    (version: string, _: Flags, command: Command) => show(version, command.optsWithGlobals<Flags>()),
  );
  sub('add <folder>', 'Verifies a bundle and copies it into the data folder.').action((folder: string, _: Flags, command: Command) =>
    add(folder, command.optsWithGlobals<Flags>()),
  );
  const switching = (text: string, description: string): Command =>
    sub(text, description)
      .option('--tenant <name>', 'for this tenant only (default: for all, also those that have one of their own)', tenantName)
      .option('--from <time>', `for windows that begin then or later (${TIME_SYNTAX}; default: the next hour that nothing was judged of)`);
  switching('promote <version>', 'Lets a version decide; `none`: baselines alone.').action(
    (version: string, _: SwitchFlags, command: Command) => change('promote', version, command.optsWithGlobals<SwitchFlags>()),
  );
  switching('challenge [version]', 'Lets a version score along without deciding.')
    .option('--stop', 'no challenger any more')
    .action((version: string | undefined, _: SwitchFlags, command: Command) => {
      const flags = command.optsWithGlobals<SwitchFlags>();
      if ((version === undefined) === (flags.stop !== true))
        throw new WeirError('usage', 'name the version that shall score along, or --stop');
      return change(flags.stop ? 'retire' : 'challenge', version, flags);
    });
  switching('rollback', 'Goes back to the champion before.').action((_: SwitchFlags, command: Command) =>
    change('rollback', undefined, command.optsWithGlobals<SwitchFlags>()),
  );
  registerCompare(models);
}

async function list({ data, json }: Flags): Promise<void> {
  checkReadable(data);
  const standing = standingOf(data);
  if (json) return writeRecords([standing]);
  const { style, width } = terminalOf(process.stdout);
  if (standing.models.length === 0) await writeOut('no trained scorers here: baselines alone judge\n');
  else {
    await writeOut(
      renderTable(
        [
          { title: 'version' },
          { title: 'scorers', shrinkTo: 16 },
          { title: 'features' },
          { title: 'from' },
          { title: 'sha256' },
          { title: 'judges', shrinkTo: 20 },
          { title: 'made', shrinkTo: 20 },
        ],
        standing.models.map((model) => [
          model.version,
          model.problem ?? model.scorers.join(', '),
          model.problem === undefined ? (model.fits ? 'fit' : { text: 'do not fit', paint: style.red }) : '',
          model.shipped ? 'shipped' : 'added',
          model.sha256.slice(0, 12),
          model.roles.map(roleText).join('; '),
          Object.entries(model.made)
            .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
            .join(', '),
        ]),
        { style, width },
      ),
    );
  }
  await writeOut(
    `\n${renderFields(
      standing.in_force.map((one) => [one.tenant === ALL_TENANTS ? 'all tenants' : one.tenant, forceText(one)] as const),
      style,
    )}`,
  );
}

/** A folder that may not be read looks like an empty one otherwise. Throws `input_unreadable`. */
function checkReadable(data: string): void {
  try {
    if (!statSync(data).isDirectory()) throw new WeirError('usage', `${data} is no folder: name another one with --data`);
    accessSync(data, constants.R_OK | constants.X_OK);
  } catch (cause) {
    if (cause instanceof WeirError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new WeirError('input_unreadable', `data folder ${data} cannot be read (${(cause as Error).message}); check its owner and mode`, {
      cause,
    });
  }
}

function forceText({ champion, challenger, since }: ReturnType<typeof standingOf>['in_force'][number]): string {
  return `champion ${named(champion)}, ${sinceText(since)}${challenger === NO_MODEL ? '' : `; challenger ${challenger}`}`;
}

async function show(version: string, { data, json }: Flags): Promise<void> {
  checkReadable(data);
  const catalogue = new BundleCatalogue(data);
  const { folder, shipped } = catalogue.find(version);
  const bundle = catalogue.bundle(version);
  const { manifest } = bundle;
  const card = cardOf(bundle);
  const roles = standingOf(data).models.find((model) => model.version === version)?.roles ?? [];
  if (json)
    return writeRecords([{ folder, shipped, sha256: bundleHash(bundle), roles, fit: featureFit(manifest), manifest, card: card ?? null }]);
  const { style } = terminalOf(process.stdout);
  let out = renderFields(
    [
      ['version', version],
      ['folder', `${folder}${shipped ? ' (came with the program)' : ''}`],
      ['sha256', bundleHash(bundle)],
      ['judges', roles.map(roleText).join('; ') || 'nothing now'],
      ...Object.entries(manifest.made).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const),
    ],
    style,
    '',
  );
  for (const fit of featureFit(manifest)) {
    const { names, version: list } = manifest.views[fit.view].features;
    const scorers = modelsOf(manifest).filter(({ view }) => view === fit.view);
    out += `\n${style.bold(`view ${fit.view}`)}\n`;
    out += renderFields(
      [
        [
          'scorers',
          scorers.map(({ kind, model }) => `${kind} (${model.file}, ${bundle.files[model.file].length} bytes)`).join(', ') || 'none',
        ],
        [
          'features',
          `${names.length}, list version ${list}: ${fit.fits ? 'those of this program' : `NOT those of this program (${fit.found}, this program has ${fit.expected})`}`,
        ],
        ['', names.join(', ')],
      ],
      style,
    );
  }
  if (card !== undefined) out += `\n${plainLines(card)}${card.endsWith('\n') ? '' : '\n'}`;
  await writeOut(out);
}

async function add(folder: string, { data, json }: Flags): Promise<void> {
  const bundle = readBundle(folder);
  const { version } = bundle.manifest;
  await openBundle(bundle, openBackend);
  const place = resolve(data);
  try {
    makeFolder(place, 0o700);
  } catch (cause) {
    throw new WeirError('disk', `data folder ${place} cannot be made: ${(cause as Error).message}`, { cause });
  }
  // a run that is on need not know: nothing uses a version before it is promoted or challenges
  const added = new BundleCatalogue(data).add(bundle);
  if (json) return writeRecords([{ version, folder: added.folder, sha256: bundleHash(bundle) }]);
  await writeOut(
    `version ${version} is in ${added.folder}; weir models challenge ${version} lets it score along, weir models promote ${version} decide\n`,
  );
}

async function change(by: SwitchRequest['by'], version: string | undefined, { data, tenant, from, json }: SwitchFlags): Promise<void> {
  const request: SwitchRequest = { kind: 'switch', id: randomBytes(8).toString('hex'), by, tenant: tenant ?? ALL_TENANTS };
  if (version !== undefined) request.version = version === NONE ? NO_MODEL : version;
  if (from !== undefined) request.from = parseTimeOption(from, '--from', { now: Date.now(), zone: 'UTC' });
  const entry = await requestSwitch(data, request);
  const known = [...new Set(knownRuns(join(data, 'snapshots')).flatMap((run) => Object.keys(run.manifest?.reached ?? {})))];
  if (tenant !== undefined && known.length > 0 && !known.includes(tenant))
    process.stderr.write(`weir: no logs of tenant ${tenant} have been read here yet; tenants are ${known.sort().join(', ')}\n`);
  if (json) return writeRecords([entry]);
  await writeOut(`switch ${entry.number}: ${changeText(entry)}\n`);
}

function changeText(entry: SwitchEntry): string {
  const whose = entry.tenant === ALL_TENANTS ? 'all tenants' : `tenant ${entry.tenant}`;
  return `champion ${named(entry.champion)}, ${challengerText(entry.challenger)}, for windows of ${whose} ${sinceText(entry)}`;
}

function tenantName(text: string): string {
  if (!/^[a-z0-9-]{1,63}$/.test(text)) throw new InvalidArgumentError('not the name of a tenant: [a-z0-9-]{1,63}');
  return text;
}
