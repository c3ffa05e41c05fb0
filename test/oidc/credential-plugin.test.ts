import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { addKubectlContext } from '../../platform/client/login/kubectl-context.ts';
import { loginPlace, writeLogin } from '../../platform/client/login/login-file.ts';
import { startTlsServer, type TlsServer } from '../../platform/client/testing/tls-server.ts';
import { PROGRAM_CLIENT_ID, startIssuer, type TestIssuer } from '../../platform/oidc/testing/issuer.ts';
import { helmProgram } from '../charts/helm-program.ts';
import { findExecutable } from '../cluster/host.ts';

const HUB = 'https://hub.example:8443';

/** client-go's own way with credential plugins, in programs that are built with it; kubectl where the machine has it. */
describe('programs that read a kubeconfig ask for the token of the login', { timeout: 300_000 }, () => {
  let folder: string;
  let api: TlsServer;
  let issuer: TestIssuer;
  let kubeconfig: string;
  let env: NodeJS.ProcessEnv;
  let programs: readonly (readonly string[])[];
  const shown: (string | undefined)[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skerry-plugin-'));
    issuer = await startIssuer({ redirectUris: ['https://hub.example/auth/callback'] });
    api = await startTlsServer((request, response) => {
      shown.push(request.headers.authorization);
      const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403 };
      response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(status));
    });
    const kubectl = await findExecutable('kubectl');
    programs = [
      [await helmProgram(), '--kube-context', 'skerry', 'list'],
      ...(kubectl === undefined ? [] : [[kubectl, '--context', 'skerry', 'get', '--raw', '/version']]),
    ];
  });
  after(async () => {
    await api?.close();
    await issuer?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    shown.length = 0;
    const home = await mkdtemp(join(folder, 'home-'));
    env = { HOME: home, PATH: process.env.PATH };
    kubeconfig = join(home, 'config');
    const cluster = { server: api.url, 'certificate-authority-data': Buffer.from(api.ca).toString('base64') };
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'there' },
      clusters: [{ name: 'k', cluster }],
      contexts: [{ name: 'there', context: { cluster: 'k', user: 'nobody' } }],
      users: [{ name: 'nobody', user: {} }],
    };
    await writeFile(kubeconfig, stringify(config), { mode: 0o600 });
    const program = [process.execPath, join(import.meta.dirname, '../../skerry.ts')];
    await addKubectlContext(kubeconfig, { hub: HUB, from: undefined, program });
  });

  const run = async ([program = '', ...args]: readonly string[]) =>
    await execa(program, ['--kubeconfig', kubeconfig, ...args], {
      ...{ env, extendEnv: false, all: true, reject: false, timeout: 60_000 },
    });
  const login = async (seconds: number, hub = HUB) => {
    const exp = Math.floor(Date.now() / 1000) + seconds;
    const token = await issuer.token({ sub: 'alice', exp, iat: exp - 600 });
    await writeLogin(loginPlace(env), { url: hub, token });
    return token;
  };

  test('and show it to the API server', async () => {
    const token = await login(600);
    for (const program of programs) {
      shown.length = 0;
      const { all } = await run(program);
      assert.ok(shown.length > 0, all);
      for (const header of shown) assert.equal(header, `Bearer ${token}`, `${program[0]}`);
      assert.ok(!all.includes(token));
    }
    assert.ok(!(await readFile(kubeconfig, 'utf8')).includes(token));
  });

  test('and show nothing without a login, or with one to another hub, and say so', async () => {
    for (const program of programs) {
      assert.match((await run(program)).all, /NOT_LOGGED_IN/, `${program[0]}`);
      await login(600, 'https://other.example');
      assert.match((await run(program)).all, /NOT_LOGGED_IN/, `${program[0]}`);
      await rm(loginPlace(env).file);
    }
    assert.deepEqual(shown, []);
  });

  test('and show another one once it has ended, and say so where there is none', async () => {
    const ended = { url: HUB, token: await login(-60) };
    const refresh = {
      ...{ token: 'taken back', issuer: issuer.url, clientId: PROGRAM_CLIENT_ID, ca: issuer.ca },
      scopes: ['openid'],
    };
    await writeLogin(loginPlace(env), { ...ended, refresh });
    for (const program of programs) assert.match((await run(program)).all, /LOGIN_ENDED/, `${program[0]}`);
    assert.deepEqual(shown, []);
  });
});
