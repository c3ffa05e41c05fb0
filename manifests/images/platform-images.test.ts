import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openLayout } from '../../content/layout/layout.ts';
import { parseReference, repositoryOf } from '../../content/reference.ts';
import { type BuiltImage, buildImage } from './image.ts';
import { type ImageConfig, unpackImage } from './image-rootfs.ts';
import {
  imageCache,
  type PlatformBuild,
  PROJECT,
  platformBuildOptions,
  platformRecipes,
  recipePrograms,
} from './platform-build.ts';
import { inputsOf, NONROOT, packagesOf, type Recipe, referenceOf } from './recipe.ts';
import { walk } from './walk.ts';

let folder: string;
let programs: ReadonlyMap<string, string>;
let code: string;
const built = new Map<string, BuiltImage>();
const configs = new Map<string, ImageConfig>();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skerry-images-'));
  code = await standIn(folder);
  programs = await recipePrograms(platformRecipes, {});
  for (const image of await buildIn('one')) built.set(image.reference, image);
  const store = await openLayout(join(folder, 'one', 'layout'));
  for (const recipe of platformRecipes) {
    configs.set(recipe.name, await unpackImage(store, referenceOf(recipe), rootOf(recipe)));
  }
});
after(async () => await rm(folder, { recursive: true, force: true }));

/** Stands for the compiled code, which is not always there when this test runs; what is tested here is around it. */
async function standIn(to: string): Promise<string> {
  const code = join(to, 'code');
  await mkdir(code);
  await writeFile(
    join(code, 'skerry.mjs'),
    "import 'node:zlib'; console.log(process.argv.slice(2).join(' '), process.getuid());\n",
  );
  await writeFile(join(code, 'skerry.mjs.LEGAL.txt'), 'none\n');
  return code;
}

/** Layers are always made anew; Debian packages come from this machine's cache. */
async function buildIn(name: string): Promise<BuiltImage[]> {
  const place = join(folder, name);
  const build: PlatformBuild = {
    output: join(place, 'layout'),
    layers: join(place, 'layers'),
    packages: join(imageCache(process.env), 'packages'),
    programs,
    code,
  };
  const options = await platformBuildOptions(build);
  await options.packages.withLibraries(platformRecipes.flatMap(({ layers }) => layers.flatMap(packagesOf)));
  const images: BuiltImage[] = [];
  for (const recipe of platformRecipes) images.push(await buildImage(recipe, options));
  return images;
}

function rootOf({ name }: Recipe): string {
  return join(folder, 'roots', name);
}

test('two builds in different folders give the same digests', async () => {
  for (const { reference, digest } of await buildIn('two')) {
    assert.equal(digest, built.get(reference)?.digest, reference);
  }
});

test('the layout names every image by its full reference and keeps its index', async () => {
  const store = await openLayout(join(folder, 'one', 'layout'));
  for (const recipe of platformRecipes) {
    const manifest = await store.readManifest(repositoryOf(parseReference(referenceOf(recipe))), recipe.tag);
    assert.equal(manifest?.digest, built.get(referenceOf(recipe))?.digest);
    assert.equal(manifest?.mediaType.includes('index'), recipe.asIndex === true, recipe.name);
  }
  assert.ok(platformRecipes.some(({ asIndex }) => asIndex));
});

test('images share their lowest layers', () => {
  const [hub, dns, web] = ['skerry', 'coredns', 'nginx'].map((name) => layersOf(name));
  assert.equal(hub?.[0], dns?.[0]);
  assert.deepEqual(hub?.slice(0, 2), web?.slice(0, 2));
});

function layersOf(name: string) {
  const recipe = platformRecipes.find((item) => item.name === name);
  return recipe && built.get(referenceOf(recipe))?.layers.map(({ digest }) => digest);
}

for (const recipe of platformRecipes) {
  describe(recipe.name, () => {
    test('its main program runs, without root, without a network and on a read-only root', async () => {
      await runProbe(recipe);
    });

    test('its files belong to root or to its user, none is setuid, and only /tmp is open to all', async () => {
      for await (const { path } of walk(rootOf(recipe))) {
        const { mode, uid, gid } = await lstat(join(rootOf(recipe), path));
        const owner = process.getuid?.() === 0 ? [0, NONROOT.uid] : [process.getuid?.()];
        assert.ok(
          owner.includes(uid) && (uid === gid || process.getuid?.() !== 0),
          `${path} belongs to ${uid}:${gid}`,
        );
        assert.equal(mode & 0o6000, 0, `${path} is setuid or setgid`);
        const isLink = (mode & 0o170000) === 0o120000;
        if ((mode & 0o002) !== 0 && !isLink) assert.match(path, /^(var\/)?tmp$/);
      }
    });

    test('its configuration names no root user and nothing of the machine that built it', async () => {
      const config = configOf(recipe);
      assert.equal(config.config.User, recipe.user === 'root' ? '0:0' : '65532:65532');
      assert.equal(config.created, '1970-01-01T00:00:00Z');
      assert.ok(config.config.Labels['org.opencontainers.image.version']);
      for (const text of [hostname(), PROJECT, tmpdir(), homedir()]) {
        if (text.length > 3) assert.ok(!JSON.stringify(config).includes(`"${text}`), text);
      }
    });

    test('its files name no path of the machine that built it', async () => {
      const paths = [PROJECT, folder, join(homedir(), '.cache'), join(homedir(), 'go', 'pkg')];
      for await (const { path, entry } of walk(rootOf(recipe))) {
        if (entry.isFile()) assert.equal(await firstIn(join(rootOf(recipe), path), paths), undefined, path);
      }
    });

    test('what it takes from Debian is known to scanners and comes with its licence', async () => {
      if (!recipe.layers.some((layer) => packagesOf(layer).length > 0)) return;
      const known = await readdir(join(rootOf(recipe), 'var/lib/dpkg/status.d'));
      assert.ok(known.length > 0);
      for (const name of known) {
        const copyright = await lstat(join(rootOf(recipe), 'usr/share/doc', name, 'copyright'));
        assert.ok(copyright.isFile(), name);
      }
    });
  });
}

test('every input of a recipe is found', () => {
  const known = ['code', 'node', 'node-license', ...programs.keys()];
  for (const name of platformRecipes.flatMap(inputsOf)) assert.ok(known.includes(name), name);
});

function configOf({ name }: Recipe): ImageConfig {
  const config = configs.get(name);
  assert.ok(config !== undefined);
  return config;
}

/** What a runtime does, as little of it as programs can be run with: /dev, /proc and an empty /tmp on a read-only root. */
const ENTER = `
set -e
root=$1; shift
mount --rbind "$root" "$root"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mount -o remount,ro,bind "$root"
mount -t tmpfs tmpfs "$root/tmp"
exec "$@"
`;

async function runProbe(recipe: Recipe): Promise<void> {
  for (const name of ['dev', 'proc', 'tmp']) await mkdir(join(rootOf(recipe), name), { recursive: true });
  const said = join(folder, `${recipe.name}.out`);
  // A file that the program may open again as /dev/stdout, as it may with what a container runtime gives it.
  await using output = await open(said, 'w');
  await output.chmod(0o666);
  const code =
    recipe.probe.ends === 'by-itself' ? await run(recipe, output.fd) : await endBySigterm(recipe, output.fd);
  assert.equal(code, 0, `${recipe.name}: ${(await readFile(said, 'utf8')).slice(-2000)}`);
}

/** Runs a recipe's probe and gives its exit code, or null when a signal ended it; `delay` is when SIGTERM is sent. */
async function run(recipe: Recipe, output: number, delay?: number): Promise<number | null> {
  const { config } = configOf(recipe);
  const isRoot = process.getuid?.() === 0;
  const namespaces = ['--mount', '--net', ...(isRoot ? [] : ['--user', '--map-root-user'])];
  const user = isRoot ? [`--userspec=${config.User}`, '--groups='] : [];
  const root = rootOf(recipe);
  const args = [
    ...namespaces,
    '/bin/sh',
    '-c',
    ENTER,
    'sh',
    root,
    'chroot',
    ...user,
    root,
    ...recipe.probe.command,
  ];
  const env = {
    ...Object.fromEntries(config.Env.map((entry) => entry.split(/=(.*)/s).slice(0, 2))),
    HOME: '/tmp',
  };
  const child = spawn('unshare', args, { stdio: ['ignore', output, output], env, timeout: 60_000 });
  if (delay !== undefined) setTimeout(() => child.kill('SIGTERM'), delay);
  const [code] = await once(child, 'exit');
  return code;
}

/** A signal that comes before the program listens ends it another way: then it is given more time to start. */
async function endBySigterm(recipe: Recipe, output: number): Promise<number | null> {
  for (const delay of [200, 1000]) {
    if ((await run(recipe, output, delay)) === 0) return 0;
  }
  return await run(recipe, output, 5000);
}

async function firstIn(file: string, texts: readonly string[]): Promise<string | undefined> {
  let tail = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 4 * 1024 * 1024 })) {
    const window = Buffer.concat([tail, chunk]);
    const found = texts.find((text) => window.includes(text));
    if (found !== undefined) return found;
    tail = window.subarray(-1024);
  }
  return undefined;
}
