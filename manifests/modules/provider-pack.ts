import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { moduleFolder } from '../../test/cluster/builds/module-folder.ts';
import { documentsOf, moduleFiles, providerSource } from '../providers/module-files.ts';
import { providerChart } from '../providers/provider-chart.ts';
import type { ProviderModule } from './provider-module.ts';
import { rights } from './provider-rights.ts';

export interface ProviderPack {
  /** The committed part of the pack: pack.yaml and a chart without definitions. */
  readonly source: string;
  readonly target: string;
  readonly modules: readonly ProviderModule[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a whole pack: the committed chart, and in it the definitions, webhooks and rights as the Go modules have them
 * that the programs are built of, so that both are of one version. Nothing of them is kept in this repository.
 */
export async function writeProviderPack({ source, target, modules, signal }: ProviderPack) {
  await rm(target, { recursive: true, force: true });
  await cp(source, target, { recursive: true });
  const chart = join(target, 'chart');
  await mkdir(join(chart, 'crds'), { recursive: true });
  for (const module of modules) {
    const { names, aggregate } = module;
    const folder = join(await sourceFolder(module, signal), module.folder);
    const found = await providerSource(folder);
    const { definitions, webhooks } = providerChart(found, names);
    for (const [name, definition] of definitions)
      await writeFile(join(chart, 'crds', `${name}.yaml`), text([definition]));
    const lease = await documentsOf(join(folder, 'config/rbac/leader_election_role.yaml'));
    const objects = [...rights([...found.roles, ...lease], names, aggregate), ...webhooks];
    await writeFile(join(chart, 'templates', `${names.prefix}.yaml`), text(objects));
  }
}

/** Where the Go module cache has a module in the version that is built; fetched there if need be. */
async function sourceFolder({ program, module }: ProviderModule, signal?: AbortSignal): Promise<string> {
  const options = {
    cwd: moduleFolder(program),
    env: { GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    timeout: 300_000,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  };
  const { stdout } = await execa('go', ['list', '-m', '-f', '{{.Version}}', module], options);
  return await moduleFiles(module, stdout.trim().replace(/^v/, ''), signal);
}

function text(objects: readonly object[]): string {
  return objects
    .map((object) => `---\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`)
    .join('');
}
