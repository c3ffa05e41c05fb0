import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as the fake services see it. */
export interface FakeRequest {
  readonly method: string;
  /** Below the service's root, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  /** Where the whole cloud is, as clients reach it. */
  readonly origin: string;
}

export interface FakeAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type FakeService = (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>;

/** What goes wrong with a request: before it is done, after it was done, or instead. */
export type FaultName = 'unanswered' | 'answer-lost' | 'busy' | 'internal-error';

export interface FakeHttpInput {
  /** By the first part of the path. */
  readonly services: Readonly<Record<string, FakeService>>;
  readonly now: () => Date;
  /** Asked for each request, as `POST /compute/v2.1/servers`. */
  readonly faultOf: (line: string) => FaultName | undefined;
  readonly onRequest: (line: string) => void;
  /** How long each request is on its way, in milliseconds. */
  readonly latency: () => number;
  /** Where clients reach it; where it listens when absent. */
  readonly publicUrl?: string | undefined;
}

export async function serveFake({ services, now, faultOf, onRequest, latency, publicUrl }: FakeHttpInput) {
  const answerTo = async (request: IncomingMessage, response: ServerResponse, origin: string) => {
    const url = new URL(request.url ?? '/', origin);
    const line = `${request.method} ${url.pathname}`;
    onRequest(line);
    const fault = faultOf(line);
    if (fault === 'unanswered') return void request.socket.destroy();
    const text = await textOf(request);
    await sleep(latency());
    const [, root = '', ...rest] = url.pathname.split('/');
    const answer: FakeAnswer =
      fault === 'busy'
        ? { status: 503, body: 'busy' }
        : fault === 'internal-error'
          ? { status: 500, body: { computeFault: { code: 500, message: 'Unexpected API Error.' } } }
          : await (services[root] ?? nothing)({
              method: request.method ?? 'GET',
              path: `/${rest.join('/')}`.replace(/(.)\/$/, '$1'),
              query: url.searchParams,
              headers: request.headers,
              body: text === '' ? undefined : JSON.parse(text),
              origin,
            });
    if (fault === 'answer-lost') return void request.socket.destroy();
    const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
    response.sendDate = false;
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      date: now().toUTCString(),
      ...answer.headers,
    });
    response.end(request.method === 'HEAD' ? '' : body);
  };
  let origin = '';
  const server = createServer((request, response) => {
    answerTo(request, response, origin).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  origin = publicUrl ?? `http://127.0.0.1:${port}`;
  return {
    origin,
    port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const nothing: FakeService = () => ({
  status: 404,
  body: { error: { code: 404, message: 'no such service' } },
});
