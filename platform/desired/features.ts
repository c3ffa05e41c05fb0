import { isJsonObject } from '../../apply/json.ts';

/** Something in an envelope that agents had to learn after protocol 1. */
export interface Feature {
  readonly name: string;
  /** The fields that came with it, as `layers[].canary`. An envelope that has one of them makes use of it. */
  readonly fields: readonly string[];
}

/**
 * What envelopes may have that the first agents do not know. An agent says in its report which of these it knows, and
 * gets no envelope that makes use of another: what it passed over would be missing, and nobody would see it.
 * features.test.ts holds that every field of an envelope is one of protocol 1 or stands here, or in HINTS.
 */
export const FEATURES: readonly Feature[] = [];

/** What agents may pass over: those that do not know it come to the same, by another way. */
export const HINTS: readonly string[] = ['registries[].cache'];

export function namesOf(features: readonly Feature[]): string[] {
  return features.map(({ name }) => name);
}

/** Names of the features that an envelope makes use of. */
export function featuresUsed(envelope: unknown, features: readonly Feature[]): string[] {
  return namesOf(
    features.filter(({ fields }) => fields.some((field) => hasField(envelope, field.split('.')))),
  );
}

function hasField(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return true;
  const isList = step.endsWith('[]');
  const name = isList ? step.slice(0, -2) : step;
  const field = isJsonObject(value) ? value[name] : undefined;
  if (field === undefined) return false;
  if (!isList) return hasField(field, rest);
  return Array.isArray(field) && field.some((one) => hasField(one, rest));
}
