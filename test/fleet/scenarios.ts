import assert from 'node:assert/strict';
import { z } from 'zod';
import type { DriftItem } from '../../platform/api/cluster-status.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Carry, Managed } from './managed.ts';
import type { ProfileText } from './profile-object.ts';
import { until } from './until.ts';

/** What comes and goes between hub and agent goes by itself over a wire, and is carried where there is none. */
export interface Site {
  readonly managed: Managed;
  readonly cluster: Cluster;
  readonly carry?: Carry | undefined;
}

const PROFILE = 'site';
const REGION = `region: "\${region}"\n`;

/** Charts, a kind of its own and something of that kind, and pods; one variable that differs from cluster to cluster. */
export const FIRST: ProfileText = {
  name: PROFILE,
  version: '1.0.0',
  variables: [{ name: 'region', required: true }],
  packs: [
    { name: 'settings', version: '1.0.0', values: `colour: green\n${REGION}` },
    { name: 'widget-kinds', version: '1.0.0' },
    { name: 'widgets', version: '1.0.0' },
    { name: 'podinfo', version: '1.0.0', dependsOn: ['settings'] },
  ],
};

/** Without the widget and without what settings 1.1.0 no longer has, and with one pod more. */
export const SECOND: ProfileText = {
  ...FIRST,
  version: '1.1.0',
  packs: [
    { name: 'settings', version: '1.1.0', values: `colour: red\n${REGION}` },
    { name: 'widget-kinds', version: '1.0.0' },
    { name: 'podinfo', version: '1.0.0', dependsOn: ['settings'], values: 'replicas: 2\n' },
  ],
};

export function uses({ name, version }: ProfileText, region: string) {
  return [{ name, version, variables: [{ name: 'region', value: region }] }];
}

const SETTINGS = '/api/v1/namespaces/settings/configmaps/settings';
const LEGACY = '/api/v1/namespaces/settings/configmaps/legacy';
const WIDGET_KIND = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.fleet.example';
const WIDGET = '/apis/fleet.example/v1/namespaces/widgets/widgets/first';
const PODINFO = '/apis/apps/v1/namespaces/podinfo/deployments/podinfo';

/** The first version arrives, layer by layer, and the hub says how long each took. */
export async function firstArrives({ managed, cluster, carry }: Site, region: string): Promise<void> {
  await managed.patch({ profiles: uses(FIRST, region) });
  const status = await managed.untilReady({ carry });
  const layers = status.layers ?? [];
  assert.deepEqual(
    layers.map(({ name, state }) => [name, state]),
    FIRST.packs.map(({ name }) => [name, 'ready']),
  );
  assert.ok(layers.every(({ seconds }) => seconds !== undefined));
  assert.ok(status.completedAfterSeconds !== undefined);
  assert.deepEqual(await settings(cluster), { colour: 'green', region });
  for (const path of [LEGACY, WIDGET_KIND, WIDGET]) assert.ok(await exists(cluster, path), path);
  assert.equal(await replicas(cluster), 1);
}

/** The second version takes away what is named, and nothing else. */
export async function secondReplaces({ managed, cluster, carry }: Site, region: string): Promise<void> {
  await managed.patch({ profiles: uses(SECOND, region) });
  const status = await managed.untilReady({ carry });
  assert.deepEqual(
    (status.layers ?? []).filter(({ state }) => state !== 'removed').map(({ name }) => name),
    SECOND.packs.map(({ name }) => name),
  );
  assert.deepEqual(await settings(cluster), { colour: 'red', region });
  assert.equal(await exists(cluster, LEGACY), false);
  assert.equal(await exists(cluster, WIDGET), false);
  assert.equal(await exists(cluster, WIDGET_KIND), true);
  assert.equal(await replicas(cluster), 2);
}

/** Any earlier version is a version like any other. */
export async function firstComesBack(site: Site, region: string): Promise<void> {
  await firstArrives(site, region);
}

/** Somebody changes and deletes what the profile owns; it is put back, and the hub knows who changed what. */
export async function driftIsPutBack({ managed, cluster, carry }: Site): Promise<void> {
  const wanted = await settings(cluster);
  await edit(cluster, { colour: 'blue' });
  await cluster.api.remove(WIDGET);
  await untilPutBack(cluster, wanted);
  await until('the widget is there again', async () => (await exists(cluster, WIDGET)) || undefined);
  const status = await managed.until(
    'reports the drift',
    ({ drift }) => items(drift?.top, 'settings') && items(drift?.top, 'widgets'),
    { carry },
  );
  const found = status.drift?.top ?? [];
  const changed = found.find(({ layer }) => layer === 'settings');
  assert.equal(changed?.what, 'changed');
  assert.equal(changed?.by, EDITOR);
  assert.deepEqual(changed?.fields, ['.data.colour']);
  assert.equal(found.find(({ layer }) => layer === 'widgets')?.what, 'deleted');
}

/** Put back, whether there is a hub or not; gives the seconds that it took: under ten on a machine with nothing else to do. */
export async function untilPutBack(cluster: Cluster, wanted: Record<string, string>): Promise<number> {
  const began = performance.now();
  const isBack = async () => {
    const now = await settings(cluster);
    return JSON.stringify(now) === JSON.stringify(wanted) ? now : undefined;
  };
  await until('the settings are put back', isBack);
  return (performance.now() - began) / 1000;
}

/** Who changes things by hand. */
const EDITOR = 'night-shift';

export async function edit(cluster: Cluster, data: Record<string, string>): Promise<void> {
  const { status, body } = await cluster.api.request(`${SETTINGS}?fieldManager=${EDITOR}`, {
    method: 'PATCH',
    body: { data },
    contentType: 'application/merge-patch+json',
  });
  assert.equal(status, 200, JSON.stringify(body));
}

function items(top: readonly DriftItem[] | undefined, layer: string): boolean {
  return top?.some((item) => item.layer === layer && item.state === 'corrected') ?? false;
}

const ConfigMap = z.looseObject({ data: z.record(z.string(), z.string()) });
const Deployment = z.looseObject({
  spec: z.looseObject({ replicas: z.int() }),
  status: z.looseObject({ readyReplicas: z.int().optional() }),
});

export async function settings(cluster: Cluster): Promise<Record<string, string>> {
  const found = await cluster.api.get(SETTINGS);
  return found === undefined ? {} : ConfigMap.parse(found).data;
}

async function exists(cluster: Cluster, path: string): Promise<boolean> {
  return (await cluster.api.get(path)) !== undefined;
}

async function replicas(cluster: Cluster): Promise<number> {
  const { spec, status } = Deployment.parse(await cluster.api.get(PODINFO));
  assert.equal(status.readyReplicas, spec.replicas);
  return spec.replicas;
}
