import { z } from 'zod';
import { HealthRuleSchema } from '../apply/health/health-rule.ts';
import { readSmallBlob } from '../content/bytes/small-blob.ts';
import { DescriptorListSchema, DigestSchema } from '../content/descriptor.ts';
import type { Digest } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
import { tryJson } from '../content/json.ts';
import type { LayoutIndex } from '../content/layout/layout-index.ts';
import { parseManifest } from '../content/manifest.ts';
import { RELEASE_CONFIG_TYPE, RELEASE_TYPE, releaseName } from '../content/release-format.ts';
import type { CallOptions, Store } from '../content/store.ts';
import { BackupSchema, GateSchema } from './component-gate.ts';
import { bundleError } from './errors.ts';
import { ReleaseCheckSchema } from './release-check.ts';

export { RELEASE_CONFIG_TYPE, RELEASE_TYPE, releaseName };

const Artifact = z.object({ repository: z.string(), tag: z.string(), digest: DigestSchema });

/**
 * A release with everything pinned: what the author described, and for each chart, pack, image and program the digest
 * that it had when the bundle was made. It is the config of the signed release artifact; whoever trusts the signature
 * may trust every digest in it.
 */
export const LockedReleaseSchema = z.object({
  apiVersion: z.literal('skerry.dev/v1'),
  kind: z.literal('LockedRelease'),
  name: z.string(),
  version: z.string(),
  description: z.string(),
  kubernetes: z.string(),
  /** Absent where nothing is installed: content that is only brought to a registry. */
  registry: z.object({ component: z.string() }).optional(),
  /** What has to hold before an upgrade to it. */
  preflight: z.array(ReleaseCheckSchema).optional(),
  /** From which versions it may be reached; any older one when absent. */
  upgrade: z.object({ from: z.string() }).optional(),
  components: z.array(
    z.object({
      name: z.string(),
      namespace: z.string(),
      chart: Artifact,
      values: z.record(z.string(), z.unknown()),
      timeoutSeconds: z.number(),
      health: z.array(HealthRuleSchema).default([]),
      gate: GateSchema.optional(),
      backup: BackupSchema.optional(),
      /** References found in the rendered chart, as written there; those that its pods pull come first. */
      images: z.array(z.string()),
    }),
  ),
  packs: z.array(z.object({ name: z.string(), version: z.string(), artifact: Artifact })),
  /** Every image by the reference that manifests use, and where it stands in the bundle. */
  images: z.array(
    Artifact.extend({
      reference: z.string(),
      /** Every way in which manifests may write it: `acme/x:1`, `docker.io/acme/x:1`. */
      names: z.array(z.string()).default([]),
      /** How sure it is that this is an image that pods pull. */
      certainty: z.enum(['sure', 'likely', 'possible']).default('sure'),
      /** Where it was found, at most a few places. */
      places: z.array(z.string()).default([]),
    }),
  ),
  /** Files that travel along: what each was called, and the artifact that it is. */
  files: z
    .array(
      z.object({
        name: z.string(),
        file: z.string(),
        size: z.number(),
        digest: DigestSchema,
        artifact: Artifact,
      }),
    )
    .optional(),
  /** What looked like an image when the bundle was made and is not in it, and why. */
  notTaken: z
    .array(
      z.object({
        reference: z.string(),
        state: z.enum(['not-found', 'unanswered', 'not-asked', 'left-out', 'not-an-image']),
        where: z.string(),
        note: z.string().optional(),
      }),
    )
    .default([]),
  /** Platforms of which images were taken; all of them when empty. */
  platforms: z.array(z.string()).default([]),
  /** APIs with which charts were rendered, besides those of Kubernetes and of the release. */
  apiVersions: z.array(z.string()).default([]),
  hostTools: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      platform: z.string(),
      file: z.string(),
      digest: DigestSchema,
      size: z.number(),
    }),
  ),
  /** What `index.json` names besides the release itself and its signature. */
  contents: DescriptorListSchema,
});
export type LockedRelease = z.infer<typeof LockedReleaseSchema>;

/** Where the release artifact stands in a bundle. */
export interface ReleaseAddress {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
}

/** The repository of the release that an index names, with its signature; undefined where it names none, or several. */
export function releaseRepository(index: LayoutIndex): string | undefined {
  try {
    return findRelease(index, '').repository;
  } catch (error) {
    if (isSkerryError(error, 'BUNDLE_NO_RELEASE')) return undefined;
    throw error;
  }
}

/** Finds the release that an index names. Throws BUNDLE_NO_RELEASE unless there is just one. */
export function findRelease(index: LayoutIndex, subject: string): ReleaseAddress {
  const found = index.filter(({ artifactType }) => artifactType === RELEASE_TYPE);
  const [entry] = found;
  const name = /^(?<repository>.+):(?<tag>[^:]+)$/.exec(
    entry?.annotations?.['org.opencontainers.image.ref.name'] ?? '',
  )?.groups;
  if (entry === undefined || found.length > 1 || name?.repository === undefined || name.tag === undefined) {
    throw bundleError('BUNDLE_NO_RELEASE', { subject, detail: `${found.length} releases` });
  }
  return { repository: name.repository, tag: name.tag, digest: entry.digest };
}

/** Reads the locked release behind an address, comparing digests on the way. Trust in them is the signature's matter. */
export async function readLockedRelease(
  store: Store,
  address: ReleaseAddress,
  options: CallOptions = {},
): Promise<LockedRelease> {
  const subject = `${address.repository}@${address.digest}`;
  const manifest = await store.readManifest(address.repository, address.digest, options);
  if (manifest === undefined) throw bundleError('BUNDLE_NO_RELEASE', { subject });
  const { config } = parseManifest(manifest, subject);
  if (config?.mediaType !== RELEASE_CONFIG_TYPE)
    throw bundleError('BUNDLE_NO_RELEASE', { subject, detail: `config ${config?.mediaType}` });
  const bytes = await readSmallBlob(store, address.repository, config, options);
  const result = LockedReleaseSchema.safeParse(tryJson(bytes.toString()));
  if (!result.success)
    throw bundleError('BUNDLE_NO_RELEASE', { subject, detail: z.prettifyError(result.error) });
  return result.data;
}

/**
 * The name of the component that is the private registry. Throws RELEASE_NOT_INSTALLABLE for a release that is content
 * alone.
 */
export function registryOf(release: Pick<LockedRelease, 'name' | 'version' | 'registry'>): string {
  const { name, version, registry } = release;
  if (registry === undefined) throw bundleError('RELEASE_NOT_INSTALLABLE', { subject: `${name} ${version}` });
  return registry.component;
}

/** Every way of writing each image, mapped to where the island's registry at `address` serves the same bytes. */
export function imageMap(release: LockedRelease, address: string): Map<string, string> {
  return new Map(
    release.images.flatMap(({ reference, names, repository, tag, digest }) =>
      [reference, ...names].map((name) => [name, `${address}/${repository}:${tag}@${digest}`] as const),
    ),
  );
}
