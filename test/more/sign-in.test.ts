import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { after, before, beforeEach, describe, test } from 'node:test';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { platformCommands } from '../../commands.ts';
import { runCli } from '../../installer/cli.ts';
import { loginPlace, readLogin } from '../../platform/client/login/login-file.ts';
import { Browser } from '../../platform/oidc/testing/browser.ts';
import {
  CLIENT_ID,
  PROGRAM_CLIENT_ID,
  startIssuer,
  type TestIssuer,
} from '../../platform/oidc/testing/issuer.ts';
import { endOf } from '../../platform/oidc/token-claims.ts';
import { helmProgram } from '../charts/helm-program.ts';
import { findExecutable } from '../cluster/host.ts';
import { until } from '../fleet/until.ts';
import { type HubSite, type SiteHub, startHubSite } from '../hub/hub-site.ts';
import { authenticationConfiguration, groupBinding } from '../oidc/authentication.ts';
import { freePort } from '../provision/gateway/api-server.ts';
import { leadIn } from '../provision/into-island.ts';

const ROLES = ['viewer', 'operator', 'admin', 'auditor'] as const;
const SCOPES = ['openid', 'profile', 'offline_access'];
/** So long an ID token is good here: people's sessions outlive many. */
const TOKEN_SECONDS = 30;
const PROJECT = 'harbour';

const Coded = z.looseObject({ code: z.string() });
const Session = z.looseObject({ user: z.string(), groups: z.array(z.string()), via: z.string() });
const OpenApi = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ requestBody: z.unknown().optional() }))),
});
const Rules = z.object({
  rules: z.array(z.object({ verbs: z.array(z.string()), resources: z.array(z.string()) })),
});

describe('people of an identity provider, with a real API server that knows it', { timeout: 900_000 }, () => {
  let site: HubSite;
  let issuer: TestIssuer;
  let hub: SiteHub;
  let second: SiteHub;
  let inward: AsyncDisposable;
  let folder: string;
  let ca: string;
  let browser: Browser;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skerry-oidc-'));
    const port = await freePort();
    issuer = await startIssuer({
      redirectUris: [`https://localhost:${port}/auth/callback`],
      homeUris: [`https://localhost:${port}/ui/`],
      tokenSeconds: TOKEN_SECONDS,
    });
    for (const role of ROLES) issuer.users.set(role, { groups: [`skerry-${role}`] });
    issuer.users.set('stranger', { groups: [] });
    site = await startHubSite('oidc', { authentication: await authenticationConfiguration(issuer) });
    const { folder: island, execOnNode: exec } = site.cluster;
    const issuerPort = Number(new URL(issuer.url).port);
    inward = await leadIn({ folder: island, exec, host: '127.0.0.1', port: issuerPort }, issuerPort);
    for (const role of ROLES) await site.client.create(groupBinding(role));
    await site.client.create(projectOf(PROJECT));
    const signIn = {
      issuer: { url: issuer.url, clientId: CLIENT_ID, ca: issuer.ca, scopes: SCOPES },
      programClientId: PROGRAM_CLIENT_ID,
    };
    hub = await site.startHub({ port, agents: false, signIn });
    second = await site.startHub({ agents: false, signIn });
    ca = await site.ca();
    await writeFile(join(folder, 'ca.crt'), ca);
    const probe = await issuer.token({
      sub: 'viewer',
      preferred_username: 'viewer',
      groups: ['skerry-viewer'],
    });
    await until('the API server knows the issuer', async () =>
      (await bearer(probe, '/api/v1/packs')) === 'OK' ? true : undefined,
    );
  });
  after(async () => {
    await second?.stop();
    await hub?.stop();
    await inward?.[Symbol.asyncDispose]();
    await site?.stop();
    await issuer?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    browser = person();
  });

  const person = () => new Browser([ca, issuer.ca]);
  const signIn = async (user: string, who = browser) =>
    await who.signIn(`${hub.url}/auth/login?return=/ui/`, user, `${hub.url}/ui/`);
  const ask = async (
    who: Browser,
    path: string,
    { method = 'GET', headers, body, at = hub.url }: Asked = {},
  ) => {
    const page = await who.send(`${at}${path}`, {
      method,
      headers: {
        ...(method === 'GET' ? {} : { origin: at }),
        ...(body === undefined ? {} : { 'content-type': typeOf(method) }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = page.text === '' ? {} : JSON.parse(page.text);
    return { page, answer, code: page.status < 300 ? 'OK' : Coded.parse(answer).code };
  };
  const bearer = async (token: string, path: string, asked: Asked = {}) => {
    const headers = { ...asked.headers, authorization: `Bearer ${token}` };
    return (await ask(person(), path, { ...asked, headers })).code;
  };
  const session = async (who = browser, at = hub.url) => {
    const { answer, code } = await ask(who, '/auth/session', { at });
    return code === 'OK' ? Session.parse(answer) : code;
  };

  test('sign in with a browser, and are who the API server says', async () => {
    assert.equal((await signIn('operator')).url, `${hub.url}/ui/`);
    const { user, groups, via } = Session.parse(await session());
    assert.deepEqual([user, via], ['oidc:operator', 'cookie']);
    assert.ok(groups.includes('oidc:skerry-operator'));
    assert.equal((await ask(browser, '/api/v1/clusters')).code, 'OK');
    const { rules } = Rules.parse((await ask(browser, `/auth/access?project=${PROJECT}`)).answer);
    const may = (verb: string, resource: string) =>
      rules.some(({ verbs, resources }) => verbs.includes(verb) && resources.includes(resource));
    assert.ok(may('create', 'clusters') && !may('create', 'cloudaccounts'));
  });

  test('may through cookies exactly what they may with tokens, on every route of the hub', async () => {
    const { paths } = OpenApi.parse((await ask(browser, '/openapi.json')).answer);
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      path.startsWith('/api/')
        ? Object.entries(methods).map(([method, route]) => ({ path, method, route }))
        : [],
    );
    assert.ok(routes.length > 60, `${routes.length} routes`);
    const refused = new Map<string, number>();
    for (const role of [...ROLES, 'stranger']) {
      const who = person();
      await signIn(role, who);
      const groups = issuer.users.get(role)?.groups ?? [];
      for (const { path, method, route } of routes) {
        if (path.endsWith('/watch')) continue;
        const address = path
          .replace('{project}', PROJECT)
          .replace('{version}', '1.0.0')
          .replace(/\{\w+\}/, 'none');
        const verb = Method.parse(method.toUpperCase());
        const body = route.requestBody === undefined ? {} : { body: {} };
        const asked = { method: verb, ...body, headers: { 'if-match': '"1"' } };
        const token = await issuer.token({ sub: role, preferred_username: role, groups });
        const through = (await ask(who, address, asked)).code;
        assert.equal(through, await bearer(token, address, asked), `${role}: ${method} ${path}`);
        assert.ok(
          !['UNAUTHENTICATED', 'SESSION_ENDED', 'HUB_FAILED'].includes(through),
          `${role}: ${method} ${path} ${through}`,
        );
        if (through === 'ACCESS_DENIED') refused.set(role, (refused.get(role) ?? 0) + 1);
      }
    }
    const count = (role: string) => refused.get(role) ?? 0;
    assert.ok(count('stranger') > count('viewer') && count('viewer') > count('operator'), `${[...refused]}`);
    assert.ok(count('operator') > count('admin'), `${[...refused]}`);
  });

  test('are known at every hub of the cluster, and signed out at one of them', async () => {
    await signIn('viewer');
    const copy = person();
    for (const [name, value] of browser.cookiesOf(hub.url)) copy.cookiesOf(second.url).set(name, value);
    assert.equal(Object(await session(copy, second.url)).user, 'oidc:viewer');
    assert.equal((await ask(browser, '/auth/logout', { method: 'POST' })).code, 'OK');
    assert.equal(await session(), 'UNAUTHENTICATED');
    await until('the other hub knows it too', async () =>
      (await session(copy, second.url)) === 'SESSION_ENDED' ? true : undefined,
    );
  });

  test('stay signed in for as long as the issuer renews, and lose a group with the next token', async () => {
    issuer.users.set('dana', { groups: ['skerry-admin'] });
    await signIn('dana');
    assert.equal((await ask(browser, '/api/v1/cloudaccounts')).code, 'OK');
    issuer.users.set('dana', { groups: [] });
    const asked = issuer.tokenRequests();
    await until('the group is gone', async () =>
      (await ask(browser, '/api/v1/cloudaccounts')).code === 'ACCESS_DENIED' ? true : undefined,
    );
    assert.ok(issuer.tokenRequests() > asked);
    assert.equal(Object(await session()).user, 'oidc:dana');
    issuer.users.delete('dana');
    await until('the session ends', async () => ((await session()) === 'SESSION_ENDED' ? true : undefined));
  });

  test('are refused with a token that is too old, forged, for others or with a reserved name', async () => {
    const claims = { sub: 'admin', preferred_username: 'admin', groups: ['skerry-admin'] };
    const soon = Math.floor(Date.now() / 1000) + 5;
    const short = await issuer.token({ ...claims, exp: soon });
    assert.equal(await bearer(short, '/api/v1/clusters'), 'OK');
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await issuer.token(claims)).split('.')[1]}.`;
    for (const [why, token] of Object.entries({
      'another key': await issuer.token(claims, stranger),
      'another audience': await issuer.token({ ...claims, aud: 'other' }),
      'another issuer': await issuer.token({ ...claims, iss: 'https://localhost:1' }),
      'no signature': none,
      'changed claims': await tampered(await issuer.token({ ...claims, groups: [] }), claims),
    })) {
      assert.equal(await bearer(token, '/api/v1/clusters'), 'UNAUTHENTICATED', why);
      const pasted = await ask(person(), '/auth/token', { method: 'POST', body: { token } });
      assert.equal(pasted.code, 'UNAUTHENTICATED', why);
    }
    await until('the short one is over', async () =>
      (await bearer(short, '/api/v1/clusters')) === 'UNAUTHENTICATED' ? true : undefined,
    );
  });

  test('sign in with the token of a ServiceAccount too', async () => {
    const token = await site.user('robot', 'skerry-viewer');
    assert.equal((await ask(browser, '/auth/token', { method: 'POST', body: { token } })).code, 'OK');
    assert.equal(Object(await session()).user, 'system:serviceaccount:skerry-system:robot');
    assert.equal((await ask(browser, '/api/v1/clusters')).code, 'OK');
  });

  test('do nothing that a page of another site wants, and are shown in none', async () => {
    await signIn('admin');
    const body = { name: 'made-by-another-site' };
    for (const origin of ['https://evil.example', 'null', `${hub.url}.evil.example`]) {
      const { code } = await ask(browser, '/api/v1/projects', { method: 'POST', body, headers: { origin } });
      assert.equal(code, 'ORIGIN_REFUSED', origin);
    }
    const form = await browser.send(`${hub.url}/api/v1/projects`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify(body),
    });
    assert.equal(form.status, 403);
    const named = { apiVersion: 'v1', kind: 'Namespace', metadata: body };
    assert.equal(await site.client.get(named), undefined);
    for (const path of [
      '/auth/session',
      '/auth/login',
      '/auth/callback?state=x',
      '/api/v1/clusters',
      '/nothing',
    ]) {
      const { headers } = await browser.send(`${hub.url}${path}`);
      assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/, path);
    }
  });

  describe('at a command line', () => {
    let env: NodeJS.ProcessEnv;
    let kubeconfig: string;

    before(async () => {
      env = { HOME: await mkdtemp(join(folder, 'home-')), PATH: process.env.PATH };
      kubeconfig = join(folder, 'kubeconfig');
      await writeFile(kubeconfig, await forwardedKubeconfig(site), { mode: 0o600 });
    });

    const run = async (line: readonly string[], onSay: (text: string) => void = () => undefined) => {
      let out = '';
      let err = '';
      const console = {
        stdout: writing((text) => (out += text)),
        stderr: writing((text) => {
          err += text;
          onSay(text);
        }),
        stdin: new PassThrough(),
        env,
        execPath: process.execPath,
        argv: [process.execPath, join(import.meta.dirname, '../../skerry.ts')],
      };
      const exit = await runCli([...line, '--output', 'json'], console, platformCommands(console));
      assert.equal(exit, 0, err);
      return out;
    };

    test('sign in with a code, and are the same user there', async () => {
      const people: Promise<unknown>[] = [];
      await run(
        ['login', hub.url, '--ca', join(folder, 'ca.crt'), '--project', PROJECT, '--kubectl', kubeconfig],
        (text) => {
          const url = /https:\/\/localhost\S+/.exec(text)?.[0];
          if (url !== undefined) people.push(person().signIn(url, 'operator'));
        },
      );
      await Promise.all(people);
      const who = Object(JSON.parse(await run(['whoami'])));
      assert.equal(who.user, 'oidc:operator');
      assert.deepEqual(JSON.parse(await run(['cluster', 'list'])).items, []);
    });

    test('are the same user to kubectl and helm, whose tokens are renewed as they end', async () => {
      const options = { env, extendEnv: false, all: true, reject: false } as const;
      const flags = ['--kubeconfig', kubeconfig];
      const kubectl = await findExecutable('kubectl');
      const check = async () => {
        const helm = await execa(
          await helmProgram(),
          [...flags, '--kube-context', 'skerry', 'list', '-n', PROJECT],
          options,
        );
        // Known, and not allowed to read what helm keeps: an unknown user gets another answer.
        assert.match(helm.all, /User "oidc:operator" cannot list resource "secrets"/);
        if (kubectl === undefined) return;
        const get = async (...what: readonly string[]) =>
          await execa(kubectl, [...flags, '--context', 'skerry', ...what], options);
        const clusters = await get('get', 'clusters.skerry.dev', '-n', PROJECT, '-o', 'name');
        assert.equal(clusters.exitCode, 0, clusters.all);
        const whoami = await get('auth', 'whoami', '-o', 'json');
        assert.equal(Object(JSON.parse(whoami.stdout)).status.userInfo.username, 'oidc:operator');
        const denied = await get('get', 'nodes');
        assert.match(denied.all, /User "oidc:operator" cannot list resource "nodes"/);
      };
      await check();
      const { token } = await readLogin(loginPlace(env));
      await until('the token is over', async () => ((endOf(token) ?? 0) < Date.now() ? true : undefined));
      await check();
      assert.notEqual((await readLogin(loginPlace(env))).token, token);
    });

    test('log out', async () => {
      await run(['logout']);
      const helm = await execa(
        await helmProgram(),
        ['--kubeconfig', kubeconfig, '--kube-context', 'skerry', 'list', '-n', PROJECT],
        { env, extendEnv: false, all: true, reject: false },
      );
      assert.notEqual(helm.exitCode, 0);
      assert.match(helm.all, /NOT_LOGGED_IN/);
      assert.ok(!helm.all.includes('oidc:operator'));
    });
  });

  describe('where the API server knows nothing of the issuer', () => {
    let other: TestIssuer;
    let verifying: SiteHub;

    before(async () => {
      const port = await freePort();
      other = await startIssuer({
        redirectUris: [`https://localhost:${port}/auth/callback`],
        tokenSeconds: TOKEN_SECONDS,
      });
      other.users.set('erin', { groups: ['skerry-operator'] });
      other.users.set('stranger', { groups: [] });
      verifying = await site.startHub({
        ...{ port, agents: false },
        signIn: {
          impersonate: true,
          issuer: { url: other.url, clientId: CLIENT_ID, ca: other.ca, scopes: SCOPES },
          claims: { username: 'preferred_username', groups: 'groups', prefix: 'oidc:' },
        },
      });
    });
    after(async () => {
      await verifying?.stop();
      await other?.close();
    });

    test('the hub checks their tokens, and the API server still says what they may', async () => {
      const at = verifying.url;
      const forbidden = new Browser([ca, other.ca]);
      await forbidden.signIn(`${at}/auth/login`, 'erin', `${at}/ui/`);
      const first = { method: 'POST', body: { name: 'first', spec: {} }, at } as const;
      const early = await ask(forbidden, `/api/v1/projects/${PROJECT}/clusters`, first);
      assert.match(
        JSON.stringify(early.answer),
        /CLUSTER_FORBIDDEN|OBJECT_REFUSED/,
        'the hub has no right to impersonate',
      );
      for (const object of impersonation()) await site.client.create(object);
      const codes: Record<string, string> = {};
      for (const user of ['erin', 'stranger']) {
        const who = new Browser([ca, other.ca]);
        await who.signIn(`${at}/auth/login`, user, `${at}/ui/`);
        assert.equal(Object(await session(who, at)).user, `oidc:${user}`);
        codes[user] = (await ask(who, '/api/v1/clusters', { at })).code;
        const made = { method: 'POST', body: { name: `by-${user}`, spec: {} }, at } as const;
        codes[`${user} writes`] = (await ask(who, `/api/v1/projects/${PROJECT}/clusters`, made)).code;
      }
      assert.deepEqual(codes, {
        ...{ erin: 'OK', 'erin writes': 'OK' },
        ...{ stranger: 'ACCESS_DENIED', 'stranger writes': 'ACCESS_DENIED' },
      });
      const claims = { sub: 'erin', preferred_username: 'erin', groups: ['skerry-admin'] };
      const forged = await other.token(claims, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
      assert.equal(await bearer(forged, '/api/v1/clusters', { at }), 'UNAUTHENTICATED');
      assert.equal(await bearer(await other.token(claims), '/api/v1/clusters', { at }), 'OK');
      assert.equal(await bearer(await other.token(claims), '/api/v1/clusters'), 'UNAUTHENTICATED');
    });
  });
});

interface Asked {
  readonly method?: z.infer<typeof Method>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly at?: string;
}
const Method = z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

function typeOf(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}

/** As the chart has it with signIn.impersonate. */
function impersonation() {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: 'skerry-hub-impersonate' };
  const rules = [{ apiGroups: [''], resources: ['users', 'groups'], verbs: ['impersonate'] }];
  return [
    { apiVersion, kind: 'ClusterRole', metadata, rules },
    {
      ...{ apiVersion, kind: 'ClusterRoleBinding', metadata },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: 'skerry-hub', namespace: 'skerry-system' }],
    },
  ];
}

function projectOf(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'skerry.dev/project': 'true' } },
  };
}

// The administrator's, without a way to be the administrator.
async function forwardedKubeconfig(site: HubSite): Promise<string> {
  const config = z
    .looseObject({ users: z.array(z.looseObject({ user: z.unknown() })) })
    .parse(parse(await site.kubeconfig()));
  for (const entry of config.users) entry.user = {};
  return stringify(config);
}

async function tampered(token: string, claims: object): Promise<string> {
  const [head, body = '', signature] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), ...claims };
  return [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
}

function writing(write: (text: string) => void): Writable {
  return new Writable({
    write: (chunk, _encoding, done) => {
      write(String(chunk));
      done();
    },
  });
}
