import { repositoryOf, tryParseReference } from '../../content/reference.ts';

/**
 * Under which names another registry may hold what a repository of this one holds: the same; on an island, where names
 * begin with the host that they came from, the name without it; and in an island, the name with it.
 */
export function sourceNames(repository: string): string[] {
  const [host = '', ...rest] = repository.split('/');
  const path = rest.join('/');
  const reference = tryParseReference(repository);
  const names = [
    repository,
    ...(path !== '' && looksLikeHost(host) ? [path] : []),
    ...(reference === undefined ? [] : [repositoryOf(reference)]),
  ];
  return [...new Set(names)];
}

// `registry.example`, `localhost-5000`: as repositoryOf writes them.
function looksLikeHost(part: string): boolean {
  return part.includes('.') || /-\d+$/.test(part) || part === 'localhost';
}
