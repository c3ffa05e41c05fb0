import fc from 'fast-check';
import { referrersTag } from '../../../content/companion-tag.ts';
import { type Operation, WAYS } from './operation.ts';
import { BLOBS, MANIFESTS, SPECIMENS, specimenOf } from './specimens.ts';

export const REPOSITORIES = ['a', 'team/app', 'team/app/deep'];
const TAGS = ['latest', 'v1', 'v2', 'V-3', referrersTag(specimenOf('multi').digest)];

const to = fc.constantFrom(...REPOSITORIES);
// Mostly what images are made of; sometimes a manifest, whose bytes are a blob like any other.
const blob = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...BLOBS) },
  { weight: 1, arbitrary: fc.constantFrom(...SPECIMENS.keys()) },
);
const manifest = fc.constantFrom(...MANIFESTS);
const tag = fc.constantFrom(...TAGS);
const way = fc.constantFrom(...WAYS);

const pushManifest = fc
  .record({
    do: fc.constant('push manifest' as const),
    to,
    manifest,
    byDigest: fc.boolean(),
    tags: fc.uniqueArray(tag, { minLength: 1, maxLength: 3 }),
    untagged: fc.boolean(),
  })
  .map(({ untagged, ...push }): Operation => {
    // A tag alone says nothing of the algorithm: the registry takes its own.
    const byDigest = push.byDigest || specimenOf(push.manifest).digest.startsWith('sha512:');
    return { ...push, byDigest, tags: byDigest && untagged ? [] : push.tags };
  });

/** What clients do to a few repositories. */
export const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('push blob' as const), to, blob, way }) },
  { weight: 8, arbitrary: pushManifest },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('push whole' as const), to, manifest, tag }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('mount' as const),
      to,
      blob,
      from: fc.option(to, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete tag' as const), to, tag }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete manifest' as const), to, manifest }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete blob' as const), to, blob }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('push wrong' as const), to, blob, way }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), to, blob }) },
);
