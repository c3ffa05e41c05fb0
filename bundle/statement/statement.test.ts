import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { openReleaseBundle, peekRelease } from '../release-bundle.ts';
import { makeSignedBundle, newKey } from '../testing/signed-bundle.ts';
import { attachStatement, findStatements, proofOf } from './attach-statement.ts';
import { openEnvelope, PAYLOAD_TYPE, sealEnvelope } from './envelope.ts';
import { formatUpgradeProof, parseUpgradeProof, type UpgradeProof } from './upgrade-proof.ts';

const KEY = newKey();
const OLD = `sha256:${'a'.repeat(64)}`;

test('an envelope is the one of the specification, and opens with the key that sealed it alone', () => {
  const sealed = sealEnvelope(Buffer.from('hello'), KEY);
  const { payloadType, payload, signatures } = JSON.parse(sealed.toString());
  assert.deepEqual([payloadType, payload], [PAYLOAD_TYPE, 'aGVsbG8=']);
  const signed = Buffer.from(`DSSEv1 28 ${PAYLOAD_TYPE} 5 hello`);
  assert.ok(KEY.publicKey.verify(signed, Buffer.from(signatures[0].sig, 'base64')));
  assert.equal(openEnvelope(sealed, KEY.publicKey)?.toString(), 'hello');
  assert.equal(openEnvelope(sealed, newKey().publicKey), undefined);
  const other = JSON.stringify({ payloadType, payload: 'aGVsbG9v', signatures });
  assert.equal(openEnvelope(Buffer.from(other), KEY.publicKey), undefined);
  const retyped = JSON.stringify({ payloadType: 'text/plain', payload, signatures });
  assert.equal(openEnvelope(Buffer.from(retyped), KEY.publicKey), undefined);
});

test('a statement is about both releases, and no proof for another one', async (context) => {
  const { address } = await opened(await makeSignedBundle({ key: KEY }), context);
  const proof = proofFor(address.digest);
  const statement = formatUpgradeProof(proof);
  const { _type, subject } = JSON.parse(statement.toString());
  assert.equal(_type, 'https://in-toto.io/Statement/v1');
  assert.deepEqual(
    subject.map(({ digest }: { digest: { sha256: string } }) => `sha256:${digest.sha256}`),
    [address.digest, OLD],
  );
  assert.deepEqual(parseUpgradeProof(statement, address.digest), proof);
  assert.equal(parseUpgradeProof(statement, `sha256:${'b'.repeat(64)}`), undefined);
  assert.equal(parseUpgradeProof(Buffer.from('{}'), address.digest), undefined);
});

test('a bundle gets statements added in its own place, is verified with them, and keeps one for each pair', async (context) => {
  const path = await makeSignedBundle({ key: KEY });
  await attach(path, { finishedAt: '2026-01-01T00:00:00Z' });
  await attach(path, { finishedAt: '2026-01-02T00:00:00Z' });
  await attach(path, { from: { name: 'demo', version: '1.1.0', digest: `sha256:${'c'.repeat(64)}` } });
  const { store, address } = await opened(path, context);
  const found = await findStatements({ store, address }, KEY.publicKey);
  assert.deepEqual(
    found.map(({ from }) => from.version),
    ['1.0.0', '1.1.0'],
  );
  assert.equal(proofOf(found, OLD)?.finishedAt, '2026-01-02T00:00:00Z');
  assert.equal(proofOf(found, `sha256:${'e'.repeat(64)}`), undefined);
  const referrers = await store.listReferrers(address.repository, address.digest);
  assert.deepEqual(
    referrers.map(({ artifactType }) => artifactType),
    ['application/vnd.dsse.envelope.v1+json'],
  );
});

test('a statement that the key has not signed, or that is about another release, stops the bundle', async () => {
  const stranger = newKey();
  const path = await makeSignedBundle({ key: KEY });
  const bundle = await peekRelease(path);
  const proof = proofFor(bundle.address.digest);
  for (const envelope of [
    sealEnvelope(formatUpgradeProof(proof), stranger),
    sealEnvelope(formatUpgradeProof(proofFor(OLD)), KEY),
    Buffer.from('{}'),
  ]) {
    const other = `${await testFolder('statement')}/x.bundle.tar`;
    await attachStatement(other, bundle, { envelope, from: OLD, key: KEY.publicKey });
    await assert.rejects(openReleaseBundle(other, KEY.publicKey), (error) =>
      isSkerryError(error, 'STATEMENT_INVALID'),
    );
  }
  await bundle.store.close();
});

test('one flipped bit of a bundle with a statement is found', async (context) => {
  const path = await makeSignedBundle({ key: KEY });
  await attach(path, {});
  const file = await open(path, 'r+');
  const { size } = await file.stat();
  for (let offset = 0; offset < size; offset += 97) {
    await flip(file, offset);
    await assert.rejects(
      openReleaseBundle(path, KEY.publicKey),
      (error) => isSkerryError(error),
      `${offset}`,
    );
    await flip(file, offset);
  }
  await file.close();
  await opened(path, context);
});

function proofFor(digest: string, extra: Partial<UpgradeProof> = {}): UpgradeProof {
  return {
    from: { name: 'demo', version: '1.0.0', digest: OLD },
    to: { name: 'demo', version: '1.2.3', digest },
    skerry: '0.1.0',
    kubernetes: 'v1.34.4',
    startedAt: '2026-01-01T00:00:00Z',
    finishedAt: '2026-01-01T00:10:00Z',
    steps: [{ id: 'upgrade', seconds: 61.5, detail: '' }],
    watched: [{ what: 'pulls of images', isWatched: true, how: 'events of the kubelet' }],
    ...extra,
  };
}

async function attach(path: string, extra: Partial<UpgradeProof>): Promise<void> {
  const bundle = await peekRelease(path);
  const proof = proofFor(bundle.address.digest, extra);
  const envelope = sealEnvelope(formatUpgradeProof(proof), KEY);
  await attachStatement(path, bundle, { envelope, from: proof.from.digest, key: KEY.publicKey });
  await bundle.store.close();
}

async function opened(path: string, context: TestContext) {
  const bundle = await openReleaseBundle(path, KEY.publicKey);
  context.after(() => bundle.store.close());
  return bundle;
}

async function flip(file: Awaited<ReturnType<typeof open>>, offset: number): Promise<void> {
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ 1;
  await file.write(byte, 0, 1, offset);
}
