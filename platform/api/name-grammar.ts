/** How names are written: command lines read them without all the schemas. */

/** A name as Kubernetes labels and Services take it (RFC 1123 label). */
export const LABEL_GRAMMAR = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** Names of profiles are part of the names of objects. */
export const MAX_PROFILE_NAME = 40;

export function isProfileName(text: string): boolean {
  return LABEL_GRAMMAR.test(text) && text.length <= MAX_PROFILE_NAME;
}

/** The object that holds one version of a profile. */
export function profileObjectName({ name, version }: { name: string; version: string }): string {
  return `${name}-${version}`;
}

/** `SHA256:` and the unpadded base64 of a SHA-256. */
export const FINGERPRINT_GRAMMAR = /^SHA256:[A-Za-z0-9+/]{43}$/;
