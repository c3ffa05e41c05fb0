import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { readPack } from '../../bundle/charts/pack.ts';
import { putPacks } from '../../bundle/charts/pack-artifact.ts';
import { isSkerryError } from '../../content/error.ts';
import { PackConfig } from '../../content/pack-format.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { Catalog } from '../../platform/hub/packs/catalog.ts';

const name = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$/);
const version = fc.oneof(
  fc.constantFrom('1.0.0', '0.0.0-rc.1', '10.20.30', `1.0.0-${'a'.repeat(58)}`, `1.0.0-${'a'.repeat(59)}`),
  fc.tuple(fc.nat(), fc.nat(), fc.nat()).map((parts) => parts.join('.')),
);
// A key that would be taken for a prototype is left out wherever JSON is read.
const key = fc.string().filter((text) => text !== '__proto__');
const values = fc.dictionary(
  key,
  fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom('x'.repeat(700_000))),
  { maxKeys: 3 },
);
const pack = fc.record({
  apiVersion: fc.constant('skerry.dev/v1'),
  kind: fc.constant('Pack'),
  name,
  version,
  layer: fc.constantFrom('os', 'kubernetes', 'network', 'storage', 'addon'),
  description: fc.string({ maxLength: 1000 }),
  chart: fc.constant('chart'),
  presets: fc.array(fc.record({ name, description: fc.string(), values }), { maxLength: 2 }),
  dependencies: fc.array(fc.record({ pack: name, range: fc.constantFrom('^1.2.0', '>=1 <3') }), {
    maxLength: 2,
  }),
});

test('whatever can be packed can be read by the hub, and nothing larger or longer is packed', async () => {
  const folder = await testFolder('pack');
  await mkdir(folder, { recursive: true });
  const seen = { packed: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(pack, values, async (described, defaults) => {
      await writeFile(join(folder, 'pack.yaml'), stringify(described));
      const store = new MemoryStore();
      try {
        const read = await readPack(folder);
        await putPacks(store, [{ pack: read, folder, chart: 'chart', values: defaults }], {
          renderings: [],
          images: [],
          discoveries: [],
          packed: new Map([['chart', CHART]]),
        });
      } catch (error) {
        assert.ok(isSkerryError(error, 'PACK_INVALID'), String(error));
        seen.refused++;
        return;
      }
      seen.packed++;
      const signal = new AbortController().signal;
      const catalog = new Catalog({ store, prefix: 'skerry/packs', now: () => 0, signal });
      const { config } = await catalog.pack(described.name, described.version);
      assert.deepEqual(config.values, JSON.parse(JSON.stringify(defaults)));
      assert.deepEqual(config, PackConfig.parse(config));
      assert.equal(config.presets.length, described.presets.length);
    }),
    { numRuns: 200 },
  );
  assert.ok(seen.packed > 20 && seen.refused > 5, JSON.stringify(seen));
});

const CHART = {
  name: 'demo',
  version: '1.0.0',
  metadata: {},
  files: new Map<string, Buffer>(),
  archive: Buffer.from('a chart'),
};
