import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { testCertificate } from '../../../content/testing/certificate.ts';
import { startTlsServer, type TlsServer } from '../testing/tls-server.ts';
import { kubeconfigLogin } from './kubeconfig-login.ts';

const code = (wanted: string) => (error: unknown) => isSkerryError(error, wanted);

describe('a login by kubeconfig', () => {
  let folder: string;
  let server: TlsServer;
  let user: { 'client-certificate-data': string; 'client-key-data': string };
  const asked: { path: string | undefined; body: unknown }[] = [];
  const { signal } = new AbortController();

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { url: path, method } = request;
    // Nobody may read the hub's certificate.
    if (method !== 'POST') return response.writeHead(403).end('{}');
    asked.push({ path, body: await json(request) });
    const status = path?.includes('/nobody/') ? 404 : path?.includes('/other/') ? 403 : 201;
    return response.writeHead(status).end(JSON.stringify({ status: { token: 'made-for-alice' } }));
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skerry-login-'));
    server = await startTlsServer((request, response) => void answer(request, response));
    const { cert, key } = await testCertificate();
    user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const login = async (as: object, account?: string) => {
    const path = join(folder, 'config');
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c' },
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
      clusters: [
        { name: 'k', cluster: { server: server.url, 'certificate-authority-data': base64(server.ca) } },
      ],
      users: [{ name: 'u', user: as }],
    };
    await writeFile(path, JSON.stringify(config));
    const [namespace = '', name = ''] = account?.split('/') ?? [];
    const named = account === undefined ? undefined : { namespace, name };
    return (await kubeconfigLogin({ path, context: undefined, account: named }, signal)).token;
  };
  const plugin = (status: object) => ({
    exec: {
      ...{
        apiVersion: 'client.authentication.k8s.io/v1',
        interactiveMode: 'Never',
        command: process.execPath,
      },
      args: [
        '-p',
        JSON.stringify(
          JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }),
        ),
      ],
    },
  });

  test('takes the token of its user, and the one that an exec plugin gives', async () => {
    assert.equal(await login({ token: 'of-the-user' }), 'of-the-user');
    assert.equal(await login(plugin({ token: 'of-the-plugin' })), 'of-the-plugin');
  });

  test('says what to do where its user has none', async () => {
    await assert.rejects(login({}), code('LOGIN_TOKEN_MISSING'));
    await assert.rejects(login(user), code('LOGIN_TOKEN_MISSING'));
    const given = {
      clientCertificateData: text(user['client-certificate-data']),
      clientKeyData: text(user['client-key-data']),
    };
    await assert.rejects(login(plugin(given)), code('LOGIN_TOKEN_MISSING'));
    await assert.rejects(login({ username: 'a', password: 'b' }), code('LOGIN_TOKEN_MISSING'));
  });

  test('makes a token for the account that is named, whatever its own user has', async () => {
    assert.equal(await login(user, 'people/alice'), 'made-for-alice');
    const { path, body } = asked.at(-1) ?? {};
    assert.equal(path, '/api/v1/namespaces/people/serviceaccounts/alice/token');
    assert.deepEqual(body, {
      ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' },
      spec: { expirationSeconds: 28_800 },
    });
    await assert.rejects(login({ token: 't' }, 'people/nobody'), code('LOGIN_INVALID'));
    await assert.rejects(login({ token: 't' }, 'people/other'), code('CLUSTER_FORBIDDEN'));
  });
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function text(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
