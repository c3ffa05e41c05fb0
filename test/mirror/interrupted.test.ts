import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { compareItems, copyItems } from '../../content/copy/copy-items.ts';
import type { Digest } from '../../content/digest.ts';
import { openRemote } from '../../content/remote/store.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { randomOf } from '../../content/testing/random.ts';
import { readMirrorFile } from '../../mirror/file/mirror-file.ts';
import type { MirrorContext } from '../../mirror/run/context.ts';
import { runMirror } from '../../mirror/run/run-mirror.ts';
import { Locations } from '../../mirror/stores/open-location.ts';
import { registryOptions } from '../../mirror/stores/registry-options.ts';
import { putImage } from '../../mirror/testing/mirror-site.ts';
import { serveStore } from '../registry/clients/served-store.ts';
import { assertWhole } from '../registry/whole-content.ts';

const INTERRUPTIONS = Number(process.env.SKERRY_MIRROR_INTERRUPTIONS ?? 8);
const SEED = Number(process.env.SKERRY_SEED ?? Date.now() % 1_000_000);
const IMAGES = 6;
/** Bytes of an image's layer: much of it is under way when a run is cut off. */
const LAYER_BYTES = 4_000_000;
/** So much may be sent twice for each interruption. */
const MOST_REPEATED = 16 * 1024 * 1024;

test(`${INTERRUPTIONS} runs that are cut off anywhere leave what one run makes (seed ${SEED})`, async () => {
  const folder = await testFolder('interrupted');
  await mkdir(join(folder, 'from'));
  await using source = await serveStore(join(folder, 'from'));
  await using target = await serveStore(join(folder, 'to'));
  const digests = new Map<string, Digest>();
  for (let index = 0; index < IMAGES; index++) {
    const text = createHash('shake256', { outputLength: LAYER_BYTES / 2 })
      .update(`${SEED} ${index}`)
      .digest('hex');
    digests.set(`v${index}`, (await putImage(source.store, 'app', `v${index}`, text)).digest);
  }
  const path = join(folder, 'mirror.yaml');
  const job = { name: 'job', from: `http://${source.host}`, to: `http://${target.host}` };
  await writeFile(path, stringify({ apiVersion: 'skerry.dev/v1', kind: 'Mirror', name: 'cut', jobs: [job] }));
  const file = await readMirrorFile(path);
  const registries = await registryOptions(file, { credentials: async () => undefined });
  const run = async (more: Pick<MirrorContext, 'signal' | 'onProgress'>) => {
    const locations = new Locations(registries, async () => undefined);
    const charts = async () => assert.fail('there are no charts');
    return await runMirror({ file, engine: { compareItems, copyItems }, locations, charts, ...more });
  };
  let cut = 0;
  const random = randomOf(SEED);
  const requests = await source.during(async () => {
    for (let round = 0; round < INTERRUPTIONS; round++) {
      const stop = new AbortController();
      const after = Math.floor((random() * IMAGES * LAYER_BYTES) / INTERRUPTIONS);
      const onProgress = ({ bytesDone }: { bytesDone: number }) => {
        if (bytesDone >= after) stop.abort(new Error('cut off'));
      };
      await run({ signal: stop.signal, onProgress }).catch(() => cut++);
    }
    const [last] = await run({});
    assert.deepEqual([last?.failed, last?.error], [0, undefined]);
  });
  const store = openRemote(target.host);
  assert.deepEqual(await store.listTags('app'), [...digests.keys()]);
  for (const [tag, digest] of digests) {
    assert.equal((await store.resolveManifest('app', tag))?.digest, digest);
    await assertWhole(store, 'app', digest);
  }
  await store.close();
  assert.ok(cut >= INTERRUPTIONS / 2, `${cut} runs were cut off`);
  const sent = requests.reduce((sum, { bytesOut }) => sum + (typeof bytesOut === 'number' ? bytesOut : 0), 0);
  assert.ok(sent >= IMAGES * LAYER_BYTES, `${sent} bytes`);
  const repeated = sent - IMAGES * LAYER_BYTES;
  assert.ok(repeated <= cut * MOST_REPEATED, `${repeated} bytes were sent again in ${cut} interruptions`);
});
