import type { KubeClient } from '../../apply/client/client.ts';
import { textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { verifyPassword } from '../../registry/access/passwords/password-hash.ts';
import { parseUsers, replaceUser, type Users } from '../../registry/access/users-file.ts';
import { NAMESPACE, PUSH_SECRET, USERS_SECRET } from '../names.ts';
import { marked } from '../record/mark.ts';

export interface PushAccessInput {
  readonly client: Pick<KubeClient, 'get' | 'apply'>;
  /** The installation's id. */
  readonly id: string;
  /** Makes a password. */
  readonly password: () => string;
  /** Hashes it as the registry's users file wants it. */
  readonly hash: (password: string) => Promise<string>;
  readonly signal: AbortSignal;
}

const USER = 'skerry';

/**
 * Makes the one user that may push to the registry. Its password exists in a Secret that the copy reads, and as a hash
 * in the users file of the registry. Two that fit each other are kept; else both are made again, other users of the
 * file untouched. Returns whether they were.
 */
export async function ensurePushAccess(input: PushAccessInput): Promise<boolean> {
  const { client, password, hash, signal } = input;
  const [push, users] = await readSecrets(client, signal);
  if ((await pushAccessProblem(push, users)) === undefined) return false;
  const made = password();
  const line = `${USER}:${await hash(made)}`;
  const text = field(users, 'users') ?? '';
  // A file that can't be read lets nobody in, so there is nothing in it to keep.
  const file = replaceUser(accountsIn(text) === undefined ? '' : text, USER, line);
  const write = (name: string, data: Record<string, string>) =>
    client.apply(secret(name, input.id, data), { force: true, signal });
  await write(USERS_SECRET, { users: file });
  await write(PUSH_SECRET, { username: USER, password: made });
  return true;
}

/** As pushAccessProblem, of the Secrets that are there right now. */
export async function readPushAccessProblem(
  client: Pick<KubeClient, 'get'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [push, users] = await readSecrets(client, signal);
  return await pushAccessProblem(push, users);
}

/** What is wrong with the two Secrets; undefined where they fit each other. */
export async function pushAccessProblem(
  push: KubeObject | undefined,
  users: KubeObject | undefined,
): Promise<string | undefined> {
  if (push === undefined) return `there is no Secret ${PUSH_SECRET}`;
  if (users === undefined) return `there is no Secret ${USERS_SECRET}`;
  const password = field(push, 'password');
  if (password === undefined || field(push, 'username') !== USER)
    return `Secret ${PUSH_SECRET} lacks the name or the password of ${USER}`;
  const account = accountsIn(field(users, 'users') ?? '')?.get(USER);
  if (account === undefined) return `Secret ${USERS_SECRET} has no user ${USER}`;
  return (await verifyPassword(password, account.password))
    ? undefined
    : `the password in Secret ${PUSH_SECRET} is not the one in Secret ${USERS_SECRET}`;
}

async function readSecrets(client: Pick<KubeClient, 'get'>, signal: AbortSignal) {
  return await Promise.all(
    [PUSH_SECRET, USERS_SECRET].map((name) => client.get(secret(name, '', {}), { signal })),
  );
}

function accountsIn(text: string): Users | undefined {
  try {
    return parseUsers(text, `Secret ${USERS_SECRET}`);
  } catch (error) {
    if (isSkerryError(error)) return undefined;
    throw error;
  }
}

function field(object: KubeObject | undefined, key: string): string | undefined {
  const encoded = textAt(object, 'data', key);
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
}

function secret(name: string, id: string, stringData: Record<string, string>): KubeObject {
  const data = Object.fromEntries(
    Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: NAMESPACE, labels: marked(id) },
    type: 'Opaque',
    data,
  };
}
