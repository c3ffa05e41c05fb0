import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { isSkerryError, messageOf } from '../../content/error.ts';
import type { KubeClient, RawAnswer } from '../client/client.ts';
import type { OwnKind } from './own-kinds.ts';
import { addToGroups, addToGroupVersion } from './view-discovery.ts';

/** A cluster as a chart may see it while it is rendered. */
export interface ClusterView {
  /** Path of a kubeconfig for it. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

interface ViewInput {
  readonly client: Pick<KubeClient, 'read'>;
  /** Seem to be served already, so that nothing needs to be applied before a chart can be looked at. */
  readonly kinds: readonly OwnKind[];
  /** A private folder. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/**
 * Stands before the API server on a port of this machine and lets reading through, nothing else: whatever a chart's
 * templates make Helm do, rendering changes nothing. Helm has no way of its own to render with a cluster's answers to
 * `lookup` and with APIs that the chart is about to bring: with `--dry-run=server` it ignores `--api-versions`, and it
 * refuses custom resources whose CRD is not there.
 */
export async function openClusterView(input: ViewInput): Promise<ClusterView> {
  // Other users of this machine reach the port too. Credentials of its own Helm would send over TLS only.
  const token = randomBytes(32).toString('hex');
  const server = createServer((request, response) => {
    void serve(input, token, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening', { signal: input.signal });
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const kubeconfig = join(input.scratch, `view-${port}.kubeconfig`);
  await writeFile(kubeconfig, JSON.stringify(kubeconfigFor(port, token)), { mode: 0o600 });
  return {
    kubeconfig,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await rm(kubeconfig, { force: true });
    },
  };
}

async function serve(
  { client, kinds, signal }: ViewInput,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, headers } = request;
  const [, given = '', url = '/'] = /^\/([0-9a-f]+)(\/.*)$/.exec(request.url ?? '') ?? [];
  if (!isSame(given, token)) return send(response, refusal(403));
  if (method !== 'GET') return send(response, refusal(405));
  try {
    const answer = await client.read(url, { signal, accept: jsonOnly(headers.accept) });
    return send(response, withKinds(answer, url, kinds));
  } catch (error) {
    const status = isSkerryError(error, 'CLUSTER_UNREACHABLE') ? 503 : 500;
    return send(response, refusal(status, messageOf(error)));
  }
}

function withKinds(answer: RawAnswer, url: string, kinds: readonly OwnKind[]): RawAnswer {
  const [path = ''] = url.split('?');
  if (path === '/apis' || path === '/apis/') return addToGroups(answer, kinds);
  const groupVersion = /^\/apis\/(?<name>[^/]+\/[^/]+)\/?$/.exec(path)?.groups?.name;
  return groupVersion === undefined ? answer : addToGroupVersion(answer, groupVersion, kinds);
}

/** Without the binary forms, which would have to be understood here. */
function jsonOnly(accept: string | undefined): string | undefined {
  const kinds = accept?.split(',').filter((kind) => /^\s*application\/json(?:[;\s]|$)/.test(kind)) ?? [];
  return kinds.length === 0 ? undefined : kinds.join(',');
}

function send(response: ServerResponse, { status, text, contentType = 'application/json' }: RawAnswer): void {
  response.writeHead(status, { 'content-type': contentType });
  response.end(text);
}

/** In the form of meta/v1 Status, as clients of Kubernetes expect it. */
function refusal(code: number, message = 'this view of the cluster is for reading only'): RawAnswer {
  return {
    status: code,
    text: JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }),
  };
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function kubeconfigFor(port: number, token: string): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'view', cluster: { server: `http://127.0.0.1:${port}/${token}` } }],
    users: [{ name: 'view', user: {} }],
    contexts: [{ name: 'view', context: { cluster: 'view', user: 'view' } }],
    'current-context': 'view',
  };
}
