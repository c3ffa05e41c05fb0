import type { KubeClient } from '../../apply/client/client.ts';
import { isSkerryError } from '../../content/error.ts';
import { NAMESPACE } from '../names.ts';
import { type Installation, readInstallation } from '../record/installation.ts';
import { packArchive } from './archive.ts';
import { collectParts, type SupportFile, type SupportLimits } from './collect.ts';
import { readKnownSecrets } from './known.ts';
import { PARTS } from './parts.ts';
import { describeSupport, type SupportSummary } from './readme.ts';
import { createRedactor } from './redact/redactor.ts';

export interface SupportInput {
  readonly client: KubeClient;
  /** Of Skerry. */
  readonly version: string;
  /** The time of day. */
  readonly now: () => Date;
  readonly limits: SupportLimits & { readonly logLines: number; readonly logBytes: number };
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface SupportBundle {
  /** A tar.gz. */
  readonly archive: Buffer;
  readonly summary: SupportSummary;
}

/** An agent may run beside the hub. */
const AGENT_NAMESPACE = 'skerry-agent';

/**
 * Collects what somebody needs to see who was not there: by reading alone, without secrets, within limits. What can't be
 * had is named in it. Throws CLUSTER_UNREACHABLE where there is no cluster to ask.
 */
export async function makeSupportBundle(input: SupportInput): Promise<SupportBundle> {
  const { client, now, limits, signal, onProgress } = input;
  await client.version({ signal });
  const installation = await installationOf(client, signal);
  const namespaces = namespacesOf(installation);
  onProgress('looks at Secrets, to know what to take out');
  const known = await readKnownSecrets(client, namespaces, signal);
  const redactor = createRedactor(known.needles);
  const context = { ...limits, client, installation, namespaces, now, signal };
  const told = PARTS.map((part) => ({
    ...part,
    collect: async (...args: Parameters<typeof part.collect>) => {
      onProgress(part.title);
      await part.collect(...args);
    },
  }));
  const parts = await collectParts(told, context, { redactor, limits });
  const summary: SupportSummary = {
    ...{
      madeAt: now().toISOString(),
      skerry: input.version,
      cluster: redactor.text(client.server),
      namespaces,
    },
    parts: parts.map(({ id, title, files, bytes }) => ({ id, title, files: files.length, bytes })),
    missing: parts.flatMap(({ missing }) => missing),
    redacted: redactor.counts,
    unknownSecrets: known.unread,
    said: parts.flatMap(({ said }) => said),
  };
  const files = [...firstPages(summary), ...parts.flatMap(({ files: own }) => own)];
  return { archive: packArchive('skerry-support', files), summary };
}

function firstPages(summary: SupportSummary): SupportFile[] {
  return [
    { path: 'README.md', bytes: Buffer.from(describeSupport(summary)) },
    { path: 'summary.json', bytes: Buffer.from(`${JSON.stringify(summary, null, 2)}\n`) },
  ];
}

// A record that can't be read is one more thing to look at.
async function installationOf(client: KubeClient, signal: AbortSignal): Promise<Installation | undefined> {
  try {
    return (await readInstallation(client, { signal }))?.installation;
  } catch (error) {
    signal.throwIfAborted();
    if (isSkerryError(error) && error.code !== 'CLUSTER_UNREACHABLE') return undefined;
    throw error;
  }
}

function namespacesOf(installation: Installation | undefined): string[] {
  const own = installation?.components.map(({ namespace }) => namespace) ?? [];
  const coming = installation?.upgrade?.components.map(({ namespace }) => namespace) ?? [];
  return [...new Set([NAMESPACE, AGENT_NAMESPACE, ...own, ...coming])].sort();
}
