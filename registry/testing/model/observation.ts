import assert from 'node:assert/strict';
import { z } from 'zod';
import { algorithmOf, digestOf } from '../../../content/digest.ts';
import { mapLimited } from '../../../content/limit.ts';
import type { Answer } from '../client.ts';
import type { Sender } from './perform.ts';
import type { RepositoryModel } from './registry-model.ts';
import { SPECIMENS, type Specimen, SUBJECTS } from './specimens.ts';

/** Everything that can be seen of a repository, with specimens by name. */
export interface Observation {
  /** Undefined when there is no such repository. */
  readonly tags: readonly string[] | undefined;
  readonly tagged: Readonly<Record<string, string>>;
  readonly manifests: readonly string[];
  readonly blobs: readonly string[];
  readonly referrers: Readonly<Record<string, readonly object[]>>;
}

const AT_ONCE = 12;
const TagList = z.object({ tags: z.array(z.string()) });
const ReferrerIndex = z.object({ manifests: z.array(z.record(z.string(), z.unknown())) });

/**
 * Asks a registry for all there is to know of a repository, and makes sure that whatever it serves has the bytes of its
 * digest. An answer that has no place here (5xx) throws.
 */
export async function observe(client: Sender, repository: string): Promise<Observation> {
  const base = `/v2/${repository}`;
  const get = (path: string) => client.send('GET', `${base}/${path}`);
  const list = await get('tags/list');
  const tags = list.status === 404 ? undefined : TagList.parse(jsonOf(list, 200)).tags;
  const tagged = await mapLimited(tags ?? [], AT_ONCE, async (tag): Promise<[string, string]> => {
    const answer = await client.send('HEAD', `${base}/manifests/${tag}`);
    assert.equal(answer.status, 200, `tag ${tag} is listed and not there`);
    return [tag, nameOf(answer.headers['docker-content-digest'])];
  });
  const specimens = [...SPECIMENS.values()];
  const seen = async (kind: 'manifests' | 'blobs') => {
    const found = await mapLimited(specimens, AT_ONCE, async (specimen) =>
      isServed(await get(`${kind}/${specimen.digest}`), specimen, kind) ? [specimen.name] : [],
    );
    return found.flat();
  };
  const referrers = await mapLimited(SUBJECTS, AT_ONCE, async (subject): Promise<[string, object[]]> => {
    const answer = await get(`referrers/${subject}`);
    return [subject, ReferrerIndex.parse(jsonOf(answer, 200)).manifests];
  });
  return {
    tags,
    tagged: Object.fromEntries(tagged),
    manifests: await seen('manifests'),
    blobs: await seen('blobs'),
    referrers: Object.fromEntries(referrers),
  };
}

/** What should be seen of a repository. */
export function observationOf(model: RepositoryModel): Observation {
  const specimens = [...SPECIMENS.values()];
  const names = (has: (specimen: Specimen) => boolean) => specimens.filter(has).map(({ name }) => name);
  const tags = [...model.tags.keys()].sort();
  return {
    tags: model.isKnown ? tags : undefined,
    tagged: Object.fromEntries(tags.map((tag) => [tag, nameOf(model.tags.get(tag))])),
    manifests: names(({ digest }) => model.manifests.has(digest)),
    blobs: names(({ digest }) => model.sees(digest)),
    referrers: Object.fromEntries(
      SUBJECTS.map((subject) => [subject, model.referrers(subject).map(({ listed }) => listed)]),
    ),
  };
}

function isServed(
  answer: Answer,
  { name, digest, manifest }: Specimen,
  kind: 'manifests' | 'blobs',
): boolean {
  if (answer.status === 404) return false;
  assert.equal(answer.status, 200, `${kind} ${name}: ${answer.status} ${answer.body.subarray(0, 300)}`);
  assert.equal(digestOf(answer.body, algorithmOf(digest)), digest, `${name} has other bytes`);
  assert.equal(answer.headers['docker-content-digest'], digest);
  if (kind === 'manifests') assert.equal(answer.headers['content-type'], manifest?.mediaType);
  return true;
}

function jsonOf(answer: Answer, status: number): unknown {
  assert.equal(answer.status, status, answer.body.subarray(0, 300).toString());
  return JSON.parse(answer.body.toString('utf8'));
}

/** The name of a specimen. */
export function nameOf(digest: unknown): string {
  const found = [...SPECIMENS.values()].find((specimen) => specimen.digest === digest);
  return found?.name ?? String(digest);
}
