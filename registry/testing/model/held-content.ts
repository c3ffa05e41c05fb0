import type { Digest } from '../../../content/digest.ts';
import type { RepositoryModel } from './registry-model.ts';
import { SPECIMENS } from './specimens.ts';

const COMPANION = /^(sha256|sha512)-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?$/;

/** What garbage collection must never take from a repository: all that its tags hold on to, by whatever way. */
export function heldContent(repository: RepositoryModel): ReadonlySet<Digest> {
  const companions = [...repository.tags].map(([tag, manifest]) => ({
    manifest,
    subject: subjectOf(repository, tag),
  }));
  const held = new Set<Digest>();
  // A companion of what is not here is a tag like any other: its subject may come yet. So is one that its subject hangs on.
  const queue = companions.flatMap(({ manifest, subject }) =>
    subject === undefined || leadsTo(repository, companions, manifest, subject) ? manifest : [],
  );
  for (let digest = queue.pop(); digest !== undefined; digest = queue.pop()) {
    if (held.has(digest)) continue;
    held.add(digest);
    queue.push(...edgesFrom(repository, digest));
    for (const { manifest, subject } of companions) if (subject === digest) queue.push(manifest);
  }
  return held;
}

interface Companion {
  readonly manifest: Digest;
  readonly subject: Digest | undefined;
}

function leadsTo(
  repository: RepositoryModel,
  companions: readonly Companion[],
  from: Digest,
  to: Digest,
): boolean {
  const reached = new Set([from]);
  for (const digest of reached) {
    const { blobs = [], manifests = [] } = MANIFESTS.get(digest) ?? {};
    for (const each of [...blobs, ...manifests]) if (repository.manifests.has(each)) reached.add(each);
    for (const { manifest, subject } of companions) if (subject === digest) reached.add(manifest);
  }
  return reached.has(to);
}

/** What a digest holds on to in a repository by itself. */
export function edgesFrom(repository: RepositoryModel, digest: Digest): Digest[] {
  const manifest = repository.manifests.has(digest) ? MANIFESTS.get(digest) : undefined;
  const { blobs = [], manifests = [], subject } = manifest ?? {};
  const referrers = [...repository.manifests].filter((each) => MANIFESTS.get(each)?.subject === digest);
  return [...referrers, ...blobs, ...manifests, ...(subject === undefined ? [] : [subject])];
}

const MANIFESTS = new Map(
  [...SPECIMENS.values()].map((specimen) => [specimen.digest, specimen.manifest] as const),
);

function subjectOf(repository: RepositoryModel, tag: string): Digest | undefined {
  const [, algorithm, hex] = COMPANION.exec(tag) ?? [];
  if (algorithm === undefined) return undefined;
  return [...repository.manifests].find((digest) => digest.startsWith(`${algorithm}:${hex}`));
}
