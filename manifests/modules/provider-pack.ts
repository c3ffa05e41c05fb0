import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { moduleFolder } from '../../test/cluster/builds/module-folder.ts';
import { documentsOf, moduleFiles } from '../providers/module-files.ts';
import type { ProviderModule } from './provider-module.ts';
import { admission, definition, rights } from './provider-objects.ts';

export interface ProviderPack {
  /** The committed part of the pack: pack.yaml and a chart without definitions. */
  readonly source: string;
  readonly target: string;
  readonly namespace: string;
  readonly modules: readonly ProviderModule[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a whole pack: the committed chart, and in it the definitions, webhooks and rights as the Go modules have them
 * that the programs are built of, so that both are of one version. Nothing of them is kept in this repository.
 */
export async function writeProviderPack({ source, target, namespace, modules, signal }: ProviderPack) {
  await rm(target, { recursive: true, force: true });
  await cp(source, target, { recursive: true });
  const chart = join(target, 'chart');
  await mkdir(join(chart, 'crds'), { recursive: true });
  for (const module of modules) {
    const config = join(await sourceFolder(module, signal), module.config);
    for (const file of await yamlFiles(join(config, 'crd/bases'))) {
      const objects = (await documentsOf(file)).map((object) => definition(object, module, namespace));
      await writeFile(join(chart, 'crds', basename(file)), text(objects));
    }
    const hooks = await documentsOf(join(config, 'webhook/manifests.yaml'));
    const roles = await Promise.all(
      ['role.yaml', 'leader_election_role.yaml'].map((name) => documentsOf(join(config, 'rbac', name))),
    );
    const objects = [
      ...rights(roles.flat(), module, namespace),
      ...hooks.map((hook) => admission(hook, module, namespace)),
    ];
    await writeFile(join(chart, 'templates', `${module.prefix}.yaml`), text(objects));
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

async function yamlFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  return names.map((name) => join(folder, name));
}

function text(objects: readonly object[]): string {
  return objects.map((object) => `---\n${stringify(object, { lineWidth: 0 })}`).join('');
}
