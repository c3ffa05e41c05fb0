import type { KubeClient } from '../../../apply/client/client.ts';
import { objectAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { ClusterSpec } from '../../api/cluster.ts';
import type { PackRegistrySpec } from '../../api/pack-registry.ts';
import type { AccountCredentials } from '../compile/gateway/account-layer.ts';
import type { SecretText } from '../compile/variables.ts';
import { refusalOf, type SecretUse } from '../lent-secret.ts';

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
  return await readNamedSecrets(client, namespace, names, signal);
}

/** Reads these Secrets, and gives the texts of those that are lent for a use. */
export async function readNamedSecrets(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  names: Iterable<string>,
  signal: AbortSignal,
): Promise<SecretText> {
  const secrets = new Map<string, KubeObject | undefined>();
  for (const name of names) secrets.set(name, await readSecret(client, namespace, name, signal));
  return (name, key, use) => {
    const secret = secrets.get(name);
    const refused = secret === undefined ? undefined : refusalOf(secret, use);
    if (refused !== undefined) return { refused };
    const encoded = textAt(secret, 'data', key);
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
  };
}

export async function readSecret(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  return await client.get({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } }, { signal });
}

/** All texts of a Secret, where it is lent for the use. */
export function wholeSecret(secret: KubeObject | undefined, use: SecretUse): AccountCredentials {
  if (secret === undefined) return { state: 'missing' };
  const detail = refusalOf(secret, use);
  if (detail !== undefined) return { state: 'refused', detail };
  const texts = Object.entries(objectAt(secret, 'data') ?? {}).flatMap(
    ([key, encoded]): [string, string][] =>
      typeof encoded === 'string' ? [[key, Buffer.from(encoded, 'base64').toString()]] : [],
  );
  return { state: 'found', texts: Object.fromEntries(texts) };
}
