import semver from 'semver';
import { channelError } from '../../channel/errors.ts';
import { upgradePath } from '../../channel/graph/upgrade-path.ts';
import type { ChannelRelease } from '../../channel/metadata/release-target.ts';
import type { Installation } from '../record/installation.ts';
import { bothRanges } from './both-ranges.ts';
import type { OfferedRelease } from './offer.ts';

/** What is at hand, as far as choosing a way needs it. */
export type OfferedVersion = Pick<
  OfferedRelease,
  'name' | 'version' | 'digest' | 'kubernetes' | 'from' | 'place'
>;

export interface PathChoice<T extends OfferedVersion> {
  readonly installed: Installation['release'];
  readonly offered: readonly T[];
  /** What the verified channel says; undefined where there is none. */
  readonly channel: readonly ChannelRelease[] | undefined;
  /** Where to; the newest that can be reached when absent. */
  readonly to?: string | undefined;
  readonly candidates?: boolean | undefined;
  /** As the API server says it. */
  readonly kubernetes: string;
}

export interface ChosenPath<T extends OfferedVersion> {
  /** One upgrade after the other; empty when the installed release is the one that is wanted. */
  readonly hops: readonly T[];
  /** What is worth knowing, for people. */
  readonly notes: readonly string[];
}

/**
 * The upgrades that lead from what is installed to what is wanted, by what is at hand. With a channel, over as many hops
 * as it takes; without one, in one hop that the release itself allows: nobody says then where upgrades must stop, or
 * what was withdrawn. Throws CHANNEL_RELEASE_UNKNOWN, CHANNEL_RELEASE_MISMATCH, CHANNEL_NO_PATH.
 */
export function choosePath<T extends OfferedVersion>(choice: PathChoice<T>): ChosenPath<T> {
  const offered = choice.offered.filter(({ name }) => name === choice.installed.name);
  const [other] = choice.offered.filter(({ name }) => name !== choice.installed.name);
  if (offered.length === 0)
    throw channelError('CHANNEL_RELEASE_UNKNOWN', {
      subject: choice.to ?? choice.installed.name,
      detail:
        other === undefined
          ? 'there is no release here'
          : `${choice.installed.name} is installed, here is ${other.name} (${other.place})`,
    });
  return choice.channel === undefined
    ? pathWithoutChannel(choice, offered)
    : pathByChannel(choice, offered, choice.channel);
}

function pathByChannel<T extends OfferedVersion>(
  { installed, to, candidates, kubernetes }: PathChoice<T>,
  offered: readonly T[],
  channel: readonly ChannelRelease[],
): ChosenPath<T> {
  const known = channel.filter(({ product }) => product === installed.name);
  const byVersion = new Map(known.map((release) => [release.version, release]));
  for (const { version, digest, place } of offered) {
    const named = byVersion.get(version);
    if (named === undefined || named.digest === digest) continue;
    throw channelError('CHANNEL_RELEASE_MISMATCH', {
      subject: place,
      detail: `${digest}, not ${named.digest}`,
    });
  }
  const atHand = new Map(offered.map((release) => [release.version, release]));
  const releases = known.map((release) => {
    const stated = atHand.get(release.version)?.from;
    return stated === undefined ? release : { ...release, from: bothRanges(release.from, stated) };
  });
  const path = upgradePath(releases, {
    ...{ from: installed.version, to, candidates, available: new Set(atHand.keys()) },
    kubernetes: plainVersion(kubernetes),
  });
  const unnamed = offered.filter(({ version }) => !byVersion.has(version));
  return {
    hops: path.flatMap(({ version }) => atHand.get(version) ?? []),
    notes: [
      ...unnamed.map(({ version, place }) => `${place} holds ${version}, which the channel does not name`),
      ...installedNotes(installed, byVersion.get(installed.version)),
    ],
  };
}

function installedNotes(installed: Installation['release'], named: ChannelRelease | undefined): string[] {
  if (named === undefined) return [`the channel does not name ${installed.version}, which is installed`];
  return [
    ...(named.withdrawn === undefined
      ? []
      : [`${installed.version}, which is installed, was withdrawn: ${named.withdrawn}`]),
    ...(named.digest === installed.digest
      ? []
      : [`${installed.version}, which is installed, is not what the channel names so`]),
  ];
}

function pathWithoutChannel<T extends OfferedVersion>(
  { installed, to, kubernetes }: PathChoice<T>,
  offered: readonly T[],
): ChosenPath<T> {
  if (to !== undefined && !offered.some(({ version }) => version === to))
    throw channelError('CHANNEL_RELEASE_UNKNOWN', {
      subject: to,
      detail: `here ${offered.length === 1 ? 'is' : 'are'} ${versionsOf(offered)}`,
    });
  refuseTwins(offered);
  const wanted = offered
    .filter(({ version }) => to === undefined || version === to)
    .toSorted((a, b) => semver.rcompare(a.version, b.version));
  const same = wanted.find(({ version }) => version === installed.version);
  if (to === undefined ? wanted[0] === same : same !== undefined) {
    if (same?.digest === installed.digest) return { hops: [], notes: [] };
    if (same !== undefined)
      throw channelError('CHANNEL_RELEASE_MISMATCH', {
        subject: same.place,
        detail: `${same.version} is installed with other content, ${installed.digest}`,
      });
  }
  const fitting = wanted.find((release) => obstaclesTo(release, installed.version, kubernetes).length === 0);
  if (fitting === undefined)
    throw channelError('CHANNEL_NO_PATH', {
      subject: `${installed.version} to ${to ?? wanted[0]?.version ?? ''}`,
      detail: wanted
        .flatMap((release) => obstaclesTo(release, installed.version, kubernetes))
        .concat('without a channel an upgrade has one hop')
        .join('; '),
    });
  const notes = [
    'there is no channel here: nobody says which releases were withdrawn, or where upgrades must stop',
  ];
  if (fitting.from === undefined)
    notes.push(`${fitting.version} does not say from which versions it may be reached`);
  return { hops: [fitting], notes };
}

/** A version stands for one content. Of two, only a channel could say which is the vendor's. */
function refuseTwins(offered: readonly OfferedVersion[]): void {
  const seen = new Map<string, OfferedVersion>();
  for (const release of offered) {
    const other = seen.get(release.version) ?? release;
    if (other.digest !== release.digest)
      throw channelError('CHANNEL_RELEASE_MISMATCH', {
        subject: release.place,
        detail: `${other.place} holds ${release.version} with other content, and there is no channel that names one of them`,
        remedy: 'Take away the one that the vendor did not make, or put the channel beside them.',
      });
    seen.set(release.version, release);
  }
}

function obstaclesTo(
  { version, from, kubernetes }: OfferedVersion,
  installed: string,
  cluster: string,
): string[] {
  const isNewer = semver.gt(version, installed);
  const isStated = from === undefined || semver.satisfies(installed, from, { includePrerelease: true });
  return [
    ...(isNewer ? [] : [`${version} is not newer; going back is skerry rollback`]),
    ...(isStated ? [] : [`${version} is reached from ${from}`]),
    ...(semver.satisfies(plainVersion(cluster), kubernetes)
      ? []
      : [`${version} runs on Kubernetes ${kubernetes}, here is ${cluster}`]),
  ];
}

/** Without what vendors append, which says nothing about the API. */
function plainVersion(gitVersion: string): string {
  return semver.coerce(gitVersion)?.version ?? gitVersion;
}

function versionsOf(offered: readonly OfferedVersion[]): string {
  return offered
    .map(({ version }) => version)
    .toSorted(semver.compare)
    .join(', ');
}
