import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openLayout } from '../content/layout.ts';
import type { Store } from '../content/store.ts';
import { openAccess } from './access/access.ts';
import type { LogRecord } from './request-log.ts';
import { type ServedRegistry, serveRegistry } from './serve.ts';
import { openServedStore } from './served/open.ts';
import { ServedStore } from './served/served-store.ts';
import type { RegistryOptions } from './server.ts';
import { TestStore } from './test-store.ts';

/** For tests: a registry on a free loopback port, and a client that hides nothing of what goes over the wire. */
export interface TestRegistry {
  readonly port: number;
  readonly folder: string;
  readonly uploads: string;
  readonly log: readonly LogRecord[];
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
  /** Stops the registry and starts another on the same folder: what was only in memory is lost. */
  restart(): Promise<void>;
  reloadTls: ServedRegistry['reloadTls'];
  close(): Promise<void>;
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces are sent as chunks of unknown total length. */
  readonly body?: Uint8Array | string | readonly Uint8Array[];
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The codes of the specification's error body. */
  readonly codes: readonly string[];
}

/** The kinds of store that every requirement of the protocol is held against; most can do more than they must. */
export const BACKENDS = ['served', 'layout', 'scoped'] as const;
export type Backend = (typeof BACKENDS)[number];

/** Those of them from which content can be deleted. */
export const DELETING: readonly Backend[] = ['served', 'scoped'];

export async function startRegistry(
  context: TestContext,
  options: Partial<RegistryOptions> & { readonly backend?: Backend } = {},
): Promise<TestRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-registry-'));
  const log: LogRecord[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const scoped = new TestStore();
  const { backend = 'layout' } = options;
  let store: Store;
  const start = async (): Promise<ServedRegistry> => {
    store = backend === 'scoped' ? scoped : await openBackend[backend](join(folder, backend));
    return await serveRegistry({
      store,
      uploads: join(folder, 'uploads'),
      access: openAccess,
      log: (record) => log.push(record),
      listen: { host: '127.0.0.1', port: 0 },
      ...options,
    });
  };
  let served = await start();
  const stop = async () => {
    await served.close({ drainMs: 100 });
    if (store instanceof ServedStore) await store.close();
  };
  let closed: Promise<void> | undefined;
  const close = async () => {
    agent.destroy();
    closed ??= stop();
    await closed;
  };
  context.after(async () => {
    await close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    get port() {
      return served.port;
    },
    folder,
    uploads: join(folder, 'uploads'),
    log,
    send: (method, path, sent) => send(agent, served.port, method, path, sent),
    restart: async () => {
      await stop();
      served = await start();
    },
    reloadTls: (tls) => served.reloadTls(tls),
    close,
  };
}

const openBackend = {
  served: async (folder: string) => await openServedStore(folder),
  layout: async (folder: string) => await openLayout(folder, { create: true }),
};

function send(
  agent: Agent,
  port: number,
  method: string,
  path: string,
  options: SendOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { body, headers } = options;
    // Said in full: for some methods Node's client would send pieces without any framing.
    const framing: Record<string, string> =
      body === undefined
        ? {}
        : Array.isArray(body)
          ? { 'transfer-encoding': 'chunked' }
          : { 'content-length': String(toBytes(body).byteLength) };
    const sending = request({
      agent,
      port,
      host: '127.0.0.1',
      method,
      path,
      headers: { ...framing, ...headers },
    });
    sending.on('error', reject).on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
      response.on('end', () => {
        const whole = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: whole,
          codes: codesOf(whole),
        });
      });
    });
    if (Array.isArray(body)) for (const piece of body) sending.write(piece);
    else if (body !== undefined) sending.write(toBytes(body));
    sending.end();
  });
}

function toBytes(body: Exclude<SendOptions['body'], undefined>): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body);
  return body instanceof Uint8Array ? body : Buffer.concat(body);
}

function codesOf(body: Buffer): string[] {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    if (typeof json !== 'object' || json === null || !('errors' in json) || !Array.isArray(json.errors))
      return [];
    return json.errors.map((entry: unknown) =>
      typeof entry === 'object' && entry !== null && 'code' in entry ? String(entry.code) : '?',
    );
  } catch {
    return [];
  }
}
