import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { create } from 'tar';
import type { Helm } from '../../apply/helm/helm.ts';
import { createHelm } from '../../apply/helm/helm.ts';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { parseManifest } from '../../content/manifest.ts';
import { PackConfig } from '../../content/pack-format.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { packChart, putChart } from './chart.ts';
import { PackSchema } from './pack.ts';
import { putPacks } from './pack-artifact.ts';

test('a chart has the same bytes whatever its files’ times and rights, and wherever it lies', async () => {
  const one = await pack(await chart('Chart.yaml'));
  const folder = await chart('Chart.yaml');
  await chmod(join(folder, 'demo/templates/x.yaml'), 0o600);
  const before = process.umask(0o077);
  const two = await pack(folder).finally(() => process.umask(before));
  assert.deepEqual([one.name, one.version, one.metadata.description], ['demo', '1.0.0+build', 'a chart']);
  assert.ok(one.archive.equals(two.archive));
});

test('a chart stands where helm looks for it', async () => {
  const store = new MemoryStore();
  const { tag, digest } = await putChart(store, 'skerry/charts/demo', await pack(await chart('Chart.yaml')));
  assert.equal(tag, '1.0.0_build');
  assert.equal((await store.readManifest('skerry/charts/demo', tag))?.digest, digest);
});

test('a chart without a description cannot be packed', async () => {
  await assert.rejects(pack(await chart('Other.yaml')), (error) => isSkerryError(error, 'CHART_INVALID'));
});

test('a pack that names a schema has it', async () => {
  const folder = await chart('Chart.yaml');
  const charts = new Map([[folder, await pack(folder)]]);
  const packed = (schema?: string) =>
    putPacks(new MemoryStore(), [{ pack: packOf(schema), folder, chart: folder, values: {} }], {
      images: [],
      discoveries: [],
      packed: charts,
      renderings: [],
    });
  assert.equal((await packed())[0]?.name, 'demo');
  await assert.rejects(packed('none.json'), (error) => isSkerryError(error, 'PACK_INVALID'));
  await writeFile(join(folder, 'broken.json'), '{');
  await assert.rejects(packed('broken.json'), (error) => isSkerryError(error, 'PACK_INVALID'));
});

test('of several versions of a pack each names its own images', async () => {
  const folder = await chart('Chart.yaml');
  const versions = ['1.0.0', '2.0.0'];
  const image = (tag: string) => ({
    reference: `registry.example/demo:${tag}`,
    names: [],
    repository: 'registry.example/demo',
    tag,
    digest: digestOf(tag),
  });
  const store = new MemoryStore();
  const packs = versions.map((version) => {
    return { pack: packOf(undefined, version), folder, chart: folder, values: {} };
  });
  const artifacts = await putPacks(store, packs, {
    images: versions.map(image),
    discoveries: versions.map((version) => {
      const { reference } = image(version);
      return { reference, certainty: 'sure', where: 'pack demo', pack: 'demo', packVersion: version };
    }),
    packed: new Map([[folder, await pack(folder)]]),
    renderings: [],
  });
  const named = artifacts.map(async ({ artifact: { repository, tag } }) => {
    const manifest = await store.readManifest(repository, tag);
    assert.ok(manifest !== undefined);
    const { config } = parseManifest(manifest, tag);
    const blob = config === undefined ? undefined : await store.readBlob(repository, config.digest);
    assert.ok(blob !== undefined);
    const { images } = PackConfig.parse(JSON.parse(await text(Readable.from(blob.stream))));
    return images.map(({ digest }) => digest);
  });
  assert.deepEqual(
    await Promise.all(named),
    versions.map((version) => [digestOf(version)]),
  );
});

function packOf(schema: string | undefined, version = '1.0.0') {
  return PackSchema.parse({
    apiVersion: 'skerry.dev/v1',
    kind: 'Pack',
    name: 'demo',
    version,
    layer: 'addon',
    chart: 'chart',
    schema,
  });
}

async function pack(folder: string) {
  return await packChart(helmFor(folder), folder, folder);
}

/** A helm that packs what it finds, without rules of its own. */
function helmFor(folder: string): Helm {
  return {
    ...createHelm({ program: 'helm is not run', home: folder, environment: {} }),
    package: async ({ destination }) => {
      const path = join(destination, 'demo-1.0.0.tgz');
      await create({ cwd: folder, file: path, gzip: true }, ['demo']);
      return path;
    },
  };
}

async function chart(description: string): Promise<string> {
  const folder = await testFolder('chart');
  await mkdir(join(folder, 'demo/templates'), { recursive: true });
  await writeFile(
    join(folder, 'demo', description),
    'name: demo\nversion: 1.0.0+build\ndescription: a chart\n',
  );
  await writeFile(join(folder, 'demo/templates/x.yaml'), 'kind: ConfigMap\n');
  return folder;
}
