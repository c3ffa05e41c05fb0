import type { KubeClient } from '../../../apply/client/client.ts';
import { textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { ClusterSpec } from '../../api/cluster.ts';
import type { PackRegistrySpec } from '../../api/pack-registry.ts';
import type { SecretText } from '../compile/variables.ts';
import { refusalOf } from '../lent-secret.ts';

/** Reads the Secrets that a cluster's variables and its registries name, and no others. */
export async function readSecrets(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  { profiles = [] }: ClusterSpec,
  registries: Iterable<PackRegistrySpec>,
  signal: AbortSignal,
): Promise<SecretText> {
  const names = new Set<string>();
  for (const { variables = [] } of profiles)
    for (const { secret } of variables) if (secret !== undefined) names.add(secret.name);
  for (const { credentials } of registries) if (credentials !== undefined) names.add(credentials.name);
  const secrets = new Map<string, KubeObject | undefined>();
  for (const name of names) {
    const reference = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } };
    secrets.set(name, await client.get(reference, { signal }));
  }
  return (name, key, use) => {
    const secret = secrets.get(name);
    const refused = secret === undefined ? undefined : refusalOf(secret, use);
    if (refused !== undefined) return { refused };
    const encoded = textAt(secret, 'data', key);
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
  };
}
