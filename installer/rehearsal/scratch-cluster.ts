import { z } from 'zod';
import type { KubeClient } from '../../apply/client/client.ts';
import { readRecord, writeRecord } from '../../apply/record.ts';
import { installerError } from '../errors.ts';
import { LABELS, NAMESPACE } from '../names.ts';
import { readInstallation } from '../record/installation.ts';

/** The record, in the cluster, of whose rehearsals it is for. */
const REHEARSAL = 'skerry-rehearsal';
const HOME = 'default';

const Rehearsal = z.object({
  version: z.literal(1),
  by: z.string(),
  startedAt: z.string(),
  /** Installations that rehearsals made here, by id: these alone may they take away. */
  installations: z.array(z.string()),
});

/** Namespaces that every cluster has. */
const NATURAL = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);

type Client = Pick<KubeClient, 'get' | 'list' | 'create' | 'replace' | 'delete' | 'server'>;

export interface ScratchOptions {
  /** Namespaces that may be there besides, by name; `all` is every one. */
  readonly allowed: readonly string[];
  readonly by: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/**
 * Claims a cluster for rehearsals, which install and take away at will. Nothing is changed in one that may be somebody's:
 * it has an installation that no rehearsal made, or namespaces that nobody allowed. Throws CLUSTER_NOT_SCRATCH.
 */
export async function claimScratch(client: Client, options: ScratchOptions): Promise<void> {
  const { by, now, signal } = options;
  const record = recordOf(client);
  const stored = await readRecord(record, { signal });
  const found = await readInstallation(client, { signal });
  if (found !== undefined && !stored?.value.installations.includes(found.installation.id))
    throw installerError('CLUSTER_NOT_SCRATCH', {
      subject: client.server,
      detail: `${found.installation.release.name} ${found.installation.release.version} is installed there`,
    });
  const strangers = await strangeNamespaces(client, options, found !== undefined);
  if (strangers.length > 0)
    throw installerError('CLUSTER_NOT_SCRATCH', {
      subject: client.server,
      detail: `namespaces ${strangers.join(', ')}`,
    });
  const value = { version: 1 as const, by, startedAt: now().toISOString(), installations: [] };
  await writeRecord(
    record,
    {
      value: { ...value, installations: stored?.value.installations ?? [] },
      resourceVersion: stored?.resourceVersion,
    },
    { signal },
  );
}

/** Notes the installation that is there now as one that a rehearsal made. */
export async function noteInstallation(client: Client, signal: AbortSignal): Promise<void> {
  const record = recordOf(client);
  const [stored, found] = await Promise.all([
    readRecord(record, { signal }),
    readInstallation(client, { signal }),
  ]);
  if (stored === undefined || found === undefined) return;
  const installations = [...new Set([...stored.value.installations, found.installation.id])];
  await writeRecord(record, { ...stored, value: { ...stored.value, installations } }, { signal });
}

/** Ends the claim: nothing of a rehearsal is left. */
export async function releaseScratch(client: Client, signal: AbortSignal): Promise<void> {
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: REHEARSAL, namespace: HOME } };
  await client.delete(reference, { signal });
}

function recordOf(client: Client) {
  return {
    client,
    name: REHEARSAL,
    namespace: HOME,
    key: 'rehearsal',
    labels: LABELS,
    schema: Rehearsal,
    invalid: (subject: string, detail: string) => installerError('CLUSTER_NOT_SCRATCH', { subject, detail }),
  };
}

async function strangeNamespaces(
  client: Client,
  { allowed, signal }: ScratchOptions,
  isOurs: boolean,
): Promise<string[]> {
  if (allowed.includes('all')) return [];
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Namespace' }, { signal });
  const made = isOurs ? ((await readInstallation(client, { signal }))?.installation.namespaces ?? []) : [];
  const known = new Set([...NATURAL, ...allowed, ...made, ...(isOurs ? [NAMESPACE] : [])]);
  return items.map(({ metadata }) => metadata.name).filter((name) => !known.has(name));
}
