import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import type { Digest } from '../../content/digest.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { openRemote } from '../../content/remote/store.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { randomOf } from '../../content/testing/random.ts';
import { putImage } from '../../mirror/testing/mirror-site.ts';
import { SKERRY, serveStore } from '../registry/clients/served-store.ts';
import { run, start } from '../registry/skerry-process.ts';
import { assertWhole } from '../registry/whole-content.ts';
import { forwardTo, ownAddress } from './forwarder.ts';

const KILLS = Number(process.env.SKERRY_MIRROR_KILLS ?? 10);
const SEED = Number(process.env.SKERRY_SEED ?? Date.now() % 1_000_000);
/** So much may go over the wire again for each kill. */
const MOST_REPEATED = 16 * 1024 * 1024;
const [NODE, PROGRAM] = SKERRY;

/**
 * Only what is far away is worth going on with in the middle of a blob: where this machine has an address that others
 * reach it by, one blob is more than may go over the wire again.
 */
const ADDRESS = ownAddress() ?? '127.0.0.1';
const LAYER_BYTES = ADDRESS === '127.0.0.1' ? 4_000_000 : 24_000_000;
const IMAGES = ADDRESS === '127.0.0.1' ? 12 : 6;
const TOTAL = IMAGES * LAYER_BYTES;

/** A source with images, and a mirror file from there; `onTraffic` is called as bytes come from it. */
async function setUp(onTraffic: () => void) {
  const folder = await testFolder('killed');
  await mkdir(join(folder, 'from'));
  const source = await serveStore(join(folder, 'from'));
  const digests = new Map<string, Digest>();
  for (let index = 0; index < IMAGES; index++) {
    const text = createHash('shake256', { outputLength: LAYER_BYTES / 2 })
      .update(`${SEED} ${index}`)
      .digest('hex');
    digests.set(`v${index}`, (await putImage(source.store, 'app', `v${index}`, text)).digest);
  }
  const from = await forwardTo(Number(source.host.split(':')[1]), '127.0.0.1', onTraffic);
  const path = join(folder, 'mirror.yaml');
  const writeMirror = async (to: string) => {
    const jobs = [{ name: 'job', from: from.url, to }];
    await writeFile(path, stringify({ apiVersion: 'skerry.dev/v1', kind: 'Mirror', name: 'killed', jobs }));
  };
  const args = [PROGRAM, 'mirror', 'run', path, '--output', 'json'];
  return { folder, source, from, digests, writeMirror, args, options: { env: { HOME: folder } } };
}

for (const kind of ['registry', 'layout'] as const)
  describe(`${KILLS} runs into a ${kind} that are killed anywhere`, () => {
    test(`leave what one run makes (seed ${SEED})`, async (context) => {
      const random = randomOf(SEED);
      let onTraffic = () => {};
      const { folder, source, from, digests, writeMirror, args, options } = await setUp(() => onTraffic());
      await using _source = source;
      await using _from = from;
      await mkdir(join(folder, 'to'));
      await using target = await serveStore(join(folder, 'to'));
      await using to = await forwardTo(Number(target.host.split(':')[1]), ADDRESS, () => onTraffic());
      const layout = join(folder, 'layout');
      await writeMirror(kind === 'registry' ? to.url : layout);
      let kills = 0;
      for (let round = 0; round < KILLS; round++) {
        const begun = from.down + to.up;
        const after = (random() * (kind === 'registry' ? 2 : 1) * TOTAL) / KILLS;
        const child = start(NODE, args, options);
        let isKilled = false;
        onTraffic = () => {
          if (isKilled || from.down + to.up - begun < after) return;
          isKilled = true;
          child.kill('SIGKILL');
        };
        const { signal, exitCode, stderr } = await child.ended;
        onTraffic = () => {};
        if (signal === 'SIGKILL') kills++;
        else assert.equal(exitCode, 0, stderr);
      }
      const last = await run(NODE, args, options);
      assert.equal(last.exitCode, 0, last.stderr);
      const store = kind === 'registry' ? openRemote(target.host) : await openLayout(layout);
      assert.deepEqual(await store.listTags('app'), [...digests.keys()].sort());
      for (const [tag, digest] of digests) {
        assert.equal((await store.resolveManifest('app', tag))?.digest, digest);
        await assertWhole(store, 'app', digest);
      }
      if ('close' in store) await store.close();
      assert.ok(kills >= KILLS / 2, `${kills} runs were killed`);
      const sent = kind === 'registry' ? { from: from.down, to: to.up } : { from: from.down };
      for (const [side, bytes] of Object.entries(sent)) {
        const repeated = bytes - TOTAL;
        assert.ok(repeated >= 0, `${bytes} bytes ${side}`);
        assert.ok(repeated <= kills * MOST_REPEATED, `${repeated} bytes again in ${kills} kills, ${side}`);
        context.diagnostic(
          `${side}: ${(repeated / kills / 1e6).toFixed(1)} MB again for each of ${kills} kills`,
        );
      }
      if (kind === 'layout') await assertSameAsOneRun();

      async function assertSameAsOneRun(): Promise<void> {
        const other = join(folder, 'in-one-run');
        await writeMirror(other);
        assert.equal((await run(NODE, args, options)).exitCode, 0);
        const index = async (where: string) => await readFile(join(where, 'index.json'), 'utf8');
        assert.equal(await index(layout), await index(other));
      }
    });
  });
