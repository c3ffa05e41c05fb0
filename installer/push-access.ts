import type { KubeClient } from '../apply/client.ts';
import { textAt } from '../apply/json.ts';
import type { KubeObject } from '../apply/object.ts';
import { LABELS, NAMESPACE, PUSH_SECRET, USERS_SECRET } from './names.ts';

export interface PushAccessInput {
  readonly client: KubeClient;
  /** Makes a password. */
  readonly password: () => string;
  /** Hashes it as the registry's users file wants it. */
  readonly hash: (password: string) => Promise<string>;
  readonly signal: AbortSignal;
}

const USER = 'skerry';

/**
 * Makes the one user that may push to the registry. Its password exists in a Secret that the copy reads, and as a hash
 * in the users file of the registry; a password that is there already is kept.
 */
export async function ensurePushAccess({ client, password, hash, signal }: PushAccessInput): Promise<void> {
  const found = await client.get(secret(PUSH_SECRET, {}), { signal });
  const users = await client.get(secret(USERS_SECRET, {}), { signal });
  if (textAt(found, 'data', 'password') !== undefined && textAt(users, 'data', 'users') !== undefined) return;
  const made = password();
  await client.apply(secret(USERS_SECRET, { users: `${USER}:${await hash(made)}\n` }), { signal });
  await client.apply(secret(PUSH_SECRET, { username: USER, password: made }), { signal });
}

function secret(name: string, stringData: Record<string, string>): KubeObject {
  const data = Object.fromEntries(
    Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: NAMESPACE, labels: LABELS },
    type: 'Opaque',
    data,
  };
}
