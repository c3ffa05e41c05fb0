// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are the variables of profiles written
import { isJsonObject, type JsonObject } from '../../../apply/json.ts';
import type { Report } from './finding.ts';
import type { VariableValues } from './variables.ts';

/** Values with variables filled in: what anybody may read, and what only the agent may. Never the same path in both. */
export interface FilledValues {
  readonly open: JsonObject;
  readonly sealed: JsonObject;
}

const REFERENCE = /\$\$\{|\$\{([a-zA-Z_][a-zA-Z0-9_]*)\}|\$\{/g;
const WHOLE = /^\$\{([a-zA-Z_][a-zA-Z0-9_]*)\}$/;

/** Names of the variables in values. */
export function variablesIn(values: unknown): Set<string> {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      for (const [, name] of value.matchAll(REFERENCE)) if (name !== undefined) names.add(name);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  visit(values);
  return names;
}

/**
 * `${name}` as a whole scalar becomes the value in its own type, inside of a text it is put in, `$${` is the text `${`.
 * A scalar whose variable has no value is left out. A list with anything sensitive in it is sealed as a whole, since
 * lists are replaced and not merged.
 */
export function fillIn(
  values: JsonObject,
  variables: VariableValues,
  path: string,
  report: Report,
): FilledValues {
  const open: [string, unknown][] = [];
  const sealed: [string, unknown][] = [];
  for (const [key, value] of Object.entries(values)) {
    if (isJsonObject(value)) {
      const inner = fillIn(value, variables, `${path}.${key}`, report);
      const isSealed = Object.keys(inner.sealed).length > 0;
      if (isSealed) sealed.push([key, inner.sealed]);
      if (!isSealed || Object.keys(inner.open).length > 0) open.push([key, inner.open]);
      continue;
    }
    const filled = fillValue(value, variables, `${path}.${key}`, report);
    if (filled === undefined) continue;
    (filled.sensitive ? sealed : open).push([key, filled.value]);
  }
  return { open: Object.fromEntries(open), sealed: Object.fromEntries(sealed) };
}

interface Filled {
  readonly value: unknown;
  readonly sensitive: boolean;
}

function fillValue(
  value: unknown,
  variables: VariableValues,
  path: string,
  report: Report,
): Filled | undefined {
  if (typeof value === 'string') return fillText(value, variables, path, report);
  if (Array.isArray(value)) {
    const items = value
      .map((item: unknown, index) => fillValue(item, variables, `${path}[${index}]`, report))
      .filter((item) => item !== undefined);
    return { value: items.map((item) => item.value), sensitive: items.some((item) => item.sensitive) };
  }
  if (!isJsonObject(value)) return { value, sensitive: false };
  const fields = Object.entries(value).flatMap(([key, field]): [string, Filled][] => {
    const filled = fillValue(field, variables, `${path}.${key}`, report);
    return filled === undefined ? [] : [[key, filled]];
  });
  return {
    value: Object.fromEntries(fields.map(([key, filled]) => [key, filled.value])),
    sensitive: fields.some(([, filled]) => filled.sensitive),
  };
}

function fillText(text: string, variables: VariableValues, path: string, report: Report): Filled | undefined {
  const whole = WHOLE.exec(text)?.[1];
  if (whole !== undefined) {
    const variable = variables.get(whole);
    if (variable === undefined) return report('VARIABLE_UNKNOWN', path, whole);
    if (variable.value === undefined) return undefined;
    return { value: variable.value, sensitive: variable.sensitive };
  }
  let sensitive = false;
  const value = text.replaceAll(REFERENCE, (match: string, name: string | undefined) => {
    if (match === '$${') return '${';
    const variable = name === undefined ? undefined : variables.get(name);
    if (variable === undefined) {
      report('VARIABLE_UNKNOWN', path, name ?? '${ without a name and }');
      return '';
    }
    sensitive ||= variable.sensitive;
    return String(variable.value ?? '');
  });
  return { value, sensitive };
}
