import { platformError } from '../errors.ts';
import type { Cluster, Profile } from './kinds.ts';
import type { Assignment } from './options.ts';

type ProfileUse = NonNullable<Cluster['spec']['profiles']>[number];
type Value = NonNullable<ProfileUse['variables']>[number];

/** What a command line sets: values in clear, and names of Secrets as SECRET/KEY. */
export interface Settings {
  readonly values: readonly Assignment[];
  readonly secrets: readonly Assignment[];
}

/**
 * The variables of a cluster for one of its profiles: those that were set before, and what is set now, in the types that
 * the profile asks for. Throws VARIABLE_INVALID.
 */
export function variablesOf(
  { spec }: Pick<Profile, 'spec'>,
  before: readonly Value[],
  settings: Settings,
): Value[] {
  const declared = new Map((spec.variables ?? []).map((variable) => [variable.name, variable]));
  // A variable that the new version of a profile no longer has would be refused.
  const kept = new Map(before.filter(({ name }) => declared.has(name)).map((value) => [value.name, value]));
  for (const { name, value } of settings.values) {
    const variable = declared.get(name);
    if (variable === undefined) continue;
    if (variable.sensitive === true)
      throw platformError('VARIABLE_INVALID', {
        subject: name,
        detail: 'it is sensitive: name a Secret with --set-secret',
      });
    kept.set(name, { name, value: typed(name, value, variable.type) });
  }
  for (const { name, value } of settings.secrets) {
    if (!declared.has(name)) continue;
    const [, secret = '', key = ''] = /^([^/]+)\/([^/]+)$/.exec(value) ?? [];
    if (key === '') throw platformError('VARIABLE_INVALID', { subject: name, detail: 'not SECRET/KEY' });
    kept.set(name, { name, secret: { name: secret, key } });
  }
  return [...kept.values()];
}

/** Throws VARIABLE_INVALID for what none of the profiles has. */
export function checkSettings(profiles: readonly Pick<Profile, 'spec'>[], settings: Settings): void {
  const known = new Set(profiles.flatMap(({ spec }) => (spec.variables ?? []).map(({ name }) => name)));
  for (const { name } of [...settings.values, ...settings.secrets]) {
    if (known.has(name)) continue;
    const names = profiles.map(({ spec }) => `${spec.name}@${spec.version}`).join(', ');
    throw platformError('VARIABLE_INVALID', {
      subject: name,
      detail: `no variable of ${names || 'no profile'}; there are ${[...known].join(', ') || 'none'}`,
    });
  }
}

function typed(name: string, text: string, type: string | undefined): string | number | boolean {
  if (type === 'integer') {
    if (/^-?\d{1,15}$/.test(text)) return Number(text);
    throw platformError('VARIABLE_INVALID', { subject: name, detail: 'it must be a whole number' });
  }
  if (type === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw platformError('VARIABLE_INVALID', { subject: name, detail: 'it must be true or false' });
  }
  return text;
}
