import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { before, test } from 'node:test';
import { copyContent } from '../../content/copy/copy.ts';
import { copyItems } from '../../content/copy/copy-items.ts';
import { planCopy } from '../../content/copy/copy-plan.ts';
import { type Digest, digestOf } from '../../content/digest.ts';
import { isSkerryError, type SkerryError } from '../../content/error.ts';
import { openLayout } from '../../content/layout/layout.ts';
import type { BlobReader, ReadOptions } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { openBundle } from '../file/bundle-store.ts';
import { rewriteBundle } from '../file/rewrite.ts';
import { verifyBundle } from '../file/verify.ts';
import { indexOfPlan, writeBundle } from '../file/write.ts';
import { generateKey, parseSigningKey } from '../key.ts';
import { openReleaseBundle, peekRelease } from '../release-bundle.ts';
import { attachStatement } from '../statement/attach-statement.ts';
import { ITEMS, imagesToCut, LARGE, NAMES, VOLUME_SIZE, writeImages } from '../testing/cut-bundle.ts';
import { makeSignedBundle } from '../testing/signed-bundle.ts';

let source: MemoryStore;

before(async () => {
  source = await imagesToCut();
});

const coded = (code: string) => (error: unknown) => isSkerryError(error, code);

async function verdict(path: string, volumes?: readonly string[], needs?: 'all' | 'some' | 'one') {
  try {
    const bundle = await openBundle(path, { volumes, needs });
    try {
      await verifyBundle(bundle);
    } finally {
      await bundle.close();
    }
    return 'good';
  } catch (error) {
    if (!isSkerryError(error)) throw error;
    return error.code;
  }
}

async function failureOf(work: Promise<unknown>): Promise<SkerryError> {
  try {
    await work;
  } catch (error) {
    if (isSkerryError(error)) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'it did not fail' });
}

/** Each volume in a folder of its own, as on sticks. */
async function onSticks(paths: readonly string[]): Promise<string[]> {
  const folder = await testFolder('sticks');
  return await Promise.all(
    paths.map(async (path, at) => {
      const to = join(folder, `stick${at}`, basename(path));
      await mkdir(join(folder, `stick${at}`));
      await copyFile(path, to);
      return to;
    }),
  );
}

test('the same content gives the same volumes, and all is read back in place', async () => {
  const [one, two] = [await writeImages(source), await writeImages(source)];
  assert.deepEqual(
    one.paths.map((path) => basename(path)),
    ['x.vol01.tar', 'x.vol02.tar', 'x.vol03.tar', 'x.vol04.tar', 'x.vol05.tar'],
  );
  for (const [at, path] of one.paths.entries()) {
    const bytes = await readFile(path);
    assert.ok(bytes.byteLength < VOLUME_SIZE);
    assert.equal(digestOf(bytes), digestOf(await readFile(two.paths[at] ?? '')));
  }
  const bundle = await openBundle(one.paths[2] ?? '');
  await verifyBundle(bundle);
  const target = new MemoryStore('target');
  await copyContent(bundle, target, ITEMS);
  for (const { repository, tag } of NAMES)
    assert.equal(
      (await target.readManifest(repository, tag))?.digest,
      (await source.readManifest(repository, tag))?.digest,
    );
  await bundle.close();
});

test('a blob that is cut is read from any byte on, and one that is not is served from its file', async () => {
  const { paths } = await writeImages(source);
  const bundle = await openBundle(paths[0] ?? '');
  const digest = digestOf(LARGE);
  for (const [offset, length] of [
    [0, LARGE.byteLength],
    [100, 10],
    [300_000, 500_000],
    [1_099_990, 1000],
    [1_100_000, 5],
  ] as const) {
    const reader = await bundle.readBlob('', digest, { offset, length });
    const read = Buffer.concat(await Array.fromAsync(reader?.stream ?? []));
    assert.ok(read.equals(LARGE.subarray(offset, offset + length)), `${length} bytes from ${offset}`);
    assert.equal(reader?.size, LARGE.byteLength);
  }
  assert.equal(await bundle.locateBlob('', digest), undefined);
  const image = await source.readManifest('registry.example/c', 'v1');
  const whole = bundle.entries.find(({ size }) => size === 200_000);
  const span = whole && (await bundle.locateBlob('', whole.digest));
  const bytes = await readFile(span?.path ?? '');
  assert.equal(digestOf(bytes.subarray(span?.offset, (span?.offset ?? 0) + 200_000)), whole?.digest);
  assert.ok(image);
  await bundle.close();
});

test('common tools read a volume by itself: a layout with all manifests, and the images that are whole in it', async () => {
  const { paths } = await writeImages(source);
  const complete = new Set<string>();
  for (const path of paths) {
    const folder = await testFolder('unpacked');
    execFileSync('tar', ['-xf', path, '-C', folder]);
    const layout = await openLayout(folder);
    for (const { repository, tag } of NAMES) {
      assert.ok(await layout.readManifest(repository, tag));
      const copied = await copyContent(layout, new MemoryStore('target'), [
        { repository, reference: tag },
      ]).then(
        () => true,
        (error: unknown) => {
          if (isSkerryError(error, 'CONTENT_NOT_FOUND')) return false;
          throw error;
        },
      );
      if (copied) complete.add(repository);
    }
  }
  assert.deepEqual([...complete].sort(), ['registry.example/b', 'registry.example/c']);
});

test('volumes on several sticks are one bundle, whichever is named first and whatever lies beside them', async () => {
  const { paths } = await writeImages(source);
  const sticks = await onSticks(paths);
  const [first = '', ...others] = sticks.toReversed();
  for (const [at, stick] of sticks.entries())
    await writeFile(join(stick, '..', 'other.vol01.tar'), `no volume ${at}`);
  assert.equal(await verdict(first, others), 'good');
  assert.equal(
    await verdict(
      first,
      others.map((path) => join(path, '..')),
    ),
    'good',
  );
  // The same twice, as of two copies of one stick.
  assert.equal(await verdict(first, [...others, ...paths]), 'good');
});

test('volumes that are missing are named by their numbers and set', async () => {
  const { paths, folder } = await writeImages(source);
  await rm(paths[1] ?? '');
  await rm(paths[3] ?? '');
  const error = await failureOf(openBundle(paths[0] ?? ''));
  assert.equal(error.code, 'VOLUME_MISSING');
  assert.match(error.detail ?? '', /^volumes 2 and 4 of 5 of set sha256:[0-9a-f]{64}$/);
  const bundle = await openBundle(paths[0] ?? '', { needs: 'some' });
  assert.deepEqual(bundle.missing, [2, 4]);
  await verifyBundle(bundle);
  await assert.rejects(bundle.statBlob('', digestOf(LARGE)), coded('VOLUME_MISSING'));
  await bundle.close();
  assert.equal((await readdir(folder)).length, 3);
});

test('a volume of another set is refused, named or called alike', async () => {
  const one = await writeImages(source);
  const other = await writeImages(source, { volumeSize: 350_000 });
  const [sticks, [alien = '']] = [await onSticks(one.paths), await onSticks(other.paths)];
  assert.equal(await verdict(sticks[0] ?? '', [...sticks.slice(1), alien]), 'VOLUME_FOREIGN');
  const whole = await writeImages(source, {});
  assert.equal(await verdict(sticks[0] ?? '', [...sticks.slice(1), ...whole.paths]), 'VOLUME_FOREIGN');
  assert.equal(await verdict(whole.paths[0] ?? '', [alien]), 'VOLUME_FOREIGN');
  // Left over from an earlier bundle of the same name.
  await copyFile(other.paths[0] ?? '', one.paths[1] ?? '');
  assert.equal(await verdict(one.paths[0] ?? ''), 'VOLUME_FOREIGN');
  // Another bundle in the same folder is nobody's business.
  await rename(one.paths[1] ?? '', join(one.folder, 'y.vol01.tar'));
  assert.equal(await verdict(one.paths[0] ?? ''), 'VOLUME_MISSING');
});

test('each volume is checked alone, and any byte of it that changed is found with its volume', async () => {
  const { paths } = await writeImages(source);
  for (const path of await onSticks(paths)) {
    assert.equal(await verdict(path, undefined, 'one'), 'good');
    const bytes = await readFile(path);
    for (let at = 7; at < bytes.byteLength; at += Math.ceil(bytes.byteLength / 23)) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await writeFile(path, changed);
      const found = await verdict(path, undefined, 'one');
      assert.ok(
        ['BUNDLE_CORRUPT', 'BUNDLE_DIGEST_MISMATCH', 'LAYOUT_INVALID'].includes(found),
        `${basename(path)} at ${at}: ${found}`,
      );
    }
    await writeFile(path, bytes);
    await truncate(path, bytes.byteLength - 600);
    assert.equal(await verdict(path, undefined, 'one'), 'BUNDLE_TRUNCATED');
  }
});

test('a piece that is damaged is reported with its volume and its bytes', async () => {
  const { paths } = await writeImages(source);
  const path = paths[1] ?? '';
  const file = await open(path, 'r+');
  await file.write('x', 200_000);
  await file.close();
  for (const needs of ['one', 'all'] as const) {
    const bundle = await openBundle(path, { needs });
    const error = await failureOf(verifyBundle(bundle));
    await bundle.close();
    assert.equal(error.code, 'BUNDLE_DIGEST_MISMATCH');
    assert.equal(error.subject, path);
    assert.match(error.detail ?? '', /^pieces\/sha256\/[0-9a-f]{64}-\d+, bytes \d+ to \d+: expected sha256:/);
  }
});

test('a digest of a piece that was made to fit does not make the blob another', async () => {
  const { paths } = await writeImages(source);
  const path = paths[1] ?? '';
  const bundle = await openBundle(path);
  const place = bundle.volumes[1]?.places.find(({ piece }) => piece !== undefined);
  await bundle.close();
  assert.ok(place);
  const bytes = await readFile(path);
  const said = digestOf(bytes.subarray(place.start, place.start + place.size));
  bytes[place.start] = (bytes[place.start] ?? 0) ^ 1;
  bytes.write(digestOf(bytes.subarray(place.start, place.start + place.size)), bytes.lastIndexOf(said));
  await writeFile(path, bytes);
  assert.equal(await verdict(path, undefined, 'one'), 'good', 'its own digest fits');
  const all = await openBundle(path);
  const error = await failureOf(verifyBundle(all));
  await all.close();
  assert.equal(error.code, 'BUNDLE_DIGEST_MISMATCH');
  assert.ok(error.subject.endsWith(`blobs/sha256/${digestOf(LARGE).slice(7)}`));
});

test('a front that does not fit its volume.json is refused before anything is read by it', async () => {
  const { paths } = await writeImages(source);
  const path = paths[0] ?? '';
  const bytes = await readFile(path);
  for (const [from, to] of [
    ['"total":5', '"total":4'],
    [`"volumeSize":${VOLUME_SIZE}`, `"volumeSize":${VOLUME_SIZE - 1}`],
    ['"number":1,', '"number":7,'],
    ['"version":1,"set"', '"version":2,"set"'],
  ] as const) {
    const changed = Buffer.from(bytes);
    changed.write(to, changed.indexOf(from));
    await writeFile(path, changed);
    assert.equal(await verdict(path, undefined, 'one'), 'BUNDLE_CORRUPT', to);
  }
});

test('writing that broke off leaves no volume, and goes on from the byte that it had come to', async () => {
  const folder = await testFolder('broken');
  const plan = await planCopy(source, ITEMS);
  const path = join(folder, 'x.bundle.tar');
  const write = (from: MemoryStore) =>
    writeBundle(path, indexOfPlan(plan), plan, from, { volumeSize: VOLUME_SIZE, width: 1 });
  const breaking = new BreakingStore(source, 700_000);
  await assert.rejects(write(breaking), /broke off/);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => !name.endsWith('.partial')),
    [],
  );
  breaking.allowed = Number.POSITIVE_INFINITY;
  await write(breaking);
  assert.equal(breaking.offsets.at(-1), 700_000 - (700_000 % 10_000), 'nothing was asked for twice');
  const again = await writeImages(source);
  for (const name of await readdir(folder))
    assert.equal(
      digestOf(await readFile(join(folder, name))),
      digestOf(await readFile(join(again.folder, name))),
    );
  const untouched = await writeBundle(path, indexOfPlan(plan), plan, source, { volumeSize: VOLUME_SIZE });
  assert.equal(untouched.bytesCopied, 0);
  assert.equal(untouched.files.length, 5);
  assert.equal(await verdict(join(folder, 'x.vol01.tar')), 'good');
});

/** Gives the largest blob up to a byte, then breaks off. */
class BreakingStore extends MemoryStore {
  readonly offsets: number[] = [];
  allowed: number;
  readonly #from: MemoryStore;

  constructor(from: MemoryStore, allowed: number) {
    super('breaking');
    this.#from = from;
    this.allowed = allowed;
  }

  override async readBlob(
    repository: string,
    digest: Digest,
    options: ReadOptions = {},
  ): Promise<BlobReader | undefined> {
    if (digest !== digestOf(LARGE)) return await this.#from.readBlob(repository, digest, options);
    const { offset = 0 } = options;
    this.offsets.push(offset);
    return { size: LARGE.byteLength, stream: this.#bytes(offset) };
  }

  async *#bytes(offset: number): AsyncGenerator<Buffer> {
    for (let at = offset; at < LARGE.byteLength; at += 10_000) {
      if (at >= this.allowed) throw new Error('broke off');
      yield Buffer.from(LARGE.subarray(at, at + 10_000));
    }
  }
}

test('joined volumes are the bundle that was never cut, and cutting it gives the volumes', async () => {
  const [cut, whole] = [await writeImages(source), await writeImages(source, {})];
  const joined = join(await testFolder('joined'), 'x.bundle.tar');
  const bundle = await openBundle(cut.paths[3] ?? '');
  await rewriteBundle(joined, bundle);
  await bundle.close();
  assert.equal(digestOf(await readFile(joined)), digestOf(await readFile(whole.paths[0] ?? '')));
  const again = await testFolder('again');
  const one = await openBundle(joined);
  await rewriteBundle(join(again, 'x.bundle.tar'), one, { volumeSize: VOLUME_SIZE });
  await one.close();
  for (const path of cut.paths)
    assert.equal(digestOf(await readFile(join(again, basename(path)))), digestOf(await readFile(path)));
});

test('volumes are joined as they come, and the last one makes the bundle', async () => {
  const { paths } = await writeImages(source);
  const sticks = await onSticks(paths);
  const to = join(await testFolder('joined'), 'x.bundle.tar');
  const join1 = async (path: string) => {
    const bundle = await openBundle(path, { needs: 'some' });
    try {
      return (await rewriteBundle(to, bundle)).length;
    } catch (error) {
      if (!isSkerryError(error, 'VOLUME_MISSING')) throw error;
      return error.detail?.split(' of ')[0];
    } finally {
      await bundle.close();
    }
  };
  const [one = '', two = '', three = '', four = '', five = ''] = sticks;
  // The pieces of a blob in their order, what is whole in any.
  assert.equal(await join1(five), 'volumes 1, 2, 3 and 4');
  assert.equal(await join1(one), 'volumes 2, 3 and 4');
  assert.equal(await join1(two), 'volumes 3 and 4');
  await join1(four);
  assert.equal(await join1(three), 1);
  assert.equal(await verdict(to), 'good');
});

test('what is in the volumes that are here is imported, and the rest when they come', async () => {
  const { paths } = await writeImages(source);
  const sticks = await onSticks(paths);
  const target = new MemoryStore('registry');
  const outcomes = async (path: string, volumes: readonly string[] = []) => {
    const bundle = await openBundle(path, { needs: 'some', volumes });
    const results = await Array.fromAsync(copyItems(bundle, target, ITEMS));
    await bundle.close();
    for (const { error } of results) if (error !== undefined) assert.equal(error.code, 'VOLUME_MISSING');
    return Object.fromEntries(results.map(({ item, outcome }) => [item.repository.slice(-1), outcome]));
  };
  const last = await outcomes(sticks[4] ?? '');
  assert.equal(last.a, 'failed');
  assert.ok(Object.values(last).includes('failed'));
  for (const stick of sticks) await outcomes(stick);
  // One after the other brought all that is not cut; the one that is cut needs its volumes at once.
  assert.deepEqual(await outcomes(sticks[0] ?? ''), { a: 'failed', b: 'skipped', c: 'skipped' });
  assert.deepEqual(await outcomes(sticks[0] ?? '', sticks), { a: 'done', b: 'skipped', c: 'skipped' });
});

test('a bundle that is cut in another way is not written beside the one that is there', async () => {
  const { folder } = await writeImages(source);
  await assert.rejects(writeImages(source, { volumeSize: 350_000 }, folder), coded('OUTPUT_EXISTS'));
  await assert.rejects(writeImages(source, {}, folder), coded('OUTPUT_EXISTS'));
  const whole = await writeImages(source, {});
  await assert.rejects(writeImages(source, undefined, whole.folder), coded('OUTPUT_EXISTS'));
  assert.equal((await readdir(folder)).length, 5);
});

test('one volume says which release the bundle is, and is checked with its signature', async () => {
  const { privatePem } = generateKey();
  const key = parseSigningKey(privatePem, 'test key', undefined);
  const whole = await openBundle(await makeSignedBundle({ key }));
  const folder = await testFolder('signed');
  const written = await rewriteBundle(join(folder, 'x.bundle.tar'), whole, { volumeSize: 34_000 });
  await whole.close();
  assert.ok(written.length > 1);
  for (const path of await onSticks(written.map((file) => file.path))) {
    const peeked = await peekRelease(path);
    const statement = { envelope: Buffer.from('{}'), from: '', key: key.publicKey };
    await assert.rejects(attachStatement(path, peeked, statement), coded('VOLUMES_APART'));
    await peeked.store.close();
    assert.equal(peeked.release.version, '1.2.3');
    const { store } = await openReleaseBundle(path, key.publicKey, { needs: 'one' });
    await store.close();
    const other = parseSigningKey(generateKey().privatePem, 'other', undefined).publicKey;
    await assert.rejects(openReleaseBundle(path, other, { needs: 'one' }), coded('SIGNATURE_WRONG_KEY'));
    await assert.rejects(openReleaseBundle(path, key.publicKey), coded('VOLUME_MISSING'));
  }
});
