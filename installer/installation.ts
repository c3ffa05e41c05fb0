import { z } from 'zod';
import type { CallOptions, KubeClient } from '../apply/client.ts';
import { textAt } from '../apply/json.ts';
import type { KubeObject } from '../apply/object.ts';
import { DigestSchema } from '../content/descriptor.ts';
import { isSkerryError } from '../content/error.ts';
import { installerError } from './errors.ts';
import { INSTALLATION, LABELS, NAMESPACE } from './names.ts';

const Phase = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'running', 'done']),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  /** Who was at it: user and host of the workstation. */
  by: z.string().optional(),
});

/**
 * What is installed in a cluster, or on its way, and how far it has come: the journal. It lives in the cluster, so
 * that any workstation can go on, look, or take it all away again.
 */
export const InstallationSchema = z.object({
  version: z.literal(1),
  state: z.enum(['installing', 'installed', 'uninstalling']),
  release: z.object({ name: z.string(), version: z.string(), digest: DigestSchema }),
  /** The key that the release was verified with. */
  key: z.object({ fingerprint: z.string(), pem: z.string() }),
  phases: z.array(Phase),
  components: z.array(z.object({ name: z.string(), namespace: z.string(), crds: z.array(z.string()) })),
  /** Namespaces that were not there before. */
  namespaces: z.array(z.string()),
});
export type Installation = z.infer<typeof InstallationSchema>;
export type JournalPhase = Installation['phases'][number];

/** An installation as it was read, to be written back only if nobody else has written meanwhile. */
export interface StoredInstallation {
  readonly installation: Installation;
  readonly resourceVersion: string | undefined;
}

/** Undefined when nothing is installed. Throws INSTALLATION_INVALID. */
export async function readInstallation(
  client: KubeClient,
  options: CallOptions = {},
): Promise<StoredInstallation | undefined> {
  const found = await client.get(reference(), options).catch((error: unknown) => {
    if (isSkerryError(error, 'NAMESPACE_NOT_FOUND')) return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  const parsed = InstallationSchema.safeParse(tryJson(textAt(found, 'data', 'installation') ?? ''));
  if (!parsed.success) {
    throw installerError('INSTALLATION_INVALID', {
      subject: `ConfigMap ${NAMESPACE}/${INSTALLATION}`,
      detail: z.prettifyError(parsed.error),
    });
  }
  return { installation: parsed.data, resourceVersion: found.metadata.resourceVersion };
}

/** Throws OBJECT_CHANGED when somebody else wrote since it was read. */
export async function writeInstallation(
  client: KubeClient,
  stored: StoredInstallation,
  options: CallOptions = {},
): Promise<StoredInstallation> {
  const { installation, resourceVersion } = stored;
  const object: KubeObject = {
    ...reference(),
    metadata: {
      ...reference().metadata,
      labels: LABELS,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    data: { installation: JSON.stringify(installation, null, 1) },
  };
  const written =
    resourceVersion === undefined
      ? await client.create(object, options)
      : await client.replace(object, options);
  return { installation, resourceVersion: written.metadata.resourceVersion };
}

function reference() {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: INSTALLATION, namespace: NAMESPACE } };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
