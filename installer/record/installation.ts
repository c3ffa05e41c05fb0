import { z } from 'zod';
import type { CallOptions, KubeClient } from '../../apply/client/client.ts';
import { HealthRuleSchema } from '../../apply/health/health-rule.ts';
import { type RecordOptions, readRecord, type Stored, writeRecord } from '../../apply/record.ts';
import { DigestSchema } from '../../content/descriptor.ts';
import { installerError } from '../errors.ts';
import { INSTALLATION, LABELS, NAMESPACE } from '../names.ts';
import { marked } from './mark.ts';

const ReleaseName = z.object({ name: z.string(), version: z.string(), digest: DigestSchema });
const Problem = z.object({ code: z.string(), message: z.string() });

const Phase = z.object({
  id: z.string(),
  /** `failed` and `running` phases were begun: what they made may be there. */
  state: z.enum(['waiting', 'running', 'failed', 'done']),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  /** User and host of the workstation that ran it last. */
  by: z.string().optional(),
  /** Why the last try failed. */
  error: Problem.optional(),
});

const Run = z.object({
  action: z.enum(['install', 'uninstall']),
  release: ReleaseName,
  by: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  /** `running` while it is under way; `cut-off` where the next run found it so. */
  outcome: z.enum(['running', 'done', 'failed', 'stopped', 'cut-off']),
  /** The phase that it came to last. */
  phase: z.string().optional(),
  error: Problem.optional(),
});

const Component = z.object({
  name: z.string(),
  namespace: z.string(),
  crds: z.array(z.string()),
  /** What the release says of the health of its objects. */
  health: z.array(HealthRuleSchema).default([]),
});

const Version2 = z.object({
  version: z.literal(2),
  /** What everything that the installer makes is marked with; empty until a run of this version has marked it. */
  id: z.string().default(''),
  state: z.enum(['installing', 'installed', 'uninstalling']),
  release: ReleaseName,
  /** The key that the release was verified with. */
  key: z.object({ fingerprint: z.string(), pem: z.string() }),
  phases: z.array(Phase),
  components: z.array(Component),
  /** How nodes were seen to reach the registry's address. */
  address: z.enum(['node-port', 'mirror-file']).optional(),
  /** Namespaces that were not there before. */
  namespaces: z.array(z.string()),
  /** What was there before and was taken over by an explicit word; uninstalling leaves it. */
  adopted: z.array(z.string()).default([]),
  /** The latest runs, oldest first. */
  history: z.array(Run),
});

const Version1 = Version2.omit({ id: true, adopted: true, history: true })
  .extend({ version: z.literal(1) })
  .transform((old) => ({ ...old, version: 2 as const, id: '', adopted: [], history: [] }));

/**
 * What is installed in a cluster, or on its way, how far it has come, and how it went: the journal. It lives in the
 * cluster, so that any workstation can go on, look, or take it all away again.
 */
export const InstallationSchema = z.union([Version2, Version1]);
export type Installation = z.infer<typeof Version2>;
export type JournalPhase = Installation['phases'][number];
export type JournalRun = Installation['history'][number];

/** An installation as it was read, to be written back only if nobody else has written meanwhile. */
export interface StoredInstallation {
  readonly installation: Installation;
  readonly resourceVersion: string | undefined;
}

/** Undefined when nothing is installed. Throws INSTALLATION_INVALID. */
export async function readInstallation(
  client: RecordClient,
  options: CallOptions = {},
): Promise<StoredInstallation | undefined> {
  const stored = await readRecord(record(client), options);
  return stored && { installation: stored.value, resourceVersion: stored.resourceVersion };
}

/** Throws OBJECT_CHANGED when somebody else wrote since it was read. */
export async function writeInstallation(
  client: RecordClient,
  { installation, resourceVersion }: StoredInstallation,
  options: CallOptions = {},
): Promise<StoredInstallation> {
  const stored: Stored<Installation> = { value: installation, resourceVersion };
  const labels = installation.id === '' ? LABELS : marked(installation.id);
  const written = await writeRecord(record(client, labels), stored, options);
  return { installation: written.value, resourceVersion: written.resourceVersion };
}

type RecordClient = Pick<KubeClient, 'get' | 'create' | 'replace'>;

function record(
  client: RecordClient,
  labels: Readonly<Record<string, string>> = LABELS,
): RecordOptions<Installation> {
  return {
    client,
    name: INSTALLATION,
    namespace: NAMESPACE,
    key: 'installation',
    labels,
    schema: InstallationSchema,
    invalid: (subject, detail) => installerError('INSTALLATION_INVALID', { subject, detail }),
  };
}
