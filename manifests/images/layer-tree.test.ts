import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { FakeApt } from './fake-apt.ts';
import { layerTree } from './layer-tree.ts';
import { PackageSource } from './package-source.ts';
import type { LayerRecipe } from './recipe.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skerry-tree-'));
  await writeFile(join(folder, 'text'), 'an input');
});
after(async () => await rm(folder, { recursive: true }));

async function treeOf(recipe: Omit<LayerRecipe, 'name'>) {
  const packages = new PackageSource(new FakeApt({ tool: [], other: [] }), join(folder, 'packages'));
  const places: Record<string, string> = { text: join(folder, 'text'), node: process.execPath };
  const inputs = (name: string) => places[name] ?? join(folder, name);
  return await layerTree({ name: 'layer', ...recipe }, [], { packages, inputs });
}

test('a layer holds what its recipe names, with stated modes and owners, and nothing of a package beside that', async () => {
  const tree = await treeOf({
    packages: { tool: ['usr/bin/*'] },
    files: { 'etc/text': { input: 'text' }, 'etc/conf': { text: 'conf', mode: 0o600 } },
    directories: { data: { owner: 'nonroot', mode: 0o750 } },
    symlinks: { bin: 'usr/bin' },
  });
  const entries = tree.entries().map((entry) => {
    const mode = entry.type === 'symlink' ? entry.target : entry.mode.toString(8);
    return `${entry.type} ${entry.path} ${mode} ${entry.uid}`;
  });
  assert.deepEqual(
    entries.filter((line) => !/^directory (etc|usr|var)/.test(line)),
    [
      'symlink bin usr/bin 0',
      'directory data 750 65532',
      'file etc/conf 600 0',
      'file etc/text 644 0',
      // The package has it setuid.
      'file usr/bin/tool 755 0',
      'file usr/share/doc/tool/copyright 644 0',
      'file var/lib/dpkg/status.d/tool 644 0',
    ],
  );
});

test('files of a package are put together in the order of their names', async () => {
  const tree = await treeOf({ files: { all: { concat: { package: 'tool', pattern: 'usr/**' } } } });
  const node = tree.get('all');
  assert.ok(node?.type === 'file');
  assert.equal(Buffer.concat(await Array.fromAsync(node.content.read())).toString(), 'tooltool');
});

for (const [code, recipe] of Object.entries({
  IMAGE_PATH_UNMATCHED: { packages: { tool: ['usr/sbin/*'] } },
  IMAGE_PACKAGE_UNKNOWN: { packages: { nothing: ['usr/bin/*'] } },
  IMAGE_INPUT_MISSING: { files: { 'opt/code': { input: 'never-built' } } },
  IMAGE_LIBRARY_MISSING: { files: { 'usr/bin/node': { input: 'node' } } },
  IMAGE_RECIPE_INVALID: { symlinks: { '../out': 'etc' } },
})) {
  test(`a recipe that cannot be built fails with ${code}`, async () => {
    await assert.rejects(treeOf(recipe), (error) => isSkerryError(error, code));
  });
}
