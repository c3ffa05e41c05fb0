import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openLayout } from '../../content/layout/layout.ts';
import type { Store } from '../../content/store.ts';
import { openAccess } from '../access/access.ts';
import type { LogRecord } from '../log.ts';
import { type ServedRegistry, serveRegistry } from '../server/serve.ts';
import type { RegistryOptions } from '../server/server.ts';
import { openServedStore } from '../store/open.ts';
import { ServedStore } from '../store/served-store.ts';
import { type Answer, type SendOptions, send } from './client.ts';
import { TestStore } from './store.ts';

export type { Answer, SendOptions } from './client.ts';

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
