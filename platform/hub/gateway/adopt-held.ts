import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../../apply/client/client.ts';
import { objectAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { EnvelopeLayer } from '../../desired/envelope.ts';
import { HeldValues, heldProvision } from '../compile/gateway/held-provision.ts';
import { isSystemLayer } from '../compile/gateway/system-packs.ts';
import { change } from '../enroll/stored.ts';
import { referenceTo, StoredCluster } from '../watched/stored.ts';

/**
 * Makes clusters ask for the machines that a gateway holds for them. Done once, when the hub finds that the gateway has
 * a later envelope than it knows: without it the next one would take away what was added since the hub's backup.
 */
export async function adoptHeld(
  client: Pick<KubeClient, 'get' | 'replace'>,
  layers: readonly EnvelopeLayer[],
  signal: AbortSignal,
): Promise<void> {
  for (const { values } of layers.filter(isSystemLayer)) {
    const held = HeldValues.safeParse(values).data;
    if (held === undefined) continue;
    const { apiVersion, kind } = referenceTo('Cluster', '');
    const { project: namespace, name } = held.cluster;
    const to = (object: KubeObject): KubeObject | undefined => adopted(object, held);
    await change(client, { reference: { apiVersion, kind, metadata: { namespace, name } }, to }, { signal });
  }
}

function adopted(object: KubeObject, held: HeldValues): KubeObject | undefined {
  const { provision } = StoredCluster.parse(object).spec;
  if (provision === undefined) return undefined;
  const wanted = heldProvision(provision, held);
  if (isDeepStrictEqual(wanted, provision)) return undefined;
  return { ...object, spec: { ...objectAt(object, 'spec'), provision: wanted } };
}
