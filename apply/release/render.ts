import type { ReleaseRecord } from '../helm/helm-release.ts';
import { wasDeployed } from '../helm/helm-release.ts';
import { parseManifests } from '../manifest.ts';
import type { KubeObject } from '../object.ts';
import { type Chart, takeChart } from './chart-source.ts';
import { openClusterView } from './cluster-view.ts';
import type { Component, Engine } from './component.ts';
import { isCrd, ownKinds } from './own-kinds.ts';

/** What a chart comes to in this cluster. */
export interface Rendering {
  readonly chart: Chart;
  /** A release that never was whole is installed again from the start, with its install hooks. */
  readonly action: 'install' | 'upgrade';
  /** CustomResourceDefinitions, of crds/ folders and of templates alike. */
  readonly crds: readonly KubeObject[];
  /** Everything else, hooks included. */
  readonly objects: readonly KubeObject[];
}

/**
 * Renders a chart as this cluster gets it: with its version, the APIs that it serves (those of the chart's own CRDs
 * included), its answers to `lookup`, and the revision that comes next. Changes nothing.
 * Throws HELM_RENDER_FAILED, MANIFESTS_UNREADABLE; HELM_FAILED for objects that belong to somebody else, unless they
 * are to be adopted.
 */
export async function renderComponent(
  engine: Engine,
  component: Component,
  records: readonly ReleaseRecord[],
  { adopt = false }: { adopt?: boolean } = {},
): Promise<Rendering> {
  const chart = await takeChart(engine, component);
  const action = wasDeployed(records) ? 'upgrade' : 'install';
  const brought = chart.mayHoldCrds(component.values) ? await findCrds(engine, component, chart, action) : [];
  const objects = await renderObjects(engine, component, chart, { action, crds: brought, adopt });
  const rendered = objects.filter(isCrd);
  const names = new Set(rendered.map(({ metadata }) => metadata.name));
  return {
    chart,
    action,
    crds: [
      ...brought.filter(({ metadata }) => !names.has(metadata.name)),
      ...rendered.map((crd) => asOwnedByHelm(crd, component)),
    ],
    objects: objects.filter((object) => !isCrd(object)),
  };
}

/** Helm's marks of ownership: what bears them can become part of the release. */
export function asOwnedByHelm(
  object: KubeObject,
  { name, namespace }: Pick<Component, 'name' | 'namespace'>,
): KubeObject {
  const { labels, annotations } = object.metadata;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...labels, 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        ...annotations,
        'meta.helm.sh/release-name': name,
        'meta.helm.sh/release-namespace': namespace,
      },
    },
  };
}

// Only without a cluster does Helm render crds/ folders and take custom resources that no CRD is there for.
async function findCrds(
  { client, helm, signal }: Engine,
  { name, namespace, values }: Component,
  { path }: Chart,
  action: Rendering['action'],
): Promise<KubeObject[]> {
  const [{ gitVersion }, apiVersions] = await Promise.all([
    client.version({ signal }),
    client.apiVersions({ signal }),
  ]);
  const input = { name, namespace, chart: path, values, signal };
  const text = await helm.template({
    ...input,
    includeCrds: true,
    kubeVersion: gitVersion,
    apiVersions,
    isUpgrade: action === 'upgrade',
  });
  return parseManifests(text, name).filter(isCrd);
}

async function renderObjects(
  { client, helm, scratch, signal }: Engine,
  { name, namespace, values }: Component,
  { path }: Chart,
  { action, crds, adopt }: Pick<Rendering, 'action' | 'crds'> & { adopt: boolean },
): Promise<KubeObject[]> {
  const view = await openClusterView({ client, kinds: crds.flatMap(ownKinds), scratch, signal });
  try {
    const input = {
      name,
      namespace,
      chart: path,
      values,
      kubeconfig: view.kubeconfig,
      takeOwnership: adopt,
      signal,
    };
    if (action === 'install') return parseManifests(await helm.template(input), name);
    const { manifest, hooks } = await helm.renderUpgrade(input);
    return [manifest, ...hooks].flatMap((text) => parseManifests(text, name));
  } finally {
    await view.close();
  }
}
