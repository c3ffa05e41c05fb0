import semver from 'semver';
import { z } from 'zod';
import { isDigest } from '../../content/digest.ts';
import { PLATFORM_GRAMMAR } from '../../content/platform-grammar.ts';
import { NAME_GRAMMAR, TAG_GRAMMAR, tryParseReference } from '../../content/reference.ts';
import { backupProblem } from '../select/backup-tag.ts';
import { globProblem, isPattern } from '../select/glob.ts';

export const Name = z
  .string()
  .max(53)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'lower-case letters, digits and dashes');
const Repository = z.string().max(255).regex(NAME_GRAMMAR, 'a repository such as team/app');
const Glob = z
  .string()
  .min(1)
  .max(255)
  .refine((text) => globProblem(text) === undefined, {
    error: ({ input }) => globProblem(String(input)) ?? 'no pattern',
  });
const Path = z.string().min(1).max(4096);
/** A folder or file, or the address of a registry, which has neither a path nor a login in it. */
const Location = Path.refine(
  (text) =>
    !text.includes('://') || /^https?:\/\/(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?\/?$/.test(text),
  'a path, or a registry as http(s)://HOST[:PORT] with nothing after it and no login in it',
);
const Pattern = z
  .string()
  .max(500)
  .refine((text) => {
    try {
      new RegExp(text, 'u');
      return true;
    } catch {
      return false;
    }
  }, 'a regular expression, which must fit the whole');

const Tags = z.strictObject({
  names: z
    .array(z.string().regex(TAG_GRAMMAR, 'a tag'))
    .max(10_000)
    .optional()
    .describe('These tags; a missing one is a failure'),
  semver: z
    .string()
    .refine((text) => semver.validRange(text) !== null, 'a range of versions such as ">=1.2 <2"')
    .optional()
    .describe('Tags that are versions in this range, with or without a v before them'),
  match: Pattern.optional().describe('Tags that this regular expression fits as a whole'),
  except: Pattern.optional().describe('None that this regular expression fits as a whole'),
  prereleases: z
    .boolean()
    .default(false)
    .describe('Whether semver takes 1.2.3-rc.1 for a version in its range'),
  newest: z
    .strictObject({
      count: z.int().min(1).max(10_000),
      by: z
        .enum(['semver', 'created'])
        .default('semver')
        .describe(
          'semver: the highest versions; created: by the date in the image, which costs two requests a tag',
        ),
    })
    .optional()
    .describe('Of those only so many'),
  digests: z.array(z.string().refine(isDigest, 'a digest such as sha256:…')).max(10_000).optional(),
});
export type TagRules = z.infer<typeof Tags>;

const Verify = z
  .strictObject({
    key: Path.optional().describe('A public key in PEM, as cosign generate-key-pair makes it'),
    identity: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .describe('Instead of a key: the subject of a certificate, an address of e-mail or a URI'),
    identityMatch: Pattern.optional().describe(
      'Instead of identity: a regular expression that must fit the whole subject',
    ),
    issuer: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .describe('Who vouched for the identity: the address of an OpenID Connect issuer'),
    trustedRoot: Path.optional().describe(
      'trusted_root.json of Sigstore: authorities and logs that are trusted; nobody else is asked',
    ),
  })
  .refine(
    ({ key, identity, identityMatch }) =>
      [key, identity, identityMatch].filter((way) => way !== undefined).length === 1,
    'give one of key, identity and identityMatch',
  )
  .refine(
    ({ key, issuer, trustedRoot }) =>
      key === undefined
        ? issuer !== undefined && trustedRoot !== undefined
        : issuer === undefined && trustedRoot === undefined,
    'issuer and trustedRoot belong to an identity, and an identity needs both; a key needs neither',
  );
export type VerifyRule = z.infer<typeof Verify>;

/** How items arrive; said for a job, and again for single repositories of it. */
const arrival = {
  platforms: z
    .array(z.string().regex(PLATFORM_GRAMMAR, 'os/architecture, such as linux/amd64'))
    .min(1)
    .optional()
    .describe('Platforms of which images are taken; all when absent. An index keeps its digest.'),
  referrers: z
    .enum(['all', 'signatures', 'none'])
    .optional()
    .describe('What is taken along of what belongs to an image; all when absent'),
  verify: z
    .array(Verify)
    .min(1)
    .max(20)
    .optional()
    .describe('Nothing is mirrored that none of these has signed'),
  tags: Tags.optional().describe('All tags when absent'),
};

const Repositories = z.strictObject({
  match: Glob.describe(
    'A repository, or a pattern for the list of all: * within a part of the name, ** across',
  ),
  except: z.array(Glob).max(1000).default([]),
  to: Repository.optional().describe('Another name at the target; for a single repository only'),
  ...arrival,
});
export type RepositoryRule = z.infer<typeof Repositories>;

const Image = z.strictObject({
  image: z
    .string()
    .refine((text) => tryParseReference(text) !== undefined, 'an image reference such as host/name:tag'),
  to: z
    .string()
    .regex(/^[^:@\s]+:[^:@\s]+$/, 'a name REPOSITORY:TAG')
    .optional()
    .describe('Another name at the target'),
});

const Chart = z.strictObject({
  chart: Path.describe('A folder or a .tgz, relative to this file, or oci://HOST/REPOSITORY:VERSION'),
  namespace: Name.default('default'),
  values: z.record(z.string(), z.unknown()).default({}),
});

const Rename = z.strictObject({
  prefix: z.string().min(1).max(255).describe('What names at the source begin with'),
  to: z.string().max(255).describe('What stands there instead at the target'),
});

const Delete = z.strictObject({
  maxShare: z
    .number()
    .positive()
    .max(100)
    .default(10)
    .describe('Never more than so many percent of the tags that the target has in the mirrored repositories'),
  freeSpace: z
    .boolean()
    .default(false)
    .describe(
      'In a layout, also delete the files of what a run has deleted or moved and nothing names any more',
    ),
});

export const JobSchema = z
  .strictObject({
    name: Name,
    from: Location.optional().describe(
      'A registry as http(s)://HOST[:PORT], a layout folder, a bundle, or the folder of a stick',
    ),
    to: Location.describe(
      'A registry as http(s)://HOST[:PORT], a layout folder, or a file that ends in .bundle.tar',
    ),
    repositories: z
      .array(
        z
          .union([Glob, Repositories])
          .refine(
            (rule) => typeof rule === 'string' || rule.to === undefined || !isPattern(rule.match),
            'to is for a single repository, and match is a pattern; rename is for several',
          ),
      )
      .min(1)
      .max(10_000)
      .optional()
      .describe('Repositories of from; all when there are neither images nor charts'),
    images: z
      .array(z.union([Image.shape.image, Image]))
      .max(10_000)
      .default([])
      .describe('Single images, each from the registry that its reference names'),
    charts: z.array(Chart).max(1000).default([]).describe('Helm charts, with all images that they name'),
    kubernetes: z
      .string()
      .refine((text) => semver.validRange(text) !== null, 'a range of versions such as ">=1.31 <1.36"')
      .default('>=1.31 <1.36')
      .describe('Versions for which charts are rendered to find their images'),
    rename: z
      .array(Rename)
      .max(1000)
      .default([])
      .describe('Other names at the target; the longest prefix counts'),
    ...arrival,
    allowSparse: z
      .enum(['none', 'attestations', 'any'])
      .default('none')
      .describe(
        'Children of an index that the source may lack, where it is a mirror of some platforms itself',
      ),
    recheckReferrers: z
      .boolean()
      .default(false)
      .describe('Look for new signatures of images that are mirrored already; some requests for each'),
    backup: z
      .string()
      .refine((text) => backupProblem(text) === undefined, {
        error: ({ input }) => backupProblem(String(input)) ?? 'no template',
      })
      .optional()
      .describe('Keep what a tag stood for before it moved under this tag, e.g. {tag}-before-{digest}'),
    delete: Delete.optional().describe(
      'Delete tags at the target that are no longer selected; nothing when absent',
    ),
  })
  .refine(
    ({ from, repositories }) => repositories === undefined || from !== undefined,
    'repositories need from, which says where they are',
  )
  .refine(
    ({ from, images, charts }) => from !== undefined || images.length > 0 || charts.length > 0,
    'give from, images or charts',
  );

export type Job = z.infer<typeof JobSchema>;
