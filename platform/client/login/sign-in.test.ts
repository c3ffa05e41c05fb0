import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Command } from 'commander';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { Browser } from '../../oidc/testing/browser.ts';
import { PROGRAM_CLIENT_ID, startIssuer, type TestIssuer } from '../../oidc/testing/issuer.ts';
import { endOf, userOf } from '../../oidc/token-claims.ts';
import { clientCommands } from '../commands.ts';
import type { Terminal } from '../output/terminal.ts';
import { startTlsServer, type TlsServer } from '../testing/tls-server.ts';
import { freshLogin, tokenOf } from './fresh-login.ts';
import { loginPlace, readLogin, writeLogin } from './login-file.ts';

const Credential = z.strictObject({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z.strictObject({ token: z.string(), expirationTimestamp: z.iso.datetime() }),
});
const Kubeconfig = z.looseObject({
  'current-context': z.string(),
  contexts: z.array(
    z.looseObject({ name: z.string(), context: z.looseObject({ cluster: z.string(), user: z.string() }) }),
  ),
  users: z.array(z.looseObject({ name: z.string(), user: z.looseObject({}) })),
});

describe('logging in at the identity provider of a hub', () => {
  let folder: string;
  let issuer: TestIssuer;
  let hub: TlsServer;
  let env: NodeJS.ProcessEnv;
  let hasIssuer = true;
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const place = () => loginPlace(env);

  const answers = (path: string, token: string): [status: number, body: object] => {
    if (path === '/version') return [200, { version: '9.9.9', apiVersions: ['v1'] }];
    if (path === '/auth/issuer' && hasIssuer) {
      const scopes = ['openid', 'profile', 'offline_access'];
      return [200, { issuer: issuer.url, clientId: PROGRAM_CLIENT_ID, scopes, ca: issuer.ca }];
    }
    const problem = { title: 'No.', subject: path, remedy: 'None.' };
    if (path.startsWith('/auth/')) return [404, { ...problem, code: 'ROUTE_NOT_FOUND' }];
    return userOf(token) === 'alice' ? [200, { items: [] }] : [401, { ...problem, code: 'UNAUTHENTICATED' }];
  };
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url?.split('?')[0] ?? '';
    const [status, body] = answers(path, request.headers.authorization?.split(' ')[1] ?? '');
    const type = status === 200 ? 'application/json' : 'application/problem+json';
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skerry-login-'));
    issuer = await startIssuer({ redirectUris: ['https://hub.example/auth/callback'] });
    hub = await startTlsServer(answer);
    await writeFile(join(folder, 'ca.crt'), hub.ca);
  });
  after(async () => {
    await hub.close();
    await issuer.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    const home = await mkdtemp(join(folder, 'home-'));
    env = { HOME: home };
    hasIssuer = true;
    ahead = 0;
    issuer.setAway(false);
    issuer.users.set('alice', { groups: ['operators'] });
  });

  /** Runs a command; `onSay` gets each thing that it says to the person at the terminal. */
  const run = async (
    line: readonly string[],
    onSay: (text: string) => void = () => undefined,
    signal = new AbortController().signal,
  ) => {
    const printed: string[] = [];
    const terminal: Terminal = {
      stdout: writing((text) => printed.push(text)),
      stderr: writing(onSay),
      stdin: new PassThrough(),
      env,
      program: ['/opt/skerry'],
      now,
      interruptible: async (_output, work) => await work(signal),
      confirm: async () => undefined,
    };
    const program = new Command('skerry').option('--output <format>', '', 'text').exitOverride();
    const entry = clientCommands(terminal).find(({ name }) => name === line[0]);
    program.addCommand((await entry?.load()) ?? assert.fail(line[0]));
    await program.parseAsync([...line], { from: 'user' });
    return printed.join('');
  };
  /** The same, with a person who signs in as `user` wherever an address is shown. */
  const runWith = async (user: string, line: readonly string[]) => {
    const people: Promise<unknown>[] = [];
    let said = '';
    const printed = await run(line, (text) => {
      said += text;
      const url = /https:\/\/\S+/.exec(text)?.[0];
      if (url !== undefined) people.push(new Browser([issuer.ca]).signIn(url, user));
    });
    return { printed, said, pages: await Promise.all(people) };
  };
  const login = async (user: string, ...more: readonly string[]) =>
    await runWith(user, ['login', hub.url, '--ca', join(folder, 'ca.crt'), ...more]);

  test('is done with a code, on any device', async () => {
    const { said } = await login('alice');
    assert.match(said, /the code [A-Z]{4}-[A-Z]{4}/);
    const { token, refresh } = await readLogin(place());
    assert.equal(userOf(token), 'alice');
    assert.equal(refresh?.clientId, PROGRAM_CLIENT_ID);
    assert.ok(!(await readFile(place().file, 'utf8')).includes(token));
  });

  test('is waited for until somebody has enough, and leaves nothing', async () => {
    for (const browser of [[], ['--browser']]) {
      const stop = new AbortController();
      const waiting = run(
        ['login', hub.url, '--ca', join(folder, 'ca.crt'), ...browser],
        () => stop.abort(),
        stop.signal,
      );
      await assert.rejects(waiting, { name: 'AbortError' });
      await assert.rejects(readLogin(place()), { code: 'NOT_LOGGED_IN' });
    }
  });

  test('is done with a browser of this machine where that is wanted', async () => {
    const { printed, pages } = await login('alice', '--browser');
    assert.match(printed, /as alice/);
    assert.match(JSON.stringify(pages), /close this page/);
  });

  test('is refused where the hub does not know the user, or knows no identity provider', async () => {
    issuer.users.set('mallory', { groups: [] });
    await assert.rejects(login('mallory', '--browser'), { code: 'UNAUTHENTICATED' });
    await assert.rejects(readLogin(place()), { code: 'NOT_LOGGED_IN' });
    hasIssuer = false;
    await assert.rejects(login('alice'), { code: 'LOGIN_INVALID' });
  });

  test('is done again for the hub of the last one, with what was said of it, whatever has become of the key', async () => {
    await assert.rejects(run(['login']), { code: 'LOGIN_INVALID' });
    await login('alice', '--browser', '--project', 'harbour');
    await rm(place().key);
    await runWith('alice', ['login', '--browser']);
    const { url, project, ca } = await readLogin(place());
    assert.deepEqual([url, project, ca?.trim()], [hub.url, 'harbour', hub.ca.trim()]);
  });

  test('is renewed once, however many programs want it at a time', async () => {
    await login('alice', '--browser');
    const first = await readLogin(place());
    assert.equal((await freshLogin(env, now)).token, first.token);
    const asked = issuer.tokenRequests();
    const exp = Math.floor(Date.now() / 1000) + 30;
    const ending = { ...first, token: await issuer.token({ sub: 'alice', exp, iat: exp - 600 }) };
    await writeLogin(place(), ending);
    const fresh = await Promise.all(Array.from({ length: 5 }, async () => await freshLogin(env, now)));
    assert.equal(new Set(fresh.map(({ token }) => token)).size, 1);
    assert.equal(issuer.tokenRequests(), asked + 1);
    assert.notEqual(fresh[0]?.token, ending.token);
    assert.notEqual(fresh[0]?.refresh?.token, first.refresh?.token);
    assert.equal(await tokenOf(ending, env, now)(), fresh[0]?.token);
  });

  test('lasts while the identity provider is away, as long as its token does', async () => {
    await login('alice', '--browser');
    const { token } = await readLogin(place());
    issuer.setAway(true);
    ahead = 9.5 * 60_000;
    assert.equal((await freshLogin(env, now)).token, token);
    ahead = 11 * 60_000;
    await assert.rejects(freshLogin(env, now), { code: 'ISSUER_UNREACHABLE' });
  });

  test('ends with the user at the identity provider, and when it becomes one for another hub', async () => {
    await login('alice', '--browser');
    const first = await readLogin(place());
    const running = tokenOf(first, env, now);
    await writeLogin(place(), { ...first, url: 'https://other.example' });
    ahead = 9.5 * 60_000;
    await assert.rejects(running(), { code: 'LOGIN_ENDED' });
    issuer.users.delete('alice');
    await assert.rejects(freshLogin(env, now), { code: 'LOGIN_ENDED' });
  });

  test('is over after logging out, for copies of it too', async () => {
    await login('alice', '--browser');
    const copy = await readLogin(place());
    assert.match(await run(['logout']), /is deleted/);
    await assert.rejects(readLogin(place()), { code: 'NOT_LOGGED_IN' });
    await writeLogin(place(), copy);
    ahead = 9.5 * 60_000;
    await assert.rejects(freshLogin(env, now), { code: 'LOGIN_ENDED' });
  });

  test('gives kubectl the same user, and leaves the rest of its kubeconfig alone', async () => {
    const path = join(env.HOME ?? '', 'config');
    const before = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'there', preferences: { colors: true } },
      clusters: [{ name: 'k', cluster: { server: 'https://k.example' } }],
      contexts: [{ name: 'there', context: { cluster: 'k', user: 'u', namespace: 'n' } }],
      users: [{ name: 'u', user: { token: 'own' } }],
    };
    await writeFile(path, `# mine\n${stringify(before)}`, { mode: 0o600 });
    for (let times = 0; times < 2; times++) await login('alice', '--browser', '--kubectl', path);
    const text = await readFile(path, 'utf8');
    assert.match(text, /^# mine/);
    const { users, contexts, ...rest } = Kubeconfig.parse(parse(text));
    const { users: _, contexts: __, ...others } = before;
    assert.deepEqual(rest, others);
    assert.deepEqual(
      [users.map(({ name }) => name), contexts.map(({ name }) => name)],
      [
        ['u', 'skerry'],
        ['there', 'skerry'],
      ],
    );
    assert.deepEqual(contexts[1]?.context, { cluster: 'k', user: 'skerry', namespace: 'n' });
    const { command, args: line } = Object(users[1]?.user).exec;
    assert.equal(command, '/opt/skerry');
    const { apiVersion, status } = Credential.parse(JSON.parse(await run(line)));
    assert.equal(apiVersion, 'client.authentication.k8s.io/v1');
    assert.equal(userOf(status.token), 'alice');
    assert.equal(Date.parse(status.expirationTimestamp), endOf(status.token));
    env.KUBERNETES_EXEC_INFO = JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1beta1' });
    assert.match(await run(line), /v1beta1/);
    await assert.rejects(run(['kubectl-credential', '--hub', 'https://other.example']), {
      code: 'NOT_LOGGED_IN',
    });
    await writeFile(path, 'contexts: []\n');
    await assert.rejects(login('alice', '--browser', '--kubectl', path), { code: 'LOGIN_INVALID' });
  });
});

function writing(write: (text: string) => void): Writable {
  return new Writable({
    write: (chunk, _encoding, done) => {
      write(String(chunk));
      done();
    },
  });
}
