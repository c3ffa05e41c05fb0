import { readFile } from 'node:fs/promises';
import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent } from 'undici';
import { applyError } from '../errors.ts';
import type { ApiServer } from './api-server.ts';

/**
 * The API server of a kubeconfig's context, its current one where none is named, with all ways to log in that
 * client-node knows. Throws KUBECONFIG_INVALID, and whatever reading and parsing say.
 */
export async function readKubeconfig(path: string, context: string | undefined): Promise<ApiServer> {
  const config = new KubeConfig();
  // loadFromFile would read synchronously; the folder matters for relative certificate paths.
  config.loadFromString(await readFile(path, 'utf8'));
  config.makePathsAbsolute(folderOf(path));
  useContext(config, context, path);
  return apiServerOf(config);
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

/**
 * client-node's typed calls drop fields that its own Kubernetes version doesn't know, so only its kubeconfig and
 * authentication are used and bodies stay plain JSON.
 */
function apiServerOf(config: KubeConfig): ApiServer {
  const url = config.getCurrentCluster()?.server ?? '';
  return {
    url,
    authenticate: async () => {
      const request = new RequestContext(url, HttpMethod.GET);
      await config.applySecurityAuthentication(request);
      return { headers: request.getHeaders(), connect: async () => request.getDispatcher() ?? new Agent() };
    },
  };
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '.' : path.slice(0, slash) || '/';
}
