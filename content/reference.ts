import { type Digest, isDigest } from './digest.ts';
import { contentError } from './errors.ts';

/** An image reference, with the shorthands of Docker Hub written out: `nginx` is `docker.io/library/nginx:latest`. */
export interface Reference {
  /** Host and optional port of the registry. */
  readonly host: string;
  /** Name within the registry. */
  readonly path: string;
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** distribution-spec, "Pulling manifests": the grammar of <name>. */
export const NAME_GRAMMAR =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
/** distribution-spec, "Pulling manifests": the grammar of <reference> as a tag. */
export const TAG_GRAMMAR = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

const HOST_GRAMMAR =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;
/** distribution-spec: many clients limit host, slash and name together. */
const MAX_NAME = 255;
/** Name, tag and the longest digest with what stands between them; the grammars never see more. */
const MAX_REFERENCE = MAX_NAME + 1 + 128 + 1 + 'sha512:'.length + 128;

/** Reads a reference. A reference with neither tag nor digest gets the tag `latest`. Throws REFERENCE_INVALID. */
export function parseReference(text: string): Reference {
  const reference = tryParseReference(text);
  if (reference === undefined) throw contentError('REFERENCE_INVALID', { subject: text.slice(0, 300) });
  return reference;
}

/** As parseReference, but undefined where the text is no reference. */
export function tryParseReference(text: string): Reference | undefined {
  if (text.length > MAX_REFERENCE) return undefined;
  const [named, digest, ...more] = text.split('@');
  if (named === undefined || more.length > 0 || (digest !== undefined && !isDigest(digest))) return undefined;
  const { host, rest } = splitHost(named);
  const colon = rest.lastIndexOf(':');
  const path = colon === -1 ? rest : rest.slice(0, colon);
  const tag = colon === -1 ? (digest === undefined ? 'latest' : undefined) : rest.slice(colon + 1);
  if (!HOST_GRAMMAR.test(host) || !NAME_GRAMMAR.test(path) || host.length + 1 + path.length > MAX_NAME)
    return undefined;
  if (tag !== undefined && !TAG_GRAMMAR.test(tag)) return undefined;
  return { host, path, tag, digest };
}

/** The reference written out in full. */
export function formatReference({ host, path, tag, digest }: Reference): string {
  return `${host}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/**
 * The repository under which content from anywhere is kept on the island: host and path, so names never collide.
 * A port's colon is not allowed in a repository name and becomes a dash.
 */
export function repositoryOf({ host, path }: Reference): string {
  return `${host
    .toLowerCase()
    .replace(/[:[\]]+/g, '-')
    .replace(/^-|-$/g, '')}/${path}`;
}

/** What follows the name: the digest where there is one, else the tag. */
export function tagOrDigest({ tag, digest }: Reference): string {
  return digest ?? tag ?? 'latest';
}

// As Docker's reference grammar: the first part is a host if it has a dot or a colon, or is localhost. Docker Hub has
// two names, and its official images stand under `library/` however they are written.
function splitHost(named: string): { host: string; rest: string } {
  const slash = named.indexOf('/');
  const first = slash === -1 ? '' : named.slice(0, slash);
  const isHost = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  const rest = isHost ? named.slice(slash + 1) : named;
  if (isHost && first !== 'docker.io' && first !== 'index.docker.io') return { host: first, rest };
  return { host: 'docker.io', rest: rest.includes('/') ? rest : `library/${rest}` };
}
