import type { KubeClient } from '../../apply/client/client.ts';
import { readRecords } from '../../apply/helm/helm-release.ts';
import { type Digest, digestOf } from '../../content/digest.ts';

/** What Helm applied with a revision of a component, in one digest; undefined where it remembers no such revision. */
export async function helmDigest(
  client: Pick<KubeClient, 'list'>,
  component: { readonly name: string; readonly namespace: string },
  revision: number | 'latest',
  signal: AbortSignal,
): Promise<Digest | undefined> {
  const records = await readRecords(client, component, { signal });
  const record = revision === 'latest' ? records.at(-1) : records.find((one) => one.revision === revision);
  if (record === undefined) return undefined;
  // A rollback is a revision of its own: its number differs, what it applied does not.
  return digestOf(JSON.stringify({ manifest: record.manifest, hooks: record.hooks.toSorted() }));
}
