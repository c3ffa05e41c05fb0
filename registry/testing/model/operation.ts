import type { Digest } from '../../../content/digest.ts';
import { heldContent } from './held-content.ts';
import { RepositoryModel } from './registry-model.ts';
import { specimenOf, wholeOf } from './specimens.ts';

/** How the bytes of a blob come: at once, after an upload was opened, in chunks, or as a stream of unknown length. */
export const WAYS = ['at once', 'in one', 'in chunks', 'as a stream'] as const;
export type Way = (typeof WAYS)[number];

/** One thing that a client does to a repository. Specimens go by their names, so that a counterexample can be read. */
export type Operation =
  | { readonly do: 'push blob'; readonly to: string; readonly blob: string; readonly way: Way }
  | { readonly do: 'push wrong'; readonly to: string; readonly blob: string; readonly way: Way }
  | { readonly do: 'cancel'; readonly to: string; readonly blob: string }
  | { readonly do: 'mount'; readonly to: string; readonly blob: string; readonly from?: string | undefined }
  | {
      readonly do: 'push manifest';
      readonly to: string;
      readonly manifest: string;
      /** By its digest, and these tags; else under the first of them. */
      readonly byDigest: boolean;
      readonly tags: readonly string[];
    }
  /** An image with its blobs, or an index with its images; what is there already is not sent again. */
  | { readonly do: 'push whole'; readonly to: string; readonly manifest: string; readonly tag: string }
  | { readonly do: 'delete tag'; readonly to: string; readonly tag: string }
  | { readonly do: 'delete manifest'; readonly to: string; readonly manifest: string }
  | { readonly do: 'delete blob'; readonly to: string; readonly blob: string };

/** How a registry should answer. */
export interface Expected {
  readonly status: number;
  readonly code?: string | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** A warning, or none. */
  readonly warns?: boolean;
}

/** `mountable`: what is to be mounted is where it should come from. */
export function expectedAnswer(
  repository: RepositoryModel,
  operation: Operation,
  mountable: boolean,
): Expected {
  switch (operation.do) {
    case 'push blob':
      return { status: 201, headers: { 'docker-content-digest': digestOf(operation.blob) } };
    case 'push wrong':
      return { status: 400, code: 'DIGEST_INVALID' };
    case 'cancel':
      return { status: 204 };
    case 'mount':
      return { status: mountable ? 201 : 202 };
    case 'push manifest':
      return expectedPush(repository, operation);
    case 'push whole':
      return { status: 201, warns: false };
    case 'delete tag':
      return repository.tags.has(operation.tag) ? { status: 202 } : { status: 404, code: 'MANIFEST_UNKNOWN' };
    case 'delete manifest':
      return repository.manifests.has(digestOf(operation.manifest))
        ? { status: 202 }
        : { status: 404, code: 'MANIFEST_UNKNOWN' };
    case 'delete blob':
      return repository.blobs.has(digestOf(operation.blob))
        ? { status: 202 }
        : { status: 404, code: 'BLOB_UNKNOWN' };
  }
}

/** True when the answer says that the operation was done. */
export function isDone(operation: Operation, status: number): boolean {
  return operation.do === 'mount' ? status === 201 : status < 300;
}

/**
 * What the repository becomes, step by step: an operation that is cut off may have come to any of them, and what it is
 * acknowledged for is the last.
 */
export function stepsOf(before: RepositoryModel, operation: Operation): RepositoryModel[] {
  const changed = (change: (repository: RepositoryModel) => void) => {
    const after = new RepositoryModel(before);
    change(after);
    return [after];
  };
  // What a deletion lets go may be collected at any time from then on.
  const deleted = (change: (repository: RepositoryModel) => void) =>
    changed((repository) => {
      change(repository);
      const sure = new RepositoryModel(repository);
      for (const digest of repository.uncertain.manifests) sure.manifests.delete(digest);
      const held = heldContent(sure);
      for (const kind of ['blobs', 'manifests'] as const)
        for (const digest of repository[kind]) if (!held.has(digest)) repository.uncertain[kind].add(digest);
    });
  switch (operation.do) {
    case 'push wrong':
    case 'cancel':
      return [];
    case 'push blob':
    case 'mount':
      return changed((repository) => repository.putBlob(digestOf(operation.blob)));
    case 'push manifest':
      return pushed(before, operation);
    case 'push whole':
      return pushedWhole(before, operation);
    case 'delete tag':
      return deleted(({ tags }) => tags.delete(operation.tag));
    case 'delete manifest':
      return deleted((repository) => repository.deleteManifest(digestOf(operation.manifest)));
    case 'delete blob':
      return deleted(({ blobs }) => blobs.delete(digestOf(operation.blob)));
  }
}

type Push = Extract<Operation, { do: 'push manifest' }>;

function expectedPush(repository: RepositoryModel, { manifest, byDigest, tags }: Push): Expected {
  const specimen = specimenOf(manifest);
  const missing = specimen.manifest?.blobs.filter((digest) => !repository.sees(digest)) ?? [];
  return {
    status: 201,
    warns: missing.length > 0,
    headers: {
      'docker-content-digest': specimen.digest,
      'oci-subject': specimen.manifest?.subject,
      'oci-tag': byDigest && tags.length > 0 ? tags.join(', ') : undefined,
    },
  };
}

function pushed(before: RepositoryModel, { manifest, byDigest, tags }: Push): RepositoryModel[] {
  const digest = digestOf(manifest);
  const references = byDigest ? [undefined, ...tags] : tags.slice(0, 1);
  const steps: RepositoryModel[] = [];
  for (const tag of references) {
    const after = new RepositoryModel(steps.at(-1) ?? before);
    after.putManifest(digest, tag);
    steps.push(after);
  }
  return steps;
}

// Until the end nobody knows what was sent and what was there already, and that may be collected.
function pushedWhole(
  before: RepositoryModel,
  { manifest, tag }: Extract<Operation, { do: 'push whole' }>,
): RepositoryModel[] {
  const { blobs, manifests } = wholeOf(manifest);
  const steps = [new RepositoryModel(before)];
  for (const { digest, manifest: isManifest } of [...blobs, ...manifests]) {
    const after = new RepositoryModel(steps.at(-1));
    const kind = isManifest === undefined ? 'blobs' : 'manifests';
    if (!before[kind].has(digest)) after.uncertain[kind].add(digest);
    after[kind].add(digest);
    steps.push(after);
  }
  const last = new RepositoryModel(steps.at(-1));
  for (const { digest } of blobs) last.putBlob(digest);
  for (const { digest } of manifests) last.putManifest(digest);
  last.tags.set(tag, digestOf(manifest));
  return [...steps, last];
}

function digestOf(name: string): Digest {
  return specimenOf(name).digest;
}
