import type { KubeClient } from '../../../apply/client/client.ts';
import { isJsonObject, listAt, objectAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { INFRA_GROUP } from '../api/group.ts';

/** On a definition or a webhook configuration: the API server is to trust the authority for it. */
export const INJECT_ANNOTATION = `${INFRA_GROUP}/inject-ca`;

const KINDS = [
  { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
  { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' },
  { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration' },
] as const;

/** Puts the authority into everything that asks for it. */
export async function injectAuthority(
  client: Pick<KubeClient, 'list' | 'get' | 'patch'>,
  authority: string,
  signal: AbortSignal,
): Promise<void> {
  const bundle = Buffer.from(authority).toString('base64');
  for (const kind of KINDS) {
    // Definitions are large: only those that ask are read whole.
    const { items } = await client.list({ ...kind, metadataOnly: true }, { signal });
    for (const { metadata } of items) {
      if (metadata.annotations?.[INJECT_ANNOTATION] !== 'true') continue;
      const object = await client.get({ ...kind, metadata: { name: metadata.name } }, { signal });
      const patch = object === undefined ? undefined : injectionOf(object, bundle);
      if (object !== undefined && patch !== undefined) await client.patch(object, patch, { signal });
    }
  }
}

/** The merge patch that puts a bundle where it is wanted; undefined where it is there. */
function injectionOf(object: KubeObject, bundle: string) {
  const { resourceVersion } = object.metadata;
  if (object.kind === 'CustomResourceDefinition') {
    const config = objectAt(object, 'spec', 'conversion', 'webhook', 'clientConfig');
    if (config === undefined || config.caBundle === bundle) return undefined;
    return { spec: { conversion: { webhook: { clientConfig: { caBundle: bundle } } } } };
  }
  const webhooks = listAt(object, 'webhooks').filter(isJsonObject);
  if (webhooks.every((webhook) => textAt(webhook, 'clientConfig', 'caBundle') === bundle)) return undefined;
  // A merge patch has lists whole: with the version that was read, so that nobody's change is undone.
  return {
    metadata: { resourceVersion },
    webhooks: webhooks.map((webhook) => ({
      ...webhook,
      clientConfig: { ...objectAt(webhook, 'clientConfig'), caBundle: bundle },
    })),
  };
}
