import { join, resolve } from 'node:path';
import { clusterApiModules } from './provider-module.ts';
import { writeProviderPack } from './provider-pack.ts';

/** Writes the packs that are made of Go modules to dist/packs, beside the images of those modules' programs. */
const project = resolve(import.meta.dirname, '../..');
await writeProviderPack({
  source: join(project, 'manifests/packs/cluster-api'),
  target: join(project, 'dist/packs/cluster-api'),
  modules: clusterApiModules,
});
process.stdout.write('dist/packs/cluster-api\n');
