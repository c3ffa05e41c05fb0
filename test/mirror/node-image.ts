import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from 'tar';
import { copyItems } from '../../content/copy/copy-items.ts';
import { openLayout } from '../../content/layout/layout.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { NODE_HOME } from '../cluster/node.ts';

/** Puts an image of a layout on the node of a cluster, under a name of its own: nothing has to be pulled. */
export async function putOnNode(
  cluster: Cluster,
  layout: string,
  { repository, tag, name }: { repository: string; tag: string; name: string },
): Promise<void> {
  const folder = join(cluster.folder, 'config/image');
  const target = await openLayout(folder, { create: true });
  for await (const { error } of copyItems(await openLayout(layout), target, [
    { repository, reference: tag, platforms: ['linux/amd64'] },
  ]))
    if (error !== undefined) throw error;
  const path = join(folder, 'index.json');
  const index = JSON.parse(await readFile(path, 'utf8'));
  for (const entry of index.manifests) entry.annotations = { 'io.containerd.image.name': name };
  await writeFile(path, JSON.stringify(index));
  const file = join(cluster.folder, 'config/image.tar');
  await create({ cwd: folder, file, portable: true }, ['oci-layout', 'index.json', 'blobs']);
  await cluster.execInNode('ctr', [
    '-n',
    'k8s.io',
    'images',
    'import',
    '--local',
    `${NODE_HOME}/config/image.tar`,
  ]);
  await rm(folder, { recursive: true });
  await rm(file);
}
