import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BUNDLE_SUFFIX } from '../../bundle/bundle-name.ts';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import { peekRelease } from '../../bundle/release-bundle.ts';
import { bundleNames, bundleOf, isVolumeName } from '../../bundle/volume/volume-name.ts';
import { fileSize, hasCode, translate } from '../../content/bytes/blob-file.ts';
import { type Digest, hexOf } from '../../content/digest.ts';
import { installerError } from '../errors.ts';
import { copyProgram } from './program-copy.ts';

/** What lies on a stick besides the bundle; all names are fixed, so that people and programs find them. */
export const STICK_FILES = {
  program: 'skerry',
  helm: 'helm',
  cover: 'COVER.txt',
  sums: 'SHA256SUMS',
  key: 'release.pub',
} as const;

export interface Stick {
  readonly folder: string;
  /** The bundle, or one of its volumes. */
  readonly bundle: string;
  /** Folders and files with other volumes of it. */
  readonly volumes?: readonly string[] | undefined;
}

/** Which release of a stick is meant, and where volumes are that are not on it. */
export interface StickChoice {
  readonly version?: string | undefined;
  readonly volumes?: readonly string[] | undefined;
}

/**
 * Finds the bundle on a stick: the one that there is, or that of a version. Takes the path of one, too. Throws
 * STICK_NOT_FOUND, STICK_AMBIGUOUS.
 */
export async function findStick(path: string, choice: StickChoice = {}): Promise<Stick> {
  const { version } = choice;
  const sticks = await findSticks(path, choice);
  const meant =
    version === undefined ? sticks : await whose(sticks, (release) => release.version === version);
  if (meant.length > 0) return onlyOne(path, meant, sticks);
  const detail = `no release ${version} in ${namesOf(sticks)}`;
  throw installerError('STICK_NOT_FOUND', { subject: path, detail });
}

/** As findStick, of what can be installed: content that is only brought to a registry may lie beside it. */
export async function findInstallable(path: string, choice: StickChoice = {}): Promise<Stick> {
  if (choice.version !== undefined) return await findStick(path, choice);
  const sticks = await findSticks(path, choice);
  const meant = sticks.length === 1 ? sticks : await whose(sticks, ({ registry }) => registry !== undefined);
  return onlyOne(path, meant.length > 0 ? meant : sticks, sticks);
}

function onlyOne(path: string, meant: readonly Stick[], all: readonly Stick[]): Stick {
  const [stick, ...more] = meant;
  if (stick !== undefined && more.length === 0) return stick;
  throw installerError('STICK_AMBIGUOUS', { subject: path, detail: namesOf(all) });
}

function namesOf(sticks: readonly Stick[]): string {
  return sticks.map(({ bundle }) => basename(bundle)).join(', ');
}

/** Those whose release is meant, by what the bundles say of themselves. */
async function whose(
  sticks: readonly Stick[],
  isMeant: (release: LockedRelease) => boolean,
): Promise<Stick[]> {
  const found: Stick[] = [];
  for (const stick of sticks) {
    const { release, store } = await peekRelease(stick.bundle);
    await store.close();
    if (isMeant(release)) found.push(stick);
  }
  return found;
}

/** All bundles on a stick, by name; one where the path is that of a bundle or of a volume. Throws STICK_NOT_FOUND. */
export async function findSticks(
  path: string,
  { volumes }: Pick<StickChoice, 'volumes'> = {},
): Promise<Stick[]> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw installerError('STICK_NOT_FOUND', { subject: path, cause });
  });
  if (stats.isFile()) return [{ folder: join(path, '..'), bundle: path, volumes }];
  const names = await bundlesIn(path);
  if (names.length === 0)
    throw installerError('STICK_NOT_FOUND', { subject: path, detail: `no *${BUNDLE_SUFFIX} in it` });
  return names.map((name) => ({ folder: path, bundle: join(path, name), volumes }));
}

/** Names of the bundles in a folder; of one in volumes that of the first. */
export async function bundlesIn(folder: string): Promise<string[]> {
  return bundleNames(await readdir(folder));
}

/** The names of all files of a bundle in a folder, by that of one of them. */
export async function filesOfBundle(folder: string, name: string): Promise<string[]> {
  if (!isVolumeName(name)) return [name];
  const names = (await readdir(folder)).filter(isVolumeName);
  return names.filter((each) => bundleOf(each) === bundleOf(name)).sort();
}

/**
 * Copies a program from the stick to a folder of ours and compares it there with what the signed release says: what
 * was compared is what runs, whatever happens to the stick meanwhile. Throws HOST_TOOL_MISSING, HOST_TOOL_MISMATCH.
 */
export async function takeHostTool(
  stick: Stick,
  tool: LockedRelease['hostTools'][number],
  folder: string,
): Promise<string> {
  const aside = join(stick.folder, toolAside(tool.file, tool.digest));
  const from = (await fileSize(aside)) === undefined ? join(stick.folder, tool.file) : aside;
  const to = join(folder, tool.name);
  const expected = `expected ${tool.size} bytes, ${tool.digest}`;
  // Before it is copied: a link to something without end would fill the disk.
  const size = await fileSize(from);
  if (size === undefined) throw installerError('HOST_TOOL_MISSING', { subject: from });
  if (size !== tool.size)
    throw installerError('HOST_TOOL_MISMATCH', { subject: from, detail: `${expected}; it has ${size}` });
  await mkdir(folder, { recursive: true });
  const found = await copyProgram(from, to, 0o700).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) throw installerError('HOST_TOOL_MISSING', { subject: from, cause: error });
    throw translate(error, to);
  });
  if (found.digest === tool.digest && found.size === tool.size) return to;
  const detail = `${expected}; it has ${found.size}, ${found.digest}`;
  throw installerError('HOST_TOOL_MISMATCH', { subject: from, detail });
}

/** The name of a program that gave way to another one on a stick with several releases. */
export function toolAside(file: string, digest: Digest): string {
  return `${file}-${hexOf(digest).slice(0, 12)}`;
}
