import type { Descriptor, Platform } from './descriptor.ts';
import { type Digest, isDigest } from './digest.ts';

/** As it is written on command lines. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/');
}

/** Splits the children of an index into those for the wanted platforms and the others. */
export function choosePlatforms(
  children: readonly Descriptor[],
  wanted: readonly string[],
): { chosen: Descriptor[]; others: Descriptor[]; absent: string[] } {
  const others = new Set(children.filter(({ platform }) => platform && !isWanted(platform, wanted)));
  const dropped = new Set<Digest>([...others].map(({ digest }) => digest));
  // An attestation goes with the image that it is about.
  for (const child of children) {
    const subject = attestationSubject(child);
    if (subject !== undefined && dropped.has(subject)) others.add(child);
  }
  const chosen = children.filter((child) => !others.has(child));
  const absent = wanted.filter((each) => !chosen.some(({ platform }) => platform && isOf(platform, each)));
  return { chosen, others: [...others], absent };
}

/** True for what BuildKit adds to an index: a manifest with statements about one of the images beside it. */
export function isAttestation({ annotations }: Descriptor): boolean {
  return annotations?.['vnd.docker.reference.type'] === 'attestation-manifest';
}

function attestationSubject(child: Descriptor): Digest | undefined {
  const digest = child.annotations?.['vnd.docker.reference.digest'] ?? '';
  return isAttestation(child) && isDigest(digest) ? digest : undefined;
}

// `unknown/unknown` is what BuildKit gives to things that run nowhere.
function isWanted(platform: Platform, wanted: readonly string[]): boolean {
  const runs = platform.os !== 'unknown' && platform.os !== '';
  return !runs || wanted.some((each) => isOf(platform, each));
}

// Without a variant any is meant. containerd's normalization: arm64 is v8 and arm is v7 where nothing else is said.
function isOf({ os, architecture, variant }: Platform, wanted: string): boolean {
  const [wantedOs, wantedArchitecture, wantedVariant] = wanted.split('/');
  if (os !== wantedOs || architecture !== wantedArchitecture) return false;
  const usual: Record<string, string> = { arm64: 'v8', arm: 'v7' };
  return wantedVariant === undefined || (variant || usual[architecture] || '') === wantedVariant;
}
