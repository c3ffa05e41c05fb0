import type { KubeClient } from '../../apply/client/client.ts';
import type { KubeObject } from '../../apply/object.ts';
import { waitGone } from '../../apply/wait/wait-gone.ts';
import { LABELS, NAMESPACE } from '../names.ts';
import type { Journal } from '../record/journal.ts';
import { marked, markOf } from '../record/mark.ts';
import { stuckError } from '../uninstall/deletion-stuck.ts';

type Client = Pick<KubeClient, 'get' | 'apply' | 'watch'>;

const GONE_MS = 60_000;

/**
 * Makes the installer's own namespace, where lock and journal live. Returns whether it is ours to take away again.
 * Throws DELETION_STUCK where one of that name is on its way out and does not go.
 */
export async function ensureOwnNamespace(client: Client, id: string, signal: AbortSignal): Promise<boolean> {
  const found = await presentNamespace(client, NAMESPACE, signal);
  if (found !== undefined) return markOf(found) === id;
  await client.apply(namespaceObject(NAMESPACE, id), { signal });
  return true;
}

/** Makes a component's namespace if it is not there, written down before it is made. */
export async function ensureNamespace(
  client: Client,
  journal: Pick<Journal, 'noteNamespaces' | 'installation'>,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  if ((await presentNamespace(client, name, signal)) !== undefined) return;
  await journal.noteNamespaces([name], { signal });
  await client.apply(namespaceObject(name, journal.installation.id), { signal });
}

/** Gives the namespaces that the record names their marks back, or their first ones. */
export async function markNamespaces(
  client: Client,
  { namespaces, id }: Pick<Journal['installation'], 'namespaces' | 'id'>,
  signal: AbortSignal,
): Promise<void> {
  for (const name of namespaces) {
    const found = await client.get(namespaceObject(name, id), { signal });
    if (found === undefined || markOf(found) === id) continue;
    await client.apply(namespaceObject(name, id, isOfHelm(found) ? {} : LABELS), { force: true, signal });
  }
}

async function presentNamespace(
  client: Client,
  name: string,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const reference = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  const found = await client.get(reference, { signal });
  if (found?.metadata.deletionTimestamp === undefined) return found;
  const selection = { apiVersion: 'v1', kind: 'Namespace', fieldSelector: `metadata.name=${name}` };
  const left = await waitGone({ client, selection, patienceMs: GONE_MS, signal });
  if (left.length > 0) throw stuckError(left);
  return undefined;
}

function isOfHelm({ metadata: { labels } }: KubeObject): boolean {
  return labels?.['app.kubernetes.io/managed-by'] === 'Helm';
}

function namespaceObject(
  name: string,
  id: string,
  labels: Readonly<Record<string, string>> = LABELS,
): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { ...labels, ...onlyMark(id) } } };
}

function onlyMark(id: string): Record<string, string> {
  return Object.fromEntries(Object.entries(marked(id)).filter(([key]) => !(key in LABELS)));
}
