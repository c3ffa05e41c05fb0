import { readdir, readlink, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { messageOf } from '../../content/error.ts';
import { bundleError } from '../errors.ts';

/** Folders deeper than this are a loop or a trap. */
const MAX_DEPTH = 64;

/**
 * Helm follows symbolic links, and what they lead to would be in the signed bundle: those that stay within the chart
 * may, any other is refused. So is what is no file at all. Throws CHART_LINK_OUTSIDE, CHART_INVALID.
 */
export async function checkChartLinks(folder: string): Promise<void> {
  const root = await realpath(folder).catch((cause: unknown) => {
    throw bundleError('CHART_INVALID', { subject: folder, detail: messageOf(cause), cause });
  });
  await checkFolder(folder, root, root, 0);
}

async function checkFolder(chart: string, root: string, folder: string, depth: number): Promise<void> {
  if (depth > MAX_DEPTH) throw bundleError('CHART_INVALID', { subject: folder, detail: 'nested too deeply' });
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) await checkLink(chart, root, path);
    else if (entry.isDirectory()) await checkFolder(chart, root, path, depth + 1);
    else if (!entry.isFile())
      throw bundleError('CHART_INVALID', { subject: path, detail: 'neither a file nor a folder' });
  }
}

async function checkLink(chart: string, root: string, link: string): Promise<void> {
  const target = await realpath(link).catch(() => undefined);
  const inside = target?.startsWith(root + sep);
  // A link to a folder that it stands in has no end.
  if (inside && !link.startsWith(target + sep)) return;
  throw bundleError('CHART_LINK_OUTSIDE', {
    subject: join(chart, relative(root, link)),
    detail: `it leads to ${await readlink(link)}`,
  });
}
