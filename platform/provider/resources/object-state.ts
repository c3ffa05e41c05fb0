import { isDeepStrictEqual } from 'node:util';
import { objectPath } from '../hub-access.ts';
import type { Attribute } from '../schema/attribute.ts';
import { type ObjectValue, UNKNOWN, type Unknown, type Value } from '../value/value.ts';
import type { Work } from './resource.ts';

const PLAIN_TEXT = { kind: 'plain', type: 'string' } as const;

/** What every resource has that is an object of a project. */
export const ID: Attribute = {
  name: 'id',
  field: 'id',
  description: 'PROJECT/NAME, by which it is imported.',
  type: PLAIN_TEXT,
  presence: 'computed',
};
export const PROJECT: Attribute = {
  name: 'project',
  field: 'project',
  description: "The project; the provider's when absent.",
  type: PLAIN_TEXT,
  presence: 'optional-computed',
};
export const NAME: Attribute = {
  name: 'name',
  field: 'name',
  description: 'Name of the object, unique in its project.',
  type: PLAIN_TEXT,
  presence: 'required',
};
export const UID: Attribute = {
  name: 'uid',
  field: 'uid',
  description: 'Tells it apart from others of the same name, before and after it.',
  type: PLAIN_TEXT,
  presence: 'computed',
};
export const LABELS: Attribute = {
  name: 'labels',
  field: 'labels',
  description: 'Labels, by which objects are selected.',
  type: { kind: 'plain', type: ['map', 'string'] },
  presence: 'optional',
};

export function textOf(value: Value | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The project that is planned: the written one, else the provider's; unknown where nobody has said yet which. */
export function plannedProject(work: Work | undefined, { project }: ObjectValue): string | Unknown {
  if (project === UNKNOWN) return UNKNOWN;
  return textOf(project) ?? work?.hub.project(undefined) ?? UNKNOWN;
}

/** What an object is imported by; unknown while one of the two is. */
export function idOf(project: string | undefined, name: string | undefined): string | Unknown {
  return project === undefined || name === undefined ? UNKNOWN : `${project}/${name}`;
}

/** The address of the object that a state is of. */
export function statePath(plural: string, { id }: ObjectValue): string {
  const [project = '', ...rest] = (textOf(id) ?? '').split('/');
  return objectPath(plural, project, rest.join('/'));
}

/** A value of these attributes with nothing in it. */
export function emptyState(attributes: readonly Attribute[]): ObjectValue {
  return Object.fromEntries(attributes.map(({ name }) => [name, null]));
}

/** Unknown where the user wrote nothing and the hub will say. */
export function withUnknowns(proposed: ObjectValue, attributes: readonly Attribute[]): ObjectValue {
  return Object.fromEntries(
    attributes.map(({ name, presence }) => {
      const value = proposed[name] ?? null;
      const isHubs = presence === 'computed' || (presence === 'optional-computed' && value === null);
      return [name, isHubs ? UNKNOWN : value];
    }),
  );
}

/** The attributes in which two states differ. */
export function differences(
  before: ObjectValue,
  after: ObjectValue,
  attributes: readonly Attribute[],
): string[] {
  return attributes
    .filter(({ name }) => !isDeepStrictEqual(before[name] ?? null, after[name] ?? null))
    .map(({ name }) => name);
}
