import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { open, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, mock, test } from 'node:test';
import { promisify } from 'node:util';
import { type Digest, digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { formatIndex, OCI_LAYOUT_FILE } from '../../content/layout/layout-index.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { type BundleStore, openBundle } from './bundle-store.ts';
import { blobName, formatTable } from './table.ts';
import { BLOCK_BYTES, formatHeader, paddedSize } from './tar-header.ts';
import { verifyBundle } from './verify.ts';

const CONFIG = Buffer.from('{}');
const BLOB = { mediaType: MediaType.config, digest: digestOf(CONFIG), size: 2 };
const IMAGE = manifestOf(MediaType.manifest, { schemaVersion: 2, config: BLOB, layers: [] });
const NAMED = {
  mediaType: MediaType.manifest,
  digest: IMAGE.digest,
  size: IMAGE.bytes.byteLength,
  annotations: { 'org.opencontainers.image.ref.name': 'a/b:v1' },
};
const TABLE = [
  { digest: IMAGE.digest, size: IMAGE.bytes.byteLength },
  { digest: BLOB.digest, size: BLOB.size },
];
let folder = '';

beforeEach(async () => {
  folder = await testFolder('hostile');
});

test('a bundle made by hand as the format says verifies', async () => {
  const bundle = await openBundle(await save(good()));
  await verifyBundle(bundle);
  assert.equal((await bundle.readManifest('a/b', 'v1'))?.digest, IMAGE.digest);
  await bundle.close();
});

test('a size that is negative, no number or beyond any disk ends in an error, not in a circle or without memory', async () => {
  for (const size of ['-0000001000\0', 'zzzzzzzzzzz\0', '77777777777\0'])
    for (const name of ['junk', 'index.json', TABLE_NAME, blobName(BLOB.digest)]) {
      const code = await opened([file('oci-layout', OCI_LAYOUT_FILE), withSize(name, Buffer.from(size))]);
      assert.equal(code, 'BUNDLE_CORRUPT', `${name} of ${JSON.stringify(size)}`);
    }
  const huge = Buffer.from('80000000001fffffffffffff', 'hex');
  assert.equal(await opened([withSize('index.json', huge)]), 'BUNDLE_CORRUPT');
  assert.equal(await opened([withSize('junk', huge), ...good()]), 'BUNDLE_CORRUPT');
});

test('an index that says it is larger than the file, or is too large to be one, is not read', async () => {
  assert.equal(await opened([formatHeader('index.json', 30_000_000)]), 'BUNDLE_TRUNCATED');
  const path = await save([
    file('oci-layout', OCI_LAYOUT_FILE),
    formatHeader('index.json', 200 * 1024 * 1024),
  ]);
  await truncate(path, 210 * 1024 * 1024);
  await assert.rejects(openBundle(path), hasCode('BUNDLE_CORRUPT'));
});

test('a table whose places lie is found out before anything it names is used', async () => {
  const lies: [string, { digest: Digest; size: number }[], string][] = [
    ['swapped', TABLE.toReversed(), 'BUNDLE_CORRUPT'],
    ['too small', TABLE.map((entry) => ({ ...entry, size: 1 })), 'BUNDLE_CORRUPT'],
    ['beyond the end', [{ digest: digestOf('x'), size: 2 ** 40 }, ...TABLE], 'BUNDLE_CORRUPT'],
    [
      'beyond all numbers',
      [...Array(4).fill({ digest: digestOf('x'), size: Number.MAX_SAFE_INTEGER }), ...TABLE],
      'BUNDLE_CORRUPT',
    ],
    ['more than there is', [...TABLE, { digest: digestOf('x'), size: 5000 }], 'BUNDLE_TRUNCATED'],
    ['other names', TABLE.map(({ size }, i) => ({ digest: digestOf(String(i)), size })), 'BUNDLE_CORRUPT'],
  ];
  for (const [what, table, expected] of lies) {
    const bundle = await openBundle(await save(good({ table: formatTable(table) })));
    for (const { digest } of table)
      assert.match(await readAs(bundle, digest), /^(right|BUNDLE_[A-Z]+)$/, what);
    await assert.rejects(
      verifyBundle(bundle),
      (error) => isSkerryError(error) && [expected, 'BUNDLE_TRUNCATED'].includes(error.code),
      what,
    );
    await bundle.close();
  }
});

test('names that lead elsewhere, links and folders are no content', async () => {
  const bytes = Buffer.from('secret');
  const digest = digestOf(bytes);
  const link = formatHeader(blobName(digest), 0);
  link.write('2', 156);
  link.write('/etc/passwd', 157);
  const entries = [
    file('oci-layout', OCI_LAYOUT_FILE),
    file('index.json', formatIndex([NAMED])),
    file('../../etc/passwd', 'x'),
    file(`../${blobName(digest)}`, bytes),
    file(`blobs/sha256/../../${blobName(digest)}`.slice(0, 100), bytes),
    rechecked(link),
    file('blobs/sha256/short', bytes),
    file(blobName(IMAGE.digest), IMAGE.bytes),
    file(blobName(BLOB.digest), CONFIG),
  ];
  const bundle = await openBundle(await save(entries));
  assert.deepEqual(
    bundle.entries.map((place) => place.digest),
    [IMAGE.digest, BLOB.digest],
  );
  assert.equal(await bundle.readBlob('a/b', digest), undefined);
  await bundle.close();
});

test('content that is not what its name says is seen when it is used and when it is verified', async () => {
  const changed = Buffer.from(IMAGE.bytes);
  changed[changed.byteLength - 2] = 0x20;
  const bundle = await openBundle(await save(good({ image: changed })));
  await assert.rejects(bundle.readManifest('a/b', 'v1'), hasCode('DIGEST_MISMATCH'));
  await assert.rejects(bundle.readManifest('a/b', IMAGE.digest), hasCode('DIGEST_MISMATCH'));
  await assert.rejects(verifyBundle(bundle), hasCode('BUNDLE_DIGEST_MISMATCH'));
  await bundle.close();
});

test('bytes behind the end, between the files and in the padding are found', async () => {
  const [layout, index, table, ...blobs] = good();
  assert.ok(layout && index && table);
  const cases = {
    behind: [...good(), Buffer.alloc(BLOCK_BYTES)],
    between: [layout, index, table, file('more', 'x'), ...blobs],
    padding: good().map((part, i) =>
      i === 3 ? Buffer.concat([part.subarray(0, -1), Buffer.from('x')]) : part,
    ),
    mode: good().map((part, i) =>
      i === 3 ? Buffer.concat([rechecked(changeMode(part)), part.subarray(BLOCK_BYTES)]) : part,
    ),
  };
  for (const [what, parts] of Object.entries(cases)) {
    const bundle = await openBundle(await save(parts));
    await assert.rejects(verifyBundle(bundle), hasCode('BUNDLE_CORRUPT'), what);
    await bundle.close();
  }
});

test('a stick that cannot be read any more is reported as such', async (context) => {
  const path = await save(good());
  const bundle = await openBundle(path);
  const probe = await open(path);
  const eio = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
  const read = mock.method(Object.getPrototypeOf(probe), 'read', () => Promise.reject(eio));
  context.after(() => read.mock.restore());
  await probe.close();
  await assert.rejects(verifyBundle(bundle), hasCode('BUNDLE_CORRUPT'));
  await assert.rejects(bundle.readManifest('a/b', 'v1'), hasCode('BUNDLE_CORRUPT'));
  await bundle.close();
});

test('a link to a bundle is one; a folder, a device and nothing are none', async () => {
  const path = await save(good());
  await symlink(path, join(folder, 'link'));
  await (await openBundle(join(folder, 'link'))).close();
  for (const none of [folder, '/dev/zero', join(folder, 'none'), join(path, 'below')])
    await assert.rejects(openBundle(none), hasCode('BUNDLE_NOT_FOUND'), none);
  await assert.rejects(openBundle(await save([])), hasCode('BUNDLE_TRUNCATED'));
});

test('what is made to fill the memory does not', async () => {
  const rows = `${'[],'.repeat(4_000_000)}[]`;
  const entry = JSON.stringify({ ...NAMED, annotations: undefined });
  const hostile = {
    'a table of mistakes': good({ table: `{"version":1,"blobs":[${rows}]}` }),
    'an index of mistakes': good({ index: `{"schemaVersion":2,"manifests":[${rows}]}` }),
    'an index of brackets': good({ index: '['.repeat(10_000_000) }),
    'an index of the same': good({
      index: `{"schemaVersion":2,"manifests":[${`${entry},`.repeat(100_000)}${entry}]}`,
    }),
    'annotations of numbers': good({
      index: `{"schemaVersion":2,"manifests":[${entry.slice(0, -1)},"annotations":{${numbers()}}}]}`,
    }),
  };
  for (const [what, parts] of Object.entries(hostile)) {
    const said = await openElsewhere(await save(parts));
    assert.match(said, /^(BUNDLE_CORRUPT|LAYOUT_INVALID|opened)$/, what);
  }

  function numbers(): string {
    return Array.from({ length: 500_000 }, (_, i) => `"${i}":1`).join(',');
  }
});

const TABLE_NAME = 'table.json';

interface Parts {
  readonly index?: string;
  readonly table?: string;
  readonly image?: Uint8Array;
}

function good({ index = formatIndex([NAMED]), table = formatTable(TABLE), image = IMAGE.bytes }: Parts = {}) {
  return [
    file('oci-layout', OCI_LAYOUT_FILE),
    file('index.json', index),
    file(TABLE_NAME, table),
    file(blobName(IMAGE.digest), image),
    file(blobName(BLOB.digest), CONFIG),
    Buffer.alloc(2 * BLOCK_BYTES),
  ];
}

function file(name: string, content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  const padding = Buffer.alloc(paddedSize(bytes.byteLength) - bytes.byteLength);
  return Buffer.concat([formatHeader(name, bytes.byteLength), bytes, padding]);
}

function withSize(name: string, field: Buffer): Buffer {
  const header = formatHeader(name, 0);
  field.copy(header, 124);
  return rechecked(header);
}

function changeMode(part: Buffer): Buffer {
  const header = Buffer.from(part.subarray(0, BLOCK_BYTES));
  header.write('0000777\0', 100);
  return header;
}

function rechecked(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

let saved = 0;
async function save(parts: Buffer[]): Promise<string> {
  const path = join(folder, `${saved++}.bundle.tar`);
  await writeFile(path, Buffer.concat(parts));
  return path;
}

async function opened(parts: Buffer[]): Promise<string> {
  try {
    await (await openBundle(await save(parts))).close();
    return 'opened';
  } catch (error) {
    return isSkerryError(error) ? error.code : String(error);
  }
}

async function readAs(bundle: BundleStore, digest: Digest): Promise<string> {
  try {
    const reader = await bundle.readBlob('a/b', digest);
    const chunks: Uint8Array[] = [];
    for await (const chunk of reader?.stream ?? []) chunks.push(chunk);
    return digestOf(Buffer.concat(chunks)) === digest ? 'right' : 'wrong';
  } catch (error) {
    return isSkerryError(error) ? error.code : String(error);
  }
}

/** Opens a bundle in a process that has little memory; the code of the error it ends with. */
async function openElsewhere(path: string): Promise<string> {
  const program = `
    import { openBundle } from ${JSON.stringify(join(import.meta.dirname, 'bundle-store.ts'))};
    try {
      await (await openBundle(process.argv[1])).close();
      process.stdout.write('opened');
    } catch (error) {
      process.stdout.write(String(error.code));
    }
  `;
  const args = ['--max-old-space-size=600', '--input-type=module', '-e', program, path];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout;
}

function hasCode(code: string) {
  return (error: unknown) => isSkerryError(error, code);
}
