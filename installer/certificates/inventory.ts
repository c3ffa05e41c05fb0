import type { KubeClient } from '../../apply/client/client.ts';
import { textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { type Certificate, type DatedCertificate, dated, isTrouble } from './certificate.ts';
import { certificatesIn } from './in-secret.ts';

/** All that the platform in a cluster keeps and that ends, or is secret. */
export interface Inventory {
  /** Those that end first come first. */
  readonly certificates: readonly DatedCertificate[];
  /** One line for each that somebody should look at. */
  readonly warnings: readonly string[];
  /** What could not be looked at, and why. */
  readonly unread: readonly string[];
}

export interface InventoryInput {
  readonly client: Pick<KubeClient, 'list' | 'servedVersion'>;
  readonly namespaces: readonly string[];
  /** The time of day. */
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly warnLeft?: number | undefined;
}

const CLUSTERS = { group: 'skerry.dev', kind: 'Cluster' };

/** Reads it from a cluster. What may not be read is named in the result. */
export async function readInventory(input: InventoryInput): Promise<Inventory> {
  const { namespaces, now, warnLeft } = input;
  const unread: string[] = [];
  const found = await Promise.all([
    ...namespaces.map((namespace) =>
      orUnread(unread, `Secrets of ${namespace}`, ofNamespace(input, namespace)),
    ),
    orUnread(unread, 'certificates of agents', ofAgents(input)),
  ]);
  const certificates = found
    .flat()
    .map((certificate) => dated(certificate, now(), warnLeft))
    .sort((a, b) => (a.until ?? '9').localeCompare(b.until ?? '9') || a.where.localeCompare(b.where));
  return { certificates, warnings: certificates.filter(isTrouble).map(warningOf), unread };
}

async function ofNamespace({ client, signal }: InventoryInput, namespace: string): Promise<Certificate[]> {
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Secret', namespace, keep: light },
    { signal },
  );
  return items.flatMap(certificatesIn);
}

// Helm keeps its releases in Secrets, a megabyte each.
function light(secret: KubeObject): KubeObject {
  return secret.type === 'helm.sh/release.v1' ? { ...secret, data: {} } : secret;
}

/** Agents keep theirs in their own clusters; the hub writes down how long they last. */
async function ofAgents({ client, signal }: InventoryInput): Promise<Certificate[]> {
  const apiVersion = await client.servedVersion(CLUSTERS.group, CLUSTERS.kind, { signal });
  if (apiVersion === undefined) return [];
  const { items } = await client.list({ apiVersion, kind: CLUSTERS.kind }, { signal });
  return items.flatMap((cluster) => {
    const until = textAt(cluster, 'status', 'agent', 'certificateUntil');
    if (until === undefined) return [];
    const { namespace = '', name } = cluster.metadata;
    return [
      {
        name: `certificate of agent ${namespace}/${name}`,
        kind: 'certificate' as const,
        where: `Cluster ${namespace}/${name}`,
        until,
        renewedBy: 'the agent, by itself',
      },
    ];
  });
}

async function orUnread(
  unread: string[],
  what: string,
  reading: Promise<readonly Certificate[]>,
): Promise<readonly Certificate[]> {
  try {
    return await reading;
  } catch (error) {
    if (!isSkerryError(error, 'CLUSTER_FORBIDDEN')) throw error;
    unread.push(`${what}: ${error.code}`);
    return [];
  }
}

function warningOf({ name, state, until, from, daysLeft = 0, renewedBy, where }: DatedCertificate): string {
  const how =
    state === 'ended'
      ? `ended at ${until}, ${-daysLeft} days ago`
      : state === 'not-begun'
        ? `begins at ${from}: a clock is wrong, here or where it was made`
        : `ends at ${until}, in ${daysLeft} days, and should have been renewed`;
  return `${name} ${how} (${where}; renewed by ${renewedBy})`;
}
