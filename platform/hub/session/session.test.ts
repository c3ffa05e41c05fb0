import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { Issuer } from '../../oidc/issuer.ts';
import { sealText } from '../../oidc/sealed.ts';
import { Browser } from '../../oidc/testing/browser.ts';
import { CLIENT_ID, startIssuer, type TestIssuer } from '../../oidc/testing/issuer.ts';
import type { AuditEntry } from '../audit/audit.ts';
import { Access } from '../http/access.ts';
import { nothing, type Route, route } from '../http/route.ts';
import { buildServer, type HubServer } from '../http/server.ts';
import type { User } from '../kubernetes.ts';
import { OneSecret } from '../testing/one-secret.ts';
import { type KeyPair, makeAuthority, makeServing } from '../tls/certificate.ts';
import { SESSION_COOKIE } from './cookie.ts';
import { EndedSessions } from './ended-sessions.ts';
import { IdTokens } from './id-token.ts';
import { sessionRoutes } from './session-routes.ts';
import { Sessions } from './sessions.ts';
import { memoryKeys } from './testing/memory-keys.ts';

const Session = z.looseObject({ user: z.string(), groups: z.array(z.string()), via: z.string() });
const Coded = z.looseObject({ code: z.string(), ways: z.array(z.string()).optional() });
const HOUR_MS = 3_600_000;

describe('signing in with a browser', () => {
  let issuer: TestIssuer;
  let server: HubServer;
  let authority: KeyPair;
  let hub: string;
  let browser: Browser;
  /** Put on top of the time of day, in milliseconds. */
  let ahead = 0;
  let judgeAhead = 0;
  let writes = 0;
  const audited: AuditEntry[] = [];
  const now = () => Date.now() + ahead;
  const accounts = new Map<string, User>();
  const keys = memoryKeys();
  const idTokensFor = (known: Issuer) =>
    new IdTokens({
      issuer: known,
      audiences: [CLIENT_ID],
      claims: { username: 'preferred_username', groups: 'groups', prefix: 'oidc:' },
      now: () => new Date(Date.now() + judgeAhead),
    });
  let idTokens: IdTokens;

  before(async () => {
    authority = await makeAuthority(new Date());
    const tls = await makeServing(authority, ['localhost'], new Date());
    // The address must be known to the issuer before it starts, and the routes want to know the issuer.
    const routes: Route[] = [];
    const place = buildServer({ ...partsOf(tls), routes: [] });
    await place.listen({ host: '127.0.0.1', port: 0 });
    const port = portOf(place);
    await place.close();
    hub = `https://localhost:${port}`;
    issuer = await startIssuer({ redirectUris: [`${hub}/auth/callback`], homeUris: [`${hub}/ui/`] });
    issuer.users.set('alice', { groups: ['operators'] });
    issuer.users.set('bob', { groups: [] });
    const setting = { url: issuer.url, clientId: CLIENT_ID, ca: issuer.ca, scopes: ['openid', 'profile'] };
    const known = new Issuer(setting, () => performance.now());
    idTokens = idTokensFor(known);
    const sessions = new Sessions({
      ...{ keys, issuer: known, ended: endedSessions(now), maxSeconds: 12 * 3_600, now },
      randomId: () => crypto.randomUUID(),
    });
    const identify = async (token: string) =>
      idTokens.isOfIssuer(token) ? await idTokens.identify(token) : accounts.get(token);
    // Answers about tokens are not kept: the clock stands ahead at times.
    let tick = 0;
    const clock = () => {
      tick += 10_000;
      return tick;
    };
    const access = new Access({ identify, permits: async (_, { verb }) => verb === 'get' }, clock, sessions);
    routes.push(
      ...sessionRoutes({
        ...{ access, sessions, keys, issuer: known, now },
        permits: async (user, { verb }) => user.username === 'oidc:alice' && verb === 'list',
      }),
      writeRoute(() => writes++),
    );
    const audit = { record: async (entry: AuditEntry) => void audited.push(entry) };
    server = buildServer({ ...partsOf(tls), access, routes, audit });
    await server.listen({ host: '127.0.0.1', port });
  });
  after(async () => {
    server?.server.closeAllConnections();
    await server?.close();
    await issuer?.close();
  });
  beforeEach(() => {
    ahead = 0;
    audited.length = 0;
    accounts.clear();
    issuer.setAway(false);
    issuer.users.set('alice', { groups: ['operators'] });
    browser = new Browser([authority.certificate, issuer.ca]);
  });

  const session = async (who = browser) => {
    const page = await who.send(`${hub}/auth/session`);
    return page.status === 200
      ? Session.parse(JSON.parse(page.text))
      : Coded.parse(JSON.parse(page.text)).code;
  };
  const post = async (path: string, { origin = hub, body }: { origin?: string; body?: object } = {}) => {
    const page = await browser.send(`${hub}${path}`, {
      method: 'POST',
      headers: {
        ...(origin === '' ? {} : { origin }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = page.text === '' ? {} : JSON.parse(page.text);
    return { status: page.status, answer, code: Coded.safeParse(answer).data?.code ?? 'OK' };
  };
  const signIn = async (user: string) =>
    await browser.signIn(`${hub}/auth/login?return=/ui/clusters`, user, `${hub}/ui/`);

  test('goes to the issuer and back to where it began, and tokens never reach the browser', async () => {
    const page = await signIn('alice');
    assert.equal(page.url, `${hub}/ui/clusters`);
    assert.deepEqual(await session(), {
      ...{ user: 'oidc:alice', groups: ['oidc:operators', 'system:authenticated'], via: 'cookie' },
      ...{ ways: ['oidc', 'token'], issuer: issuer.url },
      expires: Object(await session()).expires,
    });
    const jar = [...browser.cookiesOf(hub).keys()];
    assert.deepEqual(jar, [SESSION_COOKIE]);
    const value = browser.cookiesOf(hub).get(SESSION_COOKIE) ?? '';
    assert.ok(!Buffer.from(value, 'base64url').toString('latin1').includes('eyJ'));
    assert.ok(!value.includes('.'));
  });

  test('sets cookies that no script, no other host and no plain connection gets', async () => {
    const page = await browser.send(`${hub}/auth/login`);
    const set = [page.headers['set-cookie'] ?? []].flat();
    assert.equal(set.length, 1);
    for (const line of set)
      assert.match(line, /^__Host-\S+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/);
    const to = new URL(String(page.headers.location));
    assert.equal(to.searchParams.get('code_challenge_method'), 'S256');
    assert.equal(to.searchParams.get('redirect_uri'), `${hub}/auth/callback`);
    assert.ok(to.searchParams.get('nonce'));
  });

  test('says to those who are not signed in how to', async () => {
    const page = await browser.send(`${hub}/auth/session`);
    assert.equal(page.status, 401);
    const { code, ways } = Coded.parse(JSON.parse(page.text));
    assert.deepEqual([code, ways], ['UNAUTHENTICATED', ['oidc', 'token']]);
  });

  test('goes to no other site afterwards', async () => {
    for (const path of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '',
    ]) {
      browser = new Browser([authority.certificate, issuer.ca]);
      const page = await browser.signIn(
        `${hub}/auth/login?return=${encodeURIComponent(path)}`,
        'bob',
        `${hub}/ui/`,
      );
      assert.equal(page.url, `${hub}/ui/`, path);
    }
  });

  test('is refused where it ends in another browser, twice, too late or with another state', async () => {
    const back = await browser.signIn(`${hub}/auth/login`, 'bob', `${hub}/auth/callback`);
    const elsewhere = await new Browser([authority.certificate]).go(back.url);
    assert.equal(elsewhere.status, 400);
    assert.match(String(elsewhere.headers['content-type']), /^text\/html/);
    assert.match(elsewhere.text, /SIGN_IN_UNKNOWN/);
    assert.match(String(elsewhere.headers['content-security-policy']), /frame-ancestors 'none'/);
    const changed = new URL(back.url);
    changed.searchParams.set('state', `${changed.searchParams.get('state')?.slice(0, 16)}another`);
    assert.match((await browser.go(changed.href)).text, /SIGN_IN_UNKNOWN/);
    ahead = 11 * 60_000;
    assert.match((await browser.go(back.url)).text, /SIGN_IN_UNKNOWN/);
    ahead = 0;
    assert.equal((await browser.go(back.url, { until: `${hub}/ui/` })).url, `${hub}/ui/`);
    assert.match((await browser.go(back.url)).text, /SIGN_IN_UNKNOWN/);
  });

  test('shows a person who was refused by the issuer why', async () => {
    const begun = await browser.send(`${hub}/auth/login`);
    const state = new URL(String(begun.headers.location)).searchParams.get('state');
    const page = await browser.go(
      `${hub}/auth/callback?error=access_denied&error_description=${encodeURIComponent('<b>no</b>')}&state=${state}&iss=${encodeURIComponent(issuer.url)}`,
    );
    assert.equal(page.status, 403);
    assert.match(page.text, /SIGN_IN_REFUSED/);
    assert.match(page.text, /access_denied/);
    assert.ok(!page.text.includes('<b>'));
  });

  test('ends when the user signs out, also for a copy of the cookie, and at the issuer', async () => {
    await signIn('alice');
    const copy = new Browser([authority.certificate]);
    for (const [name, value] of browser.cookiesOf(hub)) copy.cookiesOf(hub).set(name, value);
    assert.equal(Object(await session(copy)).user, 'oidc:alice');
    const { status, answer } = await post('/auth/logout');
    assert.equal(status, 200);
    const to = new URL(String(Object(answer).url));
    assert.equal(to.origin, issuer.url);
    assert.equal(to.searchParams.get('post_logout_redirect_uri'), `${hub}/ui/`);
    assert.equal(await session(), 'UNAUTHENTICATED');
    assert.equal(await session(copy), 'SESSION_ENDED');
    assert.equal((await post('/auth/logout')).status, 200);
  });

  test('takes a pasted token that the cluster knows, and no other', async () => {
    assert.equal((await post('/auth/token', { body: { token: 'made-up' } })).code, 'UNAUTHENTICATED');
    assert.equal((await post('/auth/token', { body: { token: 'two words' } })).code, 'OBJECT_INVALID');
    accounts.set('pasted', { username: 'system:serviceaccount:p:robot' });
    const { answer } = await post('/auth/token', { body: { token: 'pasted' } });
    assert.equal(Session.parse(answer).user, 'system:serviceaccount:p:robot');
    assert.equal(Object(await session()).via, 'cookie');
    accounts.clear();
    assert.equal(await session(), 'SESSION_ENDED');
  });

  test('is nothing that another site can do for somebody, nor what comes with a session', async () => {
    accounts.set('pasted', { username: 'robot' });
    for (const origin of ['https://evil.example', 'null', '', hub.replace('https', 'http')])
      for (const [path, body] of [
        ['/auth/token', { token: 'pasted' }],
        ['/auth/logout', undefined],
      ] as const)
        assert.equal(
          (await post(path, { origin, ...(body && { body }) })).code,
          'ORIGIN_REFUSED',
          `${path} ${origin}`,
        );
    await signIn('alice');
    const before = writes;
    for (const origin of ['https://evil.example', 'null', '', hub.replace('https', 'http')])
      assert.equal((await post('/api/v1/things', { origin })).code, 'ORIGIN_REFUSED', origin);
    assert.equal(writes, before);
    assert.equal((await post('/api/v1/things')).status, 200);
    assert.equal(writes, before + 1);
    const bearer = await new Browser([authority.certificate]).send(`${hub}/api/v1/things`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await issuer.token({ sub: 'bob', preferred_username: 'bob' })}` },
    });
    assert.equal(bearer.status, 200);
  });

  test('lasts beyond its first token, with one question to the issuer however many ask, until it is over', async () => {
    await signIn('alice');
    const first = browser.cookiesOf(hub).get(SESSION_COOKIE);
    const asked = issuer.tokenRequests();
    issuer.users.set('alice', { groups: ['operators', 'auditors'] });
    ahead = 9.5 * 60_000;
    const answers = await Promise.all(Array.from({ length: 5 }, async () => await session()));
    for (const answer of answers)
      assert.ok(Object(answer).groups.includes('oidc:auditors'), JSON.stringify(answer));
    assert.equal(issuer.tokenRequests(), asked + 1);
    assert.notEqual(browser.cookiesOf(hub).get(SESSION_COOKIE), first);
    ahead = 13 * HOUR_MS;
    assert.equal(await session(), 'SESSION_ENDED');
  });

  test('goes on while the issuer is away and the token is good, and asks again later once it is not', async () => {
    await signIn('alice');
    issuer.setAway(true);
    ahead = 9.5 * 60_000;
    assert.equal(Object(await session()).user, 'oidc:alice');
    ahead = 11 * 60_000;
    assert.equal(await session(), 'ISSUER_UNREACHABLE');
    issuer.setAway(false);
    // A failure stands for a second.
    ahead += 2_000;
    assert.equal(Object(await session()).user, 'oidc:alice');
  });

  test('ends when the issuer no longer knows the user', async () => {
    issuer.users.set('carol', { groups: [] });
    await signIn('carol');
    issuer.users.delete('carol');
    ahead = 11 * 60_000;
    assert.equal(await session(), 'SESSION_ENDED');
  });

  test('is lost with a cookie that was changed, made up, cut or sealed for something else', async () => {
    await signIn('alice');
    const jar = browser.cookiesOf(hub);
    const good = jar.get(SESSION_COOKIE) ?? '';
    const login = keys.seal({ via: 'oidc', token: 't', endsAt: 9_999_999_999, id: 'x' }, 'login');
    const other = { id: 1, key: Buffer.alloc(32) };
    const forged = sealText({ via: 'oidc', token: 't', endsAt: 9_999_999_999, id: 'x' }, 'session', other);
    const changed = `${good.slice(0, 60)}${good[60] === 'A' ? 'B' : 'A'}${good.slice(61)}`;
    for (const value of ['x', 'AQ', good.slice(0, -8), changed, login, forged]) {
      jar.set(SESSION_COOKIE, value);
      assert.equal(await session(), 'SESSION_ENDED', value);
    }
    jar.set(SESSION_COOKIE, good);
    assert.equal(Object(await session()).user, 'oidc:alice');
  });

  test('is refused with a token that no cookie can hold', async () => {
    const large = randomBytes(12_000).toString('base64url');
    accounts.set(large, { username: 'robot' });
    assert.equal((await post('/auth/token', { body: { token: large } })).code, 'SESSION_TOO_LARGE');
    assert.equal(await session(), 'UNAUTHENTICATED');
  });

  test('goes by pasted tokens alone where the hub knows no identity provider', async () => {
    const routes = sessionRoutes({
      access: { authenticate: async () => await Promise.reject(new Error('nobody')) },
      permits: async () => false,
      sessions: { begin: () => [], end: async () => ({ cookies: [] }) },
      ...{ keys, now },
    });
    const { signal } = new AbortController();
    const caller = { host: 'hub', search: '' };
    for (const path of ['/auth/issuer', '/auth/login']) {
      const found = routes.find((candidate) => candidate.path === path);
      const prepared = found?.prepare({ params: {}, query: {}, headers: {} });
      await assert.rejects(async () => await prepared?.answer({ user: { username: 'a' }, caller, signal }), {
        code: 'ISSUER_UNKNOWN',
      });
    }
  });

  test('stands in the audit with who it was, and what nobody did does not', async () => {
    await signIn('alice');
    await post('/auth/logout');
    accounts.set('pasted', { username: 'robot' });
    await post('/auth/token', { body: { token: 'pasted' } });
    browser = new Browser([authority.certificate]);
    await post('/auth/logout');
    await post('/auth/logout', { origin: 'https://evil.example' });
    await post('/auth/token', { body: { token: 'made-up' } });
    await post('/auth/token', { body: {} });
    await browser.go(`${hub}/auth/callback?state=made-up`);
    await post('/auth/token', { body: { token: 'pasted' } });
    // They are written down once the answer has gone.
    while (audited.length < 4) await setTimeout(5);
    assert.deepEqual(
      audited.map(({ actor, action, outcome }) => `${actor} ${action} ${outcome}`),
      [
        'oidc:alice finishLogin done',
        'oidc:alice logOut done',
        'robot signInWithToken done',
        'robot signInWithToken done',
      ],
    );
  });

  test('says what its user may do', async () => {
    await signIn('alice');
    const { rules } = Object(JSON.parse((await browser.send(`${hub}/auth/access?project=p1`)).text));
    assert.equal(rules.length, 1);
    assert.deepEqual(rules[0].verbs, ['list']);
    assert.ok(rules[0].resources.includes('clusters') && rules[0].resources.includes('packs'));
    browser = new Browser([authority.certificate, issuer.ca]);
    await signIn('bob');
    assert.equal((await browser.send(`${hub}/auth/access`)).text, '{"rules":[]}');
  });

  test('believes no ID token but those that are of the issuer, for this hub, now', async () => {
    const claims = { sub: 'alice', preferred_username: 'alice', groups: ['operators'] };
    assert.equal((await idTokens.identify(await issuer.token(claims)))?.username, 'oidc:alice');
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(
      JSON.stringify({ ...claims, iss: issuer.url, aud: CLIENT_ID, exp: 9_999_999_999 }),
    ).toString('base64url')}.`;
    for (const [why, token] of Object.entries({
      'another key': await issuer.token(claims, stranger),
      'another audience': await issuer.token({ ...claims, aud: 'other' }),
      'another issuer': await issuer.token({ ...claims, iss: 'https://other.example' }),
      'no name': await issuer.token({ sub: 'alice' }),
      'no signature': none,
      'no token': 'a.b.c',
    }))
      assert.equal(await idTokens.identify(token), undefined, why);
    const good = await issuer.token(claims);
    judgeAhead = 11 * 60_000;
    assert.equal(await idTokens.identify(good), undefined, 'too old');
    judgeAhead = 0;
    const setting = { url: issuer.url, clientId: CLIENT_ID, ca: issuer.ca, scopes: [] };
    const bare = new IdTokens({
      issuer: new Issuer(setting, () => 0),
      audiences: [CLIENT_ID],
      claims: { username: 'sub', groups: 'groups', prefix: '' },
      now: () => new Date(),
    });
    const byAddress = new IdTokens({
      issuer: new Issuer(setting, () => 0),
      audiences: [CLIENT_ID],
      claims: { username: 'email', prefix: '' },
      now: () => new Date(),
    });
    const mail = { sub: 'a', email: 'a@example.com' };
    assert.equal((await byAddress.identify(await issuer.token(mail)))?.username, 'a@example.com');
    const unchecked = { ...mail, email_verified: false };
    assert.equal(
      await byAddress.identify(await issuer.token(unchecked)),
      undefined,
      'an address of somebody',
    );
    assert.ok(await idTokens.identify(await issuer.token({ ...claims, email_verified: false })), 'a name');
    const root = await issuer.token({ sub: 'root', groups: ['system:masters'] });
    assert.equal(await bare.identify(root), undefined, 'a group of the cluster itself');
  });
});

function endedSessions(now: () => number): EndedSessions {
  const { signal } = new AbortController();
  const onError = (error: unknown) => assert.fail(String(error));
  return new EndedSessions({
    client: new OneSecret(),
    namespace: 'system',
    name: 'hub-tls',
    signal,
    now,
    onError,
  });
}

function partsOf(tls: KeyPair) {
  const access = {
    authenticate: async () => await Promise.reject(new Error('nobody')),
    authorize: async () => undefined,
  };
  return { tls, access, log: { level: 'silent' as const, stream: { write: () => true } } };
}

function portOf(server: HubServer): number {
  const address: AddressInfo | string | null = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function writeRoute(written: () => void): Route {
  return route({
    method: 'POST',
    path: '/api/v1/things',
    operationId: 'writeThing',
    summary: 'Writes',
    tag: 'test',
    params: nothing,
    query: nothing,
    answers: 'Thing',
    response: z.object({}),
    action: () => [],
    answer: () => {
      written();
      return {};
    },
  });
}
