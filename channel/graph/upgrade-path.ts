import semver from 'semver';
import { channelError } from '../errors.ts';
import type { ChannelRelease } from '../metadata/release-target.ts';

export interface PathOptions {
  /** What is installed. */
  readonly from: string;
  /** Where to; the newest stable release that can be reached when absent. */
  readonly to?: string | undefined;
  /** Releases whose content is at hand; all of the channel's when absent. */
  readonly available?: ReadonlySet<string> | undefined;
  /** Look at candidates too. */
  readonly candidates?: boolean | undefined;
  /** The version of the cluster's Kubernetes, where it is known. */
  readonly kubernetes?: string | undefined;
}

/**
 * The fewest upgrades that lead from the installed version to the one that is wanted; empty when it is there already. A
 * step leads to a release whose `from` takes the version before, over no required stop, and never to one that is
 * withdrawn. Of ways of the same length, the one over newer releases. Throws CHANNEL_RELEASE_UNKNOWN, CHANNEL_NO_PATH.
 */
export function upgradePath(
  releases: readonly ChannelRelease[],
  options: PathOptions,
): readonly ChannelRelease[] {
  const usable = usableReleases(releases, options);
  const ways = waysFrom(options.from, usable, stopsOf(releases));
  const goal = options.to ?? newest([...ways.keys()], options.from);
  if (goal === options.from) return [];
  const wanted = releases.find(({ version }) => version === goal);
  if (wanted === undefined) throw channelError('CHANNEL_RELEASE_UNKNOWN', { subject: goal });
  const way = ways.get(goal);
  if (way === undefined)
    throw channelError('CHANNEL_NO_PATH', {
      subject: `${options.from} to ${goal}`,
      detail: reasonAgainst(wanted, releases, options),
    });
  return way;
}

/** Every version that can be reached, with its way. Breadth first, so each way is the shortest. */
function waysFrom(from: string, usable: readonly ChannelRelease[], stops: readonly string[]) {
  const ways = new Map<string, readonly ChannelRelease[]>();
  let edge: { version: string; way: readonly ChannelRelease[] }[] = [{ version: from, way: [] }];
  while (edge.length > 0) {
    const next: typeof edge = [];
    for (const { version, way } of edge) {
      for (const release of usable) {
        if (ways.has(release.version) || !isStep(version, release, stops)) continue;
        const longer = [...way, release];
        ways.set(release.version, longer);
        next.push({ version: release.version, way: longer });
      }
    }
    edge = next.sort((a, b) => semver.rcompare(a.version, b.version));
  }
  return ways;
}

function isStep(from: string, { version, from: range }: ChannelRelease, stops: readonly string[]): boolean {
  if (!semver.gt(version, from) || range === '') return false;
  if (!semver.satisfies(from, range, { includePrerelease: true })) return false;
  return !stops.some((stop) => semver.gt(stop, from) && semver.lt(stop, version));
}

function usableReleases(releases: readonly ChannelRelease[], options: PathOptions): ChannelRelease[] {
  return releases
    .filter((release) => obstacles(release, options).length === 0)
    .sort((a, b) => semver.rcompare(a.version, b.version));
}

function obstacles(
  release: ChannelRelease,
  { available, candidates, kubernetes, to }: PathOptions,
): string[] {
  const { version, withdrawn, track, kubernetes: range } = release;
  return [
    ...(withdrawn === undefined ? [] : [`${version} is withdrawn: ${withdrawn}`]),
    ...(track === 'candidate' && !candidates && to !== version ? [`${version} is a candidate`] : []),
    ...(available !== undefined && !available.has(version)
      ? [`the content of ${version} is not at hand`]
      : []),
    ...(kubernetes !== undefined && !semver.satisfies(kubernetes, range)
      ? [`${version} runs on Kubernetes ${range}, here is ${kubernetes}`]
      : []),
  ];
}

// A withdrawn stop is no stop: nobody may be made to go there.
function stopsOf(releases: readonly ChannelRelease[]): string[] {
  return releases
    .filter(({ stop, withdrawn }) => stop && withdrawn === undefined)
    .map(({ version }) => version);
}

function newest(versions: readonly string[], from: string): string {
  return versions.reduce((best, version) => (semver.gt(version, best) ? version : best), from);
}

function reasonAgainst(
  wanted: ChannelRelease,
  releases: readonly ChannelRelease[],
  options: PathOptions,
): string {
  if (semver.lt(wanted.version, options.from)) return 'it is older; going back is skerry rollback';
  const between = releases
    .filter(({ version }) => semver.gt(version, options.from) && semver.lte(version, wanted.version))
    .sort((a, b) => semver.compare(a.version, b.version));
  const reasons = between.flatMap((release) => obstacles(release, options));
  const own = `${wanted.version} is reached from ${wanted.from === '' ? 'no other version' : wanted.from}`;
  const stops = stopsOf(between).filter((version) => version !== wanted.version);
  return [own, ...reasons, ...(stops.length > 0 ? [`stops on the way: ${stops.join(', ')}`] : [])].join('; ');
}
