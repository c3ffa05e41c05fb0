import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { digestOf, hexOf } from '../../content/digest.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { PROVIDER_REPOSITORY, putProvider } from '../../manifests/provider/provider-artifact.ts';
import { RateLimit } from '../../platform/hub/http/rate-limit.ts';
import { serveProviders } from '../../platform/hub/providers/provider-mirror.ts';
import { pushSamplePack } from '../../platform/hub/testing/sample-packs.ts';
import { type ScriptedHub, startScriptedHub } from '../../platform/hub/testing/scripted-hub.ts';

const BASE = `/terraform/providers/${PROVIDER_REPOSITORY}`;
const ZIP = 'terraform-provider-skerry_1.2.3_linux_amd64.zip';

describe('the mirror of providers', () => {
  const store = new MemoryStore();
  let hub: ScriptedHub;

  before(async () => {
    const program = join(await testFolder('provider'), 'skerry');
    await writeFile(program, 'a program\n'.repeat(1000));
    await putProvider(store, { program, version: '1.2.3', architecture: 'amd64' });
    await pushSamplePack(store, 'skerry.dev/skerry', { name: 'pack', version: '1.0.0' });
    let time = 0;
    const now = () => time++ * 100_000;
    hub = await startScriptedHub({
      permits: () => false,
      serve: (server) =>
        serveProviders(server, {
          store,
          limit: new RateLimit({ perSecond: 0, burst: 20, max: 10, now }),
          now,
          signal: new AbortController().signal,
        }),
    });
  });
  after(async () => await hub.close());

  async function get(path: string) {
    return await hub.server.inject({ url: path });
  }

  test('names the versions, the platforms, and the hash of each file', async () => {
    assert.deepEqual((await get(`${BASE}/index.json`)).json(), { versions: { '1.2.3': {} } });
    const { archives } = (await get(`${BASE}/1.2.3.json`)).json();
    assert.deepEqual(Object.keys(archives), ['linux_amd64']);
    assert.equal(archives.linux_amd64.url, ZIP);
    const zip = await get(`${BASE}/${ZIP}`);
    assert.equal(zip.headers['content-type'], 'application/zip');
    assert.equal(Number(zip.headers['content-length']), zip.rawPayload.byteLength);
    assert.deepEqual(archives.linux_amd64.hashes, [`zh:${hexOf(digestOf(zip.rawPayload))}`]);
    const name = 'terraform-provider-skerry_v1.2.3';
    const packed = zip.rawPayload.subarray(30 + name.length);
    assert.equal(inflateRawSync(packed).toString(), 'a program\n'.repeat(1000));
  });

  test('has nothing that is no provider, or not the platform’s own', async () => {
    for (const path of [
      `${BASE}/9.9.9.json`,
      `${BASE}/..%2f..%2fskerry.json`,
      `${BASE}/terraform-provider-skerry_1.2.3_windows_amd64.zip`,
      '/terraform/providers/skerry.dev/skerry/pack/1.0.0.json',
      '/terraform/providers/skerry.dev/skerry/Pack/index.json',
      '/terraform/providers/registry.opentofu.org/hashicorp/aws/index.json',
    ])
      assert.equal((await get(path)).json().code, 'ROUTE_NOT_FOUND', path);
  });

  test('is not asked faster than it is said', async () => {
    const answers = await Promise.all(
      Array.from({ length: 25 }, async () => await get(`${BASE}/index.json`)),
    );
    assert.ok(answers.some(({ statusCode }) => statusCode === 429));
  });
});
