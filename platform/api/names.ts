import { z } from 'zod';
import { FINGERPRINT_GRAMMAR, LABEL_GRAMMAR, MAX_PROFILE_NAME } from './name-grammar.ts';

export { profileObjectName } from './name-grammar.ts';

/** A name as Kubernetes labels and Services take it (RFC 1123 label). */
export const LabelName = z.string().max(63).regex(LABEL_GRAMMAR);

/** The version of a profile: semver without build metadata and in small letters, so that it can be part of a name. */
export const ProfileVersion = z
  .string()
  .max(32)
  .regex(/^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9a-z-]+(\.[0-9a-z-]+)*)?$/);

export const ProfileName = LabelName.max(MAX_PROFILE_NAME);

/** `SHA256:` and the unpadded base64 of the SHA-256 of a public key's SubjectPublicKeyInfo, as OpenSSH writes it. */
export const KeyFingerprint = z.string().max(50).regex(FINGERPRINT_GRAMMAR);

/** A Secret of the same project, and one of its keys. */
export const SecretKey = z
  .strictObject({ name: z.string().max(253), key: z.string().max(253) })
  .meta({ description: 'A key of a Secret of the same project.' });

/** A time as Kubernetes writes it. */
export const Time = z.string().max(40).meta({ format: 'date-time' });

/** JSON of any shape, kept as it is. */
export const AnyValue = z.unknown().meta({ 'x-kubernetes-preserve-unknown-fields': true });
