import semver from 'semver';
import { z } from 'zod';
import { bundleError } from '../../bundle/errors.ts';
import type { LockedRelease } from '../../bundle/locked-release.ts';

/** Each part of it is compared with each part of the channel's: one without end would be compared for ever. */
const Range = z
  .string()
  .max(1024)
  .refine((text) => semver.validRange(text) !== null, 'not a range');

const Claims = z.object({
  // What is printed on a terminal before anything of it was proved.
  name: z.string().regex(/^[a-z0-9][-a-z0-9]{0,62}$/),
  version: z.string().refine((text) => semver.valid(text) === text, 'not a version'),
  kubernetes: Range,
  from: z.union([z.undefined(), Range]),
});

export type Claims = z.infer<typeof Claims>;

/**
 * What a release says of itself that a way is chosen by. It is not proved yet: anybody may have written it. Throws
 * BUNDLE_NO_RELEASE for what no release says.
 */
export function claimsOf(
  { name, version, kubernetes, upgrade }: Pick<LockedRelease, 'name' | 'version' | 'kubernetes' | 'upgrade'>,
  subject: string,
): Claims {
  const claims = Claims.safeParse({ name, version, kubernetes, from: upgrade?.from });
  if (claims.success) return claims.data;
  const fields = [...new Set(claims.error.issues.map(({ path }) => path.join('.')))];
  throw bundleError('BUNDLE_NO_RELEASE', {
    subject,
    detail: `what it says of itself can't be: ${fields.join(', ')}`,
  });
}
