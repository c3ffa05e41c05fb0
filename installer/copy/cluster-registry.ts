import type { Dispatcher } from 'undici';
import { apiError } from '../../apply/client/api-error.ts';
import type { KubeClient } from '../../apply/client/client.ts';
import { MAX_SMALL_BLOB_BYTES } from '../../content/bytes/small-blob.ts';
import { contentError } from '../../content/errors.ts';
import { readLimited } from '../../content/remote/body.ts';
import type { RegistryResponse, RegistryWire } from '../../content/remote/client.ts';
import { type RetryPolicy, TryAgain } from '../../content/remote/retry.ts';
import { openRemote } from '../../content/remote/store.ts';
import type { Store } from '../../content/store.ts';
import { NAMESPACE, REGISTRY_PORT, STORE_SERVICE } from '../names.ts';

/** Kubernetes API, "Manually constructing apiserver proxy URLs": `http:` is the scheme that the server speaks there. */
const PROXY = `/api/v1/namespaces/${NAMESPACE}/services/http:${STORE_SERVICE}:${REGISTRY_PORT}/proxy`;
/** The name in the registry's own network; nothing is ever looked up by it. */
const ADDRESS = `http://${STORE_SERVICE}.${NAMESPACE}.svc:${REGISTRY_PORT}`;
/** Every answer of a registry has it (distribution's API, kept by ours); what the API server says itself has not. */
const OF_REGISTRY = 'docker-distribution-api-version';
/** What the API server itself answers where there is no such Service, no pod behind it, or no permission. */
const OF_API_SERVER = [401, 403, 404, 503];

/**
 * The registry in the cluster, to read: the API server passes the requests on, so that nothing but the API server has
 * to be reached, from any workstation. It needs the right to `get` `services/proxy` in its namespace. Beside what a
 * registry's store throws, CLUSTER_FORBIDDEN and CLUSTER_UNAUTHORIZED.
 */
export function openClusterRegistry(
  client: Pick<KubeClient, 'open' | 'server'>,
  { retry }: { readonly retry?: RetryPolicy | undefined } = {},
): Store {
  const remote = openRemote(ADDRESS, { wire: proxyOf(client), retry });
  return {
    name: 'registry in the cluster',
    statBlob: remote.statBlob.bind(remote),
    readBlob: remote.readBlob.bind(remote),
    resolveManifest: remote.resolveManifest.bind(remote),
    readManifest: remote.readManifest.bind(remote),
    listTags: remote.listTags.bind(remote),
    listRepositories: remote.listRepositories.bind(remote),
    listReferrers: remote.listReferrers.bind(remote),
  };
}

function proxyOf(client: Pick<KubeClient, 'open' | 'server'>): RegistryWire {
  return {
    request: async ({ method, path, headers, headersTimeout, signal }) => {
      const answer = await client.open(`${PROXY}${path}`, {
        method: method === 'HEAD' ? 'HEAD' : 'GET',
        headers: textHeaders(headers),
        timeoutMs: headersTimeout ?? undefined,
        signal: signal instanceof AbortSignal ? signal : undefined,
      });
      if (!OF_API_SERVER.includes(answer.statusCode) || answer.headers[OF_REGISTRY] !== undefined)
        return answer;
      return await ownAnswer(answer);
    },
    close: async () => {},
  };
}

/** What the API server says itself must not be taken for the registry's word that it lacks something. */
async function ownAnswer({ statusCode: status, body }: RegistryResponse): Promise<never> {
  const subject = `Service ${NAMESPACE}/${STORE_SERVICE}`;
  const text = String(await readLimited(body, MAX_SMALL_BLOB_BYTES));
  const error = apiError(subject, { status, text });
  if (status === 401 || status === 403) throw error;
  const unreachable = contentError('REGISTRY_UNREACHABLE', { subject, detail: error.detail });
  // The registry's pod may be on its way.
  throw status === 503 ? new TryAgain(unreachable) : unreachable;
}

function textHeaders(headers: Dispatcher.RequestOptions['headers']): Record<string, string> {
  if (headers === null || headers === undefined || Array.isArray(headers) || Symbol.iterator in headers)
    return {};
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
