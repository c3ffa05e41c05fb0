import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import { isSkerryError } from '../error.ts';
import { testCertificate } from '../testing/certificate.ts';
import { play, QUICK, type Script, type Step } from '../testing/script.ts';
import { RegistryClient, type RegistryWait, type RemoteOptions } from './client.ts';
import { openRemote, type RemoteStore } from './store.ts';

const LIST = 'GET /v2/team/app/tags/list';
const TAGS: Step = { expect: LIST, send: '{"tags":["v1"]}' };
const ANNA = { username: 'anna', password: 'secret' };
const BASIC = `Basic ${Buffer.from('anna:secret').toString('base64')}`;

test('a busy server is asked again, at most as often as the policy says', async (context) => {
  const busy: Step = { expect: LIST, status: 429 };
  const { store } = await open(context, [busy, { expect: LIST, status: 503 }, TAGS]);
  assert.deepEqual(await store.listTags('team/app'), ['v1']);
  const tired = await open(context, [busy, busy, { ...busy, send: said('TOOMANYREQUESTS', 'slow down') }]);
  await assert.rejects(
    tired.store.listTags('team/app'),
    (error) =>
      isSkerryError(error, 'REGISTRY_RATE_LIMITED') && /429.*TOOMANYREQUESTS: slow down/.test(error.message),
  );
});

test('Retry-After is waited in full, as seconds and as a date, and told; what is too long is an error', async (context) => {
  const slept: number[] = [];
  const waits: RegistryWait[] = [];
  const retry = { ...QUICK, maxAskedMs: 600_000, sleep: async (ms: number) => void slept.push(ms) };
  const busy = (status: number, after: string): Step => ({
    expect: LIST,
    status,
    answer: { 'retry-after': after },
  });
  const { store } = await open(
    context,
    [
      busy(429, '7'),
      busy(503, new Date(Date.now() + 300_000).toUTCString()),
      busy(429, '2'),
      busy(429, '2'),
      TAGS,
      busy(429, '601'),
    ],
    { retry, onWait: (wait) => waits.push(wait) },
  );
  assert.deepEqual(await store.listTags('team/app'), ['v1']);
  assert.deepEqual(
    slept.map((ms) => (ms > 290_000 && ms <= 300_000 ? 'by date' : ms)),
    [7000, 'by date', 2000, 2000],
  );
  assert.deepEqual(
    waits.map(({ ms }) => ms),
    slept,
  );
  await assert.rejects(store.listTags('team/app'), code('REGISTRY_RATE_LIMITED', /601 s.*600 s/));
});

test('many requests at once need one token', async (context) => {
  const asked = Promise.withResolvers<void>();
  const allowed = Promise.withResolvers<void>();
  let tokens = 0;
  let refused = 0;
  const server = createServer(async (request, response) => {
    if (request.url?.startsWith('/token')) {
      await allowed.promise;
      response.end(JSON.stringify({ token: `t${++tokens}`, expires_in: 300 }));
    } else if (request.headers.authorization === undefined) {
      const challenge = `Bearer realm="http://${request.headers.host}/token"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      if (++refused === 9) asked.resolve();
    } else response.end('{"tags":["v1"]}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  context.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const store = openRemote(`127.0.0.1:${address.port}`, { retry: QUICK });
  const controller = new AbortController();
  const given = store.listTags('team/app', { signal: controller.signal });
  const all = Promise.all(Array.from({ length: 8 }, () => store.listTags('team/app')));
  await asked.promise;
  controller.abort(new Error('one gives up'));
  await assert.rejects(given, /gives up/);
  allowed.resolve();
  assert.deepEqual(await all, Array(8).fill(['v1']));
  assert.equal(tokens, 1);
  await store.close();
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

test('a registry that asks for a certificate is shown the one for it, and no other client gets in', async (context) => {
  const [server, client] = [await testCertificate(), await testCertificate()];
  const seen: (string | undefined)[] = [];
  const registry = createTlsServer({
    ...server,
    ca: client.cert,
    requestCert: true,
    rejectUnauthorized: true,
  });
  registry.on('request', (request, response) => {
    const { socket } = request;
    seen.push(socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.fingerprint256 : undefined);
    response.end('{"tags":["let in"]}');
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  context.after(() => {
    registry.closeAllConnections();
    registry.close();
  });
  const address = registry.address();
  assert.ok(typeof address === 'object' && address !== null);
  const origin = `https://127.0.0.1:${address.port}`;
  const options = { ca: server.cert, retry: QUICK };
  const known = openRemote(origin, { ...options, clientCertificate: client });
  assert.deepEqual(await known.listTags('app'), ['let in']);
  await known.close();
  assert.deepEqual(seen, [new X509Certificate(client.cert).fingerprint256]);
  const unknown = openRemote(origin, options);
  await assert.rejects(unknown.listTags('app'), (error) => isSkerryError(error, 'REGISTRY_UNREACHABLE'));
  await unknown.close();
});

test('a proxy that is named for a registry is used, whatever the environment says', async (context) => {
  const asked: (string | undefined)[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, socket) => {
    asked.push(request.url);
    socket.end('HTTP/1.1 502 no\r\n\r\n');
  });
  proxy.on('request', (request, response) => {
    asked.push(request.url);
    response.end('{"tags":["from the proxy"]}');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  context.after(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const address = proxy.address();
  assert.ok(typeof address === 'object' && address !== null);
  const named = { proxy: `http://127.0.0.1:${address.port}`, useProxy: false, retry: { ...QUICK, tries: 1 } };
  const store = openRemote('https://registry.invalid', named);
  await assert.rejects(store.listTags('app'), (error) => isSkerryError(error, 'REGISTRY_UNREACHABLE'));
  await store.close();
  assert.deepEqual(asked, ['registry.invalid:443']);
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

test('questions by HEAD share a connection, and one that is spoiled by a body is left for another', async (context) => {
  const sockets = new Set<unknown>();
  const server = createServer((request, response) => {
    sockets.add(request.socket);
    const isSpoiled = request.url === '/v2/spoiled';
    if (!isSpoiled) return void response.writeHead(404).end();
    request.socket.write('HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\nnot found');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const client = new RegistryClient(`http://127.0.0.1:${address.port}`, { retry: QUICK });
  const ask = async (url: string) => {
    const response = await client.send({ method: 'HEAD', url, scopes: [] });
    await response.body.dump();
    assert.equal(response.statusCode, 404, url);
  };
  for (let i = 0; i < 10; i++) await ask('/v2/good');
  // The next question may come before the last connection is free again.
  assert.ok(sockets.size <= 3, `${sockets.size} connections`);
  await ask('/v2/spoiled');
  for (let i = 0; i < 10; i++) await ask('/v2/good');
  await client.close();
});
