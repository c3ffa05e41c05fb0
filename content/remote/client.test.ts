import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { isSkerryError } from '../error.ts';
import type { RemoteOptions } from './client.ts';
import { openRemote, type RemoteStore } from './store.ts';
import { testCertificate } from './test-certificate.ts';
import { play, QUICK, type Script, type Step } from './test-script.ts';

const LIST = 'GET /v2/team/app/tags/list';
const TAGS: Step = { expect: LIST, send: '{"tags":["v1"]}' };
const ANNA = { username: 'anna', password: 'secret' };
const BASIC = `Basic ${Buffer.from('anna:secret').toString('base64')}`;

test('a busy server is asked again, at most as often as the policy says', async (context) => {
  const busy: Step = { expect: LIST, status: 429, answer: { 'retry-after': '1' } };
  const { store } = await open(context, [busy, { expect: LIST, status: 503 }, TAGS]);
  assert.deepEqual(await store.listTags('team/app'), ['v1']);
  const tired = await open(context, [busy, busy, { ...busy, send: said('TOOMANYREQUESTS', 'slow down') }]);
  await assert.rejects(
    tired.store.listTags('team/app'),
    (error) =>
      isSkerryError(error, 'REGISTRY_ERROR') && /429.*TOOMANYREQUESTS: slow down/.test(error.message),
  );
});

test('a dropped connection, and an answer that breaks off, are tried again', async (context) => {
  const { store } = await open(context, [
    { expect: LIST, fault: { dropAfterTaking: 0 } },
    { ...TAGS, fault: { dropAfterSending: 5 } },
    TAGS,
  ]);
  assert.deepEqual(await store.listTags('team/app'), ['v1']);
});

test('an error whose text breaks off is still told by its status', async (context) => {
  const broken: Step = {
    expect: LIST,
    status: 500,
    send: said('X', 'y'.repeat(1000)),
    fault: { dropAfterSending: 20 },
  };
  const { store } = await open(context, [broken, broken, broken]);
  await assert.rejects(store.listTags('team/app'), code('REGISTRY_ERROR', /status 500/));
});

test('a registry that is not there is told so, by name', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(typeof address === 'object' && address !== null);
  const store = openRemote(`127.0.0.1:${address.port}`, { retry: QUICK });
  await assert.rejects(
    store.listTags('team/app'),
    (error) => isSkerryError(error, 'REGISTRY_UNREACHABLE') && error.subject === `127.0.0.1:${address.port}`,
  );
});

test('a request can be cancelled while the server is silent', async (context) => {
  const controller = new AbortController();
  const { store } = await open(context, [{ expect: LIST, fault: 'silence' }]);
  const listing = store.listTags('team/app', { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('stop')), 50);
  await assert.rejects(listing, /stop/);
});

test('Basic credentials are sent when they are asked for, and then without asking', async (context) => {
  const asks: Step = {
    expect: LIST,
    headers: { authorization: undefined },
    status: 401,
    answer: { 'www-authenticate': 'Basic realm="x"' },
  };
  const known: Step = { ...TAGS, headers: { authorization: BASIC } };
  const { store, hosts } = await open(context, [asks, known, known], { credentials: ANNA });
  await store.listTags('team/app');
  await store.listTags('team/app');
  assert.deepEqual(hosts, [new URL(store.name.replace('registry ', 'http://')).host]);
});

test('no credentials, and wrong ones, are refused access', async (context) => {
  const asks: Step = { expect: LIST, status: 401, answer: { 'www-authenticate': 'Basic realm="x"' } };
  const without = await open(context, [asks]);
  await assert.rejects(without.store.listTags('team/app'), code('REGISTRY_DENIED', /no credentials/));
  const wrong = await open(context, [asks, { ...asks, send: said('UNAUTHORIZED', 'wrong password') }], {
    credentials: ANNA,
  });
  await assert.rejects(wrong.store.listTags('team/app'), code('REGISTRY_DENIED', /wrong password/));
});

test('a token is fetched with service and scope, used while it lives, and fetched anew', async (context) => {
  const asks = ({ origin }: Script): Step => ({
    expect: LIST,
    status: 401,
    answer: { 'www-authenticate': `Bearer realm="${origin}/token?a=b",service="the registry"` },
  });
  const token = (value: object): Step => ({
    expect: 'GET /token?a=b&service=the+registry&scope=repository%3Ateam%2Fapp%3Apull',
    headers: { authorization: BASIC },
    send: JSON.stringify(value),
  });
  const with_ = (value: string): Step => ({ ...TAGS, headers: { authorization: `Bearer ${value}` } });
  const { store } = await open(
    context,
    (script) => [
      asks(script),
      token({ token: 'one', expires_in: 600 }),
      with_('one'),
      with_('one'),
      { ...asks(script), headers: { authorization: 'Bearer one' } },
      token({ access_token: 'two', expires_in: 0 }),
      with_('two'),
      { ...asks(script), headers: { authorization: undefined } },
      { ...token({}), status: 503 },
      { ...asks(script), headers: { authorization: undefined } },
      token({ token: 'three' }),
      with_('three'),
    ],
    { credentials: ANNA },
  );
  for (let count = 0; count < 4; count++) assert.deepEqual(await store.listTags('team/app'), ['v1']);
});

test('a token server that refuses, or gives no token, means no access', async (context) => {
  const asks = ({ origin }: Script): Step => ({
    expect: LIST,
    status: 401,
    answer: { 'www-authenticate': `Bearer realm="${origin}/token"` },
  });
  const expect = 'GET /token?scope=repository%3Ateam%2Fapp%3Apull';
  const refusing = await open(context, (script) => [asks(script), { expect, status: 403 }]);
  await assert.rejects(refusing.store.listTags('team/app'), code('REGISTRY_DENIED', /403/));
  const empty = await open(context, (script) => [asks(script), { expect, send: '{"token":7}' }]);
  await assert.rejects(empty.store.listTags('team/app'), code('REGISTRY_DENIED'));
});

test('credentials go to no other host over plain HTTP, and without HTTPS nobody else is asked', async (context) => {
  const other = await play(context, []);
  const asks: Step = {
    expect: LIST,
    status: 401,
    answer: { 'www-authenticate': `Bearer realm="${other.origin}/token"` },
  };
  const plain = await open(context, [asks], { credentials: ANNA });
  await assert.rejects(plain.store.listTags('team/app'), code('REGISTRY_DENIED', /not safe/));
  const certificate = await testCertificate();
  const secure = await open(context, [asks], { ca: certificate.cert }, certificate);
  await assert.rejects(secure.store.listTags('team/app'), code('REGISTRY_DENIED', /not safe/));
  for (const realm of ['file:///etc/passwd', 'http://[', '']) {
    const odd = await open(context, [
      { ...asks, answer: { 'www-authenticate': `Bearer realm="${realm}"` } },
      ...(realm === '' ? [{ expect: 'GET /?scope=repository%3Ateam%2Fapp%3Apull', status: 404 }] : []),
    ]);
    await assert.rejects(
      odd.store.listTags('team/app'),
      code(realm === '' ? 'REGISTRY_ERROR' : 'REGISTRY_DENIED'),
    );
  }
});

test('a redirect to another host is followed without the registry’s authorization', async (context) => {
  const cdn = await play(context, [
    { ...TAGS, expect: 'GET /signed?x=1', headers: { authorization: undefined } },
  ]);
  const { store } = await open(
    context,
    [
      { expect: LIST, status: 401, answer: { 'www-authenticate': 'Basic realm="x"' } },
      {
        expect: LIST,
        headers: { authorization: BASIC },
        status: 307,
        answer: { location: `${cdn.origin}/signed?x=1` },
      },
    ],
    { credentials: ANNA },
  );
  assert.deepEqual(await store.listTags('team/app'), ['v1']);
});

test('redirects end, and lead neither from HTTPS to HTTP nor to other schemes', async (context) => {
  const circle: Step = { expect: LIST, status: 302, answer: { location: '/v2/team/app/tags/list' } };
  const endless = await open(context, Array(6).fill(circle));
  await assert.rejects(endless.store.listTags('team/app'), code('REGISTRY_ERROR', /too often/));
  const certificate = await testCertificate();
  const plain = await play(context, []);
  const secure = await open(
    context,
    [{ ...circle, answer: { location: `${plain.origin}/x?secret=1` } }],
    { ca: certificate.cert },
    certificate,
  );
  await assert.rejects(
    secure.store.listTags('team/app'),
    (error) => isSkerryError(error, 'REGISTRY_ERROR') && !error.message.includes('secret'),
  );
  for (const location of ['ftp://127.0.0.1/x', 'http://[']) {
    const odd = await open(context, [{ ...circle, answer: { location } }]);
    await assert.rejects(odd.store.listTags('team/app'), code('REGISTRY_ERROR'));
  }
});

test('a certificate of one’s own is trusted besides those of the system', async (context) => {
  const [ours, systems] = [await testCertificate(), await testCertificate()];
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, systems.cert]);
  context.after(() => setDefaultCACertificates(before));
  for (const certificate of [ours, systems]) {
    const { store } = await open(context, [TAGS], { ca: ours.cert }, certificate);
    assert.deepEqual(await store.listTags('team/app'), ['v1']);
  }
  const strange = await open(context, [], { ca: ours.cert }, await testCertificate());
  await assert.rejects(strange.store.listTags('team/app'), code('REGISTRY_UNREACHABLE'));
});

test('a proxy from the environment is used for others, never for this machine', async (context) => {
  const proxied: string[] = [];
  const proxy = createServer((request, response) => {
    proxied.push(request.url ?? '');
    response.end('{"tags":["from the proxy"]}');
  });
  proxy.on('connect', (request, socket) => {
    proxied.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 502 no\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await new Promise((resolve) => proxy.once('listening', resolve));
  const address = proxy.address();
  assert.ok(typeof address === 'object' && address !== null);
  const before = { http_proxy: process.env.http_proxy, no_proxy: process.env.no_proxy };
  Object.assign(process.env, { http_proxy: `http://127.0.0.1:${address.port}`, no_proxy: '' });
  context.after(() => {
    proxy.close();
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });
  const { store } = await open(context, [TAGS], { useProxy: true });
  assert.deepEqual(await store.listTags('team/app'), ['v1']);
  assert.deepEqual(proxied, []);
  const far = openRemote('http://registry.example', { useProxy: true, retry: { ...QUICK, tries: 1 } });
  await far.listTags('team/app').catch(() => undefined);
  assert.equal(proxied.length, 1);
  await far.close();
});

async function open(
  context: TestContext,
  steps: Parameters<typeof play>[1],
  options: Omit<RemoteOptions, 'credentials'> & { credentials?: typeof ANNA } = {},
  tls?: { key: string; cert: string },
): Promise<{ store: RemoteStore; hosts: string[] }> {
  const { origin } = await play(context, steps, tls);
  const hosts: string[] = [];
  const { credentials } = options;
  const source = async (host: string) => {
    hosts.push(host);
    return credentials;
  };
  return { store: openRemote(origin, { retry: QUICK, ...options, credentials: source }), hosts };
}

function said(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] });
}

function code(expected: string, message = /./) {
  return (error: unknown) => isSkerryError(error, expected) && message.test(error.message);
}
