import semver from 'semver';
import { z } from 'zod';
import { isSkerryError } from '../../../content/error.ts';
import { mapLimited } from '../../../content/limit.ts';
import { releaseName } from '../../../content/release-format.ts';
import type { Store } from '../../../content/store.ts';
import { readRelease } from './release-content.ts';

/** A release that the registry holds, and whether it may follow on the installed one at once. */
export const OfferedRelease = z.object({
  version: z.string(),
  digest: z.string(),
  kubernetes: z.string(),
  from: z
    .string()
    .optional()
    .meta({ description: 'Versions from which it may be reached; any older one when absent.' }),
  follows: z.boolean().meta({ description: 'It may be reached from the installed version in one step.' }),
});
export type OfferedRelease = z.infer<typeof OfferedRelease>;

/** The newest are looked at; no vendor has as many. */
const MAX_RELEASES = 50;
const WIDTH = 4;

/** Releases of the same product in the registry, the newest first. What a vendor has signed decides, not this. Throws REGISTRY_*. */
export async function offeredReleases(
  store: Store,
  installed: { readonly name: string; readonly version: string },
  signal: AbortSignal,
): Promise<OfferedRelease[]> {
  const { repository } = releaseName(installed.name, '');
  const tags = await store.listTags(repository, { signal });
  const versions = tags.filter((tag) => semver.valid(tag) === tag).sort(semver.rcompare);
  const found = await mapLimited(versions.slice(0, MAX_RELEASES), WIDTH, async (version) => {
    const release = await readRelease(store, { name: installed.name, version }, signal).catch(unlessOther);
    if (release === undefined) return undefined;
    const from = release.upgrade?.from;
    return {
      ...{ version, digest: release.digest, kubernetes: release.kubernetes },
      ...(from === undefined ? {} : { from }),
      follows: follows(installed.version, version, from),
    };
  });
  return found.filter((release) => release !== undefined);
}

/** As the installer has it: a newer one, from a version in its range. */
function follows(installed: string, version: string, from: string | undefined): boolean {
  if (semver.valid(installed) === null || !semver.gt(version, installed)) return false;
  return from === undefined || semver.satisfies(installed, from, { includePrerelease: true });
}

// Something else may stand under a tag of that repository.
function unlessOther(error: unknown): undefined {
  if (!isSkerryError(error, 'RELEASE_UNREADABLE')) throw error;
}
