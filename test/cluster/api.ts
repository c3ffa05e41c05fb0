import { request as httpRequest } from 'node:http';
import { Agent, request } from 'node:https';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { KeyPair } from './certificate.ts';
import { clusterError } from './errors.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  /** Milliseconds, 10,000 unless told. */
  readonly timeout?: number;
}

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/** The Kubernetes API of a test cluster, reached from outside of its networks, as its administrator. */
export class ClusterApi {
  readonly #socketPath: string;
  readonly #agent: Agent;

  constructor(socketPath: string, authority: string, { certificate, key }: KeyPair) {
    this.#socketPath = socketPath;
    this.#agent = new Agent({
      keepAlive: true,
      ca: authority,
      cert: certificate,
      key,
      servername: 'localhost',
    });
  }

  /** Gives whatever is answered, whether it is a success or not. */
  request(path: string, { method = 'GET', body, contentType, timeout = 10_000 }: ApiRequest = {}) {
    const type = contentType ?? 'application/json';
    const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
    const sent = request(
      {
        socketPath: this.#socketPath,
        agent: this.#agent,
        method,
        path,
        signal: AbortSignal.timeout(timeout),
        headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': type }) },
      },
      (response) => {
        const status = response.statusCode ?? 0;
        const json = response.headers['content-type']?.startsWith('application/json') ?? false;
        text(response).then((said) => resolve({ status, body: json ? JSON.parse(said) : said }), reject);
      },
    );
    sent.once('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }

  /** The object at `path`, undefined when there is none. Throws CLUSTER_REQUEST_FAILED. */
  async get(path: string): Promise<unknown> {
    const answer = await this.request(path);
    return answer.status === 404 ? undefined : accepted(path, answer);
  }

  /** Server-side apply. `object` needs apiVersion, kind and metadata. */
  async apply(object: object): Promise<unknown> {
    const path = await this.pathOf(object);
    const answer = await this.request(`${path}?fieldManager=test&force=true`, {
      method: 'PATCH',
      body: object,
      contentType: 'application/apply-patch+yaml',
    });
    return accepted(path, answer);
  }

  async remove(path: string): Promise<void> {
    const answer = await this.request(path, { method: 'DELETE' });
    if (answer.status !== 404) accepted(path, answer);
  }

  /** The address of an object, by its kind. */
  async pathOf(object: object): Promise<string> {
    const { apiVersion, kind, metadata } = manifest.parse(object);
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const list = resourceList.parse(await this.get(base));
    const resource = list.resources.find((one) => one.kind === kind && !one.name.includes('/'));
    if (resource === undefined)
      throw clusterError('CLUSTER_REQUEST_FAILED', { subject: `${apiVersion} ${kind}` });
    const scope = resource.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    return `${base}${scope}/${resource.name}/${metadata.name}`;
  }

  close(): void {
    this.#agent.destroy();
  }
}

const resourceList = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});

function accepted(path: string, { status, body }: ApiAnswer): unknown {
  if (status >= 200 && status < 300) return body;
  const detail = `${status} ${JSON.stringify(body)}`.slice(0, 1000);
  throw clusterError('CLUSTER_REQUEST_FAILED', { subject: path, detail });
}

/** A connection to an address inside the island, through its door. */
export function connectThrough(doorSocket: string, host: string, port: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  httpRequest({ socketPath: doorSocket, method: 'CONNECT', path: `${host}:${port}` })
    .once('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket as Socket);
      socket.destroy();
      reject(new Error(`${host}:${port}: ${response.statusMessage}`));
    })
    .once('error', reject)
    .end();
  return promise;
}
