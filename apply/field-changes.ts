import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from './json.ts';

export interface FieldChange {
  /** `spec.template.spec.containers.0.image` */
  readonly field: string;
  /** Absent where the field is not set; values of Secrets read `hidden`. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What differs between two objects, field by field. */
export function fieldChanges(before: unknown, after: unknown): FieldChange[] {
  return compare(before, after, []);
}

const HIDDEN = 'hidden';

/** The same change of a Secret, without what it holds. */
export function withoutValues({ field, before, after }: FieldChange): FieldChange {
  if (!/^(?:data|stringData)(?:\.|$)|^metadata\.annotations(?:\.|$)/.test(field))
    return { field, before, after };
  return {
    field,
    before: before === undefined ? undefined : HIDDEN,
    after: after === undefined ? undefined : HIDDEN,
  };
}

function compare(before: unknown, after: unknown, path: readonly string[]): FieldChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  const [a, b] = [entriesOf(before), entriesOf(after)];
  if (a === undefined || b === undefined) return [{ field: path.join('.'), before, after }];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.flatMap((name) => compare(a[name], b[name], [...path, name]));
}

function entriesOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (Array.isArray(value)) return Object.fromEntries(value.entries());
  return isJsonObject(value) ? value : undefined;
}
