import { isDeepStrictEqual } from 'node:util';
import type { Attribute } from '../schema/attribute.ts';
import { type ObjectValue, UNKNOWN, type Value } from '../value/value.ts';

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
