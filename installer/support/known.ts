import type { KubeClient } from '../../apply/client/client.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { type Needle, needlesOf } from './redact/known-secrets.ts';

export interface KnownSecrets {
  readonly needles: readonly Needle[];
  /** Namespaces whose Secrets could not be read: of those only what looks like a secret is taken out. */
  readonly unread: readonly string[];
}

const PROJECT = 'skerry.dev/project=true';
const MOST_PROJECTS = 200;
const WIDTH = 4;

/**
 * What the Secrets of the platform and of its projects hold, to take it out of everything else. A user who may not read
 * them gets a bundle all the same.
 */
export async function readKnownSecrets(
  client: Pick<KubeClient, 'list'>,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<KnownSecrets> {
  const projects = await projectsOf(client, signal);
  const unread: string[] = projects === undefined ? ['projects'] : [];
  const found = await mapLimited(
    [...new Set([...namespaces, ...(projects ?? [])])],
    WIDTH,
    async (namespace) => {
      const selection = { apiVersion: 'v1', kind: 'Secret', namespace, keep: withoutReleases };
      const secrets = await unlessRefused(client.list(selection, { signal }), signal);
      if (secrets === undefined) unread.push(namespace);
      return (secrets?.items ?? []).flatMap(needlesOf);
    },
  );
  return { needles: found.flat(), unread };
}

async function projectsOf(client: Pick<KubeClient, 'list'>, signal: AbortSignal) {
  const selection = { apiVersion: 'v1', kind: 'Namespace', labelSelector: PROJECT, metadataOnly: true };
  const found = await unlessRefused(client.list(selection, { signal }), signal);
  return found?.items.slice(0, MOST_PROJECTS).map(({ metadata }) => metadata.name);
}

// A compressed release is no text that turns up elsewhere.
function withoutReleases(secret: KubeObject): KubeObject {
  return secret.type === 'helm.sh/release.v1' ? { ...secret, data: {} } : secret;
}

async function unlessRefused<T>(reading: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    signal.throwIfAborted();
    if (isSkerryError(error)) return undefined;
    throw error;
  }
}
