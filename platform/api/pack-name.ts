import { z } from 'zod';

/** A pack's name: one component of an OCI repository name that is also a DNS label. */
export const PackName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);

const IDENTIFIERS = '[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*';
const NUMBER = '(0|[1-9][0-9]*)';

/** A version as semver.org defines it; the length is that of an OCI tag in practice. */
export const PackVersion = z
  .string()
  .max(64)
  .regex(new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(-${IDENTIFIERS})?(\\+${IDENTIFIERS})?$`));

/** The tag of a version: OCI tags have no plus sign, and semver has no underscore (Helm does it so too). */
export function tagOf(version: string): string {
  return version.replaceAll('+', '_');
}

/** The version of a tag, undefined where the tag is none. */
export function versionOf(tag: string): string | undefined {
  return PackVersion.safeParse(tag.replaceAll('_', '+')).data;
}
