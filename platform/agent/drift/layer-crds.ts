import type { CallOptions, KubeClient } from '../../../apply/client/client.ts';
import { touchesField } from '../../../apply/field-set.ts';
import { managedFields } from '../../../apply/managed-fields.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { appliedObject } from './applied-object.ts';
import type { DriftLayer } from './drift-watch.ts';

/** Says of a CRD which layer has brought it: no release record holds the CRDs that are applied before a chart. */
const LAYER_LABEL = 'skerry.dev/layer';
const CRD = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };

/** A CRD as it is to be applied for a layer, so that layerCrds finds it again. */
export function asCrdOfLayer(crd: KubeObject, layer: string): KubeObject {
  const labels = { ...crd.metadata.labels, [LAYER_LABEL]: layer };
  return { ...crd, metadata: { ...crd.metadata, labels } };
}

/** The CRDs that a layer has brought, as they were applied and by whom, from the cluster alone; none or one layer. */
export async function layerCrds(
  client: Pick<KubeClient, 'get' | 'list'>,
  layer: Omit<DriftLayer, 'objects' | 'fieldManager'>,
  options: CallOptions = {},
): Promise<DriftLayer[]> {
  const labelSelector = `${LAYER_LABEL}=${layer.name}`;
  const { items } = await client.list({ ...CRD, labelSelector, metadataOnly: true }, options);
  const managers = new Map(items.map((crd) => [crd.metadata.name, managerOf(crd)]));
  const layers: DriftLayer[] = [];
  for (const fieldManager of new Set(managers.values())) {
    if (fieldManager === undefined) continue;
    const own = items.filter(({ metadata }) => managers.get(metadata.name) === fieldManager);
    const objects = await Promise.all(
      own.map((crd) => appliedObject(client, named(crd), fieldManager, options)),
    );
    layers.push({ ...layer, fieldManager, objects: objects.filter((object) => object !== undefined) });
  }
  return layers;
}

/** Who has applied the label has applied the rest. */
function managerOf(crd: KubeObject): string | undefined {
  const label = { keys: ['f:metadata', 'f:labels', `f:${LAYER_LABEL}`], path: '' };
  return managedFields(crd).find(
    ({ operation, fields }) => operation === 'Apply' && touchesField(fields, label),
  )?.manager;
}

function named({ metadata: { name } }: KubeObject) {
  return { ...CRD, metadata: { name } };
}
