import type { KubeClient } from '../../apply/client/client.ts';
import { isSkerryError } from '../../content/error.ts';
import type { Installation } from '../record/installation.ts';
import { guardOf } from './guarded.ts';
import { kindOf } from './plan.ts';

export interface GuardedCount {
  /** The word that uninstalling deletes them by: `clusters.skerry.dev`. */
  readonly word: string;
  readonly objects: number;
}

/** How many objects there are of each guarded kind of the installation; undefined where that may not be asked. */
export async function countGuarded(
  client: Pick<KubeClient, 'get' | 'list'>,
  { components }: Pick<Installation, 'components'>,
  signal: AbortSignal,
): Promise<readonly GuardedCount[] | undefined> {
  try {
    const own = new Set(components.flatMap(({ crds }) => crds));
    const { items } = await client.list({ ...CRDS, metadataOnly: true }, { signal });
    const counts: GuardedCount[] = [];
    for (const definition of items) {
      const { metadata } = definition;
      if (!own.has(metadata.name) || guardOf(definition) === undefined) continue;
      const crd = await client.get({ ...CRDS, metadata }, { signal });
      const kind = crd && kindOf(crd);
      if (kind === undefined) continue;
      const found = await client.list({ ...kind, metadataOnly: true }, { signal });
      counts.push({ word: metadata.name, objects: found.items.length });
    }
    return counts;
  } catch (error) {
    // A user who may not see them, or who comes while a kind is being made or taken away, gets the rest of the status.
    if (isSkerryError(error) && UNKNOWN.has(error.code)) return undefined;
    throw error;
  }
}

const CRDS = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
const UNKNOWN = new Set(['CLUSTER_FORBIDDEN', 'KIND_UNKNOWN', 'CLUSTER_ERROR']);
