import { isRepository } from '../../protocol/route.ts';

/**
 * What a token is asked for, or good for (distribution's token scope documentation): `repository:NAME:pull,push`, or
 * `registry:catalog:*`.
 */
export interface Scope {
  readonly type: 'repository' | 'registry';
  readonly name: string;
  readonly actions: readonly string[];
}

/** All that a token may hold, so that it always fits into a header. */
const MAX_SCOPES = 64;
const MAX_CHARACTERS = 4096;

/**
 * Reads scopes as they come in parameters, each of which may hold several separated by blanks. What is no scope of ours
 * is left out: nothing is granted for it. Undefined when there are more than a token can hold.
 */
export function parseScopes(parameters: readonly string[]): Scope[] | undefined {
  const texts = parameters.flatMap((parameter) => parameter.split(' ')).filter(Boolean);
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  if (texts.length > MAX_SCOPES || length > MAX_CHARACTERS) return undefined;
  return texts.map(parseScope).filter((scope) => scope !== undefined);
}

export function formatScopes(scopes: readonly Scope[]): string {
  return scopes.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ');
}

function parseScope(text: string): Scope | undefined {
  const [, type, name = '', list = ''] =
    /^(repository|registry)(?:\([a-z0-9]+\))?:([^:]+):([a-z*,]+)$/.exec(text) ?? [];
  const actions = [...new Set(list.split(',').filter(Boolean))];
  if (type === 'repository' && isRepository(name)) return { type, name, actions };
  return type === 'registry' && name === 'catalog' ? { type, name, actions } : undefined;
}
