import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { FakeApt } from './fake-apt.ts';
import { PackageSource } from './package-source.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skerry-packages-'));
});
after(async () => await rm(folder, { recursive: true }));

test('a package comes with what may hold libraries for it, and with nothing else', async () => {
  const apt = new FakeApt({
    app: ['libone', 'perl'],
    libone: ['libtwo', 'libvirtual'],
    libtwo: ['libone'],
    perl: [],
  });
  const found = await new PackageSource(apt, join(folder, 'closure')).withLibraries(['app']);
  assert.deepEqual(
    found.map(({ name }) => name),
    ['app', 'libone', 'libtwo'],
  );
  assert.deepEqual([...(found[0]?.files.keys() ?? [])], ['usr/bin/app', 'usr/share/doc/app/copyright']);
  assert.equal(found[0]?.control, 'Package: app\n');
});

test('a package is fetched once, also by another source over the same folder', async () => {
  const apt = new FakeApt({ app: [] });
  const place = join(folder, 'once');
  const source = new PackageSource(apt, place);
  await Promise.all([source.withLibraries(['app']), source.withLibraries(['app'])]);
  await new PackageSource(apt, place).withLibraries(['app']);
  assert.deepEqual(apt.fetched, ['app']);
  assert.equal((await readdir(place)).length, 1);
});

test('an unknown package is looked for again in fresh lists', async () => {
  const apt = new FakeApt({ app: [] }, { listsAreOld: true });
  const found = await new PackageSource(apt, join(folder, 'fresh')).withLibraries(['app']);
  assert.equal(found[0]?.name, 'app');
  assert.equal(apt.updates, 1);
});

test('a file that the mirror has dropped is fetched after the lists are refreshed', async () => {
  const apt = new FakeApt({ app: [] }, { filesAreGone: true });
  const found = await new PackageSource(apt, join(folder, 'gone')).withLibraries(['app']);
  assert.equal(found[0]?.version, '2');
});

test('a package that no list has is named', async () => {
  const source = new PackageSource(new FakeApt({ app: [] }), join(folder, 'unknown'));
  await assert.rejects(
    source.withLibraries(['app', 'nothing']),
    (error) => isSkerryError(error, 'IMAGE_PACKAGE_UNKNOWN') && error.subject === 'nothing',
  );
});

test('a file that is not the one in the lists is refused and not kept', async () => {
  const place = join(folder, 'mismatch');
  const source = new PackageSource(new FakeApt({ app: [] }, { wrongBytes: true }), place);
  await assert.rejects(source.withLibraries(['app']), (error) =>
    isSkerryError(error, 'IMAGE_PACKAGE_MISMATCH'),
  );
  assert.deepEqual(await readdir(place), []);
});
