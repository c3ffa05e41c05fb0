import { formatReference, type Reference, tryParseReference } from './reference.ts';

/**
 * Every way in which manifests may write an image: in full, and what Docker Hub and the tag `latest` allow to leave
 * out. The full one comes first.
 */
export function spellingsOf(text: string): string[] {
  const reference = tryParseReference(text);
  if (reference === undefined) return [text];
  const names = namesOf(reference);
  const ends = endsOf(reference);
  return [
    ...new Set([formatReference(reference), ...names.flatMap((name) => ends.map((end) => name + end))]),
  ];
}

function namesOf({ host, path }: Reference): string[] {
  if (host !== 'docker.io') return [`${host}/${path}`];
  const official = /^library\/([^/]+)$/.exec(path)?.[1];
  const paths = official === undefined ? [path] : [path, official];
  return paths.flatMap((each) => [each, `docker.io/${each}`, `index.docker.io/${each}`]);
}

function endsOf({ tag, digest }: Reference): string[] {
  const named = tag === undefined ? '' : `:${tag}`;
  if (digest !== undefined) return [`${named}@${digest}`];
  return tag === 'latest' ? [named, ''] : [named];
}
