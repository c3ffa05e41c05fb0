import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import { readRecord } from '../../../apply/record.ts';
import { DigestSchema } from '../../../content/descriptor.ts';
import { platformError } from '../../errors.ts';

const Digest = DigestSchema.meta({ type: 'string', description: 'sha256:… or sha512:…' });
const ReleaseName = z.object({ name: z.string(), version: z.string(), digest: Digest });
const Fault = z.object({ code: z.string(), message: z.string() });
const Key = z.object({ fingerprint: z.string() });

const Phase = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'running', 'failed', 'done']),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  by: z.string().optional().meta({ description: 'User and host of the workstation.' }),
  error: Fault.optional(),
});

const Run = z.object({
  action: z.enum(['install', 'uninstall', 'upgrade', 'rollback']),
  release: ReleaseName,
  by: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  outcome: z.enum(['running', 'done', 'failed', 'stopped', 'cut-off']),
  error: Fault.optional(),
});

/** What is read of the installer's journal, which has more; a test reads one that the installer wrote. */
export const InstallationRecord = z.object({
  state: z.enum(['installing', 'installed', 'uninstalling', 'upgrading', 'rolling-back']),
  release: ReleaseName.meta({ description: 'During an upgrade the one before.' }),
  key: Key.meta({ description: 'What the release was verified with.' }),
  address: z.string().optional().meta({ description: 'How nodes reach the registry.' }),
  phases: z.array(Phase),
  upgrade: z
    .object({
      from: ReleaseName,
      to: ReleaseName,
      direction: z.enum(['forward', 'back']),
      startedAt: z.string(),
      reason: Fault.optional().meta({ description: 'Why it goes back.' }),
      phases: z.array(Phase),
    })
    .optional()
    .meta({ description: 'An upgrade that is under way.' }),
  previous: z
    .object({ release: ReleaseName, key: Key, upgradedAt: z.string() })
    .optional()
    .meta({ description: 'What can be gone back to.' }),
  history: z.array(Run).default([]).meta({ description: 'The latest runs, oldest first.' }),
});
export type InstallationRecord = z.infer<typeof InstallationRecord>;

/** What is read of what the installer remembers of a channel. */
const ChannelRecord = z.object({
  state: z.object({ timestamp: z.int(), lastSeen: z.number() }),
  expires: z.number(),
  role: z.string(),
  root: z.int(),
});

export interface SeenChannel {
  /** Version of its timestamp, which rises with each change. */
  readonly edition: number;
  readonly root: number;
  readonly expiresAt: string;
  /** Which of its parts ends first. */
  readonly role: string;
  readonly lastSeenAt: string;
}

export interface RecordPlace {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  /** Where the platform is installed. */
  readonly namespace: string;
}

/** Undefined where the platform was not installed by `skerry install`. Throws INSTALLATION_UNREADABLE. */
export async function readInstallationRecord(
  place: RecordPlace,
  signal: AbortSignal,
): Promise<InstallationRecord | undefined> {
  const of = { ...place, name: 'skerry-installation', key: 'installation', labels: {} };
  return (await readRecord({ ...of, schema: InstallationRecord, invalid }, { signal }))?.value;
}

/** Undefined where no channel was seen yet. Throws INSTALLATION_UNREADABLE. */
export async function readSeenChannel(
  place: RecordPlace,
  signal: AbortSignal,
): Promise<SeenChannel | undefined> {
  const of = { ...place, name: 'skerry-channel', key: 'channel', labels: {} };
  const found = (await readRecord({ ...of, schema: ChannelRecord, invalid }, { signal }))?.value;
  if (found === undefined) return undefined;
  const { state, expires, role, root } = found;
  const at = (ms: number) => new Date(ms).toISOString();
  return { edition: state.timestamp, root, role, expiresAt: at(expires), lastSeenAt: at(state.lastSeen) };
}

function invalid(subject: string, detail: string) {
  return platformError('INSTALLATION_UNREADABLE', { subject, detail });
}
