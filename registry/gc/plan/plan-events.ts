import type { Digest } from '../../../content/digest.ts';
import type { GcEvent, GoingManifest, WaitingManifest } from '../gc-event.ts';
import type { GcPlan, PricedPlan } from './gc-plan.ts';
import type * as plan from './repository-plan.ts';

type DigestOf = (id: number) => Digest | undefined;

/** Manifests in one event. */
const PAGE = 500;

/** A plan as it is reported: repository after repository, what goes, what is kept for now, and the sum of it all. */
export function* planEvents(
  collection: GcPlan,
  digestOf: DigestOf,
  { quarantine }: { readonly quarantine: boolean },
): Generator<GcEvent> {
  const { repositories, unheld, leftovers, quarantined, unknownRoots, waitingBytes } = collection;
  for (const each of repositories) yield* repositoryEvents(each, digestOf);
  yield {
    type: 'planned',
    manifests: repositories.reduce((sum, { manifests }) => sum + manifests.length, 0),
    blobs: repositories.reduce((sum, { blobs }) => sum + blobs.length, 0),
    unheld: sumOf(unheld),
    unfinished: sumOf(leftovers),
    quarantined: sumOf(quarantined),
    quarantineGoes: quarantine,
    unknownRoots,
    bytes: collection.bytes + (quarantine ? sumOf(quarantined).bytes : 0),
    waitingBytes,
  };
}

function* repositoryEvents(priced: PricedPlan, digestOf: DigestOf): Generator<GcEvent> {
  const { repository, manifests, blobs, bytes, waiting, pushes, unknown } = priced;
  if (manifests.length + blobs.length > 0)
    yield { type: 'repository', repository, manifests: manifests.length, blobs: blobs.length, bytes };
  for (const page of pages(inOrder(priced)))
    yield { type: 'going', repository, manifests: page.flatMap((each) => goingManifest(each, digestOf)) };
  for (const page of pages(waiting))
    yield { type: 'waiting', repository, manifests: page.flatMap((each) => waitingManifest(each, digestOf)) };
  if (pushes.blobs > 0) yield { type: 'pushes', repository, ...pushes };
  if (unknown.length > 0)
    yield {
      type: 'unknown',
      repository,
      manifests: unknown.slice(0, PAGE).flatMap((id) => digestOf(id) ?? []),
    };
}

// Group by group, each with what it is about first and what goes with that behind it.
function inOrder({ manifests, groups }: PricedPlan): plan.GoingManifest[] {
  const byId = new Map(manifests.map((manifest) => [manifest.id, manifest]));
  return groups.flatMap((group) => {
    const members = group.flatMap((id) => byId.get(id) ?? []);
    const isHead = ({ why }: plan.GoingManifest) => why !== 'part' && why !== 'referrer';
    return [...members.filter(isHead), ...members.filter((member) => !isHead(member))];
  });
}

function goingManifest(
  { id, tags, lastTag, at, released, why }: plan.GoingManifest,
  digestOf: DigestOf,
): GoingManifest[] {
  const digest = digestOf(id);
  if (digest === undefined) return [];
  return [
    {
      digest,
      tags: [...tags],
      ...(lastTag === null ? {} : { lastTag }),
      pushed: at,
      ...(released === null || released === 0 ? {} : { untagged: released }),
      why,
    },
  ];
}

function waitingManifest(
  { id, lastTag, until, reason }: plan.WaitingManifest,
  digestOf: DigestOf,
): WaitingManifest[] {
  const digest = digestOf(id);
  if (digest === undefined) return [];
  return [
    {
      digest,
      ...(lastTag === null ? {} : { lastTag }),
      ...(Number.isFinite(until) ? { until } : {}),
      reason,
    },
  ];
}

function* pages<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += PAGE) yield items.slice(from, from + PAGE);
}

function sumOf(items: readonly { readonly bytes: number }[]): { files: number; bytes: number } {
  return { files: items.length, bytes: items.reduce((sum, { bytes }) => sum + bytes, 0) };
}
