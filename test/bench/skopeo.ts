import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageSet } from './image-set.ts';

/** One `skopeo copy`, without the program's name. */
export type SkopeoCopy = readonly string[];

const SAME_BYTES = ['copy', '--quiet', '--all', '--preserve-digests'];
/** For --at-once: more than this many bring nothing on any machine that we have seen. */
const AT_ONCE = 4;

export function pullIntoLayout(set: ImageSet, registry: string, layout: string): SkopeoCopy[] {
  return set.images.map(({ repository, tag }) => [
    '--insecure-policy',
    ...SAME_BYTES,
    '--src-tls-verify=false',
    `docker://${registry}/${repository}:${tag}`,
    `oci:${layout}:${repository}:${tag}`,
  ]);
}

/** As pullIntoLayout, but copies that run at once can't share an index.json: each has its own, and all share the blobs. */
export function pullIntoLayouts(set: ImageSet, registry: string, folder: string): SkopeoCopy[] {
  return set.images.map(({ repository, tag }, index) => [
    '--insecure-policy',
    ...SAME_BYTES,
    '--src-tls-verify=false',
    `--dest-shared-blob-dir=${join(folder, 'blobs')}`,
    `docker://${registry}/${repository}:${tag}`,
    `oci:${join(folder, String(index))}:${repository}:${tag}`,
  ]);
}

export function pushFromLayout(set: ImageSet, registry: string): SkopeoCopy[] {
  return set.images.map(({ repository, tag }) => [
    '--insecure-policy',
    ...SAME_BYTES,
    '--dest-tls-verify=false',
    `oci:${set.folder}:${repository}:${tag}`,
    `docker://${registry}/${set.host}/${repository}:${tag}`,
  ]);
}

/** A shell script that runs copies one after the other, as a user's loop does; its path. */
export async function oneByOne(
  skopeo: string,
  copies: readonly SkopeoCopy[],
  folder: string,
): Promise<string> {
  return await script(folder, copies.map((copy) => [skopeo, ...copy].map(quote).join(' ')).join('\n'));
}

/** A shell script that keeps several copies running at a time. */
export async function severalAtOnce(
  skopeo: string,
  copies: readonly SkopeoCopy[],
  folder: string,
): Promise<string> {
  const words = copies.flat().map(quote).join('\n');
  const count = copies[0]?.length ?? 1;
  return await script(folder, `xargs -P ${AT_ONCE} -n ${count} ${quote(skopeo)} <<'END'\n${words}\nEND`);
}

async function script(folder: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'skopeo.sh');
  await writeFile(path, `set -e\n${text}\n`);
  return path;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
