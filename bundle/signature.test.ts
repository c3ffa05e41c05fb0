import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cosignTag } from '../content/companion-tag.ts';
import type { Descriptor } from '../content/descriptor.ts';
import { type Digest, digestOf } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
import { manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import { MemoryStore } from '../content/stores/memory.ts';
import { signManifest, verifySignature } from './signature.ts';
import { newKey } from './testing/signed-bundle.ts';

const R = 'skerry/releases/demo';
const [OURS, THEIRS] = [newKey(), newKey()];
const [RELEASE, OTHER] = [digestOf('release'), digestOf('other')];
const PAYLOAD_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';

interface Layer {
  readonly payload: Buffer;
  readonly signature: Uint8Array;
  readonly signer?: string;
  readonly type?: string;
}

test('a signature by the trusted key is enough, also among others', async () => {
  const store = new MemoryStore();
  await signManifest(store, R, RELEASE, OURS);
  await verifySignature(store, R, RELEASE, OURS.publicKey);
  assert.equal(await verdict([signed(RELEASE, THEIRS), signed(RELEASE, OURS)]), 'good');
  assert.equal(
    await verdict([{ ...signed(RELEASE, OURS), signature: Buffer.alloc(0) }, signed(RELEASE, OURS)]),
    'good',
  );
});

test('a good signature of something else is none of this', async () => {
  assert.equal(await verdict([signed(OTHER, OURS)]), 'SIGNATURE_INVALID');
  const mixed = { ...signed(RELEASE, OURS), signature: signed(OTHER, OURS).signature };
  assert.equal(await verdict([mixed, signed(OTHER, OURS)]), 'SIGNATURE_INVALID');
  const doubled = Buffer.from(
    payloadOf(RELEASE).toString().replace(RELEASE, `${RELEASE}","docker-manifest-digest":"${OTHER}`),
  );
  assert.equal(
    await verdict([{ payload: doubled, signature: OURS.sign(doubled), signer: OURS.publicKey.fingerprint }]),
    'SIGNATURE_INVALID',
  );
});

test('who claims the trusted key without having it, and who claims nothing, are told apart', async () => {
  assert.equal(
    await verdict([{ ...signed(RELEASE, THEIRS), signer: OURS.publicKey.fingerprint }]),
    'SIGNATURE_INVALID',
  );
  assert.equal(await verdict([signed(RELEASE, THEIRS)]), 'SIGNATURE_WRONG_KEY');
  assert.equal(await verdict([]), 'SIGNATURE_MISSING');
  assert.equal(await verdict([{ ...signed(RELEASE, OURS), type: 'text/plain' }]), 'SIGNATURE_MISSING');
  await assert.rejects(verifySignature(new MemoryStore(), R, RELEASE, OURS.publicKey), (error) =>
    isSkerryError(error, 'SIGNATURE_MISSING'),
  );
});

test('what a stranger writes in place of a fingerprint is not repeated', async () => {
  const store = await storeWith([{ ...signed(RELEASE, THEIRS), signer: 'SHA256:\u001b[2Jtrust me' }]);
  await assert.rejects(
    verifySignature(store, R, RELEASE, OURS.publicKey),
    (error) => isSkerryError(error, 'SIGNATURE_WRONG_KEY') && !error.message.includes('trust me'),
  );
});

test('a statement that no honest maker would write is not even read', async () => {
  const large = Buffer.from(`${' '.repeat(1024 * 1024)}${payloadOf(RELEASE)}`);
  assert.equal(await verdict([{ payload: large, signature: OURS.sign(large) }]), 'SIGNATURE_MISSING');
  const store = await storeWith(Array.from({ length: 300 }, () => signed(RELEASE, THEIRS)));
  let reads = 0;
  const read = store.readBlob.bind(store);
  store.readBlob = async (repository, digest, options) => {
    reads++;
    return await read(repository, digest, options);
  };
  await assert.rejects(verifySignature(store, R, RELEASE, OURS.publicKey));
  assert.ok(reads <= 100);
});

test('no bytes in place of a signature or a statement are good, nor do they break anything', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ maxLength: 80 }),
      async (signature, payload) => {
        assert.equal(await verdict([{ ...signed(RELEASE, OURS), signature }]), 'SIGNATURE_INVALID');
        const bytes = Buffer.from(payload);
        assert.notEqual(await verdict([{ payload: bytes, signature: OURS.sign(bytes) }]), 'good');
      },
    ),
    { numRuns: 50 },
  );
});

test('signatures are what the key’s maths says: the same for the same bytes, and another for others', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (one, two) => {
      const signature = OURS.sign(one);
      assert.deepEqual(signature, OURS.sign(one));
      assert.equal(OURS.publicKey.verify(one, signature), true);
      assert.equal(THEIRS.publicKey.verify(one, signature), false);
      assert.equal(OURS.publicKey.verify(two, signature), Buffer.from(one).equals(two));
    }),
    { numRuns: 50 },
  );
});

function signed(digest: Digest, key: typeof OURS): Layer {
  const payload = payloadOf(digest);
  return { payload, signature: key.sign(payload), signer: key.publicKey.fingerprint };
}

function payloadOf(digest: Digest): Buffer {
  return Buffer.from(JSON.stringify({ critical: { image: { 'docker-manifest-digest': digest } } }));
}

async function storeWith(layers: Layer[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  const put = (mediaType: string, bytes: Buffer): Descriptor =>
    store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    config: put(MediaType.config, Buffer.from('{}')),
    layers: layers.map(({ payload, signature, signer, type = PAYLOAD_TYPE }) => ({
      ...put(type, payload),
      annotations: {
        'dev.cosignproject.cosign/signature': Buffer.from(signature).toString('base64'),
        ...(signer === undefined ? {} : { 'dev.skerry.key.fingerprint': signer }),
      },
    })),
  });
  await store.writeManifest(R, cosignTag(RELEASE, 'sig'), manifest);
  return store;
}

async function verdict(layers: Layer[]): Promise<string> {
  const store = await storeWith(layers);
  try {
    await verifySignature(store, R, RELEASE, OURS.publicKey);
    return 'good';
  } catch (error) {
    return isSkerryError(error) ? error.code : String(error);
  }
}
