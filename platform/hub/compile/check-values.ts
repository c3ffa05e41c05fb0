import { type SchemaDraft, Validator } from '@cfworker/json-schema';
import type { JsonObject } from '../../../apply/json.ts';
import type { PackConfig } from '../../../content/pack-format.ts';
import type { Report } from './finding.ts';
import { mergeValues, withoutNulls } from './merge-values.ts';
import { withTimeLimit } from './time-limit.ts';

const MAX_FINDINGS = 5;
/** A schema has patterns too, and comes from the maker of the pack. */
const LIMIT_MS = 1000;

/** Checks values, laid over the pack's defaults, against its schema. With `secret`, no finding says what a value is. */
export function checkValues(
  { values: defaults, valuesSchema }: PackConfig,
  values: JsonObject,
  path: string,
  report: Report,
  { secret }: { readonly secret: boolean },
): void {
  const result = validate(valuesSchema, withoutNulls(mergeValues(defaults, values)));
  if (typeof result === 'string') {
    report('VALUES_INVALID', path, result);
    return;
  }
  // An object with a wrong field is wrong too; the innermost says the most, and comes last.
  const inner = result.errors.filter(({ keyword }) => !OUTER.has(keyword));
  for (const { instanceLocation, error, keyword } of inner.slice(0, MAX_FINDINGS)) {
    const field = instanceLocation.replace(/^#\/?/, '').replaceAll('/', '.');
    const detail = secret ? `fails on ${keyword}` : error;
    const within = instanceLocation.replace(/^#/, '');
    report('VALUES_INVALID', path, field === '' ? detail : `${field}: ${detail}`, within);
  }
}

const OUTER = new Set(['properties', 'items', 'additionalItems', '$ref', 'allOf', 'patternProperties']);

/** A text when the schema itself can't be used. */
function validate(schema: JsonObject, values: JsonObject) {
  try {
    const { valid, errors } = withTimeLimit(schema, LIMIT_MS, () =>
      new Validator({ ...schema }, draftOf(schema), false).validate(values),
    );
    return { errors: valid ? [] : errors };
  } catch {
    return "the pack's schema cannot be used";
  }
}

function draftOf({ $schema }: JsonObject): SchemaDraft {
  const drafts: readonly SchemaDraft[] = ['2020-12', '2019-09', '4'];
  const text = String($schema ?? '');
  return drafts.find((draft) => text.includes(draft === '4' ? 'draft-04' : draft)) ?? '7';
}
