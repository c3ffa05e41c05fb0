import { isDigest } from '../digest.ts';
import { contentError } from '../errors.ts';
import { NAME_GRAMMAR, TAG_GRAMMAR } from '../reference.ts';
import type { TagOrDigest } from '../store.ts';
import type { RegistryRequest } from './client.ts';

/** Asks a repository for something. */
export function pull(
  method: 'GET' | 'HEAD',
  repository: string,
  rest: string,
  signal: AbortSignal | undefined,
): RegistryRequest {
  return { method, url: `${pathOf(repository)}/${rest}`, scopes: pullScope(repository), signal };
}

/**
 * Names may come from an index of anyone's making. What is no name would lead to other parts of the registry's API.
 * Throws REFERENCE_INVALID.
 */
export function pathOf(repository: string): string {
  if (NAME_GRAMMAR.test(repository)) return `/v2/${repository}`;
  throw contentError('REFERENCE_INVALID', { subject: repository });
}

/** Throws REFERENCE_INVALID. */
export function checkReference(reference: TagOrDigest): TagOrDigest {
  if (isDigest(reference) || TAG_GRAMMAR.test(reference)) return reference;
  throw contentError('REFERENCE_INVALID', { subject: reference });
}

export function pullScope(repository: string): string[] {
  return [`repository:${repository}:pull`];
}

export function deleteScope(repository: string): string[] {
  return [`repository:${repository}:pull,delete`];
}

export function pushScope(repository: string): string[] {
  return [`repository:${repository}:pull,push`];
}
