import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 20_000;

/**
 * The folder of a chart with all charts in it as plain files: itself, or a copy in `scratch` where it or one of its
 * dependencies is an archive. What can't be unpacked stays as it is: helm says best what is wrong with it.
 */
export async function unpackChart(chart: string, scratch: string): Promise<string> {
  const kind = await stat(chart).catch(() => undefined);
  if (kind === undefined) return chart;
  if (kind.isFile()) {
    const unpacked = await unpack(chart, await mkdtemp(join(scratch, 'unpacked-')));
    return unpacked === undefined ? chart : await unpackChart(unpacked, scratch);
  }
  const archives = await archivesIn(join(chart, 'charts'));
  if (archives.length === 0) return chart;
  const copy = await mkdtemp(join(scratch, 'unpacked-'));
  await cp(chart, copy, { recursive: true });
  for (const name of archives) {
    const archive = join(copy, 'charts', name);
    const into = await mkdtemp(join(scratch, 'dependency-'));
    const unpacked = await unpack(archive, into);
    if (unpacked === undefined) continue;
    await cp(unpacked, join(copy, 'charts', name.replace(/\.tgz$/, '')), { recursive: true });
    await rm(archive);
  }
  return copy;
}

async function archivesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.tgz')).map(({ name }) => name);
}

/** The one folder of an archive, put into another; undefined where it is no chart's archive. */
async function unpack(archive: string, into: string): Promise<string | undefined> {
  try {
    const { extract } = await import('tar');
    const bytes = await promisify(gunzip)(await readFile(archive), { maxOutputLength: MAX_BYTES });
    let files = 0;
    const extracting = extract({
      cwd: into,
      strict: true,
      // Links and devices are nothing that a chart needs.
      filter: (_, entry) =>
        'type' in entry && /^(?:Old)?File$|^Directory$/.test(entry.type) && ++files <= MAX_FILES,
    });
    const done = Promise.withResolvers<void>();
    extracting.on('close', () => done.resolve());
    extracting.on('error', (error: unknown) => done.reject(error));
    extracting.end(bytes);
    await done.promise;
    const [folder, ...more] = await readdir(into);
    return folder === undefined || more.length > 0 ? undefined : join(into, folder);
  } catch {
    return undefined;
  }
}
