import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request as send } from 'undici';
import type { KubeClient } from '../../apply/client/client.ts';
import { createKubeClient } from '../../apply/client/kube.ts';
import { createTransport } from '../../apply/client/transport.ts';
import type { Store } from '../../content/store.ts';
import { readOnlyAccess } from '../../registry/access/access.ts';
import { type ServedRegistry, serveRegistry } from '../../registry/server/serve.ts';

const PROXY = '/api/v1/namespaces/skerry-system/services/http:skerry-registry-store:5000/proxy';

/** For tests: an API server that passes requests on to a registry behind a Service, and knows nothing else. */
export class ProxiedRegistry {
  /** `METHOD /path`, as the registry was asked. */
  readonly calls: string[] = [];
  /** What the API server answers by itself, instead of passing a request on. */
  refusal: { readonly status: number; readonly reason: string; readonly message: string } | undefined;
  /** Ends the connection of the next answer after so many bytes of its body. */
  cutAfter: number | undefined;
  readonly #registry: ServedRegistry;
  readonly #server: Server;

  private constructor(registry: ServedRegistry) {
    this.#registry = registry;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(store: Store): Promise<ProxiedRegistry> {
    const listen = { host: '127.0.0.1', port: 0 };
    const registry = await serveRegistry({ store, access: readOnlyAccess, log: () => {}, listen });
    const proxied = new ProxiedRegistry(registry);
    await new Promise<void>((resolve) => proxied.#server.listen(0, '127.0.0.1', resolve));
    return proxied;
  }

  client(): KubeClient {
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const authenticate = async () => ({ headers: {}, connect: async () => new Agent() });
    return createKubeClient(createTransport({ url: `http://127.0.0.1:${port}`, authenticate }), {});
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#registry.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    if (this.refusal !== undefined || !url.startsWith(`${PROXY}/`)) {
      const { status, reason, message } = this.refusal ?? { status: 404, reason: 'NotFound', message: url };
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', status: 'Failure', reason, message, code: status }));
      return;
    }
    const path = url.slice(PROXY.length);
    this.calls.push(`${method} ${path}`);
    const { host: _, connection: __, ...headers } = request.headers;
    const origin = `http://127.0.0.1:${this.#registry.port}`;
    const answer = await send(`${origin}${path}`, { method: method === 'HEAD' ? 'HEAD' : 'GET', headers });
    response.writeHead(answer.statusCode, answer.headers);
    const body = Buffer.from(await answer.body.arrayBuffer());
    if (this.cutAfter === undefined || body.byteLength <= this.cutAfter) {
      response.end(body);
      return;
    }
    const part = body.subarray(0, this.cutAfter);
    this.cutAfter = undefined;
    response.write(part, () => response.destroy());
  }
}
