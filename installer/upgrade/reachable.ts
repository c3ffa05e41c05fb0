import semver from 'semver';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import type { SkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import type { Installation } from '../record/installation.ts';
import { underWayError } from '../record/journal.ts';

/** Why a release can't be reached from what is installed; undefined where it can. */
export function notReachable(
  found: Installation,
  to: Pick<LockedRelease, 'name' | 'version' | 'upgrade' | 'registry'>,
  digest: string,
): SkerryError | undefined {
  const { release, state, upgrade } = found;
  if (upgrade !== undefined && state !== 'uninstalling')
    return upgrade.to.digest === digest && upgrade.direction === 'forward'
      ? undefined
      : underWayError(upgrade);
  const impossible = (detail: string) =>
    installerError('UPGRADE_NOT_POSSIBLE', { subject: `${release.name} ${release.version}`, detail });
  if (state !== 'installed')
    return impossible(
      `it is ${state}; finish that with its own stick first: skerry install or skerry uninstall`,
    );
  if (release.name !== to.name) return impossible(`the stick holds another one, ${to.name} ${to.version}`);
  if (!semver.gt(to.version, release.version))
    return impossible(
      `${to.version} is not newer; what was upgraded is taken back with skerry rollback, not with an older stick`,
    );
  if (to.upgrade !== undefined && !semver.satisfies(release.version, to.upgrade.from, INCLUDING))
    return impossible(
      `${to.version} may be reached from ${to.upgrade.from} only; a release in between leads there`,
    );
  return undefined;
}

// A site that runs a preview of a version in the range is in the range.
const INCLUDING = { includePrerelease: true };

/** What a plan should say of how the release may be reached. */
export function reachableNote({
  version,
  upgrade,
}: Pick<LockedRelease, 'version' | 'upgrade'>): string | undefined {
  return upgrade === undefined
    ? `${version} does not say from which versions it may be reached; any older one is taken to be fit`
    : undefined;
}
