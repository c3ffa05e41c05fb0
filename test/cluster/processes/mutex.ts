import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface MutexOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when another process holds the lock. */
  readonly onWait?: (() => void) | undefined;
}

const POLL_MILLISECONDS = 200;

/**
 * Runs `action` while no other process of this machine does so under the same key. The lock is a socket
 * in Linux's abstract namespace: the kernel drops it with the process, so a crash leaves no stale lock.
 */
export async function exclusively<T>(
  key: string,
  options: MutexOptions,
  action: () => Promise<T>,
): Promise<T> {
  const server = await acquire(key, options);
  try {
    return await action();
  } finally {
    server.close();
  }
}

async function acquire(key: string, { signal, onWait }: MutexOptions): Promise<Server> {
  const path = `\0skerry-${createHash('sha256').update(key).digest('hex')}`;
  for (let waited = false; ; waited = true) {
    const server = await listen(path);
    if (server !== undefined) return server;
    if (!waited) onWait?.();
    await sleep(POLL_MILLISECONDS, undefined, { signal });
  }
}

async function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  try {
    server.listen(path);
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
