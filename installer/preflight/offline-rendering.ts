import { listAt, textAt } from '../../apply/json.ts';
import { parseManifests } from '../../apply/manifest.ts';
import type { KubeObject } from '../../apply/object.ts';
import { takeChart } from '../../apply/release/chart-source.ts';
import type { Component, Engine } from '../../apply/release/component.ts';
import type { RenderedComponent } from '../ownership/foreign.ts';

/**
 * Renders a chart with the version and the APIs of this cluster, its own CRDs' among them, but without asking it for
 * objects: for looking ahead, also by a user who may not look. Throws HELM_RENDER_FAILED, MANIFESTS_UNREADABLE.
 */
export async function renderOffline(
  engine: Engine,
  component: Component,
  { isUpgrade }: { isUpgrade: boolean },
): Promise<RenderedComponent> {
  const { client, helm, signal } = engine;
  const { name, namespace, values } = component;
  const { path } = await takeChart(engine, component);
  const [{ gitVersion: kubeVersion }, served] = await Promise.all([
    client.version({ signal }),
    client.apiVersions({ signal }),
  ]);
  const render = async (apiVersions: readonly string[]) => {
    const input = { name, namespace, chart: path, values, kubeVersion, apiVersions, isUpgrade, signal };
    return parseManifests(await helm.template({ ...input, includeCrds: true }), name);
  };
  const first = await render(served);
  const known = new Set(served);
  const more = first.filter(isCrd).flatMap(servedBy);
  const objects = more.every((version) => known.has(version))
    ? first
    : await render([...new Set([...served, ...more])]);
  return {
    name,
    namespace,
    crds: objects.filter(isCrd),
    objects: objects.filter((object) => !isCrd(object)),
  };
}

function isCrd({ kind, apiVersion }: KubeObject): boolean {
  return kind === 'CustomResourceDefinition' && apiVersion.startsWith('apiextensions.k8s.io/');
}

/** As `.Capabilities.APIVersions` names them. */
function servedBy(crd: KubeObject): string[] {
  return listAt(crd, 'spec', 'versions').flatMap((version) => {
    const name = `${textAt(crd, 'spec', 'group')}/${textAt(version, 'name')}`;
    return [name, `${name}/${textAt(crd, 'spec', 'names', 'kind')}`];
  });
}
