import type { KubeClient } from '../../apply/client/client.ts';
import type { ServedKinds } from '../../apply/client/discovery.ts';
import { groupOf, type KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';

/** Everything that would be lost together with a namespace. */
export interface NamespaceContents {
  readonly objects: readonly KubeObject[];
  /** Kinds that could not be listed, and why: nobody knows what of these there is. */
  readonly unknown: readonly string[];
}

const WIDTH = 8;

/** Lists every namespaced kind that discovery knows, custom ones too. Never fails for what can't be listed. */
export async function readContents(
  client: Pick<KubeClient, 'list'>,
  { kinds, unreadable }: ServedKinds,
  namespace: string,
  signal: AbortSignal,
): Promise<NamespaceContents> {
  const unknown = unreadable.map((version) => `${version}: its API can’t be read`);
  const lists = await mapLimited(kinds.filter(isContent), WIDTH, async ({ apiVersion, kind }) => {
    try {
      return (await client.list({ apiVersion, kind, namespace }, { signal })).items;
    } catch (error) {
      signal.throwIfAborted();
      if (!isSkerryError(error)) throw error;
      unknown.push(`${kind} in ${apiVersion}: ${error.code}`);
      return [];
    }
  });
  return { objects: lists.flat(), unknown };
}

// What can't be deleted is a view of something else (metrics), and events tell of what was.
function isContent({ apiVersion, kind, namespaced, verbs }: ServedKinds['kinds'][number]): boolean {
  const isEvent = kind === 'Event' && ['', 'events.k8s.io'].includes(groupOf(apiVersion));
  return namespaced && verbs.includes('list') && verbs.includes('delete') && !isEvent;
}
