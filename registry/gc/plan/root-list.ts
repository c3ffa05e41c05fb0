import { z } from 'zod';
import { DigestSchema } from '../../../content/descriptor.ts';
import { type Digest, isDigest } from '../../../content/digest.ts';
import { NAME_GRAMMAR, repositoryOf, TAG_GRAMMAR, tryParseReference } from '../../../content/reference.ts';
import { registryError } from '../../errors.ts';

/** Something that must stay whatever its tags say: what runs in a cluster, a release that one may go back to. */
export interface Root {
  /** Where it is held; in every repository when absent. */
  readonly repositories?: readonly string[] | undefined;
  readonly digest?: Digest | undefined;
  readonly tag?: string | undefined;
}

export const RootSchema: z.ZodType<Root> = z
  .object({
    repositories: z.array(z.string().max(512)).optional(),
    digest: DigestSchema.optional(),
    tag: z.string().regex(TAG_GRAMMAR).optional(),
  })
  .refine(({ repositories, digest }) => digest !== undefined || repositories !== undefined);

/**
 * Reads a list of roots, one a line: `repository@digest`, `repository:tag`, either with the host of a registry before it,
 * or a digest alone, which is held in every repository. `#` begins a comment.
 * Throws REGISTRY_ROOTS_INVALID; `name` says which list.
 */
export function parseRootList(text: string, name: string): Root[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const content = line.replace(/(?:^|\s)#.*$/, '').trim();
    if (content === '') return [];
    const root = parseRoot(content);
    if (root !== undefined) return [root];
    const detail = `line ${index + 1}: ${content.slice(0, 300)}`;
    throw registryError('REGISTRY_ROOTS_INVALID', { subject: name, detail });
  });
}

function parseRoot(text: string): Root | undefined {
  if (isDigest(text)) return { digest: text };
  const { name, tag, digest } =
    /^(?<name>[^@\s]+?)(?::(?<tag>[^:/@\s]+))?(?:@(?<digest>\S+))?$/.exec(text)?.groups ?? {};
  if (name === undefined || (tag === undefined && digest === undefined)) return undefined;
  if (digest !== undefined && !isDigest(digest)) return undefined;
  if (tag !== undefined && !TAG_GRAMMAR.test(tag)) return undefined;
  const repositories = repositoriesOf(name, text);
  return repositories.length === 0 ? undefined : { repositories, digest, tag };
}

// One name may mean several: `registry.example/team/app` is a repository of this store (content of registry.example that
// was brought here), and `team/app` of a registry that calls itself so. All of them are held.
function repositoriesOf(name: string, text: string): string[] {
  const withoutHost = /^(?:localhost|[^/]*[.:][^/]*)\/(?<rest>.+)$/.exec(name)?.groups?.rest;
  const candidates = withoutHost === undefined ? [name] : [name, withoutHost];
  const reference = tryParseReference(text);
  if (reference !== undefined) candidates.push(repositoryOf(reference));
  return [...new Set(candidates)].filter((candidate) => NAME_GRAMMAR.test(candidate));
}
