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
  action: z.enum(['install', 'uninstall', 'upgrade', 'rollback']),
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

const Key = z.object({ fingerprint: z.string(), pem: z.string() });

const CheckpointAddress = z.object({ repository: z.string(), tag: z.string(), digest: DigestSchema });

/** An upgrade that is under way, or is being taken back. */
const Upgrade = z.object({
  id: z.string(),
  from: ReleaseName,
  to: ReleaseName,
  /** The key that the new release was verified with. */
  key: Key,
  /** Once it says back, it never says forward again. */
  direction: z.enum(['forward', 'back']),
  startedAt: z.string(),
  /** Why it goes back. */
  reason: Problem.optional(),
  /** What it goes back to; absent until it was kept. */
  checkpoint: CheckpointAddress.optional(),
  phases: z.array(Phase),
  /** What becomes of each component of both releases, in the order in which it is done. */
  components: z.array(
    Component.extend({
      action: z.enum(['keep', 'upgrade', 'install', 'remove']),
      /** Helm's revision before; absent where there was none. */
      revision: z.int().positive().optional(),
    }),
  ),
});

/** What can be gone back to. */
const Previous = z.object({
  release: ReleaseName,
  key: Key,
  components: z.array(Component.extend({ revision: z.int().positive().optional() })),
  checkpoint: CheckpointAddress,
  upgradedAt: z.string(),
});

const Version2 = z.object({
  version: z.literal(2),
  /** What everything that the installer makes is marked with; empty until a run of this version has marked it. */
  id: z.string().default(''),
  state: z.enum(['installing', 'installed', 'uninstalling', 'upgrading', 'rolling-back']),
  /** During an upgrade the one before, until the upgrade is committed. */
  release: ReleaseName,
  /** The key that the release was verified with. */
  key: Key,
  phases: z.array(Phase),
  components: z.array(Component),
  /** How nodes were seen to reach the registry's address. */
  address: z.enum(['node-port', 'mirror-file']).optional(),
  /** Namespaces that were not there before. */
  namespaces: z.array(z.string()),
  /** What was there before and was taken over by an explicit word; uninstalling leaves it. */
  adopted: z.array(z.string()).default([]),
  upgrade: Upgrade.optional(),
  previous: Previous.optional(),
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
export type UpgradeRecord = NonNullable<Installation['upgrade']>;
export type CheckpointAddress = z.infer<typeof CheckpointAddress>;

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
