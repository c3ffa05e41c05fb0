import { messageOf } from '../../../content/error.ts';
import { openClusterRegistry } from '../../copy/cluster-registry.ts';
import { runCopyJob } from '../../copy/copy-job.ts';
import { formatTaggedName } from '../../copy/untag.ts';
import { skerryImage } from '../../phases/copy.ts';
import type { UpgradeRun } from '../run-upgrade.ts';
import { readRetired } from './read-retired.ts';

/**
 * Takes out of the registry in the cluster the names of releases that nothing leads to any more: its garbage collection
 * frees their content then. The upgrade is through by now, so a failure here is only reported, and the next one repeats it.
 */
export async function retireReleases(
  { context, lock: { signal } }: UpgradeRun,
  onProgress: (text: string) => void,
): Promise<string> {
  const { client, bundle, journal } = context;
  const { previous } = journal.installation;
  if (previous === undefined) return 'nothing to go back to';
  try {
    const { name, version } = previous.release;
    const input = { product: name, previous: version, checkpoint: previous.checkpoint.tag };
    const { versions, names } = await readRetired(openClusterRegistry(client), input, signal);
    if (names.length === 0) return 'there is nothing to take out';
    onProgress(`${names.length} names`);
    await runCopyJob({
      client,
      image: skerryImage(bundle.release),
      what: { retired: names.map(formatTaggedName) },
      signal,
      onProgress: () => {},
    });
    const of = versions.length === 0 ? '' : ` of ${versions.join(', ')}`;
    return `${names.length} names${of}; ${version} stays as the way back`;
  } catch (error) {
    return `not done, the next upgrade does it: ${messageOf(error)}`;
  }
}
