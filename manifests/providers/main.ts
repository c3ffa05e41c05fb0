import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { moduleFiles, providerSource } from './module-files.ts';
import { isProviderName, type Provider, providers } from './provider.ts';
import { providerChart } from './provider-chart.ts';

// Writes what of a provider's pack comes from its Go module:
//   node manifests/providers/main.ts aws [FOLDER OF A CHART]
const [name = '', folder] = process.argv.slice(2);
if (!isProviderName(name)) throw new Error(`one of: ${Object.keys(providers).join(', ')}`);
const provider: Provider = providers[name];
const { module, version, licence, pack, names } = provider;
const chart = folder ?? join(import.meta.dirname, '../packs', pack ?? '', 'chart');
if (folder === undefined && pack === undefined) throw new Error('name a folder for the chart');
const made = providerChart(await providerSource(await moduleFiles(module, version)), names);
const origin = `# Made by manifests/providers/main.ts from ${module} v${version} (${licence}).\n`;
const write = async (file: string, objects: readonly object[]) => {
  const text = objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
  await writeFile(resolve(chart, file), origin + text.join('---\n'));
};
await rm(join(chart, 'crds'), { recursive: true, force: true });
await mkdir(join(chart, 'crds'), { recursive: true });
await mkdir(join(chart, 'templates'), { recursive: true });
for (const [file, definition] of made.definitions) await write(`crds/${file}.yaml`, [definition]);
await write('templates/webhooks.yaml', made.webhooks);
await write('templates/role.yaml', [made.role]);
