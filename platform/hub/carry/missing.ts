import type { CopyPlan } from '../../../content/copy/copy-plan.ts';

/** A plan without what the place that it is for has already, counted by repository: stores need not share blobs. */
export function withoutHeld(plan: CopyPlan, held: CopyPlan): CopyPlan {
  const keyOf = (repository: string, digest: string) => `${repository}@${digest}`;
  const manifests = new Set(
    held.manifests.map(({ repository, manifest }) => keyOf(repository, manifest.digest)),
  );
  const blobs = new Set(
    held.blobs.flatMap(({ descriptor, repositories }) =>
      repositories.map((repository) => keyOf(repository, descriptor.digest)),
    ),
  );
  return {
    ...plan,
    manifests: plan.manifests.filter(
      ({ repository, manifest }) => !manifests.has(keyOf(repository, manifest.digest)),
    ),
    blobs: plan.blobs.filter(({ descriptor, repositories }) =>
      repositories.some((repository) => !blobs.has(keyOf(repository, descriptor.digest))),
    ),
  };
}
