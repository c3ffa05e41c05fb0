import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { Agent } from 'undici';
import type { ApiServer } from './api-server.ts';

/** Where the kubelet puts what a pod needs to talk to its cluster. */
export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * What is sent before the node knows the Service stays without an answer, also after it does: the kernel goes on with the
 * connection as it was tracked first. The sooner another one is opened the sooner a pod begins.
 */
const CONNECT_MS = 5000;

/**
 * The API server of the cluster that this pod runs in. The token's file is read for each call and the authority's for
 * each connection: the kubelet writes both again before what they hold ends. Undefined outside of a pod.
 */
export function podApiServer(
  env: Readonly<Record<string, string | undefined>>,
  folder = SERVICE_ACCOUNT_FOLDER,
): ApiServer | undefined {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = env;
  if (host === '' || port === '') return undefined;
  return {
    url: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    authenticate: async () => {
      const token = (await readFile(join(folder, 'token'), 'utf8')).trim();
      return {
        headers: { authorization: `Bearer ${token}` },
        connect: async () => {
          const ca = await readFile(join(folder, 'ca.crt'), 'utf8');
          return new Agent({ connect: { ca, timeout: CONNECT_MS } });
        },
      };
    },
  };
}
