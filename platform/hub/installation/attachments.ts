import { z } from 'zod';
import { cosignTag } from '../../../content/companion-tag.ts';
import { COSIGN_SIGNATURE_TYPE, KEY_FINGERPRINT } from '../../../content/cosign-signature.ts';
import { DigestSchema } from '../../../content/descriptor.ts';
import type { Digest } from '../../../content/digest.ts';
import { parseManifest } from '../../../content/manifest.ts';
import type { Manifest, Store } from '../../../content/store.ts';

/** Something that lies beside a manifest and speaks of it. The hub verifies none of it: the installer has. */
export const Attachment = z.object({
  kind: z.enum(['signature', 'statement', 'sbom', 'other']),
  digest: DigestSchema.meta({ type: 'string' }),
  type: z.string().optional().meta({ description: 'Artifact type, or the type of what is stated.' }),
  signers: z
    .array(z.string())
    .meta({ description: 'Fingerprints of keys that are said to have signed; whom to believe is not said.' }),
});
export type Attachment = z.infer<typeof Attachment>;

const KINDS = { sig: 'signature', att: 'statement', sbom: 'sbom' } as const;
const PREDICATE = 'predicateType';
const STATEMENT_TYPES = ['application/vnd.dsse.envelope.v1+json', 'application/vnd.in-toto+json'];
const MAX = 100;

/** What cosign keeps under tags beside a manifest, and its referrers; each once. Throws REGISTRY_*. */
export async function attachmentsOf(
  store: Store,
  repository: string,
  digest: Digest,
  signal: AbortSignal,
): Promise<Attachment[]> {
  const found = new Map<Digest, Attachment>();
  const add = (manifest: Manifest, kind: Attachment['kind']) => {
    if (found.size < MAX && !found.has(manifest.digest))
      found.set(manifest.digest, describe(manifest, repository, kind));
  };
  for (const tag of ['sig', 'att', 'sbom'] as const) {
    const manifest = await store.readManifest(repository, cosignTag(digest, tag), { signal });
    if (manifest !== undefined) add(manifest, KINDS[tag]);
  }
  for (const referrer of (await store.listReferrers(repository, digest, { signal })).slice(0, MAX)) {
    if (found.has(referrer.digest)) continue;
    const manifest = await store.readManifest(repository, referrer.digest, { signal });
    if (manifest !== undefined) add(manifest, kindOf(referrer.artifactType));
  }
  return [...found.values()];
}

/** Whether a signature lies beside a manifest, in either of the places where cosign keeps them. Throws REGISTRY_*. */
export async function isSigned(
  store: Store,
  repository: string,
  digest: Digest,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await store.resolveManifest(repository, cosignTag(digest, 'sig'), { signal })) !== undefined)
    return true;
  const referrers = await store.listReferrers(repository, digest, { signal });
  return referrers.some(({ artifactType }) => artifactType === COSIGN_SIGNATURE_TYPE);
}

function describe(manifest: Manifest, repository: string, kind: Attachment['kind']): Attachment {
  const { blobs, artifactType } = parseManifest(manifest, `${repository}@${manifest.digest}`);
  const notes = blobs.map(({ annotations }) => annotations ?? {});
  const signers = notes.flatMap((note) => note[KEY_FINGERPRINT] ?? []);
  const type = notes.find((note) => note[PREDICATE] !== undefined)?.[PREDICATE] ?? artifactType;
  return {
    ...{ kind, digest: manifest.digest, signers: [...new Set(signers)] },
    ...(type === undefined ? {} : { type }),
  };
}

function kindOf(artifactType: string | undefined): Attachment['kind'] {
  if (artifactType === COSIGN_SIGNATURE_TYPE) return 'signature';
  return artifactType !== undefined && STATEMENT_TYPES.includes(artifactType) ? 'statement' : 'other';
}
