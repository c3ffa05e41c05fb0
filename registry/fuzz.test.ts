import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../content/digest.ts';
import { blobOf, openUpload, pushImage } from './test-content.ts';
import { startRegistry } from './test-registry.ts';

const RUNS = Number(process.env.SKERRY_FUZZ_RUNS ?? 150);
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
const query = fc.oneof(
  fc.constant(''),
  fc
    .tuple(
      fc.constantFrom(
        'n',
        'last',
        'digest',
        'mount',
        'from',
        'tag',
        'ns',
        'artifactType',
        'digest-algorithm',
      ),
      fc.oneof(word, number),
    )
    .map(([key, value]) => `?${key}=${value}`),
);
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

for (const backend of ['layout', 'scoped'] as const) {
  test(`no request makes a registry on a ${backend} store fail or leave its folders`, async (t) => {
    const registry = await startRegistry(t, { backend });
    await pushImage(registry, 'team/app', '1.0', { layers: [BLOB] });
    const upload = await openUpload(registry, 'team/app');
    const path = fc.oneof(
      fc.array(word, { maxLength: 7 }).map((words) => `/v2/${words.join('/')}`),
      fc.constantFrom(
        upload,
        '/v2/team/app/blobs/uploads/',
        `/v2/team/app/blobs/${BLOB.digest}`,
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
      (await readdir(registry.folder)).filter((name) => name !== 'layout'),
      ['uploads'],
    );
    for (const name of await readdir(join(registry.folder, 'uploads')))
      assert.match(name, /^[0-9a-f-]{36}\.[0-9a-f]{32}$/);
    const held = await registry.send('GET', `/v2/team/app/blobs/${BLOB.digest}`);
    if (held.status === 200) assert.ok(held.body.equals(BLOB.bytes));
  });
}
