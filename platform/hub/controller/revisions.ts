import type { KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { API_VERSION } from '../../api/group.ts';
import { Envelope } from '../../desired/envelope.ts';
import { Signed } from '../../desired/message.ts';
import type { RevisionSummary } from '../watched/revision-summary.ts';
import { referenceTo, type StoredCluster, StoredRevision } from '../watched/stored.ts';

/** How a revision says that it was not made here: it is what an agent held. */
export const ADOPTED = 'adopted';
const CLUSTER_LABEL = 'skerry.dev/cluster';

const KEPT = 3;

type Client = Pick<KubeClient, 'get' | 'create' | 'replace' | 'delete'>;

export async function readRevision(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<StoredRevision | undefined> {
  const found = await client.get(referenceTo('ClusterRevision', `${namespace}/${name}`), { signal });
  return found === undefined ? undefined : StoredRevision.parse(found);
}

/** The envelope in a revision. Its signature was checked when it came in, or it was made here. */
export function envelopeOf({ spec }: StoredRevision): Envelope {
  return envelopeIn(spec.envelope);
}

/** The same of a revision's text. */
export function envelopeIn(text: string): Envelope {
  const signed = Signed.parse(tryJson(text));
  return Envelope.parse(tryJson(Buffer.from(signed.payload, 'base64').toString()));
}

/** Newest first; of two with one number the one that an agent holds. */
export function newestFirst(revisions: readonly RevisionSummary[]): RevisionSummary[] {
  const isAdopted = ({ cause }: RevisionSummary) => Number(cause.startsWith(ADOPTED));
  return [...revisions].sort((a, b) => b.number - a.number || isAdopted(b) - isAdopted(a));
}

/** Creates a revision; never overwrites one. Throws OBJECT_CHANGED when there is one of this number. */
export async function createRevision(
  client: Client,
  { metadata: { name, namespace, uid } }: StoredCluster,
  spec: StoredRevision['spec'],
  signal: AbortSignal,
  objectName = `${name}-${spec.number}`,
): Promise<KubeObject> {
  const object: KubeObject = {
    apiVersion: API_VERSION,
    kind: 'ClusterRevision',
    metadata: {
      name: objectName,
      namespace,
      labels: { [CLUSTER_LABEL]: name },
      ownerReferences: [{ apiVersion: API_VERSION, kind: 'Cluster', name, uid }],
    },
    spec,
  };
  return await client.create(object, { signal });
}

/** Says from when on a revision may be sent. */
export async function releaseRevision(
  client: Client,
  namespace: string,
  name: string,
  now: Date,
  signal: AbortSignal,
): Promise<void> {
  const object = await client.get(referenceTo('ClusterRevision', `${namespace}/${name}`), { signal });
  if (object === undefined) return;
  const { spec } = StoredRevision.parse(object);
  if (spec.releasedAt !== undefined) return;
  await client.replace({ ...object, spec: { ...spec, releasedAt: now.toISOString() } }, { signal });
}

/** Deletes the oldest revisions by name: the last three stay, and the last that was sent. */
export async function pruneRevisions(
  client: Client,
  namespace: string,
  revisions: readonly RevisionSummary[],
  signal: AbortSignal,
): Promise<void> {
  const sorted = newestFirst(revisions);
  const sent = sorted.find(({ released }) => released);
  for (const revision of sorted.slice(KEPT)) {
    if (revision === sent) continue;
    try {
      await client.delete(referenceTo('ClusterRevision', `${namespace}/${revision.name}`), { signal });
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
    }
  }
}
