import type { Profile } from '../../../client/kinds.ts';
import type { PackUse } from './stack.ts';

/** A version of a profile that is being made. */
export interface Draft {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly variables: NonNullable<Profile['spec']['variables']>;
  readonly packs: readonly PackUse[];
}

export type DraftChange =
  | { readonly type: 'set'; readonly fields: Partial<Pick<Draft, 'name' | 'version' | 'description'>> }
  | { readonly type: 'add'; readonly pack: PackUse }
  | { readonly type: 'remove'; readonly name: string }
  | { readonly type: 'move'; readonly name: string; readonly by: 1 | -1 }
  | { readonly type: 'pack'; readonly name: string; readonly fields: Partial<PackUse> };

export const EMPTY_DRAFT: Draft = { name: '', version: '1.0.0', description: '', variables: [], packs: [] };

export function changeDraft(draft: Draft, change: DraftChange): Draft {
  const { packs } = draft;
  switch (change.type) {
    case 'set':
      return { ...draft, ...change.fields };
    case 'add':
      return packs.some(({ name }) => name === change.pack.name)
        ? draft
        : { ...draft, packs: [...packs, change.pack] };
    case 'remove':
      return { ...draft, packs: packs.filter(({ name }) => name !== change.name) };
    case 'move':
      return { ...draft, packs: moved(packs, change.name, change.by) };
    case 'pack':
      return {
        ...draft,
        packs: packs.map((pack) => (pack.name === change.name ? { ...pack, ...change.fields } : pack)),
      };
  }
}

/** The next version of a profile, with all that the one before has. */
export function draftAfter({ spec }: Pick<Profile, 'spec'>, taken: readonly string[]): Draft {
  const { name, version, description = '', variables = [], packs } = spec;
  return { name, version: nextVersion(version, taken), description, variables, packs };
}

/** The object that the hub is asked to make; what is empty is left out. */
export function specOf({ name, version, description, variables, packs }: Draft) {
  return {
    name,
    version,
    ...(description.trim() === '' ? {} : { description }),
    ...(variables.length === 0 ? {} : { variables }),
    packs: packs.map(({ preset, values, ...pack }) => ({
      ...pack,
      ...(preset === undefined || preset === '' ? {} : { preset }),
      ...(values === undefined || values.trim() === '' ? {} : { values }),
    })),
  };
}

/** One minor version up, or as far as it takes until it is free. */
export function nextVersion(version: string, taken: readonly string[]): string {
  const [, major = '1', minor = '0'] = /^(\d+)\.(\d+)\./.exec(version) ?? [];
  for (let next = Number(minor) + 1; ; next++) {
    const made = `${major}.${next}.0`;
    if (!taken.includes(made)) return made;
  }
}

function moved(packs: readonly PackUse[], name: string, by: 1 | -1): readonly PackUse[] {
  const index = packs.findIndex((pack) => pack.name === name);
  const other = packs[index + by];
  const one = packs[index];
  if (one === undefined || other === undefined) return packs;
  return packs.with(index, other).with(index + by, one);
}
