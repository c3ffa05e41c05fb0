import { gunzipSync, gzipSync } from 'node:zlib';
import type { JWK } from 'jose';
import { z } from 'zod';
import { type KubeObject, narrowObject } from '../../../apply/object.ts';
import { isSkerryError, messageOf } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { seal, unseal } from '../../desired/seal.ts';
import { platformError } from '../../errors.ts';

/** A sealed backup: a JWE (compact) for the key that the site keeps. */
export const BACKUP_TYPE = 'application/vnd.skerry.gateway-backup.v1+jwe';

const Stored = z.unknown().transform((value, context): KubeObject => {
  const narrowed = narrowObject(value);
  if ('object' in narrowed) return narrowed.object;
  context.addIssue({ code: 'custom', message: narrowed.problem });
  return z.NEVER;
});

/** All that a gateway can't get again from its hub: Cluster API's objects, ours, and the Secrets of the clusters. */
const GatewayBackup = z.object({
  version: z.literal(1),
  at: z.string(),
  /** The UID of the Namespace kube-system of the cluster that it is of. */
  cluster: z.string(),
  /** CustomResourceDefinitions of the kinds in it. */
  definitions: z.array(Stored),
  /** As they were, each with its UID, and without what only that cluster could know. */
  objects: z.array(Stored),
});
export type GatewayBackup = z.infer<typeof GatewayBackup>;

const Packed = z.object({ version: z.literal(1), gzip: z.string() });
/** So that a damaged or hostile file can't fill the memory. */
const MAX_BYTES = 512 * 1024 * 1024;

/** Who made it can't open it: only the holder of the private key can. Throws SEALING_KEY_INVALID. */
export async function sealBackup(backup: GatewayBackup, publicJwk: JWK): Promise<Buffer> {
  const gzip = gzipSync(JSON.stringify(backup)).toString('base64');
  return Buffer.from(await seal({ version: 1, gzip }, publicJwk));
}

/** Throws GATEWAY_BACKUP_UNREADABLE for a wrong key, changed bytes, or what is no backup. */
export async function openBackup(
  bytes: Uint8Array,
  privateJwk: JWK,
  subject: string,
): Promise<GatewayBackup> {
  const unreadable = (detail: string) => platformError('GATEWAY_BACKUP_UNREADABLE', { subject, detail });
  const value = await unseal(Buffer.from(bytes).toString('latin1').trim(), privateJwk).catch(
    (error: unknown) => {
      if (!isSkerryError(error)) throw error;
      throw unreadable('it was sealed for another key, or was changed');
    },
  );
  const packed = Packed.safeParse(value);
  if (!packed.success) throw unreadable('what is sealed in it is no backup of a gateway');
  const read = GatewayBackup.safeParse(tryJson(unpacked(packed.data.gzip, unreadable)));
  if (!read.success) throw unreadable(z.prettifyError(read.error).slice(0, 500));
  return read.data;
}

function unpacked(gzip: string, unreadable: (detail: string) => Error): string {
  try {
    return gunzipSync(Buffer.from(gzip, 'base64'), { maxOutputLength: MAX_BYTES }).toString();
  } catch (cause) {
    throw unreadable(messageOf(cause));
  }
}
