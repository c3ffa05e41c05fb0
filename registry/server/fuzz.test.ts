import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../content/digest.ts';
import { fuzzRuns } from '../../content/testing/runs.ts';
import { blobOf, openUpload, pushImage } from '../testing/content.ts';
import { BACKENDS, startRegistry } from '../testing/registry.ts';

/** A request that is never answered fails the test instead of keeping it. */
const HANGS = { timeout: 600_000 };
const RUNS = fuzzRuns();
const BLOB = blobOf('fuzz', 3000);

// Requests that look nearly right get further than noise does, so most are made of the words that the protocol uses.
const word = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('a', 'team/app', 'blobs', 'uploads', 'manifests', 'tags', 'list', 'referrers'),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      BLOB.digest,
      digestOf('none'),
      'sha256:x',
      'sha512:',
      '1.0',
      '..',
      '.',
      '%2e%2e',
      '%2f',
      '%00',
      '%zz',
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }).map(encodeURIComponent) },
);
const number = fc.oneof(
  fc.nat(5000).map(String),
  fc.constantFrom('', '-1', '99999999999999999999', '0x10', '1e3'),
);
const parameter = fc
  .tuple(
    fc.constantFrom('n', 'last', 'digest', 'mount', 'from', 'tag', 'ns', 'artifactType', 'digest-algorithm'),
    fc.oneof(word, number),
  )
  .map(([key, value]) => `${key}=${value}`);
const query = fc
  .array(parameter, { maxLength: 3 })
  .map((some) => (some.length === 0 ? '' : `?${some.join('&')}`));
const header = fc.oneof(
  fc.tuple(number, number).map(([a, b]): [string, string] => ['range', `bytes=${a}-${b}`]),
  fc.tuple(number, number).map(([a, b]): [string, string] => ['content-range', `${a}-${b}`]),
  fc.tuple(
    fc.constantFrom('if-none-match', 'if-match', 'if-range'),
    fc.constantFrom('*', '"x"', `"${BLOB.digest}"`, ''),
  ),
  fc.tuple(
    fc.constant('content-type'),
    fc.constantFrom('application/vnd.oci.image.manifest.v1+json', 'text/plain', ';;;'),
  ),
  fc.tuple(
    fc.constantFrom('authorization', 'accept', 'expect-ct', 'x-request-id'),
    fc.stringMatching(/^[ -~]{0,40}$/),
  ),
);
const body = fc.oneof(
  fc.constant(undefined),
  fc.uint8Array({ maxLength: 3000 }),
  fc.json().map((text) => Buffer.from(text)),
  fc.array(fc.uint8Array({ minLength: 1, maxLength: 500 }), { minLength: 1, maxLength: 4 }),
);
const method = fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS');

// What a registry keeps beside its store.
const FOLDERS = new Set<string>([...BACKENDS, 'uploads']);

for (const backend of BACKENDS) {
  test(`no request makes a registry on a ${backend} store fail or leave its folders`, HANGS, async (t) => {
    const registry = await startRegistry(t, { backend });
    await pushImage(registry, 'team/app', '1.0', { layers: [BLOB] });
    const upload = await openUpload(registry, 'team/app');
    const path = fc.oneof(
      fc.array(word, { maxLength: 7 }).map((words) => `/v2/${words.join('/')}`),
      fc.constantFrom(
        upload,
        '/v2/_catalog',
        '/v2/team/app/tags/list',
        '/v2/team/app/blobs/uploads/',
        `/v2/team/app/blobs/${BLOB.digest}`,
        `/v2/team/app/referrers/${BLOB.digest}`,
        '/v2/team/app/manifests/1.0',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        method,
        path,
        query,
        fc.array(header, { maxLength: 3 }),
        body,
        async (verb, where, asked, headers, sent) => {
          const answer = await registry.send(verb, where + asked, {
            headers: Object.fromEntries(headers),
            ...(sent === undefined || verb === 'GET' || verb === 'HEAD' ? {} : { body: sent }),
          });
          assert.ok(
            answer.status >= 200 && answer.status < 500,
            `${verb} ${where}${asked}: ${answer.status} ${answer.body}`,
          );
          if (answer.status >= 400 && verb !== 'HEAD') assert.ok(answer.codes.length > 0);
        },
      ),
      { numRuns: RUNS },
    );
    assert.deepEqual(
      (await readdir(registry.folder)).filter((name) => !FOLDERS.has(name)),
      [],
    );
    for (const name of await readdir(registry.uploads)) assert.match(name, /^[0-9a-f-]{36}\.[0-9a-f]{32}$/);
    const held = await registry.send('GET', `/v2/team/app/blobs/${BLOB.digest}`);
    if (held.status === 200) assert.ok(held.body.equals(BLOB.bytes));
  });
}

// Pushed under a tag, these are taken or refused, and never more than that.
test('no manifest makes a registry fail, whatever its JSON is', HANGS, async (t) => {
  const registry = await startRegistry(t, { backend: 'served' });
  const good = await pushImage(registry, 'team/app', '1.0', { layers: [BLOB] });
  const fields = JSON.parse(Buffer.from(good.bytes).toString());
  const key = fc.constantFrom(
    'schemaVersion',
    'mediaType',
    'config',
    'layers',
    'manifests',
    'subject',
    'annotations',
    'artifactType',
    '__proto__',
  );
  const change = fc.dictionary(
    key,
    fc.oneof(fc.jsonValue(), fc.constantFrom(fields.config, [fields.config])),
    { maxKeys: 4 },
  );
  const type = fc.constantFrom(
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.oci.image.index.v1+json',
    '',
  );
  await fc.assert(
    fc.asyncProperty(change, type, async (changed, mediaType) => {
      const sent = JSON.stringify({ ...fields, ...changed });
      const headers = mediaType === '' ? {} : { 'content-type': mediaType };
      const put = await registry.send('PUT', '/v2/team/app/manifests/fuzz', { body: sent, headers });
      assert.ok(put.status === 201 || put.status === 400, `${put.status} ${sent}`);
      const got = await registry.send('GET', '/v2/team/app/manifests/fuzz');
      if (put.status === 201) assert.equal(got.body.toString(), sent);
    }),
    { numRuns: RUNS },
  );
});

test('no bytes on a connection make a registry fail', HANGS, async (t) => {
  const registry = await startRegistry(t);
  const line = fc.constantFrom(
    'GET /v2/ HTTP/1.1\r\n',
    'PUT /v2/a/manifests/1 HTTP/1.1\r\n',
    'POST /v2/a/blobs/uploads/ HTTP/1.0\r\n',
    'GET http://x/v2/ HTTP/1.1\r\n',
    'host: x\r\n',
    'content-length: 5\r\n',
    'content-length: -1\r\n',
    'transfer-encoding: chunked\r\n',
    'expect: 100-continue\r\n',
    'expect: x\r\n',
    'connection: upgrade\r\nupgrade: h2c\r\n',
    '\r\n',
    '5\r\nabcde\r\n',
    '0\r\n\r\n',
    'ffffffffffff\r\n',
  );
  const bytes = fc.oneof(
    line.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 20 }).map((some) => Buffer.from(some)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { maxLength: 8 }), async (pieces) => {
      const answer = await exchangeBytes(registry.port, Buffer.concat(pieces));
      for (const [, status] of answer.matchAll(/^HTTP\/1\.1 ([0-9]{3}) /gm))
        assert.ok(Number(status) < 500, answer);
    }),
    { numRuns: RUNS },
  );
  assert.equal((await registry.send('GET', '/v2/')).status, 200);
});

async function exchangeBytes(port: number, bytes: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part)).on('error', () => {});
  socket.end(bytes);
  await once(socket, 'close');
  return Buffer.concat(parts).toString('latin1');
}
