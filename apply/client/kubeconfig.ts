import { isSkerryError, messageOf } from '../../content/error.ts';
import { applyError } from '../errors.ts';
import type { ApiServer } from './api-server.ts';
import { podApiServer } from './service-account.ts';

export interface KubeconfigSource {
  /** Path of a kubeconfig; absent means the service account of the pod that this runs in. */
  readonly path?: string | undefined;
  /** Name of a context; the file's current one when absent. */
  readonly context?: string | undefined;
}

/** The API server of a kubeconfig, or of the pod that this runs in. Throws KUBECONFIG_INVALID. */
export async function loadKubeconfig({ path, context }: KubeconfigSource): Promise<ApiServer> {
  const subject = path ?? 'service account of this pod';
  try {
    if (path === undefined) return inPod(subject);
    // Kubernetes' own client library is large, and only files that can be anything need it.
    const { readKubeconfig } = await import('./kubeconfig-file.ts');
    return await readKubeconfig(path, context);
  } catch (cause) {
    if (isSkerryError(cause)) throw cause;
    throw applyError('KUBECONFIG_INVALID', { subject, detail: messageOf(cause), cause });
  }
}

function inPod(subject: string): ApiServer {
  const server = podApiServer(process.env);
  if (server === undefined)
    throw applyError('KUBECONFIG_INVALID', {
      subject,
      detail: 'this is no pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
    });
  return server;
}
