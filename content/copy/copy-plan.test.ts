import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachedTo } from '../companion-tag.ts';
import type { Descriptor } from '../descriptor.ts';
import { type Digest, digestOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import { descriptorOf, manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
import type { Manifest } from '../store.ts';
import { MemoryStore } from '../stores/memory.ts';
import { copyContent } from './copy.ts';
import { type CopyPlan, mergePlans, planCopy } from './copy-plan.ts';

const R = 'registry.example/app';
const V1 = [{ repository: R, reference: 'v1' }];

test('signature tags that lead back to where the walk came from do not hold it up', async () => {
  const store = new MemoryStore();
  const [one, two] = [await putImage(store, 'one'), await putImage(store, 'two')];
  await store.writeManifest(R, 'v1', one);
  await store.writeManifest(R, 'v2', two);
  await store.writeManifest(R, attachedTag(one.digest, 'sig'), one);
  await store.writeManifest(R, attachedTag(one.digest, 'att'), two);
  await store.writeManifest(R, attachedTag(two.digest, 'att'), one);
  const plan = await planCopy(store, [...V1, { repository: R, reference: 'v2' }]);
  assert.equal(new Set(plan.manifests.map(({ manifest }) => manifest.digest)).size, 2);
  assert.equal(plan.manifests.length, 5);
});

test('referrers that name each other, and a store that claims anything, end', async () => {
  const store = new MemoryStore();
  const [one, two] = [await putImage(store, 'one'), await putImage(store, 'two')];
  await store.writeManifest(R, 'v1', one);
  store.listReferrers = async () => [descriptorOf(one), descriptorOf(two)];
  assert.equal((await planCopy(store, V1)).manifests.length, 2);
});

test('what an index names a thousand times is read once and written once', async () => {
  const store = new MemoryStore();
  const child = await putImage(store, 'child');
  const inner = indexOf(Array(1000).fill(descriptorOf(child)));
  await store.writeManifest(R, inner.digest, inner);
  const outer = indexOf([...Array(1000).fill(descriptorOf(inner)), descriptorOf(child)]);
  await store.writeManifest(R, 'v1', outer);
  const reads: string[] = [];
  const read = store.readManifest.bind(store);
  store.readManifest = async (repository, reference) => {
    reads.push(reference);
    return await read(repository, reference);
  };
  const plan = await planCopy(store, V1, { referrers: 'none' });
  assert.deepEqual(
    plan.manifests.map(({ manifest, height }) => [manifest.digest, height]),
    [
      [child.digest, 0],
      [inner.digest, 1],
      [outer.digest, 2],
    ],
  );
  assert.deepEqual(reads, ['v1', inner.digest, child.digest]);
});

test('an index nested without end is refused', async () => {
  const store = new MemoryStore();
  let top = await putImage(store, 'bottom');
  for (let depth = 0; depth < 10; depth++) {
    top = indexOf([descriptorOf(top)]);
    await store.writeManifest(R, top.digest, top);
  }
  await store.writeManifest(R, 'v1', top);
  await assert.rejects(planCopy(store, V1), hasCode('MANIFEST_INVALID'));
});

test('what an index names besides manifests travels as a blob', async () => {
  const store = new MemoryStore();
  const note = put(store, 'text/plain', 'a note');
  await store.writeManifest(R, 'v1', indexOf([note]));
  const target = new MemoryStore();
  await copyContent(store, target, V1);
  assert.equal(await target.statBlob(R, note.digest), note.size);
});

test('a name that stands for two contents is an error, never one of them lost', async () => {
  const store = new MemoryStore();
  const [one, two] = [await putImage(store, 'one'), await putImage(store, 'two')];
  const items = [one, two].map(({ digest }) => ({ repository: R, reference: 'v1', digest }));
  await assert.rejects(planCopy(store, items), hasCode('REFERENCE_AMBIGUOUS'));
});

test('an image with a SHA-512 digest is asked for no tag that could not exist', async () => {
  const store = new MemoryStore();
  const image = imageOf([put(store, MediaType.config, '{}')]);
  const digest = digestOf(image.bytes, 'sha512');
  await store.writeManifest(R, 'v1', { ...image, digest });
  const read = store.readManifest.bind(store);
  store.readManifest = async (repository, reference) => {
    assert.ok(reference.length <= 'sha512:'.length + 128, reference);
    return await read(repository, reference);
  };
  const plan = await planCopy(store, V1);
  assert.deepEqual(
    plan.manifests.map(({ manifest }) => manifest.digest),
    [digest],
  );
});

test('one blob with two sizes is refused', async () => {
  const store = new MemoryStore();
  await store.writeManifest(R, 'v1', await putImage(store, 'one'));
  const config = put(store, MediaType.config, '"one"');
  await store.writeManifest(R, 'v2', imageOf([{ ...config, size: config.size + 1 }]));
  const items = ['v1', 'v2'].map((reference) => ({ repository: R, reference }));
  await assert.rejects(planCopy(store, items), hasCode('MANIFEST_INVALID'));
});

test('a child that the source lacks is named with its index and platform, and may be missing by choice', async () => {
  const store = new MemoryStore();
  const child = await putImage(store, 'child');
  const absent = { ...ABSENT, platform: { os: 'linux', architecture: 's390x' } };
  const index = indexOf([descriptorOf(child), absent]);
  await store.writeManifest(R, 'v1', index);
  for (const sparse of ['none', 'attestations'] as const) {
    await assert.rejects(
      planCopy(store, V1, { sparse }),
      (error) =>
        isSkerryError(error, 'INDEX_INCOMPLETE') &&
        error.subject === `${R}@${absent.digest}` &&
        ['linux/s390x', index.digest, `${R}:v1`].every((part) => error.detail?.includes(part)),
    );
  }
  const plan = await planCopy(store, V1, { sparse: 'any' });
  assert.deepEqual(digestsOf(plan), [child.digest, index.digest]);
  assert.deepEqual(omitted(plan), [['accepted', absent.digest]]);
});

test('an attestation that was never mirrored may be missing without the images', async () => {
  const store = new MemoryStore();
  const child = await putImage(store, 'child');
  const attestation = { ...ABSENT, ...attestationOf(child.digest) };
  await store.writeManifest(R, 'v1', indexOf([descriptorOf(child), attestation]));
  await assert.rejects(planCopy(store, V1), hasCode('INDEX_INCOMPLETE'));
  const plan = await planCopy(store, V1, { sparse: 'attestations' });
  assert.deepEqual(omitted(plan), [['accepted', attestation.digest]]);
});

test('of an index only the chosen platforms travel, with their attestations, under its own digest', async () => {
  const store = new MemoryStore();
  const images = await Promise.all(
    [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64', variant: 'v8' },
      { os: 'linux', architecture: 'arm', variant: 'v7' },
    ].map(async (platform) => ({
      platform,
      image: await putImage(store, JSON.stringify(platform)),
      note: await putImage(store, `about ${JSON.stringify(platform)}`),
    })),
  );
  const index = indexOf(
    images.flatMap(({ platform, image, note }) => [
      { ...descriptorOf(image), platform },
      { ...descriptorOf(note), ...attestationOf(image.digest) },
    ]),
  );
  await store.writeManifest(R, 'v1', index);
  const expected: [string[], number[]][] = [
    [['linux/arm64'], [1]],
    [
      ['linux/arm64/v8', 'linux/amd64'],
      [0, 1],
    ],
    [['linux/arm', 'linux/s390x'], [2]],
  ];
  for (const [platforms, taken] of expected) {
    const plan = await planCopy(store, [{ repository: R, reference: 'v1', platforms }]);
    const wanted = taken.flatMap((at) => [images[at]?.image.digest, images[at]?.note.digest]);
    assert.deepEqual(digestsOf(plan).sort(), [...wanted, index.digest].sort(), platforms.join());
    assert.equal(plan.omissions.filter(({ why }) => why === 'other-platform').length, 6 - wanted.length);
    assert.equal(
      plan.omissions.some(({ what }) => what === 'linux/s390x'),
      platforms.includes('linux/s390x'),
    );
  }
  const none = planCopy(store, [{ repository: R, reference: 'v1', platforms: ['linux/ppc64le'] }]);
  await assert.rejects(none, hasCode('PLATFORM_NOT_FOUND'));
  const both = await planCopy(store, [
    { repository: R, reference: 'v1', platforms: ['linux/arm64'] },
    { repository: R, reference: index.digest },
  ]);
  assert.deepEqual(both.omissions, [], 'what another item takes is not left out');
  assert.equal(new Set(digestsOf(both)).size, 7);
});

test('nothing optional stops an image, and what could not be had is reported', async () => {
  const store = new MemoryStore();
  const image = await putImage(store, 'one');
  await store.writeManifest(R, 'v1', image);
  const config = { mediaType: MediaType.config, digest: digestOf('nowhere'), size: 7 };
  const hollow = manifestOf(MediaType.manifest, { ...JSON.parse(String(imageOf([config]).bytes)) });
  await store.writeManifest(R, attachedTag(image.digest, 'sig'), hollow);
  const read = store.readManifest.bind(store);
  store.readManifest = async (repository, reference) => {
    if (reference.endsWith('.att')) throw contentError('REGISTRY_ERROR', { subject: R });
    return await read(repository, reference);
  };
  store.listReferrers = async () => [ABSENT];
  const plan = await planCopy(store, V1);
  assert.deepEqual(digestsOf(plan), [image.digest]);
  assert.deepEqual(
    plan.blobs.map(({ descriptor }) => descriptor.digest),
    [digestOf('"one"')],
    'of what is not whole nothing is planned',
  );
  assert.deepEqual(
    omitted(plan).sort(),
    [
      ['unreadable', ABSENT.digest],
      ['unreadable', attachedTag(image.digest, 'att')],
      ['unreadable', attachedTag(image.digest, 'sig')],
    ].sort(),
  );
});

test('an item that only belongs to an image does not stop the others', async () => {
  const store = new MemoryStore();
  const image = await putImage(store, 'one');
  await store.writeManifest(R, 'v1', image);
  const tag = attachedTag(image.digest, 'sig');
  const items = [...V1, { repository: R, reference: tag, optionalFor: attachedTo(tag) }];
  const plan = await planCopy(store, items, { referrers: 'none' });
  assert.deepEqual(digestsOf(plan), [image.digest]);
  assert.deepEqual(omitted(plan), [['unreadable', tag]]);
  await store.writeManifest(R, tag, await putImage(store, 'signature'));
  assert.deepEqual(omitted(await planCopy(store, items, { referrers: 'none' })), []);
  for (const other of ['v1', 'sha256-abc.sig', `${tag}.x`, 'constructor'])
    assert.equal(attachedTo(other), undefined, other);
});

test('a mistake of ours and a full disk are never taken for something optional', async () => {
  const store = new MemoryStore();
  await store.writeManifest(R, 'v1', await putImage(store, 'one'));
  for (const failure of [new TypeError('a mistake'), contentError('DISK_FULL', { subject: R })]) {
    store.listReferrers = async () => {
      throw failure;
    };
    await assert.rejects(planCopy(store, V1), (error) => error === failure);
  }
});

test('plans of several walks make the plan of one', async () => {
  const store = new MemoryStore();
  const [one, two] = [await putImage(store, 'one'), await putImage(store, 'two')];
  await store.writeManifest(R, 'v1', indexOf([descriptorOf(one), descriptorOf(two)]));
  await store.writeManifest(R, 'v2', one);
  const items = ['v1', 'v2'].map((reference) => ({ repository: R, reference }));
  const plans = await Promise.all(items.map((item) => planCopy(store, [item])));
  assert.deepEqual(mergePlans(plans), await planCopy(store, items));
  await store.writeManifest(R, 'v1', two);
  const moved = await planCopy(store, V1);
  assert.throws(() => mergePlans([...plans, moved]), hasCode('REFERENCE_AMBIGUOUS'));
});

test('planning can be cancelled', async () => {
  const store = new MemoryStore();
  await store.writeManifest(R, 'v1', await putImage(store, 'one'));
  await assert.rejects(planCopy(store, V1, { signal: AbortSignal.abort(new Error('stop')) }), /stop/);
});

test('a blob that the target holds cut short is copied again', async () => {
  const [from, to] = [new MemoryStore(), new MemoryStore()];
  await from.writeManifest(R, 'v1', await putImage(from, 'one'));
  await copyContent(from, to, V1);
  const config = digestOf('"one"');
  const stat = to.statBlob.bind(to);
  const written: string[] = [];
  to.statBlob = async (repository, digest) => (digest === config ? 2 : await stat(repository, digest));
  const write = to.writeBlob.bind(to);
  to.writeBlob = async (repository, descriptor, source) => {
    written.push(descriptor.digest);
    await write(repository, descriptor, source);
  };
  await copyContent(from, to, V1);
  assert.deepEqual(written, [config]);
});

const ABSENT = { mediaType: MediaType.manifest, digest: digestOf('absent'), size: 6 };

function attestationOf(digest: Digest) {
  return {
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': digest,
    },
  };
}

function digestsOf(plan: CopyPlan): string[] {
  return plan.manifests.map(({ manifest }) => manifest.digest);
}

function omitted(plan: CopyPlan): string[][] {
  return plan.omissions.map(({ why, what }) => [why, what]);
}

async function putImage(store: MemoryStore, label: string): Promise<Manifest> {
  const image = imageOf([put(store, MediaType.config, JSON.stringify(label))]);
  await store.writeManifest(R, image.digest, image);
  return image;
}

function put(store: MemoryStore, mediaType: string, text: string): Descriptor {
  return store.putBlob(
    { mediaType, digest: digestOf(text), size: Buffer.byteLength(text) },
    Buffer.from(text),
  );
}

function imageOf([config, ...layers]: Descriptor[]): Manifest {
  return manifestOf(MediaType.manifest, { schemaVersion: 2, mediaType: MediaType.manifest, config, layers });
}

function indexOf(manifests: Descriptor[]): Manifest {
  return manifestOf(MediaType.index, { schemaVersion: 2, mediaType: MediaType.index, manifests });
}

function attachedTag(digest: Digest, kind: string): string {
  return `${digest.replace(':', '-')}.${kind}`;
}

function hasCode(code: string) {
  return (error: unknown) => isSkerryError(error, code);
}
