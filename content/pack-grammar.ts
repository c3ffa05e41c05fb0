/** A name of ours: a component of an OCI repository name, and as the name of a Helm release at most 53 long. */
export const PACK_NAME_GRAMMAR = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
export const MAX_PACK_NAME = 53;

export function isPackName(text: string): boolean {
  return PACK_NAME_GRAMMAR.test(text) && text.length <= MAX_PACK_NAME;
}

const IDENTIFIERS = '[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*';
const NUMBER = '(0|[1-9][0-9]*)';

/** A version as semver.org defines it; the length is that of an OCI tag in practice. */
export const PACK_VERSION_GRAMMAR = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(-${IDENTIFIERS})?(\\+${IDENTIFIERS})?$`,
);
export const MAX_PACK_VERSION = 64;

export function isPackVersion(text: string): boolean {
  return PACK_VERSION_GRAMMAR.test(text) && text.length <= MAX_PACK_VERSION;
}
