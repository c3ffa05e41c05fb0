import { openBundle } from '../../bundle/file/bundle-store.ts';
import { findRelease, readLockedRelease } from '../../bundle/locked-release.ts';
import {
  ClusterProfile,
  type ClusterProfileSpec,
  type PackReference,
} from '../../platform/api/cluster-profile.ts';
import { profileObjectName } from '../../platform/api/names.ts';

/** Packs by `NAME VERSION`, as the release on a stick pins them. */
export type PackDigests = ReadonlyMap<string, PackReference['digest']>;

export async function packDigests(bundlePath: string): Promise<PackDigests> {
  const bundle = await openBundle(bundlePath);
  try {
    const { packs } = await readLockedRelease(bundle, findRelease(bundle.index, bundlePath));
    return new Map(packs.map(({ name, version, artifact }) => [`${name} ${version}`, artifact.digest]));
  } finally {
    await bundle.close();
  }
}

/** A pack of a profile, before its digest is looked up. */
export type PackUse = Omit<PackReference, 'digest'>;

export interface ProfileText extends Pick<ClusterProfileSpec, 'name' | 'version' | 'variables'> {
  readonly packs: readonly PackUse[];
}

/** The object of a version of a profile, as kubectl would send it. */
export function profileObject(project: string, profile: ProfileText, digests: PackDigests) {
  const { group, version, kind } = ClusterProfile;
  const packs = profile.packs.map((pack) => {
    const digest = digests.get(`${pack.name} ${pack.version}`);
    if (digest === undefined) throw new Error(`no pack ${pack.name} ${pack.version} on the stick`);
    return { ...pack, digest };
  });
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { namespace: project, name: profileObjectName(profile) },
    spec: { ...profile, packs },
  };
}
