import { readFile } from 'node:fs/promises';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type TrustMaterial, toTrustMaterial } from '@sigstore/verify';
import { z } from 'zod';
import { messageOf } from '../../content/error.ts';
import { tryJson } from '../../content/json.ts';
import { mirrorError } from '../errors.ts';

/** What a root has to have; @sigstore/protobuf-specs takes anything for one. */
const RootJson = z.looseObject({
  mediaType: z
    .string()
    .regex(/^application\/vnd\.dev\.sigstore\.trustedroot(?:\.v[\d.]+\+json|\+json;version=[\d.]+)$/),
  certificateAuthorities: z.array(z.unknown()).min(1),
  tlogs: z.array(z.unknown()).min(1),
  ctlogs: z.array(z.unknown()).min(1),
});

/** Reads authorities and logs that are trusted (sigstore/protobuf-specs, sigstore_trustroot.proto). Throws MIRROR_TRUSTED_ROOT_INVALID. */
export async function readTrustedRoot(path: string): Promise<TrustMaterial> {
  try {
    const json = RootJson.parse(tryJson(await readFile(path, 'utf8')));
    return toTrustMaterial(TrustedRoot.fromJSON(json));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw mirrorError('MIRROR_TRUSTED_ROOT_INVALID', { subject: path, detail, cause });
  }
}
