import { z } from 'zod';
import { readSmallBlob } from '../../../content/bytes/small-blob.ts';
import { DigestSchema } from '../../../content/descriptor.ts';
import type { Digest } from '../../../content/digest.ts';
import { tryJson } from '../../../content/json.ts';
import { mapLimited } from '../../../content/limit.ts';
import { parseManifest } from '../../../content/manifest.ts';
import { RELEASE_CONFIG_TYPE, releaseName } from '../../../content/release-format.ts';
import type { Store } from '../../../content/store.ts';
import { platformError } from '../../errors.ts';
import { Attachment, attachmentsOf, isSigned } from './attachments.ts';

const DigestText = DigestSchema.meta({ type: 'string', description: 'sha256:… or sha512:…' });
const Artifact = z.object({ repository: z.string(), tag: z.string(), digest: DigestText });

/** What is read of a locked release, which has more. */
const Release = z.object({
  kubernetes: z.string(),
  description: z.string().default(''),
  upgrade: z.object({ from: z.string() }).optional(),
  components: z.array(z.object({ name: z.string(), namespace: z.string(), chart: Artifact })),
  packs: z.array(z.object({ name: z.string(), version: z.string(), artifact: Artifact })),
  images: z.array(Artifact.extend({ reference: z.string() })),
  hostTools: z
    .array(
      z.object({
        ...{ name: z.string(), version: z.string(), platform: z.string() },
        ...{ file: z.string(), digest: DigestText, size: z.number() },
      }),
    )
    .default([]),
});

/** What a release is made of, by digest, where it lies in the registry, and what is said about it there. */
export const ReleaseContent = Release.extend({
  repository: z.string(),
  attachments: z.array(Attachment).meta({ description: 'Signatures and statements beside the release.' }),
  images: z.array(
    Artifact.extend({
      reference: z.string().meta({ description: 'Where it came from, as manifests name it.' }),
      signed: z
        .boolean()
        .meta({ description: 'A signature of its own lies beside it; the release’s covers it too.' }),
    }),
  ),
});
export type ReleaseContent = z.infer<typeof ReleaseContent>;

/** Questions put to the registry at a time. */
const WIDTH = 8;

/** What a release claims; undefined where the registry has none of that name. Throws RELEASE_UNREADABLE, REGISTRY_*. */
export async function readRelease(
  store: Store,
  { name, version, digest }: { name: string; version: string; digest?: Digest | undefined },
  signal: AbortSignal,
): Promise<(z.infer<typeof Release> & { readonly digest: Digest }) | undefined> {
  const { repository, tag } = releaseName(name, version);
  const subject = `${repository}:${tag}`;
  const manifest = await store.readManifest(repository, digest ?? tag, { signal });
  if (manifest === undefined) return undefined;
  const { config } = parseManifest(manifest, subject);
  if (config?.mediaType !== RELEASE_CONFIG_TYPE)
    throw platformError('RELEASE_UNREADABLE', { subject, detail: `its config is ${config?.mediaType}` });
  const bytes = await readSmallBlob(store, repository, config, { signal });
  const read = Release.safeParse(tryJson(bytes.toString()));
  if (read.success) return { ...read.data, digest: manifest.digest };
  throw platformError('RELEASE_UNREADABLE', { subject, detail: z.prettifyError(read.error) });
}

/** A release whole. Throws RELEASE_UNREADABLE, also where the registry does not have it, and REGISTRY_*. */
export async function readReleaseContent(
  store: Store,
  release: { name: string; version: string; digest: Digest },
  signal: AbortSignal,
): Promise<ReleaseContent> {
  const { repository } = releaseName(release.name, release.version);
  const found = await readRelease(store, release, signal);
  if (found === undefined)
    throw platformError('RELEASE_UNREADABLE', {
      subject: `${repository}@${release.digest}`,
      detail: 'the registry does not have it',
    });
  const images = await mapLimited(found.images, WIDTH, async (image) => ({
    ...image,
    signed: await isSigned(store, image.repository, image.digest, signal),
  }));
  return {
    ...found,
    repository,
    attachments: await attachmentsOf(store, repository, release.digest, signal),
    images,
  };
}
