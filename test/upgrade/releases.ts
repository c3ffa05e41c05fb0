import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { command } from '../cluster/processes/command.ts';
import { exclusively } from '../cluster/processes/mutex.ts';
import { PROJECT } from '../install/product.ts';
import { ensureStick, type StickFixture } from '../install/stick.ts';
import { type BrokenName, type BrokenRelease, brokenReleases } from './broken-releases.ts';
import { setNotesVersions } from './notes-crd.ts';
import { FIXTURES, ReleaseFolder } from './release-folder.ts';
import { type ReleaseImage, writeReleaseImages } from './release-images.ts';

type GoodVersion = '1.0.0' | '1.1.0' | '1.2.0' | '2.0.0' | '2.1.0';
export type ReleaseVersion = GoodVersion | `1.1.0-${BrokenName}`;

const IMAGE_TAGS = ['1.0.0', '1.1.0', '1.2.0'] as const;
type ImageTag = (typeof IMAGE_TAGS)[number];

/** So that an upgrade to 1.2.0 carries more than names. */
const BALLAST: ReleaseImage = {
  name: 'skerry',
  tag: 'ballast',
  from: packageJson.version,
  ballast: 8_000_000,
};

const CREATE_MILLISECONDS = 300_000;

/** What each release has; see README.md. */
const GOOD: Readonly<Record<GoodVersion, (folder: ReleaseFolder) => Promise<void>>> = {
  '1.0.0': async (folder) => {
    await folder.setChartVersion('registry', '1.0.0');
    await folder.setChartVersion('hub', '1.0.0');
  },
  '1.1.0': async (folder) => {
    await folder.setChartVersion('registry', '1.0.0');
    await folder.setChartVersion('hub', '1.1.0');
    await folder.setChartVersion('notes', '1.1.0');
    await folder.setValues('notes', { greeting: 'hello again' });
    await setNotesVersions(folder, [{ name: 'v1', fields: ['text', 'color'] }]);
  },
  '1.2.0': async (folder) => {
    await folder.setChartVersion('registry', '1.2.0');
    await folder.setChartVersion('hub', '1.2.0');
    await folder.setChartVersion('notes', '1.2.0');
    await folder.setValues('hub', { logLevel: 'warn' });
    await folder.addImages(`registry.skerry.example/${BALLAST.name}:${BALLAST.tag}`);
    await setNotesVersions(folder, [
      { name: 'v1', fields: ['text', 'color'] },
      { name: 'v2', fields: ['text', 'color'], storage: true },
    ]);
  },
  '2.0.0': async (folder) => await oneOfTen(folder, '1.0.0'),
  '2.1.0': async (folder) => await oneOfTen(folder, '1.1.0'),
};

/** Ten components, of which the hub alone is of a version of its own. */
async function oneOfTen(folder: ReleaseFolder, hub: ImageTag): Promise<void> {
  await folder.setChartVersion('registry', '1.0.0');
  await folder.setChartVersion('hub', hub);
  await folder.fillUp(10);
}

/**
 * Sticks of releases of the platform that follow each other, all signed by one key. They are made once for the sources
 * as they are; tests only read them.
 */
export async function ensureReleases(
  versions: readonly ReleaseVersion[],
  options: { onProgress?: (text: string) => void; signal?: AbortSignal } = {},
): Promise<(version: ReleaseVersion) => StickFixture> {
  const stick = await ensureStick(options);
  const home = join(dirname(stick.keyPath), `upgrade-${await fixtureStamp()}`);
  const made = new Map<ReleaseVersion, StickFixture>();
  await exclusively(`${home}\nreleases`, { signal: options.signal }, async () => {
    for (const version of versions) {
      const folder = join(home, version);
      if ((await stat(folder).catch(() => undefined)) === undefined) {
        options.onProgress?.(`making release ${version}`);
        await make(stick, version, folder);
      }
      made.set(version, await describe(stick, folder));
    }
  });
  return (version) => {
    const found = made.get(version);
    if (found === undefined) throw new Error(`${version} was not asked for, but ${versions}`);
    return found;
  };
}

async function make(stick: StickFixture, version: ReleaseVersion, target: string): Promise<void> {
  const work = `${target}.making`;
  await rm(work, { recursive: true, force: true });
  const folder = await ReleaseFolder.create(work, version);
  const broken = brokenOf(version);
  await GOOD[broken === undefined ? goodVersion(version) : '1.1.0'](folder);
  await broken?.edit(folder);
  await writeReleaseImages(join(PROJECT, 'dist/images'), join(work, 'images'), imagesOf(broken));
  const made = join(work, 'stick');
  const given = ['--key', stick.keyPath, '--helm', stick.helm];
  const args = ['bundle', 'create', folder.releaseFile, '-o', made, ...given];
  await command(stick.program, args, { timeout: CREATE_MILLISECONDS, cwd: PROJECT });
  await rm(join(work, 'images'), { recursive: true });
  await rename(work, target);
}

function imagesOf(broken: BrokenRelease | undefined): ReleaseImage[] {
  const from = packageJson.version;
  return [...IMAGE_TAGS.map((tag) => ({ name: 'skerry', tag, from })), BALLAST, ...(broken?.images ?? [])];
}

function brokenOf(version: ReleaseVersion): BrokenRelease | undefined {
  return Object.entries<BrokenRelease>(brokenReleases).find(([name]) => version === `1.1.0-${name}`)?.[1];
}

function goodVersion(version: ReleaseVersion): GoodVersion {
  const found = (Object.keys(GOOD) as GoodVersion[]).find((one) => one === version);
  if (found === undefined) throw new Error(`no release ${version}`);
  return found;
}

async function describe(stick: StickFixture, home: string): Promise<StickFixture> {
  const folder = join(home, 'stick');
  const name = (await readdir(folder)).find((file) => file.endsWith('.bundle.tar'));
  if (name === undefined) throw new Error(`no bundle in ${folder}`);
  return { ...stick, folder, bundle: join(folder, name) };
}

/** Changes with what the releases are made of, beside the sources that the stick is made of. */
async function fixtureStamp(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['releases', 'release-folder', 'release-images', 'broken-releases', 'notes-crd'])
    hash.update(await readFile(join(import.meta.dirname, `${name}.ts`)));
  const entries = await readdir(FIXTURES, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort())
    hash.update(path).update(await readFile(path));
  return hash.digest('hex').slice(0, 12);
}
