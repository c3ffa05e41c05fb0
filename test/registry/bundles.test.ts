import assert from 'node:assert/strict';
import { mkdtemp, open, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { arrange, blobName } from '../../bundle/file/table.ts';
import { formatHeader } from '../../bundle/file/tar-header.ts';
import { indexOfPlan, writeBundle } from '../../bundle/file/write.ts';
import { planCopy } from '../../content/copy/copy-plan.ts';
import { digestOf } from '../../content/digest.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { formatIndex } from '../../content/layout/layout-index.ts';
import { descriptorOf, manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { Manifest } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { command } from '../cluster/processes/command.ts';
import { serveRegistryOf } from './process.ts';
import { failureOf, run } from './skerry-process.ts';

const SKERRY = [process.execPath, join(import.meta.dirname, '../../skerry.ts')] as const;
const APP = 'registry.example/app';
const OTHER = 'registry.example/other';
const HiddenTag = z.object({ event: z.literal('tag-hidden'), tag: z.string() });
const Names = z.object({
  repositories: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
});
const Index = z.object({ manifests: z.array(z.object({ digest: z.string() })) });

suite('bundles served in place', { timeout: 120_000 }, () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skerry-bundles-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  test('several bundles are one registry: the first wins a tag and says so, all content is there', async () => {
    const old = new Site();
    const recent = new Site();
    const [first, second] = [old.image('first'), recent.image('second')];
    const [onlyOld, signed] = [old.image('only in the old one'), old.image('signature', first)];
    const attested = recent.image('attestation', first);
    await old.tag(APP, 'v1', first);
    await old.tag(APP, 'v0', onlyOld);
    await old.tag(APP, 'signature', signed);
    await recent.tag(APP, 'v1', second);
    await recent.tag(APP, 'attestation', attested);
    const foreign = new Site();
    const elsewhere = foreign.image('packed by tar');
    await foreign.tag(OTHER, 'v1', elsewhere);
    const args = [
      ...['--bundle', await recent.bundle(join(folder, 'recent.bundle.tar'))],
      ...['--bundle', await old.bundle(join(folder, 'old.bundle.tar'))],
      ...['--bundle', await foreign.tar(join(folder, 'foreign'))],
    ];
    await using registry = await serveRegistryOf(SKERRY, args);
    const get = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(`http://${registry.host}${path}`, init);
      return {
        status: answer.status,
        headers: answer.headers,
        bytes: Buffer.from(await answer.arrayBuffer()),
      };
    };
    const digestAt = async (path: string) => {
      const { status, bytes } = await get(path);
      assert.equal(status, 200, path);
      return digestOf(bytes);
    };

    assert.equal(await digestAt(`/v2/${APP}/manifests/v1`), second.digest);
    assert.equal(await digestAt(`/v2/${APP}/manifests/v0`), onlyOld.digest);
    assert.equal(await digestAt(`/v2/${APP}/manifests/${first.digest}`), first.digest);
    assert.equal(await digestAt(`/v2/${OTHER}/manifests/v1`), elsewhere.digest);
    for (const { digest } of [...old.layers, ...recent.layers, ...foreign.layers])
      assert.equal(await digestAt(`/v2/${APP}/blobs/${digest}`), digest);

    const names = async (path: string) => Names.parse(JSON.parse((await get(path)).bytes.toString()));
    assert.deepEqual((await names('/v2/_catalog')).repositories, [APP, OTHER]);
    assert.deepEqual((await names(`/v2/${APP}/tags/list?n=2`)).tags, ['attestation', 'signature']);
    assert.deepEqual((await names(`/v2/${APP}/tags/list?n=2&last=signature`)).tags, ['v0', 'v1']);
    const referrers = Index.parse(
      JSON.parse((await get(`/v2/${APP}/referrers/${first.digest}`)).bytes.toString()),
    );
    assert.deepEqual(
      referrers.manifests.map(({ digest }) => digest).sort(),
      [signed.digest, attested.digest].sort(),
    );

    assert.equal((await get(`/v2/${APP}/blobs/uploads/`, { method: 'POST' })).status, 405);
    assert.equal((await get('/readyz')).bytes.toString(), '{"status":"ready","writes":"off"}');
    while (!registry.log.some((line) => HiddenTag.safeParse(line).success)) await sleep(10);
    const hidden = registry.log.flatMap((line) => HiddenTag.safeParse(line).data?.tag ?? []);
    assert.deepEqual(hidden, [`${APP}:v1`]);

    for (const [name, manifest] of [
      [`${APP}:v1`, second],
      [`${APP}:v0`, onlyOld],
      [`${OTHER}:v1`, elsewhere],
    ] as const) {
      const copy = join(folder, manifest.digest.slice(7, 19));
      const from = `docker://${registry.host}/${name}`;
      await command('skopeo', [
        'copy',
        '--src-tls-verify=false',
        '--preserve-digests',
        from,
        `oci:${copy}:copied`,
      ]);
      const copied = await openLayout(copy);
      assert.equal((await copied.readManifest('', manifest.digest))?.digest, manifest.digest);
    }
  });

  test('a bundle that was cut off is refused before anybody asks for what is missing', async () => {
    const site = new Site();
    await site.tag(APP, 'v1', site.image('whole'));
    const path = await site.bundle(join(folder, 'cut.bundle.tar'));
    await truncate(path, (await stat(path)).size - 4096);
    const [node, program] = SKERRY;
    const args = ['registry', 'serve', '--bundle', path, '--listen', '127.0.0.1:0', '--output', 'json'];
    const ended = await run(node, [program, ...args]);
    assert.equal(failureOf(ended).code, 'BUNDLE_TRUNCATED');
  });

  test('a bundle of 20 GB takes no memory of its size, and parts of its blobs are sent from where they lie', async () => {
    const { path, image, last } = await makeLargeBundle(join(folder, 'large.bundle.tar'));
    await using registry = await serveRegistryOf(SKERRY, ['--bundle', path]);
    const at = `http://${registry.host}`;
    const manifest = await fetch(`${at}/v2/${APP}/manifests/v1`);
    assert.equal(digestOf(Buffer.from(await manifest.arrayBuffer())), image.digest);
    const part = await fetch(`${at}/v2/${APP}/blobs/${last.digest}`, {
      headers: { range: `bytes=${last.size - 1000}-` },
    });
    assert.equal(part.status, 206);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), Buffer.alloc(1000));
    const metrics = await (await fetch(`${at}/metrics`)).text();
    const resident = Number(/^process_resident_memory_bytes (\d+)/m.exec(metrics)?.[1]);
    assert.ok(resident < 200e6, `${resident} bytes of memory`);
  });
});

/** Where a bundle is made of. */
class Site {
  readonly layers: { digest: ReturnType<typeof digestOf>; bytes: Buffer }[] = [];
  readonly #store = new MemoryStore();
  readonly #tags: { repository: string; reference: string }[] = [];

  image(seed: string, subject?: Manifest): Manifest {
    const put = (bytes: Buffer, mediaType: string) =>
      this.#store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
    const bytes = Buffer.from(seed.repeat(20_000));
    const layer = put(bytes, 'application/vnd.oci.image.layer.v1.tar');
    this.layers.push({ digest: layer.digest, bytes });
    const platform = {
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    };
    return manifestOf(MediaType.manifest, {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      config: put(Buffer.from(JSON.stringify(platform)), MediaType.config),
      layers: [layer],
      ...(subject === undefined ? {} : { subject: descriptorOf(subject) }),
    });
  }

  async tag(repository: string, tag: string, manifest: Manifest): Promise<void> {
    await this.#store.writeManifest(repository, tag, manifest);
    this.#tags.push({ repository, reference: tag });
  }

  async bundle(path: string): Promise<string> {
    const plan = await planCopy(this.#store, this.#tags, { referrers: 'none' });
    await writeBundle(path, indexOfPlan(plan), plan, this.#store);
    return path;
  }

  /** The same as a layout that tar has packed. */
  async tar(folder: string): Promise<string> {
    await this.bundle(`${folder}.bundle.tar`);
    await command('mkdir', [folder]);
    await command('tar', ['-xf', `${folder}.bundle.tar`, '-C', folder]);
    await rm(join(folder, 'table.json'));
    await command('tar', ['-cf', `${folder}.tar`, '-C', folder, '.']);
    return `${folder}.tar`;
  }
}

/** A bundle with one image and blobs that are holes. */
async function makeLargeBundle(path: string) {
  const config = { mediaType: MediaType.config, digest: digestOf('{}'), size: 2 };
  const image = manifestOf(MediaType.manifest, { schemaVersion: 2, config, layers: [] });
  const name = { 'org.opencontainers.image.ref.name': `${APP}:v1` };
  const holes = Array.from({ length: 2000 }, (_, number) => ({
    digest: digestOf(`hole ${number}`),
    size: 10_000_000,
  }));
  const { front, places, size } = arrange(formatIndex([{ ...descriptorOf(image), annotations: name }]), [
    { digest: image.digest, size: image.bytes.byteLength },
    ...holes,
  ]);
  const file = await open(path, 'w');
  const write = (bytes: Uint8Array, at: number) => file.write(bytes, 0, bytes.byteLength, at);
  for (const { name, text, header, start } of front) {
    await write(formatHeader(name, Buffer.byteLength(text)), header);
    await write(Buffer.from(text), start);
  }
  for (const place of places) await write(formatHeader(blobName(place.digest), place.size), place.header);
  await write(image.bytes, places[0]?.start ?? 0);
  await file.truncate(size);
  await file.close();
  const last = places.at(-1);
  if (last === undefined) throw new Error('a bundle without blobs');
  return { path, image, last };
}
