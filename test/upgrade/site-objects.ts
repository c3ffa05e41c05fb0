import { z } from 'zod';
import type { Cluster } from '../cluster/cluster.ts';

const PROJECT = 'east';
const DIGEST = `sha256:${'0'.repeat(64)}`;

/** What users of a site have stated: objects of the hub's kinds, of a component's kind, and a setting. */
const OBJECTS = [
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: PROJECT, labels: { 'skerry.dev/project': 'true' } },
  },
  {
    apiVersion: 'skerry.dev/v1alpha1',
    kind: 'ClusterProfile',
    metadata: { name: 'base-1.0.0', namespace: PROJECT },
    spec: { name: 'base', version: '1.0.0', packs: [{ name: 'podinfo', version: '1.0.0', digest: DIGEST }] },
  },
  {
    apiVersion: 'skerry.dev/v1alpha1',
    kind: 'PackRegistry',
    metadata: { name: 'vendor', namespace: PROJECT },
    spec: { address: 'http://packs.example:5000', prefix: 'packs' },
  },
  {
    apiVersion: 'skerry.dev/v1alpha1',
    kind: 'AlertReceiver',
    metadata: { name: 'desk', namespace: PROJECT },
    spec: { events: true },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'site-settings', namespace: 'skerry-system' },
    data: { region: 'east' },
  },
  ...['first', 'second'].map((name) => ({
    apiVersion: 'upgrade.example/v1',
    kind: 'Note',
    metadata: { name, namespace: PROJECT, annotations: { 'example/by': 'somebody' } },
    spec: { text: `the ${name} note` },
  })),
];

const PATHS = [
  `/apis/skerry.dev/v1alpha1/namespaces/${PROJECT}/clusterprofiles`,
  `/apis/skerry.dev/v1alpha1/namespaces/${PROJECT}/packregistries`,
  `/apis/skerry.dev/v1alpha1/namespaces/${PROJECT}/alertreceivers`,
  `/apis/upgrade.example/v1/namespaces/${PROJECT}/notes`,
];
const SETTING = '/api/v1/namespaces/skerry-system/configmaps/site-settings';

const Item = z.looseObject({
  metadata: z.looseObject({ name: z.string(), uid: z.string(), annotations: z.unknown().optional() }),
  spec: z.unknown().optional(),
  data: z.unknown().optional(),
});
const List = z.looseObject({ items: z.array(Item) });

export async function makeSiteObjects(cluster: Cluster): Promise<void> {
  for (const object of OBJECTS) await cluster.api.apply(object);
}

/** All that users have stated, field by field, and whether it is still the same object. */
export async function readSiteObjects(cluster: Cluster): Promise<Record<string, unknown>> {
  const found: [string, unknown][] = [];
  for (const path of PATHS) {
    for (const { metadata, spec } of List.parse(await cluster.api.get(path)).items)
      found.push([
        `${path}/${metadata.name}`,
        { uid: metadata.uid, annotations: metadata.annotations, spec },
      ]);
  }
  found.push([SETTING, Item.parse(await cluster.api.get(SETTING)).data]);
  return Object.fromEntries(found);
}
