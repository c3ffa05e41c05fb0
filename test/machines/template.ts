import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { digestOf, hexOf } from '../../content/digest.ts';
import { systemApt } from '../../manifests/images/apt.ts';
import { PackageSource, type UnpackedPackage } from '../../manifests/images/package-source.ts';
import { imageCache } from '../../manifests/images/platform-build.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { clusterError } from '../cluster/errors.ts';
import { findExecutable } from '../cluster/host.ts';
import { writePauseImage } from '../cluster/pause-image.ts';
import { command } from '../cluster/processes/command.ts';
import { exclusively } from '../cluster/processes/mutex.ts';
import type { Progress } from '../cluster/processes/progress.ts';
import {
  CLOUD_CONFIG,
  containerdConfig,
  TEMPLATE_HOME,
  TEMPLATE_PACKAGES,
  TEMPLATE_PAUSE,
  TEMPLATE_PROGRAMS,
} from './template-content.ts';

export interface TemplateOptions {
  /** The program that is its kubelet, where it is not the default's. */
  readonly kubelet?: 'kubelet' | 'kubelet-next' | undefined;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The disk that machines boot from, an ext4 image, made once per machine that runs tests and kept in the cache. Beside
 * it only the files of that machine itself are seen. Throws what ensurePrograms and PackageSource throw.
 */
export async function ensureTemplate(options: TemplateOptions = {}): Promise<string> {
  const { kubelet = 'kubelet', onProgress, signal } = options;
  const cache = programCache(process.env);
  const programs = {
    ...(await ensurePrograms(TEMPLATE_PROGRAMS, { cache, onProgress, signal })),
    kubelet: (await ensurePrograms([kubelet], { cache, onProgress, signal }))[kubelet],
  };
  const init = await readFile(join(import.meta.dirname, 'init.sh'), 'utf8');
  const apt = systemApt({ isRoot: process.getuid?.() === 0, signal });
  const source = new PackageSource(apt, join(imageCache(process.env), 'packages'));
  const wanted = new Set<string>(TEMPLATE_PACKAGES);
  const packages = (await source.withLibraries([...wanted])).filter(({ name }) => wanted.has(name));
  const runc = await findExecutable('runc');
  if (runc === undefined) throw clusterError('HOST_PACKAGES_MISSING', { subject: 'runc' });
  const texts = {
    'init.sh': init,
    'containerd.toml': containerdConfig(runc),
    'cloud.cfg': stringify(CLOUD_CONFIG),
  };
  const parts = [texts, programs, packages.map(({ sha256 }) => sha256)];
  const key = hexOf(digestOf(JSON.stringify(parts))).slice(0, 12);
  const target = join(cache, 'templates', `node-${key}.ext4`);
  return await exclusively(target, { signal }, async () => {
    if (await stat(target).catch(() => undefined)) return target;
    onProgress?.('making the node template');
    await mkdir(dirname(target), { recursive: true });
    const work = await mkdtemp(join(dirname(target), '.work-'));
    try {
      const root = join(work, 'root');
      for (const item of packages) await copyPackage(item, root);
      await copyPrograms(programs, root);
      await writeTexts(texts, root);
      const pause = join(root, TEMPLATE_HOME, 'images/pause.tar');
      await mkdir(dirname(pause), { recursive: true });
      await writePauseImage(pause, TEMPLATE_PAUSE, programs.pause, join(work, 'pause'));
      await makeDisk(root, join(work, 'disk'));
      await rename(join(work, 'disk'), target);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    return target;
  });
}

async function copyPackage({ files }: UnpackedPackage, root: string): Promise<void> {
  for (const [path, file] of files) {
    if (/^usr\/share\/(?:doc|man|locale|lintian)\//.test(path)) continue;
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    if (file.target === undefined) await copyFile(file.location, target);
    else await symlink(file.target, target);
  }
}

async function copyPrograms(programs: Readonly<Record<string, string>>, root: string): Promise<void> {
  const bin = join(root, TEMPLATE_HOME, 'bin');
  await mkdir(bin, { recursive: true });
  for (const [name, path] of Object.entries(programs)) await copyFile(path, join(bin, name));
}

async function writeTexts(texts: Readonly<Record<string, string>>, root: string): Promise<void> {
  const places: Record<string, string> = { 'cloud.cfg': 'etc/cloud/cloud.cfg' };
  for (const [name, text] of Object.entries(texts)) {
    const target = join(root, places[name] ?? join(TEMPLATE_HOME, name));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  }
  // Debian's own list of sources of seeds; a template for one kind of cloud has one.
  await rm(join(root, 'etc/cloud/cloud.cfg.d/90_dpkg.cfg'), { force: true });
}

/** Without a journal and with room for nothing more: it is never written to. */
async function makeDisk(root: string, target: string): Promise<void> {
  const kilobytes = Number((await command('du', ['-sk', root])).split(/\s/)[0]);
  const size = `${Math.ceil(kilobytes * 1.08) + 16_384}k`;
  await command('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-d', root, target, size], {
    timeout: 300_000,
  });
}
