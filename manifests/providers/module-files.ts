import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';
import type { ProviderSource } from './provider-chart.ts';

/** The folder of a Go module's files, as the module proxy has them. Throws what go says. */
export async function moduleFiles(module: string, version: string, signal?: AbortSignal): Promise<string> {
  const args = ['mod', 'download', '-json', `${module}@v${version}`];
  const cancel = signal === undefined ? {} : { cancelSignal: signal };
  const { stdout } = await execa('go', args, { timeout: 300_000, ...cancel });
  const found: unknown = JSON.parse(stdout);
  if (typeof found === 'object' && found !== null && 'Dir' in found && typeof found.Dir === 'string') {
    return found.Dir;
  }
  throw new Error(`go says no folder for ${module}`);
}

/** Reads a provider's configuration from where kubebuilder's layout has it. */
export async function providerSource(folder: string): Promise<ProviderSource> {
  const config = join(folder, 'config');
  const patches = await documentsIn(join(config, 'crd/patches'));
  return {
    definitions: await documentsIn(join(config, 'crd/bases')),
    // Those for cert-manager say nothing that is needed here.
    patches: patches.filter((patch) => !JSON.stringify(patch).includes('cert-manager.io')),
    webhooks: await documentsOf(join(config, 'webhook/manifests.yaml')),
    roles: await documentsOf(join(config, 'rbac/role.yaml')),
  };
}

async function documentsIn(folder: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const file of (await readdir(folder)).sort()) {
    if (file.endsWith('.yaml')) found.push(...(await documentsOf(join(folder, file))));
  }
  return found;
}

/** The documents of a YAML file, without empty ones. */
export async function documentsOf(file: string): Promise<unknown[]> {
  const documents = parseAllDocuments(await readFile(file, 'utf8'));
  return documents.map((document): unknown => document.toJS()).filter((value) => value !== null);
}
