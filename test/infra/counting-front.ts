import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { testCertificate } from '../../content/testing/certificate.ts';

/** An address before a vCenter's that counts what is asked. */
export interface CountingFront {
  readonly url: string;
  /** The certificate that it shows. */
  readonly ca: string;
  /** By the method of SOAP. */
  readonly calls: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const METHOD = /<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)/;

/** `target` is a vCenter's address; its certificate is not looked at. */
export async function startCountingFront(target: string): Promise<CountingFront> {
  const { cert, key } = await testCertificate();
  const calls = new Map<string, number>();
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const server = createServer({ cert, key }, (asked, answer) => {
    void (async () => {
      const body = await bodyOf(asked);
      const method = METHOD.exec(body.toString('utf8'))?.[1] ?? `${asked.method} ${asked.url}`;
      calls.set(method, (calls.get(method) ?? 0) + 1);
      const url = new URL(asked.url ?? '/', target);
      const headers = { ...asked.headers, host: url.host };
      const onward = request(url, { method: asked.method, headers, agent });
      onward.on('response', (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      onward.end(body);
    })().catch(() => answer.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    ca: cert,
    calls,
    close: async () => {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}

async function bodyOf(asked: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of asked) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}
