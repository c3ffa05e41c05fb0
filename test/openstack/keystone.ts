import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { z } from 'zod';
import { command } from '../cluster/processes/command.ts';

const SERVE = join(import.meta.dirname, 'serve_keystone.py');
const MINUTE = 60_000;

export interface ApplicationCredential {
  readonly id: string;
  readonly secret: string;
}

const Made = z.object({ application_credential: z.object({ id: z.string(), secret: z.string() }) });
const Login = z.object({ token: z.object({ user: z.object({ id: z.string() }) }) });

export interface Keystone {
  /** Without version. */
  readonly url: string;
  make(options: { readonly name: string; readonly expiresAt?: Date }): Promise<ApplicationCredential>;
  revoke(credential: ApplicationCredential): Promise<void>;
  stop(): Promise<void>;
}

/** Real Keystone over SQLite in a folder, by itself: no cache, no queue, no other service behind its catalogue. */
export async function startKeystone(python: string, folder: string, signal: AbortSignal): Promise<Keystone> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const password = randomBytes(12).toString('hex');
  const config = join(folder, 'keystone.conf');
  await writeFile(config, configuration(folder));
  const manage = async (...args: string[]) => {
    const manager = join(python, 'bin/keystone-manage');
    await command(manager, ['--config-file', config, ...args], { signal, timeout: 3 * MINUTE });
  };
  const asRoot = ['--keystone-user', 'root', '--keystone-group', 'root'];
  await manage('db_sync');
  await manage('fernet_setup', ...asRoot);
  await manage('credential_setup', ...asRoot);
  const services = ['--bootstrap-public-url', `${url}/v3`, '--bootstrap-region-id', 'one'];
  await manage('bootstrap', '--bootstrap-password', password, ...services);
  const server = execa(join(python, 'bin/python'), [SERVE, config, String(port)], {
    reject: false,
    stdio: 'ignore',
    cancelSignal: signal,
  });
  const stop = async () => {
    server.kill();
    await server;
  };
  const admin = await loggedIn(url, password, signal).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const path = `${url}/v3/users/${admin.user}/application_credentials`;
  const headers = { 'x-auth-token': admin.token, 'content-type': 'application/json' };
  return {
    url,
    make: async ({ name, expiresAt }) => {
      const wanted = {
        name,
        roles: [{ name: 'member' }],
        ...(expiresAt === undefined ? {} : { expires_at: expiresAt.toISOString().replace(/\.\d+Z$/, '') }),
      };
      const body = JSON.stringify({ application_credential: wanted });
      const answer = await fetch(path, { method: 'POST', headers, body, signal });
      return Made.parse(await answer.json()).application_credential;
    },
    revoke: async ({ id }) => {
      await fetch(`${path}/${id}`, { method: 'DELETE', headers, signal });
    },
    stop,
  };
}

async function loggedIn(url: string, password: string, signal: AbortSignal) {
  const domain = { id: 'default' };
  const auth = {
    identity: { methods: ['password'], password: { user: { name: 'admin', domain, password } } },
    scope: { project: { name: 'admin', domain } },
  };
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
    signal,
  };
  for (;;) {
    signal.throwIfAborted();
    const answer = await fetch(`${url}/v3/auth/tokens`, request).catch(() => undefined);
    const token = answer?.headers.get('x-subject-token');
    if (answer !== undefined && typeof token === 'string')
      return { token, user: Login.parse(await answer.json()).token.user.id };
    await sleep(250, undefined, { signal });
  }
}

function configuration(folder: string): string {
  return `[DEFAULT]
log_file = ${folder}/keystone.log
[database]
connection = sqlite:///${folder}/keystone.db
[token]
provider = fernet
[fernet_tokens]
key_repository = ${folder}/fernet
[credential]
key_repository = ${folder}/credential
[cache]
enabled = false
`;
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer().once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return await promise;
}
