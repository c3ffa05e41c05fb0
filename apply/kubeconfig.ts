import { readFile } from 'node:fs/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { isSkerryError, messageOf } from '../content/error.ts';
import { applyError } from './errors.ts';

export interface KubeconfigSource {
  /** Path of a kubeconfig; absent means the service account of the pod that this runs in. */
  readonly path?: string | undefined;
  /** Name of a context; the file's current one when absent. */
  readonly context?: string | undefined;
}

/** Loads a kubeconfig, or the pod's service account. Throws KUBECONFIG_INVALID. */
export async function loadKubeconfig({ path, context }: KubeconfigSource): Promise<KubeConfig> {
  const subject = path ?? 'service account of this pod';
  const config = new KubeConfig();
  try {
    if (path === undefined) {
      config.loadFromCluster();
    } else {
      // loadFromFile would read synchronously; the folder matters for relative certificate paths.
      config.loadFromString(await readFile(path, 'utf8'));
      config.makePathsAbsolute(folderOf(path));
    }
    useContext(config, context, subject);
  } catch (cause) {
    if (isSkerryError(cause)) throw cause;
    throw applyError('KUBECONFIG_INVALID', { subject, detail: messageOf(cause), cause });
  }
  return config;
}

function useContext(config: KubeConfig, context: string | undefined, subject: string): void {
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      const known = config.getContexts().map(({ name }) => name);
      throw applyError('KUBECONFIG_INVALID', {
        subject,
        detail: `no context ${context}; there are ${known.join(', ') || 'none'}`,
      });
    }
    config.setCurrentContext(context);
  }
  if (config.getCurrentCluster() === null) {
    throw applyError('KUBECONFIG_INVALID', { subject, detail: 'the current context names no cluster' });
  }
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '.' : path.slice(0, slash) || '/';
}
