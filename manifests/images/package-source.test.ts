import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import type { Apt } from './apt.ts';
import type { DebianPackage } from './debian-package.ts';
import { imageError } from './errors.ts';
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
  assert.deepEqual([...(found[0]?.files.keys() ?? [])], ['usr/bin/app']);
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

interface Fault {
  readonly listsAreOld?: boolean;
  readonly filesAreGone?: boolean;
  readonly wrongBytes?: boolean;
}

/** A mirror whose .deb files are their own names; unpacked, each holds one program. */
class FakeApt implements Apt {
  readonly fetched: string[] = [];
  updates = 0;
  readonly #depends: Readonly<Record<string, readonly string[]>>;
  readonly #fault: Fault;

  constructor(depends: Readonly<Record<string, readonly string[]>>, fault: Fault = {}) {
    this.#depends = depends;
    this.#fault = fault;
  }

  async show(): Promise<DebianPackage[]> {
    if (this.#fault.listsAreOld && this.updates === 0) return [];
    const version = this.#fault.filesAreGone && this.updates > 0 ? '2' : '1';
    return Object.entries(this.#depends).map(([name, depends]) => {
      const sha256 = createHash('sha256').update(name).digest('hex');
      return { name, version, architecture: 'all', sha256, depends };
    });
  }

  async update(): Promise<boolean> {
    this.updates += 1;
    return true;
  }

  async download(packages: readonly DebianPackage[], to: string): Promise<void> {
    if (this.#fault.filesAreGone && this.updates === 0) {
      throw imageError('IMAGE_PACKAGE_UNAVAILABLE', { subject: 'apt-get download', detail: '404' });
    }
    for (const { name, version } of packages) {
      this.fetched.push(name);
      await writeFile(join(to, `${name}_${version}_all.deb`), this.#fault.wrongBytes ? 'other' : name);
    }
  }

  async unpack(deb: string, to: string): Promise<string> {
    const name = await readFile(deb, 'utf8');
    const program = join(to, 'usr/bin', name);
    await mkdir(dirname(program), { recursive: true });
    await writeFile(program, name);
    return `Package: ${name}\n`;
  }
}
