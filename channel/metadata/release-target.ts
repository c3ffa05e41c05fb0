import { TargetFile } from '@tufjs/models';
import semver from 'semver';
import { z } from 'zod';
import { type Digest, hexOf, isDigest } from '../../content/digest.ts';
import { messageOf } from '../../content/error.ts';
import { channelError } from '../errors.ts';
import { PRODUCT_GRAMMAR } from './product.ts';

/** One release as a channel knows it: what it must hash to, and how one gets to it. */
export interface ChannelRelease {
  readonly product: string;
  readonly version: string;
  /** Of the release's manifest, and its bytes: the target's hash and length. */
  readonly digest: Digest;
  readonly size: number;
  /** Repository of the release, e.g. `skerry/release`. */
  readonly repository: string;
  /** Versions from which it may be reached, as a range; none when it is only installed new. */
  readonly from: string;
  /** An upgrade that passes this version must stop at it. */
  readonly stop: boolean;
  /** Kubernetes versions that it runs on. */
  readonly kubernetes: string;
  /** `candidate` until it was promoted. */
  readonly track: 'candidate' | 'stable';
  /** Why nobody should install it any more. */
  readonly withdrawn?: string | undefined;
}

const range = z
  .string()
  .max(256)
  .refine((text) => text === '' || semver.validRange(text) !== null, 'not a range');

/** The `custom` part of a target (TUF specification 4.5). Unknown fields are for newer versions. */
const Custom = z.looseObject({
  repository: z.string().min(1).max(255),
  from: range,
  stop: z.boolean().optional(),
  kubernetes: range,
  track: z.enum(['candidate', 'stable']),
  withdrawn: z.string().min(1).max(1024).optional(),
});

export function targetPath({ product, version }: Pick<ChannelRelease, 'product' | 'version'>): string {
  return `${product}/${version}`;
}

export function toTarget(release: ChannelRelease): TargetFile {
  const { repository, from, stop, kubernetes, track, withdrawn } = release;
  const custom = {
    ...{ repository, from, kubernetes, track },
    ...(stop ? { stop } : {}),
    ...(withdrawn === undefined ? {} : { withdrawn }),
  };
  return new TargetFile({
    path: targetPath(release),
    length: release.size,
    hashes: { sha256: hexOf(release.digest) },
    unrecognizedFields: { custom },
  });
}

/** Throws CHANNEL_METADATA_INVALID. */
export function fromTarget(target: TargetFile, subject: string): ChannelRelease {
  const invalid = (detail: string) => channelError('CHANNEL_METADATA_INVALID', { subject, detail });
  const [product = '', version = '', ...rest] = target.path.split('/');
  if (!PRODUCT_GRAMMAR.test(product) || semver.valid(version) !== version || rest.length > 0)
    throw invalid(`${target.path} is not PRODUCT/VERSION`);
  const digest = `sha256:${target.hashes.sha256}`;
  if (!isDigest(digest)) throw invalid(`${target.path} has no SHA-256`);
  const custom = Custom.safeParse(target.custom);
  if (!custom.success) throw invalid(`${target.path}: ${messageOf(custom.error)}`);
  const { stop = false, withdrawn, repository, from, kubernetes, track } = custom.data;
  return {
    ...{ product, version, digest, size: target.length, repository, from, stop, kubernetes, track },
    ...(withdrawn === undefined ? {} : { withdrawn }),
  };
}
